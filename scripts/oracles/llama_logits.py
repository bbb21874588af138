#!/usr/bin/env python3
"""Golden logits of a GGUF model of the llama family, in plain PyTorch operations on dequantised weights.

    llama_logits.py golden MODEL.gguf OUTPUT.bin        logits of the three prompts below, in short
    llama_logits.py logits MODEL.gguf IDS OUTPUT.npy    all logits, float32 [positions, vocabulary]
    llama_logits.py compare MODEL.gguf IDS FILE.npy     exit 1 where FILE differs by more than 1e-3
    llama_logits.py ids MODEL.gguf                      the ids of the prompts, a line each

IDS is a list of token ids, 1,2,3. `compare` judges the result of
    tenon-model logits MODEL.gguf --ids 1,2,3 --precision exact --cache-type f32 --output FILE.npy

Nothing here follows Tenon's code: whole-sequence attention with a mask, float64 (float32 with --float32).
OUTPUT.bin, little-endian:
    uint32 prompts, uint16 sampled_ids[256]
    a prompt: uint32 positions, int32 tokens[positions], then for each position
        uint16 top_ids[64], float32 top_logits[64], float32 sampled_logits[256],
        float32 mean, maximum, log_sum_exp            (over the whole vocabulary)
Versions: torch 2.15.0, gguf 0.19.0, tokenizers 0.23.3, numpy 2.4.6.
"""
import argparse
import math
import re
import struct
import sys

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

TOP, SAMPLED = 64, 256
TOLERANCE = 1e-3
PROMPTS = [
    "<|im_start|>system\nYou are a patient teacher and answer in one short sentence.<|im_end|>\n<|im_start|>user\n"
    "Why is the sky blue?<|im_end|>\n<|im_start|>assistant\n",
    "It was a bright cold day in April, and the clocks were striking thirteen. The old man put down "
    "his newspaper, looked out of the window and wondered who could be walking there at that hour.",
    "def fibonacci(n):\n    \"\"\"Returns the first n numbers.\"\"\"\n    a, b = 0, 1\n"
    "    for _ in range(n):\n        yield a\n        a, b = b, a + b\n",
]


class Model:
    def __init__(self, path, dtype):
        self.reader = gguf.GGUFReader(path)
        self.dtype = dtype
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}
        self.arch = self.field("general.architecture")
        self.heads = self.setting("attention.head_count")
        self.kv_heads = self.setting("attention.head_count_kv")
        self.head_dim = self.setting("attention.key_length", self.setting("embedding_length") // self.heads)
        self.epsilon = self.setting("attention.layer_norm_rms_epsilon")
        if self.arch != "llama" or self.setting("rope.scaling.type", "none") != "none":
            sys.exit("only the llama architecture without rope scaling is written out here")

    def field(self, name, default=None):
        field = self.reader.get_field(name)
        return default if field is None else field.contents()

    def setting(self, name, default=None):
        return self.field(f"{self.arch}.{name}", default)

    def weight(self, name):
        tensor = self.tensors[name + ".weight"]
        numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy()
        return torch.from_numpy(numbers).to(self.dtype)

    def norm(self, x, name):
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True) + self.epsilon)
        return x * scale * self.weight(name)

    def rope(self, positions):
        dims = self.setting("rope.dimension_count", self.head_dim)
        assert dims == self.head_dim
        exponent = torch.arange(0, dims, 2, dtype=torch.float64) / dims
        angle = positions[:, None] * self.setting("rope.freq_base", 10000.0) ** -exponent
        return torch.polar(torch.ones_like(angle), angle)

    def rotate(self, x, turn):
        # Pairs (2i, 2i + 1) are complex numbers.
        pairs = torch.view_as_complex(x.to(torch.float64).reshape(*x.shape[:-1], -1, 2).contiguous())
        return torch.view_as_real(pairs * turn[:, None]).flatten(-2).to(self.dtype)

    def attention(self, x, layer, turn, mask):
        length = x.shape[0]
        query = (x @ self.weight(f"blk.{layer}.attn_q").T).view(length, self.heads, self.head_dim)
        key = (x @ self.weight(f"blk.{layer}.attn_k").T).view(length, self.kv_heads, self.head_dim)
        value = (x @ self.weight(f"blk.{layer}.attn_v").T).view(length, self.kv_heads, self.head_dim)
        query, key = self.rotate(query, turn), self.rotate(key, turn)
        group = self.heads // self.kv_heads
        key, value = key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)
        scores = torch.einsum("qhd,khd->hqk", query, key) / math.sqrt(self.head_dim)
        probabilities = torch.softmax(scores.masked_fill(mask, -math.inf), -1)
        mixed = torch.einsum("hqk,khd->qhd", probabilities, value).reshape(length, -1)
        return mixed @ self.weight(f"blk.{layer}.attn_output").T

    def feed_forward(self, x, layer):
        gate = x @ self.weight(f"blk.{layer}.ffn_gate").T
        up = x @ self.weight(f"blk.{layer}.ffn_up").T
        return (gate * torch.sigmoid(gate) * up) @ self.weight(f"blk.{layer}.ffn_down").T

    def logits(self, ids):
        length = len(ids)
        x = self.weight("token_embd")[ids]
        turn = self.rope(torch.arange(length, dtype=torch.float64))
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        for layer in range(self.setting("block_count")):
            x = x + self.attention(self.norm(x, f"blk.{layer}.attn_norm"), layer, turn, mask)
            x = x + self.feed_forward(self.norm(x, f"blk.{layer}.ffn_norm"), layer)
        head = "output" if "output.weight" in self.tensors else "token_embd"
        return self.norm(x, "output_norm") @ self.weight(head).T

    def encode(self, text):
        """Byte-level BPE with single digits, as pre-tokeniser `smollm` says; special tokens whole."""
        tokens = self.field("tokenizer.ggml.tokens")
        vocabulary = {token: i for i, token in enumerate(tokens)}
        merges = [tuple(merge.split(" ")) for merge in self.field("tokenizer.ggml.merges")]
        tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False)])
        ids = []
        for part in re.split(r"(<\|im_start\|>|<\|im_end\|>)", text):
            ids += [vocabulary[part]] if part.startswith("<|") else tokenizer.encode(part).ids
        return ids


