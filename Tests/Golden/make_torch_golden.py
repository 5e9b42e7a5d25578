#!/usr/bin/python3
"""Writes torch_*.json: what PyTorch computes, for the tests of the TorchSharp that we build against.

Run with a Python that has torch (made with 1.13.1): /usr/bin/python3 Tests/Golden/make_torch_golden.py
"""
import torch
import torch.nn.functional as F
from torch import nn, optim

import golden_json
from golden_json import numbers

torch.set_num_threads(1)


def save(name, value):
    golden_json.save(f"torch_{name}", {"torch": torch.__version__, **value})


def optimizers():
    """Parameters after each of six steps from the same start along the same gradients."""
    kinds = {
        "adadelta": (optim.Adadelta, {"lr": 1.0, "rho": 0.9, "eps": 1e-6}),
        "adadelta_decay": (optim.Adadelta, {"lr": 0.7, "rho": 0.95, "eps": 1e-5, "weight_decay": 0.01}),
        "sgd": (optim.SGD, {"lr": 0.1}),
        "sgd_momentum": (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
        "sgd_dampening": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.2}),
        "sgd_nesterov": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
        "sgd_decay": (optim.SGD, {"lr": 0.1, "weight_decay": 0.05}),
        "sgd_maximize": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "maximize": True}),
        "adam": (optim.Adam, {"lr": 1e-2}),
        "adam_decay": (optim.Adam, {"lr": 1e-2, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1}),
        "adam_amsgrad": (optim.Adam, {"lr": 1e-2, "amsgrad": True}),
        "adamw": (optim.AdamW, {"lr": 1e-2, "weight_decay": 0.0}),
        "adamw_decay": (optim.AdamW, {"lr": 1e-2, "weight_decay": 0.1}),
        "adamw_amsgrad": (optim.AdamW, {"lr": 1e-2, "weight_decay": 0.1, "amsgrad": True}),
    }
    cases, inputs = [], {}
    for dtype in ("float32", "float64"):
        torch.manual_seed(3)
        start = [torch.randn(3, 2, dtype=getattr(torch, dtype)), torch.randn(5, dtype=getattr(torch, dtype))]
        grads = [[torch.randn_like(s) for s in start] for _ in range(6)]
        inputs[dtype] = {"start": [numbers(s) for s in start], "grads": [[numbers(g) for g in step] for step in grads]}
        for name, (kind, options) in kinds.items():
            parameters = [s.clone().requires_grad_() for s in start]
            optimizer = kind(parameters, **options)
            after = []
            for step in grads:
                for parameter, grad in zip(parameters, step):
                    parameter.grad = grad.clone()
                optimizer.step()
                after.append([numbers(p) for p in parameters])
            if "betas" in options:
                options = {**options, "beta1": options["betas"][0], "beta2": options["betas"][1]}
                del options["betas"]
            cases.append({
                "name": name, "dtype": dtype, "optimizer": kind.__name__, "options": options, "after": after})
    save("optimizers", {"inputs": inputs, "cases": cases})


def schedulers():
    kinds = {
        "step": ("StepLR", {"step_size": 3, "gamma": 0.7}),
        "step_each": ("StepLR", {"step_size": 1, "gamma": 0.7}),
        "multi": ("MultiStepLR", {"milestones": [2, 3, 7], "gamma": 0.1}),
        "cosine": ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
    }
    cases = []
    for name, (kind, options) in kinds.items():
        optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler = getattr(optim.lr_scheduler, kind)(optimizer, **options)
        rates = [scheduler.get_last_lr()[0]]
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            rates.append(scheduler.get_last_lr()[0])
        cases.append({"name": name, "scheduler": kind, "options": options, "lr": 0.5, "rates": rates})
    save("schedulers", {"cases": cases})


def initial_values():
    """Parameters that layers have when they are made in this order after one manual_seed."""
    torch.manual_seed(1234)
    layers = [nn.Linear(7, 5), nn.Linear(4, 3, bias=False), nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 5, bias=False), nn.Linear(20, 33)]
    filled = torch.empty(6, 4)
    fills = {
        "uniform_": nn.init.uniform_(filled.clone(), -2, 3),
        "normal_": nn.init.normal_(filled.clone(), 1.0, 0.5),
        "xavier_uniform_": nn.init.xavier_uniform_(filled.clone(), 0.5),
        "kaiming_uniform_": nn.init.kaiming_uniform_(filled.clone(), nonlinearity="relu"),
    }
    save("initial_values", {
        "seed": 1234,
        "layers": [[numbers(p) for p in layer.parameters()] for layer in layers],
        "fills": {name: numbers(value) for name, value in fills.items()}})


def models():
    """Logits, summed cross entropy and all gradients of two networks."""
    def mlp():
        return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))

    def cnn():
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, stride=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(6 * 1 * 1, 3))

    cases = []
    for name, build, shape in (("mlp", mlp, (5, 6)), ("cnn", cnn, (5, 1, 8, 8))):
        torch.manual_seed(99)
        model = build()
        x = torch.randn(*shape).requires_grad_()
        y = torch.randint(0, 3, (shape[0],))
        logits = model(x)
        loss = F.cross_entropy(logits, y, reduction="sum")
        loss.backward()
        cases.append({
            "name": name, "seed": 99, "x": numbers(x), "y": y.tolist(), "logits": numbers(logits), "loss": loss.item(),
            "parameters": [numbers(p) for p in model.parameters()],
            "gradients": [numbers(p.grad) for p in model.parameters()], "x_gradient": numbers(x.grad)})
    save("models", {"cases": cases})


def losses():
    torch.manual_seed(5)
    z = torch.randn(4, 3, dtype=torch.float64)
    y = torch.tensor([2, 0, 1, 2])
    t = torch.randn(4, 3, dtype=torch.float64)

    def both(loss):
        logits = z.clone().requires_grad_()
        value = loss(logits)
        value.backward()
        return {"value": value.item(), "gradient": numbers(logits.grad)}

    g = [torch.randn(3, 2), torch.randn(4)]
    p = [torch.zeros_like(a).requires_grad_() for a in g]
    for a, b in zip(p, g):
        a.grad = b.clone()
    norm = nn.utils.clip_grad_norm_(p, 0.5)
    save("losses", {
        "logits": numbers(z), "labels": y.tolist(), "target": numbers(t),
        "cross_entropy_sum": both(lambda v: F.cross_entropy(v, y, reduction="sum")),
        "cross_entropy_mean": both(lambda v: F.cross_entropy(v, y)),
        "nll_loss_sum": both(lambda v: F.nll_loss(F.log_softmax(v, 1), y, reduction="sum")),
        "mse_loss_mean": both(lambda v: F.mse_loss(v, t)),
        "clip": {"max_norm": 0.5, "norm": norm.item(), "before": [numbers(a) for a in g], "after": [numbers(a.grad) for a in p]}})


if __name__ == "__main__":
    optimizers()
    schedulers()
    initial_values()
    models()
    losses()
