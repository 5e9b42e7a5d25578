#!/usr/bin/env python3
"""PyTorch's centralized training loop, as a measure for ours: same model, batch size and optimizer, one thread.

Prints milliseconds a step of the second half of the steps, and the peak memory. Needs python3-torch; the data are random, which costs a
step the same.
"""
import argparse
import os
import resource
import time

# Debian's torch multiplies with OpenBLAS, whose threads torch.set_num_threads does not reach.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import torch
from torch import nn

SAMPLES = 20000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=("mlp", "cnn"), default="mlp")
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000, help="steps that count; as many are run before them")
    return parser


def build(name):
    torch.manual_seed(1)
    if name == "mlp":
        return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    return nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))


def data(name):
    return torch.randn(SAMPLES, *((784,) if name == "mlp" else (1, 28, 28))), torch.randint(10, (SAMPLES,))


def train(model, inputs, labels, rows_of_step, steps):
    """The loop; returns milliseconds a step of the second half of 2 * steps."""
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    for step in range(2 * steps):
        if step == steps:
            start = time.perf_counter()
        rows = rows_of_step(step)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        loss.item()
    return (time.perf_counter() - start) / steps * 1e3


def rows_of(batch_size):
    order = torch.randperm(SAMPLES)
    return lambda step: order[step * batch_size % (SAMPLES - batch_size):][:batch_size]


def report(what, options, milliseconds):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"pytorch {torch.__version__} {what}, {options.model}, batch {options.batch_size}: {milliseconds:.3f} ms a step, peak_memory_bytes={peak}", flush=True)


if __name__ == "__main__":
    options = arguments().parse_args()
    torch.set_num_threads(1)
    model = build(options.model)
    report("centralized", options, train(model, *data(options.model), rows_of(options.batch_size), options.steps))
