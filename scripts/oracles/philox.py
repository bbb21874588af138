#!/usr/bin/env python3
"""Philox4x32-10 and the named streams over it, written from their definitions in plain integers.

    scripts/oracles/philox.py

Checks itself against the known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10), then
prints draws of streams for tests/base/random_test.cpp. Python's standard library only.

Philox: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
Streams: key = splitmix64's finaliser of (seed + golden gamma) xor FNV-1a-64 of the name; the upper half of the
counter is a hash of (a, b), the lower half the index; a draw is the first two words of the output.
"""

M32, M64 = 2**32 - 1, 2**64 - 1
GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def philox4x32(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & M32, (p0 >> 32) ^ c3 ^ k1, p0 & M32
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return c0, c1, c2, c3


def finalise(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & M64
    return x ^ (x >> 31)


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & M64
    return value


def draw(seed, name, a, b, index):
    key = finalise((seed + GOLDEN_GAMMA) & M64) ^ fnv1a(name)
    block = finalise((a + GOLDEN_GAMMA * (b + 1)) & M64) ^ finalise(b ^ 0xD1B54A32D192ED03)
    words = philox4x32((index & M32, index >> 32, block & M32, block >> 32), (key & M32, key >> 32))
    return words[1] << 32 | words[0]


VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((M32, M32, M32, M32), (M32, M32), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]

if __name__ == "__main__":
    for counter, key, expected in VECTORS:
        assert philox4x32(counter, key) == expected
    for case in [(0, "", 0, 0, 0), (0, "gumbel", 0, 0, 0), (0, "gumbel", 0, 0, 1), (1, "gumbel", 0, 0, 0),
                 (0, "gumbel", 1, 0, 0), (0, "gumbel", 0, 1, 0), (M64, "dropout", 12, 34567, 2**32 + 5)]:
        seed, name, a, b, index = case
        print(f'{{{seed:#x}u, "{name}", {a}, {b}, {index:#x}u, {draw(*case):#018x}u}},')
