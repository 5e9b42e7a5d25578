#!/usr/bin/python3
"""Writes federated.json: θ after rounds of the methods that have nodes train on their own, as torch computes them.

Run with a Python that has torch (made with 1.13.1): /usr/bin/python3 Tests/Golden/make_federated_golden.py
"""
import math

import torch
from torch import nn

import golden_json
from federated import (
    CLASSES, COUNTS, GAMMA, INITIAL, INPUTS, NODES, SEED, TARGETS, example, flat, local_batches, model, optimizer, rows_of, train)
from seeded_random import Xoshiro256StarStar

SELECT = 0x73656C656374


def selected(epoch, index, fraction):
    order = Xoshiro256StarStar(SEED, SELECT, epoch, index).shuffle(list(NODES))
    return sorted(order[:max(1, math.floor(fraction * len(order) + 0.5))])


def averaging(case):
    """FedAvg and FedProx."""
    theta = flat(model())
    rounds = []
    for epoch in range(1, 4):
        nodes = selected(epoch, 0, case.get("client_fraction", 1))
        results = [train(node, theta, epoch, case) for node in nodes]
        rows = sum(COUNTS[node - 1] for node in nodes)
        shares = [1 / len(nodes)] * len(nodes) if case.get("aggregator") == "uniform" else [COUNTS[node - 1] / rows for node in nodes]
        theta = sum(w * t for w, (t, _) in zip(shares, results))
        rounds.append({"nodes": nodes, "theta": theta.tolist(), "loss": sum(l for _, l in results) / rows / case["local_epochs"]})
    return rounds


def gradients(case):
    """FedSGD: steps on the mean gradient of the nodes' own next batches."""
    net = model()
    step = optimizer(case["optimizer"], net.parameters())
    rounds = []
    for epoch in range(1, 3):
        step.param_groups[0]["lr"] = optimizer(case["optimizer"], net.parameters(), GAMMA ** (epoch - 1)).param_groups[0]["lr"]
        orders = {node: Xoshiro256StarStar(SEED, epoch, node).shuffle(list(rows_of(node))) for node in NODES}
        for index in range(math.ceil(max(COUNTS) / case["batch_size"])):
            own = [orders[node][index * case["batch_size"]:(index + 1) * case["batch_size"]] for node in selected(epoch, index, case.get("client_fraction", 1))]
            rows = [r for batch in own for r in batch]
            step.zero_grad()
            loss = nn.functional.cross_entropy(net(INPUTS[rows]), TARGETS[rows])
            loss.backward()
            step.step()
            rounds.append({"theta": flat(net).tolist(), "loss": loss.item()})
    return rounds


def normalised():
    """FedAvg of a model with batch-norm, whose running statistics are averaged like the parameters."""
    case = {"name": "fedavg with batch-norm", "algorithm": "fedavg", "optimizer": "sgd", "local_epochs": 2, "batch_size": 3, "batch_norm": True}

    def net_of(theta, buffers):
        net = nn.Sequential(nn.Linear(9, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, CLASSES)).double()
        nn.utils.vector_to_parameters(theta.clone(), net.parameters())
        net[1].running_mean.copy_(buffers[:6])
        net[1].running_var.copy_(buffers[6:])
        return net

    initial = torch.tensor(INITIAL[:60] + [1.0] * 6 + [0.0] * 6 + INITIAL[60:], dtype=torch.float64)
    theta, buffers = initial, torch.tensor([0.0] * 6 + [1.0] * 6, dtype=torch.float64)
    rounds = []
    for epoch in range(1, 4):
        thetas, statistics, loss_sum = [], [], 0.0
        for node in NODES:
            net = net_of(theta, buffers)
            step = optimizer(case["optimizer"], net.parameters(), GAMMA ** (epoch - 1))
            for rows in local_batches(node, epoch, case["local_epochs"], case["batch_size"]):
                step.zero_grad()
                loss = nn.functional.cross_entropy(net(INPUTS[rows]), TARGETS[rows])
                loss_sum += loss.item() * len(rows)
                loss.backward()
                step.step()
            thetas.append(flat(net))
            statistics.append(torch.cat([net[1].running_mean, net[1].running_var]))
        shares = [count / sum(COUNTS) for count in COUNTS]
        theta = sum(w * t for w, t in zip(shares, thetas))
        buffers = sum(w * b for w, b in zip(shares, statistics))
        rounds.append({"theta": theta.tolist(), "buffers": buffers.tolist(), "loss": loss_sum / sum(COUNTS) / case["local_epochs"]})
    return {**case, "initial": initial.tolist(), "rounds": rounds}


CASES = [
    {"name": "fedavg", "algorithm": "fedavg", "optimizer": "sgd", "local_epochs": 1, "batch_size": 4},
    {"name": "fedavg with momentum and more passes", "algorithm": "fedavg", "optimizer": "momentum", "local_epochs": 3, "batch_size": 4},
    {"name": "fedavg with adadelta", "algorithm": "fedavg", "optimizer": "adadelta", "local_epochs": 2, "batch_size": 64},
    {"name": "fedavg of some nodes", "algorithm": "fedavg", "optimizer": "sgd", "local_epochs": 1, "batch_size": 3, "client_fraction": 0.6},
    {"name": "fedavg of equals", "algorithm": "fedavg", "optimizer": "sgd", "local_epochs": 1, "batch_size": 4, "aggregator": "uniform"},
    {"name": "fedprox", "algorithm": "fedprox:0.5", "mu": 0.5, "optimizer": "sgd", "local_epochs": 2, "batch_size": 4},
    {"name": "fedprox with momentum", "algorithm": "fedprox:0.01", "mu": 0.01, "optimizer": "momentum", "local_epochs": 2, "batch_size": 4},
    {"name": "fedsgd", "algorithm": "fedsgd", "optimizer": "sgd", "local_epochs": 1, "batch_size": 4},
    {"name": "fedsgd with adadelta", "algorithm": "fedsgd", "optimizer": "adadelta", "local_epochs": 1, "batch_size": 5},
]

for c in CASES:
    c["rounds"] = gradients(c) if c["algorithm"] == "fedsgd" else averaging(c)
CASES.append(normalised())
golden_json.save("federated", {"torch": torch.__version__, "gamma": GAMMA, "example": example(), "cases": CASES})
