#!/usr/bin/python3
"""Writes gossip.json: the mean model after rounds of gossip over a few topologies, and every node's own, as torch computes them.

Run with a Python that has torch (made with 1.13.1): /usr/bin/python3 Tests/Golden/make_gossip_golden.py
"""
import torch

import golden_json
from federated import COUNTS, GAMMA, NODES, SEED, example, flat, model, train
from make_topology_golden import graph, weights


def gossip(case):
    mixing = torch.tensor(weights(graph(case["topology"], len(COUNTS), SEED)[0]), dtype=torch.float64)
    thetas = [flat(model()) for _ in NODES]
    share = torch.tensor(COUNTS, dtype=torch.float64) / sum(COUNTS)
    rounds = []
    for epoch in range(1, 5):
        # In the first round all have the same model, and mixing it with itself changes nothing.
        mixed = list(mixing @ torch.stack(thetas))
        results = [train(node, mixed[node - 1], epoch, case) for node in NODES]
        thetas = [theta for theta, _ in results]
        rounds.append({
            "theta": (share @ torch.stack(thetas)).tolist(), "nodes": [theta.tolist() for theta in thetas],
            "loss": sum(l for _, l in results) / sum(COUNTS) / case["local_epochs"]})
    return rounds


CASES = [
    {"name": "ring", "topology": "ring", "optimizer": "sgd", "local_epochs": 1, "batch_size": 4},
    {"name": "line with momentum", "topology": "line", "optimizer": "momentum", "local_epochs": 2, "batch_size": 4},
    {"name": "star with adadelta", "topology": "star", "optimizer": "adadelta", "local_epochs": 1, "batch_size": 5},
    {"name": "complete", "topology": "complete", "optimizer": "sgd", "local_epochs": 2, "batch_size": 3},
]

for c in CASES:
    c["rounds"] = gossip(c)
golden_json.save("gossip", {"torch": torch.__version__, "gamma": GAMMA, "example": example(), "cases": CASES})
