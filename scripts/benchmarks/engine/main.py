"""The command line, JSON Lines and the table."""
import argparse
import json
import os
import sys
import time

from engine import figures, programs
from engine.proofs import PROOFS, Bench


def words(choices):
    def parse(text):
        found = [word for word in text.split(",") if word]
        unknown = [word for word in found if choices and word not in choices]
        if unknown or not found:
            raise argparse.ArgumentTypeError(f"{text!r}: one or more of {', '.join(choices)}")
        return found
    return parse


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proofs", type=words(PROOFS), default=list(PROOFS))
    parser.add_argument("--types", type=words(()), help="default: all that tenon-model quantize writes, but F32")
    parser.add_argument("--models", type=words(()), default=["smollm2", "random"],
                        help="smollm2, random, or GGUF files (measured as random is)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", help="JSON Lines file, appended to")
    return parser.parse_args()


class Report:
    """The table to stdout, records to a file; both as soon as there is something."""

    def __init__(self, header, output):
        self.header, self.output, self.verdicts = header, output, []

    def add(self, record):
        self.verdicts.append(record)
        print(figures.table_line(record), flush=True)
        self.write(record)

    def write(self, record):
        if self.output:
            with open(self.output, "a", encoding="utf-8") as file:
                file.write(json.dumps({**record, **self.header}) + "\n")

    def finish(self, seconds):
        counts = {name: sum(record["met"] is value for record in self.verdicts)
                  for name, value in (("met", True), ("missed", False), ("no_bar", None))}
        self.write({"type": "summary", **counts, "elapsed_seconds": seconds})
        print(f"{counts['met']} bars met, {counts['missed']} missed; {counts['no_bar']} figures without a bar; "
              f"{seconds / 60:.1f} minutes")


def main(description):
    arguments = parse(description)
    begin = time.perf_counter()
    programs.run([programs.ROOT / "scripts" / "build", "release", "tenon-model", "tenon-generate"])
    needs_peer = {"decode", "prompt"} & set(arguments.proofs)
    peer = programs.Peer() if needs_peer else None
    header = programs.facts(arguments.threads)
    print(json.dumps(header), file=sys.stderr)
    kind = figures.processor_kind(programs.processor()[1])
    report = Report(header, arguments.output)
    bench = Bench(arguments.threads, arguments.rounds, kind, peer)
    for model in arguments.models:
        for dtype in arguments.types or programs.types_to_measure():
            path = programs.model_of_type(model, dtype)
            for proof in arguments.proofs:
                for record in PROOFS[proof](bench, model, dtype, path):
                    report.add({**record, "rounds": arguments.rounds})
    report.finish(time.perf_counter() - begin)
