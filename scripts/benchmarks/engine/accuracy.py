"""What fast arithmetic costs in accuracy: see ../accuracy."""
import argparse
import math
import os
import time

from engine import figures, programs
from engine.main import Report, words

# Of perplexity, in percent of exact arithmetic's, either way; of the same first choice, in percent of positions.
PERPLEXITY_LIMITS = {"Q2_K": 1.0, "Q3_K": 1.0}
PERPLEXITY_LIMIT = 0.5
AGREEMENT_LIMIT = 97.0


def perplexity_change(record):
    """Percent by which fast arithmetic's perplexity is away from exact arithmetic's."""
    return math.expm1(record["nats_per_token"] - record["baseline_nats_per_token"]) * 100


def verdicts(record, model, dtype):
    """Of a record of `tenon-model perplexity --compare-with exact`."""
    details = {"model": model, "dtype": dtype, "tokens": record["tokens"], "context": record["context"]}
    change = perplexity_change(record)
    yield figures.verdict("accuracy", "perplexity away from exact, %", abs(change), "<=",
                          PERPLEXITY_LIMITS.get(dtype, PERPLEXITY_LIMIT), **details, change_percent=change,
                          perplexity=math.exp(record["nats_per_token"]),
                          perplexity_exact=math.exp(record["baseline_nats_per_token"]))
    yield figures.verdict("accuracy", "same first choice, %", record["top1_agreement"] * 100, ">=", AGREEMENT_LIMIT,
                          **details)
    yield figures.verdict("accuracy", "divergence, 1e-3 nats a token", record["kl_divergence_mean"] * 1000, "<=", None,
                          **details, divergence_max=record["kl_divergence_max"])


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", help="text file to score")
    parser.add_argument("--types", type=words(()), help="default: all that tenon-model quantize writes")
    parser.add_argument("--models", type=words(()), default=["smollm2"], help="smollm2, random, or GGUF files")
    parser.add_argument("--max-tokens", type=int, default=8000, help="score so many tokens of the text")
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--kernels", default="auto")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--output", help="JSON Lines file, appended to")
    return parser.parse_args()


def measure(arguments, path):
    text = programs.run([programs.BIN / "tenon-model", "perplexity", path, arguments.text,
                         "--max-tokens", arguments.max_tokens, "--context", arguments.context,
                         "--compare-with", "exact", "--kernels", arguments.kernels, "-j", arguments.threads,
                         "--format", "jsonl"])
    return figures.records(text, "perplexity")[0]


def main(description):
    """Status: 1 if a limit is passed."""
    arguments = parse(description)
    begin = time.perf_counter()
    programs.run([programs.ROOT / "scripts" / "build", "release", "tenon-model"])
    header = {**programs.build_facts(), "kernels": arguments.kernels}
    report = Report(header, arguments.output)
    for model in arguments.models:
        for dtype in arguments.types or programs.types_offered():
            path = programs.model_of_type(model, dtype)
            for record in verdicts(measure(arguments, path), model, dtype):
                report.add(record)
    report.finish(time.perf_counter() - begin)
    return int(any(record["met"] is False for record in report.verdicts))
