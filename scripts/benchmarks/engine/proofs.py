"""What is measured: one function a proof, which yields verdicts."""
import pathlib
import statistics
import tempfile

from engine import figures, programs
from engine.figures import ratio_of_rounds, verdict
from engine.programs import Tenon

# 20 tokens of SmolLM2's vocabulary, which the random model shares; the summary says how many it were.
PROMPT = "The old lighthouse keeper climbed the stairs every evening, and before the lamp was lit he would look out"
BATCH = 16
ANSWER = 128  # tokens of an answer in the batch
MEMORY_PROMPT = "The tide came in over the sand and went out again. " * 80
# The ends of a text are banned, so that every answer has its length.
NO_END = ("--logit-bias", "0=-inf", "--logit-bias", "2=-inf")


def repeats(model):
    return 20 if model == "smollm2" else 10


class Bench:
    """What the proofs share."""

    def __init__(self, threads, rounds, kind, peer):
        self.threads, self.rounds, self.kind, self.peer = threads, rounds, kind, peer

    def medians(self, measure):
        """The columns of `measure()`, a tuple of numbers, over the rounds."""
        return list(zip(*(measure() for _ in range(self.rounds)), strict=True))


def rows(bench, model, dtype, path):
    for threads in dict.fromkeys((bench.threads, 1)):
        def measure(threads=threads):
            seconds = figures.pass_seconds(Tenon.passes(path, (1, 8, 16), threads, repeat=repeats(model)))
            return seconds[1], seconds[8], seconds[16]
        one, eight, sixteen = bench.medians(measure)
        for count, column in ((8, eight), (16, sixteen)):
            yield verdict("rows", f"t({count})/t(1)", ratio_of_rounds(column, one), "<=",
                          figures.row_bar(count, dtype, bench.kind), model=model, dtype=dtype, threads=threads,
                          seconds=statistics.median(column), seconds_one_row=statistics.median(one),
                          spread=figures.spread(one))


def against_peer(bench, proof, what, columns, bar, **details):
    ours, theirs = columns
    return verdict(proof, what, ratio_of_rounds(theirs, ours), ">=", bar, threads=bench.threads,
                   seconds=statistics.median(ours), peer_seconds=statistics.median(theirs),
                   spread=figures.spread(ours), peer_spread=figures.spread(theirs), **details)


def decode(bench, model, dtype, path):
    shares = []
    for depth in (0, 1024) if model == "smollm2" else (0,):
        def measure(depth=depth):
            text = Tenon.passes(path, (1,), bench.threads, depth=depth, repeat=32, limits=True)
            record, = figures.records(text, "pass")
            if depth == 0:
                shares.append(record["bandwidth_share"])
            return record["seconds_median"], bench.peer.seconds(path, bench.threads, generate=32, depth=depth)
        yield against_peer(bench, "decode", f"1 row at depth {depth} against the peer", bench.medians(measure),
                           figures.decode_bar(model, depth, dtype, bench.kind), model=model, dtype=dtype,
                           rows=1, depth=depth)
    yield verdict("decode", "share of the streaming bandwidth", statistics.median(shares), ">=",
                  figures.bandwidth_bar(model, dtype, bench.kind), model=model, dtype=dtype, threads=bench.threads)

    def eight_rows():
        ours = figures.pass_seconds(Tenon.passes(path, (8,), bench.threads, repeat=repeats(model), logit_rows=1))
        return ours[8], bench.peer.seconds(path, bench.threads, prompt=8, repeat=5)
    yield against_peer(bench, "decode", "8 rows (last logits) against the peer", bench.medians(eight_rows), None,
                       model=model, dtype=dtype, rows=8, depth=0)


def prompt(bench, model, dtype, path):
    # The long prompt takes seconds: it needs no warming up, and one round.
    for tokens in (512, 4096) if model == "smollm2" else (512,):
        is_long = tokens > 512

        def measure(tokens=tokens, is_long=is_long):
            ours = figures.pass_seconds(Tenon.passes(path, (tokens,), bench.threads, logit_rows=1,
                                                     repeat=1 if is_long else 3))
            return ours[tokens], bench.peer.seconds(path, bench.threads, prompt=tokens, warmup=not is_long)
        columns = zip(measure(), strict=True) if is_long else bench.medians(measure)
        yield against_peer(bench, "prompt", f"{tokens} tokens against the peer", columns,
                           figures.prompt_bar(tokens, dtype, bench.kind), model=model, dtype=dtype, rows=tokens,
                           depth=0)


def batch(bench, model, dtype, path):
    prompts = [f"Chapter {number}. {PROMPT}" for number in range(BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        many, one = pathlib.Path(folder, "many.jsonl"), pathlib.Path(folder, "one.jsonl")
        programs.write_records(many, prompts)
        programs.write_records(one, prompts[:1])

        def measure():
            summaries = [Tenon.generate(path, "--input", file, "--max-tokens", ANSWER, "--parallel", BATCH,
                                        *NO_END, "-j", bench.threads) for file in (many, one)]
            return [figures.tokens_per_second(summary) for summary in summaries] + \
                   [summary["generation_tokens_per_second"] for summary in summaries]
        together, alone, answers_together, answers_alone = bench.medians(measure)
    for what, above, below, bar in (("tokens/s", together, alone, 6.0),
                                    ("without prompts", answers_together, answers_alone, None)):
        yield verdict("batch", f"{BATCH} records against one, {what}", ratio_of_rounds(above, below), ">=", bar,
                      model=model, dtype=dtype, threads=bench.threads, tokens_per_second=statistics.median(above),
                      tokens_per_second_alone=statistics.median(below))


def load(bench, model, dtype, path):
    arguments = (PROMPT, "--max-tokens", 1, "-j", bench.threads)
    tokens = Tenon.generate(path, *arguments)["prompt_tokens"]

    def measure():
        programs.read_seconds(path)  # into the page cache
        first_token = statistics.median(Tenon.process(path, *arguments)[0] for _ in range(3))
        read = statistics.median(programs.read_seconds(path) for _ in range(3))
        one_pass = figures.pass_seconds(Tenon.passes(path, (tokens,), bench.threads, logit_rows=1))[tokens]
        return first_token, read, one_pass
    first_token, read, one_pass = bench.medians(measure)
    value = statistics.median(map(figures.load_ratio, first_token, read, one_pass))
    yield verdict("load", f"first token of {tokens} / (read + pass)", value, "<=", 1.2, model=model, dtype=dtype,
                  threads=bench.threads, first_token_seconds=statistics.median(first_token),
                  read_seconds=statistics.median(read), pass_seconds=statistics.median(one_pass))


def memory(bench, model, dtype, path):
    arguments = (MEMORY_PROMPT, "--max-tokens", 32, *NO_END, "-j", bench.threads)
    summary = Tenon.generate(path, *arguments)
    positions = summary["prompt_tokens"] + summary["completion_tokens"]
    record, = figures.records(Tenon.passes(path, (1,), bench.threads, repeat=1), "pass")
    weights = programs.tensor_bytes(path)
    peak = Tenon.process(path, *arguments)[1]
    limit = figures.memory_limit(weights, record["cache_bytes"], positions)
    yield verdict("memory", "peak MiB", peak / figures.MEBIBYTE, "<=", round(limit / figures.MEBIBYTE, 1),
                  model=model, dtype=dtype, threads=bench.threads, weight_bytes=weights,
                  cache_bytes=record["cache_bytes"] * positions, peak_bytes=peak)


PROOFS = {"rows": rows, "decode": decode, "prompt": prompt, "batch": batch, "load": load, "memory": memory}
