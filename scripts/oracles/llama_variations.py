#!/usr/bin/env python3
"""Golden logits of tiny random models of every variation, from Hugging Face transformers.

    llama_variations.py OUTPUT_FOLDER

Writes NAME.bin for each case of CASES, little-endian float32: the logits [positions, vocabulary] of TOKENS; then
for a case with per-frequency divisors these, [head_dim / 2].

Weights are not stored: tests/support/tiny_llama.cpp and `tensor` below make the same ones, from Philox4x32-10
(Salmon et al. 2011) as lib/base/random.h names its streams. They are made under GGUF's names and in GGUF's order; for
the llama and mistral classes `halves` puts query and key rows into transformers' order.
Versions: torch 2.15.0, transformers 5.24.0, numpy 2.4.6.
"""
import math
import pathlib
import sys

import numpy as np
import torch
import transformers

MASK32, MASK64 = 0xFFFFFFFF, (1 << 64) - 1
LENGTH = 32


def mix(x):
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & MASK64
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & MASK64
    return x ^ (x >> 31)


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK64
    return value


def uniform(seed, name, count):
    """RandomStream(seed, name).uniform(i) for i < count."""
    key = mix(seed + 0x9E3779B97F4A7C15 & MASK64) ^ fnv1a(name)
    block = mix(0x9E3779B97F4A7C15) ^ mix(0xD1B54A32D192ED03)
    index = np.arange(count, dtype=np.uint64)
    full = lambda word: np.full(count, word, np.uint64)
    counter = [index & np.uint64(MASK32), index >> np.uint64(32),
               full(block & MASK32), full(block >> 32)]
    keys = [key & MASK32, key >> 32]
    for _ in range(10):
        first, second = counter[0] * np.uint64(0xD2511F53), counter[2] * np.uint64(0xCD9E8D57)
        counter = [second >> np.uint64(32) ^ counter[1] ^ np.uint64(keys[0]), second & np.uint64(MASK32),
                   first >> np.uint64(32) ^ counter[3] ^ np.uint64(keys[1]), first & np.uint64(MASK32)]
        keys = [keys[0] + 0x9E3779B9 & MASK32, keys[1] + 0xBB67AE85 & MASK32]
    bits = counter[1] << np.uint64(32) | counter[0]
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0 ** -52


def tensor(name, *shape):
    """The rule of tests/support/tiny_llama.cpp: centre and half width follow from the name."""
    if name == "token_embd.weight":
        centre, half_width = 0.0, 1.0
    elif name.endswith(".bias"):
        centre, half_width = 0.0, 0.5
    elif "norm" in name:
        centre, half_width = 1.0, 0.5
    else:
        gain = 2.0 if ".attn_q." in name or ".attn_k." in name else 1.0
        centre, half_width = 0.0, gain * math.sqrt(3.0 / shape[-1])
    numbers = uniform(1, name, math.prod(shape))
    values = centre + half_width * (2.0 * numbers - 1.0)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


TOKENS = [int(1000 * u) for u in uniform(1, "tokens", LENGTH)]


