"""How the engine is measured beside its peer: see ../generate.

figures.py   the arithmetic: records of both programs, ratios, bars, verdicts (tests/scripts tests it)
programs.py  the programs that are run, and the models
proofs.py    what is measured, one function a proof
main.py      the command line, JSON Lines and the table
"""
