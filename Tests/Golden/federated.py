"""What the scripts share that compute methods with torch: the samples of a few nodes, a small model, a node's own batches."""
import torch
from torch import nn, optim

from seeded_random import Xoshiro256StarStar

torch.set_num_threads(1)
SEED = 7
CLASSES = 4
COUNTS = [11, 5, 8]
NODES = range(1, len(COUNTS) + 1)
GAMMA = 0.7  # of the schedule of the learning rate
GENERATOR = Xoshiro256StarStar(2024)
PIXELS = [[GENERATOR.below(256) for _ in range(9)] for _ in range(sum(COUNTS))]
LABELS = [GENERATOR.below(CLASSES) for _ in range(sum(COUNTS))]
INITIAL = [GENERATOR.uniform() - 0.5 for _ in range(9 * 6 + 6 + 6 * CLASSES + CLASSES)]
INPUTS = (torch.tensor(PIXELS, dtype=torch.float64) / 255 - 0.5) / 0.5
TARGETS = torch.tensor(LABELS)


def model(theta=None):
    """A linear layer, a ReLU, a linear layer, with these parameters."""
    net = nn.Sequential(nn.Linear(9, 6), nn.ReLU(), nn.Linear(6, CLASSES)).double()
    nn.utils.vector_to_parameters(torch.tensor(INITIAL, dtype=torch.float64) if theta is None else theta.clone(), net.parameters())
    return net


def flat(net):
    return nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def optimizer(name, parameters, scale=1.0):
    """The optimizers of the cases; `scale` is what the schedule has made of the learning rate."""
    return {
        "sgd": lambda: optim.SGD(parameters, lr=0.1 * scale),
        "momentum": lambda: optim.SGD(parameters, lr=0.1 * scale, momentum=0.9),
        "adadelta": lambda: optim.Adadelta(parameters, lr=1.0 * scale),
    }[name]()


def rows_of(node):
    """The samples of a node, from 1, among all."""
    start = sum(COUNTS[:node - 1])
    return list(range(start, start + COUNTS[node - 1]))


def local_batches(node, epoch, passes, batch_size):
    """A node's batches of a round: its samples, shuffled further for every pass."""
    generator = Xoshiro256StarStar(SEED, epoch, 0, node)
    order = list(range(COUNTS[node - 1]))
    for _ in range(passes):
        generator.shuffle(order)
        for first in range(0, len(order), batch_size):
            yield [rows_of(node)[i] for i in order[first:first + batch_size]]


def train(node, theta, epoch, case):
    """θ after a node's own training, with μ of FedProx where the case has one, and the sum of its losses."""
    net = model(theta)
    step = optimizer(case["optimizer"], net.parameters(), GAMMA ** (epoch - 1))
    loss_sum = 0.0
    for rows in local_batches(node, epoch, case["local_epochs"], case["batch_size"]):
        step.zero_grad()
        loss = nn.functional.cross_entropy(net(INPUTS[rows]), TARGETS[rows])
        loss_sum += loss.item() * len(rows)
        if case.get("mu"):
            start = model(theta)
            loss = loss + case["mu"] / 2 * sum(((p - q.detach()) ** 2).sum() for p, q in zip(net.parameters(), start.parameters()))
        loss.backward()
        step.step()
    return flat(net), loss_sum


def example():
    """What a test needs to do the same."""
    return {"seed": SEED, "side": 3, "classes": CLASSES, "counts": COUNTS, "pixels": [p for row in PIXELS for p in row], "labels": LABELS, "initial": INITIAL}