def halves(weight, heads):
    """Rows of pairs (2i, 2i + 1), as the llama architecture has them in GGUF, to rows (i, i + n/2)."""
    head_dim = weight.shape[0] // heads
    return weight.view(heads, head_dim // 2, 2, -1).transpose(1, 2).reshape(weight.shape)


SMALL = dict(vocab_size=64, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, head_dim=16, max_position_embeddings=256, rms_norm_eps=1e-5,
             tie_word_embeddings=False, attention_bias=False)
PLAIN = dict(rope_type="default", rope_theta=10000.0)
CASES = {
    "llama_plain": ("Llama", {}, PLAIN),
    "llama_tied": ("Llama", dict(tie_word_embeddings=True), PLAIN),
    "llama_odd_sizes": ("Llama", dict(vocab_size=67, hidden_size=45, intermediate_size=90, head_dim=14,
                                      num_attention_heads=3, num_key_value_heads=1), PLAIN),
    "llama_linear": ("Llama", {}, dict(rope_type="linear", rope_theta=10000.0, factor=4.0)),
    "llama_yarn": ("Llama", {}, dict(rope_type="yarn", rope_theta=10000.0, factor=4.0,
                                     original_max_position_embeddings=16)),
    "llama_llama3": ("Llama", {}, dict(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0,
                                       high_freq_factor=4.0, original_max_position_embeddings=64)),
    "mistral_window": ("Mistral", dict(sliding_window=7), PLAIN),
    "qwen2": ("Qwen2", dict(tie_word_embeddings=True), PLAIN),
    "qwen2_yarn": ("Qwen2", {}, dict(rope_type="yarn", rope_theta=10000.0, factor=2.0, beta_fast=8.0,
                                     beta_slow=2.0, original_max_position_embeddings=128)),
    "qwen3": ("Qwen3", dict(head_dim=24), PLAIN),
}


def state_of(family, config):
    """GGUF tensors under transformers' names."""
    dim, ffn, head_dim = config.hidden_size, config.intermediate_size, config.head_dim
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    order = halves if family in ("Llama", "Mistral") else lambda weight, _: weight
    state = {"model.embed_tokens.weight": tensor("token_embd.weight", config.vocab_size, dim),
             "model.norm.weight": tensor("output_norm.weight", dim)}
    state["lm_head.weight"] = (state["model.embed_tokens.weight"] if config.tie_word_embeddings
                               else tensor("output.weight", config.vocab_size, dim))
    for layer in range(config.num_hidden_layers):
        theirs, ours = f"model.layers.{layer}.", f"blk.{layer}."
        for name, source, rows, count in (("q", "attn_q", heads * head_dim, heads),
                                          ("k", "attn_k", kv_heads * head_dim, kv_heads),
                                          ("v", "attn_v", kv_heads * head_dim, None)):
            arrange = (lambda w: order(w, count)) if count else (lambda w: w)
            target = f"{theirs}self_attn.{name}_proj."
            state[target + "weight"] = arrange(tensor(f"{ours}{source}.weight", rows, dim))
            if family == "Qwen2":
                state[target + "bias"] = tensor(f"{ours}{source}.bias", rows)
        if family == "Qwen3":
            for name in "qk":
                state[f"{theirs}self_attn.{name}_norm.weight"] = tensor(f"{ours}attn_{name}_norm.weight", head_dim)
        state[theirs + "self_attn.o_proj.weight"] = tensor(ours + "attn_output.weight", dim, heads * head_dim)
        state[theirs + "input_layernorm.weight"] = tensor(ours + "attn_norm.weight", dim)
        state[theirs + "post_attention_layernorm.weight"] = tensor(ours + "ffn_norm.weight", dim)
        state[theirs + "mlp.gate_proj.weight"] = tensor(ours + "ffn_gate.weight", ffn, dim)
        state[theirs + "mlp.up_proj.weight"] = tensor(ours + "ffn_up.weight", ffn, dim)
        state[theirs + "mlp.down_proj.weight"] = tensor(ours + "ffn_down.weight", dim, ffn)
    return state


def logits_of(family, changes, rope):
    config = getattr(transformers, family + "Config")(**{**SMALL, **changes}, rope_parameters=dict(rope))
    config._attn_implementation = "eager"
    model = getattr(transformers, family + "ForCausalLM")(config).double().eval()
    state = {name: value.double() for name, value in state_of(family, config).items()}
    model.load_state_dict(state, strict=True)
    rotary = model.model.rotary_emb
    divisors = None
    exact = rope["rope_theta"] ** -(torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim)
    if rope["rope_type"] == "default":
        assert torch.allclose(rotary.inv_freq.double(), exact, rtol=1e-6)
    if rope["rope_type"] == "llama3":
        divisors = (exact / rotary.inv_freq.double()).float()
    with torch.no_grad():
        logits = model(torch.tensor([[token % config.vocab_size for token in TOKENS]])).logits[0]
    return logits.float().numpy(), divisors


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, (family, changes, rope) in CASES.items():
        logits, divisors = logits_of(family, changes, rope)
        with open(folder / f"{name}.bin", "wb") as file:
            file.write(logits.astype("<f4").tobytes())
            if divisors is not None:
                file.write(divisors.numpy().astype("<f4").tobytes())
        print(f"{name}: {logits.shape}, standard deviation {logits.std():.2f}", file=sys.stderr)


if __name__ == "__main__":
    main()
