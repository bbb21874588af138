#!/usr/bin/env python3
"""Golden codes of the 16- and 8-bit floating point formats, from PyTorch's and ml_dtypes' own conversions.

    scripts/oracles/number_formats.py tests/data/precision/number_formats.bin

Made with torch 2.15.0, ml_dtypes 0.6.0, numpy 2.4.6. The file holds, little-endian: 2048 float32 inputs,
then their codes as uint16 in each of float16, bfloat16, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2,
float8_e5m2fnuz: first by PyTorch (which saturates float8_e4m3fn, infinity too, and no other), then by
ml_dtypes (which never saturates; float16 is numpy's).
"""

import sys

import ml_dtypes
import numpy as np
import torch

FORMATS = ["float16", "bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"]


def inputs() -> np.ndarray:
    random = np.random.default_rng(20240)
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 448.0, 464.0, 464.001, 480.0, 240.0, 248.0,
                        248.01, 57344.0, 61440.0, 61441.0, 65504.0, 65519.99, 65520.0, 3.4e38, 2.0**-9, 2.0**-10,
                        2.0**-11, 2.0**-16, 2.0**-17, 2.0**-18, 2.0**-24, 2.0**-25, 2.0**-133, 2.0**-134],
                       dtype=np.float32)
    spread = (random.choice([-1.0, 1.0], 1000) * 2.0 ** random.uniform(-30, 20, 1000)).astype(np.float32)
    # Few mantissa bits: many ties.
    ties = (random.integers(-64, 64, 600) * 2.0 ** random.integers(-20, 14, 600)).astype(np.float32)
    any_bits = random.integers(0, 2**32, 2048 - 1600 - special.size, dtype=np.uint64).astype(np.uint32)
    return np.concatenate([special, spread, ties, any_bits.view(np.float32)])


def main() -> None:
    numbers = inputs()
    assert numbers.size == 2048
    with open(sys.argv[1], "wb") as file:
        file.write(numbers.astype("<f4").tobytes())
        for name in FORMATS:
            converted = torch.from_numpy(numbers).to(getattr(torch, name))
            width = converted.element_size()
            codes = converted.view(torch.uint8).numpy().view(f"<u{width}")
            file.write(codes.astype("<u2").tobytes())
        for name in FORMATS:
            with np.errstate(over="ignore", invalid="ignore"):
                converted = numbers.astype(getattr(ml_dtypes, name, np.float16))
            file.write(converted.view(f"<u{converted.itemsize}").astype("<u2").tobytes())


if __name__ == "__main__":
    main()
