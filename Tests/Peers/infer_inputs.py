#!/usr/bin/env python3
"""What a curious orchestrator recovers from what it sees (docs/explanation/privacy.md), on Fashion-MNIST with the mlp.

It knows theta, G_i, Lambda_i and grad W = G_i^T X_i. This script computes these as a node and the orchestrator would, then uses
nothing else. Needs python3-torch and Debian's dataset-fashion-mnist (or a directory with the IDX files as argument).
"""
import gzip
import os
import sys

import numpy as np
import torch
from torch import nn

DIRECTORY = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist"
ROWS = 21
STEPS = 200


def read(name):
    for suffix in ("", ".gz"):
        for root, _, files in os.walk(DIRECTORY):
            if name + suffix in files:
                path = os.path.join(root, name + suffix)
                return (gzip.open if suffix else open)(path, "rb").read()
    sys.exit(f"{name} is not in {DIRECTORY}")


def model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def seen_by_orchestrator(net, x, y):
    """Lambda, G and grad W of the first layer, as sent."""
    a = net[0](x)
    a.retain_grad()
    z = net[1:](a)
    z.retain_grad()
    nn.functional.cross_entropy(z, y, reduction="sum").backward()
    g, gradient = a.grad.clone(), net[0].weight.grad.clone()
    net.zero_grad()
    return z.grad.clone(), g, gradient


def report(what, net, x, y):
    logit_gradients, g, gradient = seen_by_orchestrator(net, x, y)
    labels = (logit_gradients.argmin(1) == y).float().mean().item()
    # G^T X = grad W, 256 equations for each pixel, as many unknowns as rows.
    recovered = torch.linalg.lstsq(g.double().T, gradient.double(), driver="gelsd").solution
    errors = (recovered - x).norm(dim=1) / x.norm(dim=1)
    print(
        f"{what}: labels recovered {labels:.0%}; inputs: median relative error of a row {errors.median().item():.0e},"
        f" rows within 1 %: {(errors < 0.01).float().mean().item():.0%}")


images = torch.from_numpy(np.frombuffer(read("train-images-idx3-ubyte"), np.uint8, offset=16).copy()).view(-1, 784).float()
images = (images / 255 - 0.2860) / 0.3530
targets = torch.from_numpy(np.frombuffer(read("train-labels-idx1-ubyte"), np.uint8, offset=8).copy()).long()
torch.set_num_threads(1)
net = model()
report(f"{ROWS} rows of one node, at the start", net, images[:ROWS], targets[:ROWS])
optimizer = torch.optim.Adadelta(net.parameters(), lr=1.0)
for step in range(STEPS):
    rows = slice(64 * step, 64 * step + 64)
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(images[rows]), targets[rows]).backward()
    optimizer.step()
rows = slice(64 * STEPS, 64 * STEPS + ROWS)
report(f"{ROWS} rows of one node, after {STEPS} steps", net, images[rows], targets[rows])
rows = slice(64 * STEPS, 64 * STEPS + 64)
report(f"64 rows of one node, after {STEPS} steps", net, images[rows], targets[rows])
