#!/usr/bin/env python3
"""Trains data/tiny-shakespeare.gguf: a Llama of half a million parameters for examples and tests.

It knows the dialogues of Shakespeare's plays (public domain) as plain text and as chat, where each speech
answers the one before. Deterministic for one version of PyTorch and one thread.

    tiny_model.py CORPUS.txt OUTPUT.gguf [--steps N]

CORPUS.txt is a play text: paragraphs of a speaker's name, a colon and lines of speech.
Versions: torch 2.15.0, tokenizers 0.23.3, gguf 0.19.0, numpy 2.4.6.
"""
import argparse
import hashlib
import json

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCAB, DIM, FFN, LAYERS, HEADS, KV_HEADS, HEAD_DIM, CONTEXT = 512, 128, 256, 3, 4, 2, 32, 256
EPSILON, ROPE_BASE = 1e-5, 10000.0
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content']"
    " + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def train_tokenizer(text):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def conversations(text):
    """Pairs of speeches without the speakers' names, as chat text."""
    speeches = [p.split(":\n", 1)[1] for p in text.split("\n\n") if ":\n" in p]
    for question, answer in zip(speeches, speeches[1:]):
        if len(question) + len(answer) < 400:
            yield (f"<|im_start|>user\n{question}<|im_end|>\n"
                   f"<|im_start|>assistant\n{answer}<|im_end|>\n")


def parameters():
    generator = torch.Generator().manual_seed(1)

    def matrix(rows, columns, scale=1.0):
        weight = torch.randn(rows, columns, generator=generator) * scale * columns ** -0.5
        return weight.requires_grad_()

    weights = {"token_embd": (torch.randn(VOCAB, DIM, generator=generator) * 0.02).requires_grad_(),
               "output_norm": torch.ones(DIM, requires_grad=True)}
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        weights[block + "attn_norm"] = torch.ones(DIM, requires_grad=True)
        weights[block + "ffn_norm"] = torch.ones(DIM, requires_grad=True)
        weights[block + "attn_q"] = matrix(HEADS * HEAD_DIM, DIM)
        weights[block + "attn_k"] = matrix(KV_HEADS * HEAD_DIM, DIM)
        weights[block + "attn_v"] = matrix(KV_HEADS * HEAD_DIM, DIM)
        weights[block + "attn_output"] = matrix(DIM, HEADS * HEAD_DIM, 0.5)
        weights[block + "ffn_gate"] = matrix(FFN, DIM)
        weights[block + "ffn_up"] = matrix(FFN, DIM)
        weights[block + "ffn_down"] = matrix(DIM, FFN, 0.5)
    return weights


def rms_norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * weight


def rope(x):  # [batch, heads, length, head_dim], pairs (2i, 2i + 1): the order of llama GGUF files
    length = x.shape[2]
    frequency = ROPE_BASE ** (-torch.arange(0, HEAD_DIM, 2) / HEAD_DIM)
    angle = torch.arange(length)[:, None] * frequency
    cos, sin = angle.cos(), angle.sin()
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def forward(weights, tokens):
    batch, length = tokens.shape
    x = F.embedding(tokens, weights["token_embd"])
    for layer in range(LAYERS):
        w = lambda name: weights[f"blk.{layer}.{name}"]  # noqa: E731
        h = rms_norm(x, w("attn_norm"))
        split = lambda y, heads: y.view(batch, length, heads, HEAD_DIM).transpose(1, 2)  # noqa: E731
        query = rope(split(h @ w("attn_q").T, HEADS))
        key = rope(split(h @ w("attn_k").T, KV_HEADS)).repeat_interleave(HEADS // KV_HEADS, 1)
        value = split(h @ w("attn_v").T, KV_HEADS).repeat_interleave(HEADS // KV_HEADS, 1)
        attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + attended.transpose(1, 2).reshape(batch, length, -1) @ w("attn_output").T
        h = rms_norm(x, w("ffn_norm"))
        x = x + (F.silu(h @ w("ffn_gate").T) * (h @ w("ffn_up").T)) @ w("ffn_down").T
    return rms_norm(x, weights["output_norm"]) @ weights["token_embd"].T


def train(weights, stream, steps):
    optimizer = torch.optim.AdamW(weights.values(), lr=4e-3, betas=(0.9, 0.98), weight_decay=0.01)
    generator = torch.Generator().manual_seed(2)
    for step in range(steps):
        rate = min(1.0, (step + 1) / 50) * (0.05 + 0.95 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        optimizer.param_groups[0]["lr"] = 4e-3 * rate
        starts = torch.randint(len(stream) - 129, (24,), generator=generator)
        window = torch.stack([stream[s:s + 129] for s in starts])
        loss = F.cross_entropy(forward(weights, window[:, :-1]).reshape(-1, VOCAB),
                               window[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        if step % 100 == 0 or step == steps - 1:
            print(f"step {step}: {loss.item():.3f} nats a token", flush=True)


def write(path, weights, tokenizer):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-shakespeare")
    writer.add_license("CC0-1.0")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(HEAD_DIM)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_vocab_size(VOCAB)
    state = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(state["vocab"], key=state["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in state["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(pieces)
    writer.add_token_types([3 if p in SPECIAL else 1 for p in pieces])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, weight in weights.items():
        array = weight.detach().numpy().astype(np.float32)
        if array.ndim == 1:
            writer.add_tensor(name + ".weight", array)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name + ".weight", gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("output")
    parser.add_argument("--steps", type=int, default=1200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with open(arguments.corpus, encoding="utf-8") as file:
        text = file.read()
    tokenizer = train_tokenizer(text)
    stream = torch.tensor(tokenizer.encode(text).ids + tokenizer.encode("".join(conversations(text))).ids)
    print(f"{len(stream)} tokens, {len(text)} characters")
    weights = parameters()
    train(weights, stream, arguments.steps)
    write(arguments.output, weights, tokenizer)
    with open(arguments.output, "rb") as file:
        content = file.read()
    print(len(content), "bytes, sha256", hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
