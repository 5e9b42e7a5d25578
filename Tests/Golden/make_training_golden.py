#!/usr/bin/python3
"""Writes training.json: the learning rate of every epoch and clipped gradients, as PyTorch has them.

Run with a Python that has torch (made with 1.13.1): /usr/bin/python3 Tests/Golden/make_training_golden.py
"""
import warnings

import torch
from torch import nn, optim
from torch.optim import lr_scheduler

import golden_json

torch.set_num_threads(1)

# SequentialLR itself calls step(epoch), which warns that it is deprecated.
warnings.filterwarnings("ignore", module="torch.optim.lr_scheduler")


def schedule(name, lr, options, count=12):
    """The rates of `count` epochs; warm-up is a LinearLR before the scheduler, as PyTorch's SequentialLR strings them together."""
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    warmup = options.get("warmup_epochs", 0)
    main = {
        "step": lambda: lr_scheduler.StepLR(optimizer, options.get("step_size", 1), options["gamma"]),
        "multistep": lambda: lr_scheduler.MultiStepLR(optimizer, options["milestones"], options["gamma"]),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, options["epochs"] - warmup),
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, factor=1.0),
    }[options["schedule"]]()
    if warmup:
        # With one epoch of it there is no line to go along: its rate is the whole one.
        linear = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, total_iters=max(1, warmup - 1))
        main = lr_scheduler.SequentialLR(optimizer, [linear, main], milestones=[warmup])
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        main.step()
    return {"name": name, "lr": lr, "options": options, "rates": rates}


def schedules():
    return [
        schedule("step", 1.0, {"schedule": "step", "gamma": 0.7}),
        schedule("step of three", 0.5, {"schedule": "step", "gamma": 0.1, "step_size": 3}),
        schedule("step with warm-up", 0.3, {"schedule": "step", "gamma": 0.7, "warmup_epochs": 4}),
        schedule("step of two with warm-up", 0.3, {"schedule": "step", "gamma": 0.7, "step_size": 2, "warmup_epochs": 3}),
        schedule("multistep", 0.1, {"schedule": "multistep", "gamma": 0.1, "milestones": [3, 6]}),
        schedule("multistep with warm-up", 0.1, {"schedule": "multistep", "gamma": 0.5, "milestones": [1, 2, 5], "warmup_epochs": 5}),
        schedule("cosine", 0.1, {"schedule": "cosine", "epochs": 12}),
        schedule("cosine of one epoch", 0.1, {"schedule": "cosine", "epochs": 1}, count=1),
        schedule("cosine with warm-up", 0.7, {"schedule": "cosine", "epochs": 12, "warmup_epochs": 5}),
        schedule("cosine with nothing but warm-up before the last epoch", 0.7, {"schedule": "cosine", "epochs": 12, "warmup_epochs": 11}),
        schedule("constant", 0.01, {"schedule": "constant"}),
        schedule("constant with warm-up", 0.01, {"schedule": "constant", "warmup_epochs": 7}),
        schedule("warm-up of one epoch", 0.01, {"schedule": "step", "gamma": 0.7, "warmup_epochs": 1}),
    ]


def clips():
    """Two gradients, clipped by their common norm."""
    cases = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(11)
        before = [torch.randn(7, 5, dtype=dtype), torch.randn(13, dtype=dtype)]
        for max_norm in (0.5, 5.0, 1000.0):
            parameters = [torch.zeros_like(g).requires_grad_() for g in before]
            for parameter, gradient in zip(parameters, before):
                parameter.grad = gradient.clone()
            norm = nn.utils.clip_grad_norm_(parameters, max_norm)
            cases.append({
                "name": f"{str(dtype)[6:]} to {max_norm}", "dtype": str(dtype)[6:], "max_norm": max_norm, "norm": norm.item(),
                "before": [n for g in before for n in g.double().flatten().tolist()],
                "after": [n for p in parameters for n in p.grad.double().flatten().tolist()]})
    return cases


golden_json.save("training", {"torch": torch.__version__, "schedules": schedules(), "clips": clips()})
