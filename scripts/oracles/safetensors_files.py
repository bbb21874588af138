#!/usr/bin/env python3
"""Small safetensors and .npy files of the safetensors and numpy packages, for tests/formats.

    safetensors_files.py make DIR       writes every_type.safetensors, sharded/*, float32.npy, int64.npy, scalar.npy
    safetensors_files.py check PATH     reads a file or folder in that format and compares it with those contents

Made with safetensors 0.8.0, torch 2.15.0, huggingface_hub 2.4.0 and numpy 2.4.6: independent of lib/formats. Reading these
files tests the readers, and writing the same contents must give the same bytes.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import safe_open
from safetensors.torch import save_file

TENSORS = {
    "f64": torch.tensor([[0.1, -2.5]], dtype=torch.float64),
    "i64": torch.tensor([-(2**40), 7], dtype=torch.int64),
    "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "i32": torch.tensor([-70000], dtype=torch.int32),
    "scalar": torch.tensor(3.0),
    "empty": torch.zeros(0, 3),
    "bf16": torch.tensor([1.0, -2.0, 0.5], dtype=torch.bfloat16),
    "f16": torch.tensor([1.0, -2.0, 0.5], dtype=torch.float16),
    "i16": torch.tensor([-300], dtype=torch.int16),
    "f8_e4m3": torch.tensor([0.5, -448.0], dtype=torch.float32).to(torch.float8_e4m3fn),
    "f8_e5m2": torch.tensor([0.5, -57344.0], dtype=torch.float32).to(torch.float8_e5m2),
    "bool": torch.tensor([True, False, True]),
    "i8": torch.tensor([-1, 2, 3], dtype=torch.int8),
    "u8": torch.tensor([250], dtype=torch.uint8),
}
METADATA = {"format": "pt"}
SHARDED = {f"layer.{i}.weight": torch.full((2, 3), float(i)) for i in range(5)}
SHARD_BYTES = 50


def make(folder):
    save_file(TENSORS, folder / "every_type.safetensors", METADATA)
    sharded = folder / "sharded"
    sharded.mkdir(exist_ok=True)
    split = split_torch_state_dict_into_shards(SHARDED, max_shard_size=SHARD_BYTES)
    for name, keys in split.filename_to_tensors.items():
        save_file({key: SHARDED[key] for key in keys}, sharded / name)
    index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
    text = json.dumps(index, indent=2, sort_keys=True) + "\n"
    (sharded / "model.safetensors.index.json").write_text(text)
    np.save(folder / "float32.npy", np.arange(12, dtype=np.float32).reshape(3, 4) / 4)
    np.save(folder / "int64.npy", np.array([-1, 2**40], dtype=np.int64))
    np.save(folder / "scalar.npy", np.float64(0.1))


def compare(path, expected):
    with safe_open(path, framework="pt") as file:
        assert set(file.keys()) == set(expected), sorted(file.keys())
        for name, tensor in expected.items():
            value = file.get_tensor(name)
            assert value.dtype == tensor.dtype and value.shape == tensor.shape, name
            assert torch.equal(value.view(torch.uint8) if value.dim() else value,
                               tensor.view(torch.uint8) if tensor.dim() else tensor), name
    print(f"{path}: {len(expected)} tensors as expected")


def check(path):
    if not path.is_dir():
        return compare(path, TENSORS)
    weight_map = json.loads((path / "model.safetensors.index.json").read_text())["weight_map"]
    assert set(weight_map) == set(SHARDED)
    for shard in sorted(set(weight_map.values())):
        compare(path / shard, {key: SHARDED[key] for key in weight_map if weight_map[key] == shard})


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    (make if sys.argv[1] == "make" else check)(Path(sys.argv[2]))


main()
