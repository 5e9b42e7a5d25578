#!/usr/bin/python3
"""Writes split.json: θ after rounds of split learning and SplitFed, as torch computes them with two modules and two optimizers.

Run with a Python that has torch (made with 1.13.1): /usr/bin/python3 Tests/Golden/make_split_golden.py
"""
import torch
from torch import nn

import golden_json
from federated import COUNTS, GAMMA, INPUTS, NODES, SEED, TARGETS, example, flat, local_batches, model, optimizer
from seeded_random import Xoshiro256StarStar

TURNS = 0x7475726E73
FIRST = 9 * 6 + 6


def halves(first, rest):
    """The layers up to the cut and those behind it, with these parameters."""
    net = model(torch.cat([first, rest]))
    return net[0], net[1:]


def turn(node, first, rest, epoch, case):
    """A node and the server train both halves on the node's batches; what is between them is all that either gets of the other."""
    client, server = halves(first, rest)
    steps = [optimizer(case["optimizer"], half.parameters(), GAMMA ** (epoch - 1)) for half in (client, server)]
    loss_sum = 0.0
    for rows in local_batches(node, epoch, case["local_epochs"], case["batch_size"]):
        for step in steps:
            step.zero_grad()
        smashed = client(INPUTS[rows])
        received = smashed.detach().requires_grad_()
        loss = nn.functional.cross_entropy(server(received), TARGETS[rows])
        loss.backward()
        smashed.backward(received.grad)
        if case.get("clip"):
            for half in (client, server):
                nn.utils.clip_grad_norm_(half.parameters(), case["clip"])
        for step in steps:
            step.step()
        loss_sum += loss.item() * len(rows)
    return flat(client), flat(server), loss_sum


def one_after_the_other(case):
    first, rest = flat(model()).split([FIRST, len(flat(model())) - FIRST])
    for epoch in range(1, 4):
        loss_sum = 0.0
        for node in NODES:
            first, rest, loss = turn(node, first, rest, epoch, case)
            loss_sum += loss
        yield first, rest, loss_sum


def mean(parts):
    """The mean by samples, of parts by node."""
    return sum(COUNTS[node - 1] / sum(COUNTS) * part for node, part in sorted(parts.items()))


def version_1(case):
    first, rest = flat(model()).split([FIRST, len(flat(model())) - FIRST])
    for epoch in range(1, 4):
        results = {node: turn(node, first, rest, epoch, case) for node in NODES}
        first, rest = (mean({node: r[half] for node, r in results.items()}) for half in (0, 1))
        yield first, rest, sum(r[2] for r in results.values())


def version_2(case):
    first, rest = flat(model()).split([FIRST, len(flat(model())) - FIRST])
    for epoch in range(1, 4):
        parts, loss_sum = {}, 0.0
        for node in Xoshiro256StarStar(SEED, TURNS, epoch, 0).shuffle(list(NODES)):
            parts[node], rest, loss = turn(node, first, rest, epoch, case)
            loss_sum += loss
        first = mean(parts)
        yield first, rest, loss_sum


METHODS = {"split": one_after_the_other, "splitfedv1": version_1, "splitfedv2": version_2}
SETTINGS = [
    {"optimizer": "sgd", "local_epochs": 1, "batch_size": 4},
    {"optimizer": "momentum", "local_epochs": 2, "batch_size": 4},
    {"optimizer": "adadelta", "local_epochs": 1, "batch_size": 3},
    {"optimizer": "sgd", "local_epochs": 1, "batch_size": 4, "clip": 0.2},
]

cases = []
for algorithm, method in METHODS.items():
    for settings in SETTINGS:
        rounds = [
            {"theta": torch.cat([first, rest]).tolist(), "loss": loss_sum / sum(COUNTS) / settings["local_epochs"]}
            for first, rest, loss_sum in method(settings)]
        name = f"{algorithm} with {settings['optimizer']}" + (", clipped" if "clip" in settings else "")
        cases.append({"name": name, "algorithm": algorithm, **settings, "rounds": rounds})
golden_json.save("split", {"torch": torch.__version__, "gamma": GAMMA, "example": example(), "cases": cases})
