#!/usr/bin/env python3
"""Writes seeded_random.json and partitions.json: what the generator of Common/Data/SeededRandom.cs and the partitioners of
docs/reference/partitions.md give, computed independently.

Needs nothing but Python. The output is the same on every run, and it is committed.
"""
import json
import math
import os

from seeded_random import MASK, Xoshiro256StarStar


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


# Logarithm and exponential by the four basic operations alone, which are rounded alike everywhere.
def log(x):
    mantissa, exponent = math.frexp(x)  # from 1/2 to 1
    mantissa, exponent = mantissa * 2, exponent - 1
    if mantissa > 1.4142135623730951:
        mantissa, exponent = mantissa / 2, exponent + 1
    s = (mantissa - 1) / (mantissa + 1)
    total = 0.0
    for k in range(23, 0, -2):
        total = total * (s * s) + 1.0 / k
    return 2 * s * total + exponent * 0.693147180559945309417


def exp(x):
    if x < -700:
        return 0.0
    k = math.floor(x / 0.693147180559945309417)
    r = x - k * 0.693147180559945309417
    total = 1.0
    for n in range(20, 0, -1):
        total = 1 + total * r / n
    return math.ldexp(total, k)


def normal(random):
    while True:
        u = 2 * random.uniform() - 1
        v = 2 * random.uniform() - 1
        s = u * u + v * v
        if s < 1:
            return u * math.sqrt(-2 * log(s) / s)


def log_of_gamma(random, shape):
    d = (shape + 1 if shape < 1 else shape) - 1.0 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        x = normal(random)
        root = 1 + c * x
        if root <= 0:
            continue
        log_of_cube = 3 * log(root)
        if log(random.uniform()) < x * x / 2 + d - d * root * root * root + d * log_of_cube:
            value = log(d) + log_of_cube
            return value + log(random.uniform()) / shape if shape < 1 else value


def dirichlet(random, alpha, count):
    logs = [log_of_gamma(random, alpha) for _ in range(count)]
    largest = max(logs)
    weights = [exp(value - largest) for value in logs]
    total = 0.0
    for weight in weights:
        total += weight
    return [weight / total for weight in weights]


def even(count, parts):
    return [(i + 1) * count // parts - i * count // parts for i in range(parts)]


def by_shares(shares, count):
    reached, ends = 0.0, []
    for share in shares:
        reached += share
        ends.append(int(reached * count + 0.5))
    return [end - start for start, end in zip([0] + ends, ends)]


def drawn(random, counts, nodes, alpha):
    least = min(10, sum(counts) // nodes)
    for _ in range(100):
        sizes = [by_shares(dirichlet(random, alpha, nodes), count) for count in counts]
        if all(sum(column) >= least for column in zip(*sizes)):
            break
    return sizes


def cut(items, sizes):
    items = list(items)
    return [[items.pop(0) for _ in range(size)] for size in sizes]


def deal_by_class(random, classes, sizes):
    parts = [cut(random.shuffle(list(c)), s) for c, s in zip(classes, sizes)]
    return [sorted(sum(own, [])) for own in zip(*parts)]


def deal_to_holders(random, classes, holders, nodes):
    sizes = []
    for members, nodes_of_class in zip(classes, holders):
        row = [0] * nodes
        for node, size in zip(nodes_of_class, even(len(members), len(nodes_of_class))):
            row[node] = size
        sizes.append(row)
    return deal_by_class(random, classes, sizes)


def partition(text, labels, nodes, seed):
    random = Xoshiro256StarStar(seed, 0x706172746974696F)
    name, _, parameter = text.partition(":")
    count = len(labels)
    classes = [[i for i in range(count) if labels[i] == c] for c in sorted(set(labels))]
    if name == "round_robin":
        return [list(range(node, count, nodes)) for node in range(nodes)]
    if name == "iid":
        return cut(random.shuffled(count), even(count, nodes))
    if name == "quantity":
        order = random.shuffled(count)
        return cut(order, drawn(random, [count], nodes, float(parameter))[0])
    if name == "dirichlet":
        return deal_by_class(random, classes, drawn(random, [len(c) for c in classes], nodes, float(parameter)))
    if name == "shards":
        k = int(parameter)
        shards = random.shuffle(cut(sum(classes, []), even(count, nodes * k)))
        return [sorted(sum(shards[node * k:(node + 1) * k], [])) for node in range(nodes)]
    holders = [[] for _ in classes]
    if name == "one_class":
        for turn in range(max(nodes, len(classes))):
            holders[turn % len(classes)].append(turn % nodes)
    if name == "classes":
        order = list(range(len(classes)))
        for node in range(nodes):
            random.shuffle(order)
            take = max(min(int(parameter), len(classes)), even(len(classes), nodes)[node])
            for c in sorted(order, key=lambda c: len(holders[c]))[:take]:
                holders[c].append(node)
    return deal_to_holders(random, classes, holders, nodes)


def write(name, content):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


labels = [(i * i + i // 7) % 11 % 5 for i in range(90)]
texts = ["round_robin", "iid", "dirichlet:0.1", "dirichlet:1", "dirichlet:25", "shards:2", "one_class", "classes:1", "classes:2", "quantity:0.5", "quantity:3"]
write("seeded_random.json", content)
write("partitions.json", {
    "labels": labels,
    "cases": [
        {"partition": text, "nodes": nodes, "seed": 42, "parts": [" ".join(map(str, own)) for own in partition(text, labels, nodes, 42)]}
        for text in texts for nodes in (3, 7)
    ],
})
