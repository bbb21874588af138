#!/usr/bin/env python3
"""Golden distributions of the sampler chain -> tests/data/sampling/distributions.json

The steps are the logits processors of Hugging Face transformers, in float64, in the chain's order; presence
and frequency penalties, which it lacks, are OpenAI's formula in numpy:
logit - presence * (count > 0) - frequency * count.
After bias and penalties the logits are rounded to float32, as lib/sampling says it does.

Made with transformers 5.24.0, torch 2.15.0, numpy 2.4.6. Run from the top of the repository.
"""

import json
import math
import pathlib

import numpy
import torch
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

OUTPUT = pathlib.Path("tests/data/sampling/distributions.json")


def make_logits(name):
    """Float32 logits without equal values, so that no rule for ties decides."""
    if name == "small":
        rng = numpy.random.default_rng(20)
        return numpy.float32(rng.normal(0, 2.5, 40))
    if name == "flat":
        rng = numpy.random.default_rng(21)
        return numpy.float32(rng.normal(0, 0.05, 40))
    if name == "peaked":  # one token holds 0.9 of the mass
        rng = numpy.random.default_rng(22)
        logits = rng.normal(0, 1.0, 40)
        logits[17] = 6.5
        return numpy.float32(logits)
    if name == "wide":  # more than one block of every loop over the vocabulary, and an odd rest
        rng = numpy.random.default_rng(23)
        return numpy.float32(rng.normal(0, 3.0, 1237))
    raise ValueError(name)


def distribution(logits, context, options):
    scores = logits.astype(numpy.float64)
    for token, value in options.get("logit_bias", []):
        scores[token] = numpy.float32(scores[token] + value)
    window = options.get("penalty_window", 64)
    seen = context[-window:] if window else context
    penalised = torch.tensor(scores)[None]
    if options.get("repeat_penalty", 1.0) != 1.0 and seen:
        processor = RepetitionPenaltyLogitsProcessor(options["repeat_penalty"])
        penalised = processor(torch.tensor([seen]), penalised)
    penalised = penalised[0].numpy().copy()
    for token in set(seen):
        penalised[token] -= options.get("presence_penalty", 0.0)
        penalised[token] -= options.get("frequency_penalty", 0.0) * seen.count(token)
    scores = torch.tensor(penalised.astype(numpy.float32).astype(numpy.float64))[None]

    steps = [TemperatureLogitsWarper(options["temperature"])]
    if "top_k" in options:
        steps.append(TopKLogitsWarper(options["top_k"]))
    if "typical_p" in options:
        steps.append(TypicalLogitsWarper(options["typical_p"]))
    if "top_p" in options:
        steps.append(TopPLogitsWarper(options["top_p"]))
    if "min_p" in options:
        steps.append(MinPLogitsWarper(options["min_p"]))
    for step in steps:
        scores = step(None, scores)
    return torch.softmax(scores[0], dim=-1).numpy()


CONTEXT = [3, 17, 5, 3, 9, 31, 3, 17, 22, 0, 39, 17]
CASES = [
    ("temperature alone", "small", {"temperature": 1.0}),
    ("a low temperature", "small", {"temperature": 0.25}),
    ("a high temperature", "small", {"temperature": 3.0}),
    ("top-k", "small", {"temperature": 1.0, "top_k": 7}),
    ("top-k of one", "small", {"temperature": 1.0, "top_k": 1}),
    ("top-k of all", "small", {"temperature": 1.0, "top_k": 40}),
    ("top-p", "small", {"temperature": 1.0, "top_p": 0.8}),
    ("top-p after a temperature", "small", {"temperature": 1.7, "top_p": 0.8}),
    ("top-p on a peak", "peaked", {"temperature": 1.0, "top_p": 0.5}),
    ("top-p on a flat distribution", "flat", {"temperature": 1.0, "top_p": 0.95}),
    ("top-p near one", "small", {"temperature": 1.0, "top_p": 0.99999}),
    ("min-p", "small", {"temperature": 1.0, "min_p": 0.1}),
    ("min-p after a temperature", "small", {"temperature": 0.6, "min_p": 0.1}),
    ("typical-p", "small", {"temperature": 1.0, "typical_p": 0.7}),
    ("typical-p that drops the most probable", "flat", {"temperature": 0.1, "typical_p": 0.4}),
    ("typical-p on a peak", "peaked", {"temperature": 1.0, "typical_p": 0.95}),
    ("typical-p, then min-p", "flat", {"temperature": 0.1, "typical_p": 0.4, "min_p": 0.9}),
    ("a repeat penalty", "small", {"temperature": 1.0, "repeat_penalty": 1.3}),
    ("a repeat penalty over the last three", "small",
     {"temperature": 1.0, "repeat_penalty": 1.3, "penalty_window": 3}),
    ("a reward for repeating", "small", {"temperature": 1.0, "repeat_penalty": 0.8}),
    ("a presence penalty", "small", {"temperature": 1.0, "presence_penalty": 0.7}),
    ("a frequency penalty", "small", {"temperature": 1.0, "frequency_penalty": 0.4}),
    ("all penalties over everything", "small",
     {"temperature": 0.9, "repeat_penalty": 1.2, "presence_penalty": 0.3,
      "frequency_penalty": 0.25, "penalty_window": 0}),
    ("a bias", "small", {"temperature": 1.0, "logit_bias": [[4, 3.5], [8, -2.25]]}),
    ("a ban", "small", {"temperature": 1.0, "top_k": 5, "logit_bias": [[8, -math.inf]]}),
    ("top-k, then top-p", "small", {"temperature": 1.0, "top_k": 9, "top_p": 0.7}),
    ("top-k, typical-p, top-p and min-p", "flat",
     {"temperature": 0.2, "top_k": 30, "typical_p": 0.9, "top_p": 0.8, "min_p": 0.5}),
    ("the whole chain", "small",
     {"temperature": 0.8, "top_k": 20, "typical_p": 0.97, "top_p": 0.9, "min_p": 0.02,
      "repeat_penalty": 1.15, "presence_penalty": 0.1, "frequency_penalty": 0.05,
      "logit_bias": [[1, 1.5]]}),
    ("temperature over many tokens", "wide", {"temperature": 1.3}),
    ("top-k over many tokens", "wide", {"temperature": 1.0, "top_k": 100}),
    ("top-p over many tokens", "wide", {"temperature": 1.0, "top_p": 0.9}),
    ("min-p over many tokens", "wide", {"temperature": 1.0, "min_p": 0.02}),
    ("top-p and min-p over many tokens", "wide",
     {"temperature": 1.5, "top_p": 0.95, "min_p": 0.01}),
    ("typical-p over many tokens", "wide", {"temperature": 1.0, "typical_p": 0.6}),
]


def main():
    cases = []
    for name, source, options in CASES:
        probabilities = distribution(make_logits(source), CONTEXT, options)
        kept = [[int(i), float(probabilities[i])] for i in numpy.flatnonzero(probabilities)]
        biases = [[t, "-inf" if v == -math.inf else v] for t, v in options.get("logit_bias", [])]
        shown = dict(options, **({"logit_bias": biases} if biases else {}))
        cases.append({"name": name, "logits": source, "options": shown, "probabilities": kept})
    logits = {n: [float(str(x)) for x in make_logits(n)] for n in ("small", "flat", "peaked", "wide")}
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(
        '{"context": %s,\n"logits": %s,\n"cases": [\n%s\n]}\n'
        % (json.dumps(CONTEXT), json.dumps(logits), lines)
    )


if __name__ == "__main__":
    main()
