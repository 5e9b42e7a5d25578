#!/usr/bin/python3
"""Writes losses.json: sums, gradients and hits of the losses by PyTorch's functionals.

Each case also has PyTorch's own mean where ours is to be the same. Run with a Python that has torch (made with 1.13.1):
/usr/bin/python3 Tests/Golden/make_losses_golden.py
"""
import torch
import torch.nn.functional as F

import golden_json

torch.manual_seed(5)
M, C = 7, 4
CLASSES = torch.randint(0, C, (M,))
WEIGHTS = [1.0, 2.0, 0.5, 0.0]
cases = []


def case(name, loss, outputs, labels, sum_of, hits, mean_of=None):
    leaf = outputs.clone().requires_grad_()
    total = sum_of(leaf)
    total.backward()
    cases.append({
        "name": name, "loss": loss, "outputs": golden_json.numbers(outputs), "labels": golden_json.numbers(labels), "sum": total.item(),
        "gradient": golden_json.numbers(leaf.grad), "hits": hits, "mean": mean_of(outputs).item() if mean_of else None})


def of_classes(name, loss, **options):
    outputs = 2 * torch.randn(M, C, dtype=torch.float64)
    plain = "weight" not in options
    case(name, loss, outputs, CLASSES, lambda z: F.cross_entropy(z, CLASSES, reduction="sum", **options),
         int((outputs.argmax(1) == CLASSES).sum()), (lambda z: F.cross_entropy(z, CLASSES, **options)) if plain else None)


weight = torch.tensor(WEIGHTS, dtype=torch.float64)
of_classes("cross entropy", {"type": "cross_entropy"})
of_classes("with class weights", {"type": "cross_entropy", "class_weights": WEIGHTS}, weight=weight)
of_classes("with label smoothing", {"type": "cross_entropy", "label_smoothing": 0.1}, label_smoothing=0.1)
of_classes("with both", {"type": "cross_entropy", "class_weights": WEIGHTS, "label_smoothing": 0.25}, weight=weight, label_smoothing=0.25)


def of_one_logit(name, loss, weight=None):
    outputs = 3 * torch.randn(M, 1, dtype=torch.float64)
    labels = (CLASSES > 1).long()
    target = labels.double().view(-1, 1)
    rows = None if weight is None else weight[labels].view(-1, 1)
    case(name, loss, outputs, labels, lambda z: F.binary_cross_entropy_with_logits(z, target, rows, reduction="sum"),
         int(((outputs.view(-1) > 0).long() == labels).sum()), lambda z: F.binary_cross_entropy_with_logits(z, target, rows))


of_one_logit("one logit", {"type": "bce_with_logits"})
of_one_logit("one logit, with class weights", {"type": "bce_with_logits", "class_weights": [0.5, 3.0]}, torch.tensor([0.5, 3.0], dtype=torch.float64))


def of_many_logits(name, loss, weight=None):
    outputs = 3 * torch.randn(M, C, dtype=torch.float64)
    target = F.one_hot(CLASSES, C).double()
    rows = None if weight is None else weight[CLASSES].view(-1, 1).expand(M, C)
    case(name, loss, outputs, CLASSES, lambda z: F.binary_cross_entropy_with_logits(z, target, rows, reduction="none").mean(1).sum(),
         int((outputs.argmax(1) == CLASSES).sum()), lambda z: F.binary_cross_entropy_with_logits(z, target, rows))


of_many_logits("a logit for each class", {"type": "bce_with_logits"})
of_many_logits("a logit for each class, with class weights", {"type": "bce_with_logits", "class_weights": WEIGHTS}, weight)

for width in (1, 3):
    outputs, labels = torch.randn(M, width, dtype=torch.float64), 5 * torch.randn(M, width, dtype=torch.float64)
    case(f"squared error of {width}", {"type": "mse"}, outputs, labels, lambda z: F.mse_loss(z, labels, reduction="none").mean(1).sum(), 0,
         lambda z: F.mse_loss(z, labels))

golden_json.save("losses", {"cases": cases})