def write_golden(model, path):
    vocabulary = model.tensors["token_embd.weight"].shape[1]
    sampled = np.random.default_rng(0).choice(vocabulary, SAMPLED, replace=False).astype("<u2")
    with open(path, "wb") as file:
        file.write(struct.pack("<I", len(PROMPTS)) + sampled.tobytes())
        for prompt in PROMPTS:
            ids = model.encode(prompt)
            logits = model.logits(ids)
            file.write(struct.pack("<I", len(ids)) + np.array(ids, "<i4").tobytes())
            for row in logits:
                top = torch.topk(row, TOP)
                file.write(top.indices.numpy().astype("<u2").tobytes())
                file.write(top.values.numpy().astype("<f4").tobytes())
                file.write(row.numpy()[sampled].astype("<f4").tobytes())
                summary = [row.mean().item(), row.max().item(), torch.logsumexp(row, 0).item()]
                file.write(struct.pack("<3f", *summary))
            print(f"{len(ids)} positions", file=sys.stderr)


def compare(model, ids, path):
    found = np.load(path)
    expected = model.logits(ids).double().numpy()
    if found.shape != expected.shape:
        sys.exit(f"shape {found.shape}, not {expected.shape}")
    difference = np.abs(found - expected).max(axis=1)
    for position, value in enumerate(difference):
        print(f"{position}\t{value:.3e}")
    print(f"largest difference {difference.max():.3e}, allowed {TOLERANCE:.0e}")
    sys.exit(0 if difference.max() <= TOLERANCE else 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--float32", action="store_true", help="compute in float32")
    parser.add_argument("job", choices=["golden", "logits", "compare", "ids"])
    parser.add_argument("model")
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    model = Model(options.model, torch.float32 if options.float32 else torch.float64)
    if options.job == "ids":
        for prompt in PROMPTS:
            print(",".join(map(str, model.encode(prompt))))
        return
    if options.job == "golden":
        write_golden(model, options.arguments[0])
        return
    ids = [int(part) for part in options.arguments[0].split(",")]
    if options.job == "logits":
        np.save(options.arguments[1], model.logits(ids).float().numpy())
    else:
        compare(model, ids, options.arguments[1])


if __name__ == "__main__":
    main()
