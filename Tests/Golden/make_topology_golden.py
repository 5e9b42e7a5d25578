#!/usr/bin/env python3
"""Writes topologies.json: the edges of the topologies of docs/reference/methods.md, and the weights of Metropolis and Hastings, computed independently.

Needs nothing but Python. The output is the same on every run, and it is committed.
"""
import golden_json
from seeded_random import Xoshiro256StarStar

TOPOLOGY = 0x746F706F6C6F6779


def ordered(a, b):
    return (a, b) if a < b else (b, a)


def pairs(nodes):
    return [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1:]]


def regular(n, k, random):
    edges = []
    for i in range(n):
        edges += [(i, (i + step) % n) for step in range(1, k // 2 + 1)]
        if k % 2 and i < n // 2:
            edges.append((i, i + n // 2))
    there = {ordered(*e) for e in edges}
    for _ in range(10 * len(edges)):
        first, second = random.below(len(edges)), random.below(len(edges))
        (a, b), (c, d) = edges[first], edges[second]
        if random.below(2):
            c, d = d, c
        if a == d or b == c or ordered(a, d) in there or ordered(c, b) in there:
            continue
        there -= {ordered(a, b), ordered(c, d)}
        there |= {ordered(a, d), ordered(c, b)}
        edges[first], edges[second] = (a, d), (c, b)
    return [(a + 1, b + 1) for a, b in edges]


def edges(name, number, n, random):
    nodes = list(range(1, n + 1))
    return {
        "ring": lambda: [(a, a % n + 1) for a in nodes],
        "line": lambda: [(a, a + 1) for a in nodes[:-1]],
        "star": lambda: [(1, b) for b in nodes[1:]],
        "complete": lambda: pairs(nodes),
        "k_regular": lambda: regular(n, int(number), random),
        "erdos_renyi": lambda: [e for e in pairs(nodes) if random.uniform() < number],
    }[name]()


def neighbors_of(n, links):
    neighbors = {node: set() for node in range(1, n + 1)}
    for a, b in links:
        neighbors[a].add(b)
        neighbors[b].add(a)
    return neighbors


def connected(neighbors):
    reached, ahead = {1}, [1]
    while ahead:
        new = neighbors[ahead.pop()] - reached
        reached |= new
        ahead += new
    return len(reached) == len(neighbors)


def graph(topology, n, seed):
    """The first draw that is connected, as node → neighbours, and which one it was."""
    name, _, number = topology.partition(":")
    for draw in range(100):
        neighbors = neighbors_of(n, edges(name, float(number or 0), n, Xoshiro256StarStar(seed, TOPOLOGY, draw)))
        if connected(neighbors):
            return neighbors, draw
    raise ValueError(topology)


def weights(neighbors):
    """The matrix of Metropolis and Hastings."""
    matrix = []
    for i in sorted(neighbors):
        row = [1 / (1 + max(len(neighbors[i]), len(neighbors[j]))) if j in neighbors[i] else 0.0 for j in sorted(neighbors)]
        row[i - 1] = 1 - sum(row)
        matrix.append(row)
    return matrix


def case(topology, n, seed=1):
    neighbors, draw = graph(topology, n, seed)
    return {
        "topology": topology, "nodes": n, "seed": seed, "draw": draw,
        "edges": [f"{a}-{b}" for a in sorted(neighbors) for b in sorted(neighbors[a]) if a < b], "weights": weights(neighbors)}


def main():
    cases = [case(t, n) for t in ("ring", "line", "star", "complete") for n in (3, 6)]
    cases += [case("k_regular:3", 8), case("k_regular:3", 8, seed=2), case("k_regular:4", 9), case("k_regular:2", 7, seed=5)]
    cases += [case("erdos_renyi:0.5", 8), case("erdos_renyi:0.5", 8, seed=2), case("erdos_renyi:0.2", 12, seed=3)]
    golden_json.save("topologies", {"cases": cases})


if __name__ == "__main__":
    main()
