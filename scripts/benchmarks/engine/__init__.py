"""How the engine is measured beside its peer, and against exact arithmetic: see ../generate and ../accuracy.

figures.py   the arithmetic: records of both programs, ratios, bars, verdicts (tests/scripts tests it)
programs.py  the programs that are run, and the models
proofs.py    what is measured, one function a proof
main.py      the command line of ../generate, JSON Lines and the table
accuracy.py  ../accuracy, all but the table
"""
