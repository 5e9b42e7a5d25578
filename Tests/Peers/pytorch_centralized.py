#!/usr/bin/env python3
"""PyTorch's centralized training loop, as a measure for ours: same model, batch size and optimizer, one thread.

Prints milliseconds a step. Needs python3-torch; the data are random, which costs a step the same.
"""
import argparse
import time

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--batch_size", type=int, default=64)
parser.add_argument("--steps", type=int, default=1000)
options = parser.parse_args()

torch.set_num_threads(1)
torch.manual_seed(1)
model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
inputs = torch.randn(60000, 784)
labels = torch.randint(10, (60000,))


def run(steps):
    order = torch.randperm(60000)
    for step in range(steps):
        rows = order[step * options.batch_size % 59000 :][: options.batch_size]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        loss.item()


run(100)
start = time.perf_counter()
run(options.steps)
print(f"pytorch {torch.__version__} centralized, batch {options.batch_size}: {(time.perf_counter() - start) / options.steps * 1e3:.2f} ms a step")
