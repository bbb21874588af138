"""Records of tenon and of the peer, what follows from them, and the bars."""
import json
import re
import statistics

PLAIN_TYPES = ("F32", "F16", "BF16")
MEBIBYTE = 1 << 20

# Row costs: type, then the most that 8 rows may cost against one.
ROW_BARS = {"bf16": {"Q8_0": 1.35, "Q4_0": 1.35, "Q4_1": 1.35, "BF16": 1.35,
                     "Q4_K": 1.6, "Q5_K": 1.6, "Q6_K": 1.6},
            "no bf16": {"Q8_0": 1.6, "Q4_0": 1.6, "Q4_1": 1.6, "Q4_K": 1.9, "Q5_K": 1.9, "Q6_K": 1.9}}
SIXTEEN_ROWS_BAR = {"bf16": 2.2, "no bf16": 2.8}
BANDWIDTH_BARS = {"Q8_0": 0.85, "BF16": 0.85, "Q4_0": 0.75, "Q4_1": 0.75, "Q5_0": 0.75, "Q5_1": 0.75,
                  "Q4_K": 0.75, "Q5_K": 0.75, "Q6_K": 0.75, "IQ4_NL": 0.75}


def processor_kind(flags):
    """By what the bars of a processor go: whether it multiplies bfloat16."""
    return "bf16" if "avx512_bf16" in flags else "no bf16"


def row_bar(rows, dtype, kind):
    """The most that t(rows)/t(1) may be; None where nothing was promised."""
    if dtype not in ROW_BARS[kind]:
        return None
    return ROW_BARS[kind][dtype] if rows == 8 else SIXTEEN_ROWS_BAR[kind]


def decode_bar(model, depth, dtype, kind):
    """The least speed of one row against the peer."""
    if dtype in PLAIN_TYPES:
        return 1.0 if dtype == "F16" or (dtype == "BF16" and kind == "bf16") else None
    if model == "random":
        return 1.25 if depth == 0 else None
    return {0: 1.5, 1024: 1.8}.get(depth)


def bandwidth_bar(model, dtype, kind):
    """The least share of the streaming bandwidth that one row must reach."""
    if model != "random" or (dtype == "BF16" and kind != "bf16"):
        return None
    return BANDWIDTH_BARS.get(dtype)


def prompt_bar(tokens, dtype, kind):
    """The least speed of a prompt against the peer."""
    if dtype in PLAIN_TYPES:
        return 1.5 if dtype == "BF16" and kind == "bf16" and tokens == 512 else None
    return 3.0


def is_met(value, relation, bar):
    """Whether `value` `relation` `bar` holds; None without a bar."""
    if bar is None:
        return None
    return value <= bar if relation == "<=" else value >= bar


def verdict(proof, what, value, relation, bar, **details):
    """One figure and what was asked of it. `relation` is <= or >=."""
    return {"type": "verdict", "proof": proof, **details, "what": what, "measured": value, "relation": relation,
            "bar": bar, "met": is_met(value, relation, bar)}


def spread(values):
    """The largest over the smallest: how far rounds differ."""
    return max(values) / min(values) if min(values) > 0 else None


def records(text, kind=None):
    """JSON Lines as a list, of one "type" if asked for; lines that are no objects are skipped."""
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [record for record in found if kind is None or record["type"] == kind]


def pass_seconds(text):
    """Of `tenon-model bench --format jsonl`: rows → median seconds."""
    return {record["rows"]: record["seconds_median"] for record in records(text, "pass")}


def peer_pass_seconds(text):
    """Of `llama-bench -o jsonl`: (prompt tokens, generated tokens) → median seconds of the prompt, or of one
    generated token."""
    return {(record["n_prompt"], record["n_gen"]):
            statistics.median(record["samples_ns"]) / 1e9 / max(record["n_gen"], 1)
            for record in records(text)}


def ratio_of_rounds(above, below):
    """The median over the rounds of above/below, each of one round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def tokens_per_second(summary):
    """Of the summary of tenon-generate: answers' tokens over all time but loading."""
    return summary["completion_tokens"] / (summary["elapsed_seconds"] - summary["load_seconds"])


def load_ratio(first_token, read, one_pass):
    """Time to the first token over reading the file and one pass."""
    return first_token / (read + one_pass)


def memory_limit(weights, cache_per_position, positions):
    """Bytes that a process may take: weights, cache and 64 MiB."""
    return weights + cache_per_position * positions + 64 * MEBIBYTE


def types_offered(help_text):
    """Storage types of `tenon-model quantize --help`."""
    words = " ".join(help_text.split())
    found = re.search(r"--type TYPE .*?\(one of ([A-Z0-9_, ]+)[;)]", words)
    return [name.strip() for name in found.group(1).split(",")] if found else []


def limits_of(text):
    """Of `tenon-model bench --limits --format jsonl`: one object a number of threads, without "type"."""
    return [{key: value for key, value in record.items() if key != "type"} for record in records(text, "limit")]


def table_line(record):
    """A verdict as a line of the table."""
    where = " ".join(str(record[key]) for key in ("model", "dtype") if key in record)
    threads = f"-j {record['threads']}" if "threads" in record else ""
    bar = "" if record["bar"] is None else f"{record['relation']} {record['bar']:g}"
    met = {True: "met", False: "MISSED", None: "no bar"}[record["met"]]
    return f"{record['proof']:8} {where:16} {threads:5} {record['what']:38} {record['measured']:9.3f} {bar:9} {met}"
