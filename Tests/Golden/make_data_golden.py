#!/usr/bin/env python3
"""Writes seeded_random.json: what the generator of Common/Data/SeededRandom.cs gives, computed independently.

Needs nothing but Python. The output is the same on every run, and it is committed.
"""
import json
import os

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


class Xoshiro256StarStar:
    def __init__(self, seed, *stream):
        key = seed
        for number in stream:
            key = mix(mix((key + GOLDEN) & MASK) ^ number)
        self.s = [mix((key + i * GOLDEN) & MASK) for i in (1, 2, 3, 4)]

    def next(self):
        s = self.s
        result = (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        return result

    def below(self, bound):
        while True:
            product = self.next() * bound
            if (product & MASK) >= (1 << 64) % bound:
                return product >> 64

    def shuffled(self, count):
        items = list(range(count))
        for i in range(count - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


def case(seed, *stream):
    return {
        "seed": str(seed),
        "stream": [str(number) for number in stream],
        "bits": [f"{r:016x}" for g in [Xoshiro256StarStar(seed, *stream)] for r in (g.next() for _ in range(8))],
        "below": [g.below(b) for g in [Xoshiro256StarStar(seed, *stream)] for b in (1, 2, 3, 10, 784, 60000, 2**30 + 1, 2**31 - 1)],
        "shuffled": Xoshiro256StarStar(seed, *stream).shuffled(25),
    }


cases = [case(0), case(1), case(MASK), case(42, 0), case(42, 1), case(43, 0), case(42, 1, 7), case(42, 0x706172746974696F)]
# The partition of 11 samples over 3 nodes with seed 42 follows from the stream "partition".
order = Xoshiro256StarStar(42, 0x706172746974696F).shuffled(11)
content = {"cases": cases, "iid": [order[11 * i // 3: 11 * (i + 1) // 3] for i in range(3)]}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeded_random.json"), "w", encoding="utf-8") as file:
    json.dump(content, file, indent=1)
    file.write("\n")
