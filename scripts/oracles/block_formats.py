#!/usr/bin/env python3
"""Golden bytes and numbers of GGML's block formats.

    scripts/oracles/block_formats.py LIBGGML_BASE MODEL.gguf tests/data/precision

Made with gguf 0.19.0 (the format's Python implementation), numpy 2.4.6, and libggml-base 0.25.3 (llama.cpp as
vendored by llama-cpp-python 0.3.36) for IQ4_NL and the K formats, which gguf cannot quantise. MODEL is
SmolLM2-135M-Instruct.Q4_1.gguf (Apache-2.0), of which eight runs of 256 real weights go into the inputs.

block_dequantize.bin, for each of FORMATS: 1024 numbers as random blocks (scales finite, everything else any
bits), then the 1024 float32 values.
block_quantize.bin: 4096 float32 inputs (what is where: inputs()), then for each of QUANTIZED their blocks.
Printed: the relative rms error of the reference on whole matrices of MODEL, for tests/conversion.
"""

import ctypes
import sys

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

# Format and the byte offsets of its float16 scales.
FORMATS = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0], "Q2_K": [80, 82],
           "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
QUANTIZED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q6_K", "IQ4_NL", "Q2_K", "Q3_K", "Q5_K"]


def random_blocks(name: str, random: np.random.Generator) -> np.ndarray:
    block_elements, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    count = 1024 // block_elements
    blocks = random.integers(0, 256, (count, block_bytes), dtype=np.uint8)
    for offset in FORMATS[name]:
        bits = (random.integers(0, 2, count) << 15) | random.integers(0, 0x7C00, count)
        blocks[:, offset:offset + 2] = bits.astype("<u2").view(np.uint8).reshape(count, 2)
    return blocks


def real_weights(model: str) -> np.ndarray:
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(model).tensors}
    names = ["token_embd", "blk.0.attn_q", "blk.3.attn_v", "blk.9.attn_output", "blk.12.ffn_gate", "blk.18.ffn_up",
             "blk.24.ffn_down", "blk.29.attn_k"]
    runs = []
    for name in names:
        tensor = tensors[name + ".weight"]
        runs.append(gguf.quants.dequantize(tensor.data, tensor.tensor_type)[100][:256])
    return np.concatenate(runs)


def awkward_block() -> np.ndarray:
    """Eight groups of 32: zeros, constants of either sign, a spike, a ramp, alternation, tiny, large."""
    index = np.arange(32)
    spike = np.zeros(32)
    spike[17] = -3.0
    groups = [np.zeros(32), np.full(32, 0.3), np.full(32, -0.7), spike, np.linspace(-1, 1, 32),
              np.where(index % 2 == 0, 0.25, -0.25), 1e-6 * np.sin(index), 1e4 * np.cos(index)]
    return np.concatenate(groups)


def inputs(model: str, random: np.random.Generator) -> np.ndarray:
    heavy_tails = random.standard_t(3, 512) * np.repeat(10.0 ** random.uniform(-4, 3, 16), 32)
    # Integers and halves under an extreme of 127: Q8_0 divides them by one, so ties occur.
    ties = random.integers(-254, 255, 256) / 2.0
    ties[::32] = 127.0
    parts = [
        random.normal(0, 0.05, 1024),  # from 0
        real_weights(model),           # from 1024
        awkward_block(),               # from 3072
        heavy_tails,                   # from 3328
        ties,                          # from 3840
    ]
    numbers = np.concatenate(parts).astype(np.float32)
    assert numbers.size == 4096
    return numbers


def quantize(name: str, numbers: np.ndarray, library: ctypes.CDLL) -> bytes:
    kind = GGMLQuantizationType[name]
    if not name.endswith("_K") and name != "IQ4_NL":
        return gguf.quants.quantize(numbers.reshape(-1, 256), kind).tobytes()
    block_elements, block_bytes = GGML_QUANT_SIZES[kind]
    output = np.zeros(numbers.size // block_elements * block_bytes, dtype=np.uint8)
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    written = library.ggml_quantize_chunk(
        ctypes.c_int(kind), numbers.ctypes.data_as(ctypes.c_void_p), output.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(0), ctypes.c_int64(numbers.size // 256), ctypes.c_int64(256), None)
    assert written == output.size
    return output.tobytes()


def print_errors(model: str, library: ctypes.CDLL) -> None:
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(model).tensors}
    for layer in (0, 14, 29):
        tensor = tensors[f"blk.{layer}.ffn_down.weight"]
        numbers = np.ascontiguousarray(gguf.quants.dequantize(tensor.data, tensor.tensor_type).ravel())
        for name in ("Q4_K", "Q6_K", "IQ4_NL", "Q2_K", "Q3_K", "Q5_K"):
            kind = GGMLQuantizationType[name]
            blocks = np.frombuffer(quantize(name, numbers, library), dtype=np.uint8)
            stored = gguf.quants.dequantize(blocks.reshape(-1, GGML_QUANT_SIZES[kind][1]), kind).ravel()
            misses = np.sum((numbers.astype(float) - stored) ** 2)
            print(f'{{"{tensor.name}", DType::{name}, {np.sqrt(misses / np.sum(numbers.astype(float) ** 2)):.6f}}},')


def main() -> None:
    library_path, model, folder = sys.argv[1:]
    random = np.random.default_rng(20241)
    with open(f"{folder}/block_dequantize.bin", "wb") as file:
        for name in FORMATS:
            blocks = random_blocks(name, random)
            file.write(blocks.tobytes())
            file.write(gguf.quants.dequantize(blocks, GGMLQuantizationType[name]).astype("<f4").tobytes())
    numbers = inputs(model, random)
    library = ctypes.CDLL(library_path)
    with open(f"{folder}/block_quantize.bin", "wb") as file:
        file.write(numbers.astype("<f4").tobytes())
        for name in QUANTIZED:
            file.write(quantize(name, numbers, library))
    print_errors(model, library)


if __name__ == "__main__":
    main()
