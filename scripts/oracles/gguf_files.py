#!/usr/bin/env python3
"""Small GGUF files written by the gguf package, for tests/formats/gguf_writer_test.cpp.

    gguf_files.py make DIR      writes every_type.gguf and split-0000{1,2,3}-of-00003.gguf
    gguf_files.py check FILE    reads a GGUF file with the same package and compares it with every_type.gguf's contents

Made with gguf 0.19.0 and numpy 2.4.6. gguf.GGUFWriter knows nothing of lib/formats: reading these files tests
the reader, and writing the same contents must give the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

T = GGUFValueType
SCALARS = [
    ("test.u8", 250, T.UINT8), ("test.i8", -100, T.INT8),
    ("test.u16", 65000, T.UINT16), ("test.i16", -30000, T.INT16),
    ("test.u32", 4000000000, T.UINT32), ("test.i32", -2000000000, T.INT32),
    ("test.f32", 0.1, T.FLOAT32), ("test.true", True, T.BOOL), ("test.false", False, T.BOOL),
    ("test.string", "caf\u00e9 \u2581 \U0001F600\n", T.STRING), ("test.empty_string", "", T.STRING),
    ("test.u64", 18000000000000000000, T.UINT64), ("test.i64", -9000000000000000000, T.INT64),
    ("test.f64", 0.1, T.FLOAT64),
]
ARRAYS = [
    ("test.array.u8", [0, 1, 255], T.UINT8), ("test.array.i8", [-128, 0, 127], T.INT8),
    ("test.array.u16", [0, 65535], T.UINT16), ("test.array.i16", [-32768, 32767], T.INT16),
    ("test.array.u32", [0, 4294967295], T.UINT32), ("test.array.i32", [-2147483648, 2147483647], T.INT32),
    ("test.array.f32", [0.5, -1.25, 3.0], T.FLOAT32), ("test.array.bool", [True, False, True], T.BOOL),
    ("test.array.string", ["", "a", "\u0120the"], T.STRING),
    ("test.array.u64", [18446744073709551615], T.UINT64), ("test.array.i64", [-9223372036854775808], T.INT64),
    ("test.array.f64", [1e300, -0.0], T.FLOAT64),
    ("test.array.nested", [[1, 2], [3], [4, 5, 6]], None), ("test.array.nested_strings", [[["x"]], [["y", "z"]]], None),
]


def pattern(count, step):
    """Bytes that no two tensors share in order: i * step mod 251."""
    return (np.arange(count) * step % 251).astype(np.uint8)


TENSORS = [
    ("plain.f32", np.arange(6, dtype=np.float32).reshape(2, 3), None),
    ("plain.f16", np.array([1, -2, 0.5], dtype=np.float16), None),
    ("plain.f64", np.array([[0.1]], dtype=np.float64), None),
    ("plain.i8", np.array([-1, 2, 3], dtype=np.int8), None),
    ("plain.i16", np.array([-300], dtype=np.int16), None),
    ("plain.i32", np.array([-70000, 5], dtype=np.int32), None),
    ("plain.i64", np.array([-(2**40)], dtype=np.int64), None),
    ("plain.bf16", pattern(2 * 8, 3).reshape(2, 8), GGMLQuantizationType.BF16),
    ("block.q4_1", pattern(4 * 3 * 2 * 20, 5).reshape(4, 3, 2 * 20), GGMLQuantizationType.Q4_1),
    ("block.q4_k", pattern(144, 7).reshape(1, 144), GGMLQuantizationType.Q4_K),
    ("block.iq2_xxs", pattern(2 * 66, 11).reshape(2, 66), GGMLQuantizationType.IQ2_XXS),
    ("rank4.i8", np.arange(2 * 3 * 1 * 4, dtype=np.int8).reshape(2, 3, 1, 4), None),
]


def write_every_type(path):
    writer = GGUFWriter(path, "llama")
    writer.add_custom_alignment(64)
    for key, value, kind in SCALARS:
        writer.add_key_value(key, value, kind)
    for key, value, kind in ARRAYS:
        writer.add_key_value(key, value, T.ARRAY, sub_type=kind)
    for name, values, kind in TENSORS:
        writer.add_tensor(name, values, raw_dtype=kind)
    finish(writer)


def write_split(path):
    writer = GGUFWriter(path, "llama", split_max_tensors=2)
    writer.add_block_count(3)
    for index in range(5):
        writer.add_tensor(f"blk.{index}.weight", np.full((2, 3), index, dtype=np.float32))
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check(path):
    reader = GGUFReader(path)
    keys = [("general.architecture", "llama"), ("general.alignment", 64)]
    keys += [(key, value) for key, value, _ in SCALARS + ARRAYS if "nested" not in key]
    for key, expected in keys:
        value = reader.fields[key].contents()
        if isinstance(expected, float):
            assert np.float32(value) == np.float32(expected), key
        else:
            assert value == expected, (key, value, expected)
    nested = [key for key, _, _ in ARRAYS if "nested" in key]
    assert all(key in reader.fields for key in nested)
    assert [tensor.name for tensor in reader.tensors] == [name for name, _, _ in TENSORS]
    for tensor, (name, values, kind) in zip(reader.tensors, TENSORS):
        assert kind is None or tensor.tensor_type == kind, name
        assert np.array_equal(tensor.data, values), name
        assert tensor.data.shape == values.shape, name
    print(f"{path}: {len(keys)} keys and {len(TENSORS)} tensors as expected")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    if sys.argv[1] == "check":
        return check(sys.argv[2])
    folder = Path(sys.argv[2])
    write_every_type(folder / "every_type.gguf")
    write_split(folder / "split.gguf")


main()
