#!/usr/bin/python3
"""Writes torch_layers.json and torch_presets.json: what PyTorch makes of model descriptions and of the presets.

The layers are built from their JSON as docs/reference/protocol.md says it, section 7; the presets are written down here once more, as PyTorch's users would.
Run with a Python that has torch (made with 1.13.1): /usr/bin/python3 Tests/Golden/make_layers_golden.py
"""
import torch
import torch.nn.functional as F
from torch import nn

import golden_json
from golden_json import numbers

LEARNING_RATE = 0.1
torch.set_num_threads(1)


def save(name, value):
    golden_json.save(f"torch_{name}", {"torch": torch.__version__, **value})


# ---- descriptions


class GlobalMean(nn.Module):
    def forward(self, x):
        return x.flatten(2).mean(2)


class Transpose(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


class LastHidden(nn.LSTM):
    def forward(self, x):
        return super().forward(x)[1][0][0]


class Residual(nn.Module):
    def __init__(self, layer, shape):
        super().__init__()
        self.body, self.around, self.relu = [], [], layer.get("relu", False)
        for part, layers in ((self.body, layer["body"]), (self.around, layer.get("shortcut", []))):
            self.shape = shape
            for inner in layers:
                module, self.shape = build(inner, self.shape)
                self.add_module(inner["name"], module)
                part.append(module)

    def forward(self, x):
        y, z = x, x
        for module in self.body:
            y = module(y)
        for module in self.around:
            z = module(z)
        return F.relu(y + z) if self.relu else y + z


def build(layer, shape):
    """A layer's module, and the shape of a sample behind it (found by trying)."""
    get = layer.get
    kinds = {
        "linear": lambda: nn.Linear(get("in"), get("out"), bias=get("bias", True)),
        "conv1d": lambda: nn.Conv1d(get("in"), get("out"), get("kernel"), get("stride", 1), get("padding", 0), bias=get("bias", True)),
        "conv2d": lambda: nn.Conv2d(get("in"), get("out"), get("kernel"), get("stride", 1), get("padding", 0), bias=get("bias", True)),
        "batch_norm": lambda: (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(get("channels")),
        "group_norm": lambda: nn.GroupNorm(get("groups"), get("channels")),
        "layer_norm": lambda: nn.LayerNorm(get("size")),
        "relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "flatten": nn.Flatten, "transpose": Transpose, "global_mean": GlobalMean,
        "dropout": lambda: nn.Dropout(get("p")),
        "max_pool1d": lambda: nn.MaxPool1d(get("kernel")),
        "max_pool2d": lambda: nn.MaxPool2d(get("kernel")),
        "avg_pool2d": lambda: nn.AvgPool2d(get("kernel")),
        "adaptive_avg_pool2d": lambda: nn.AdaptiveAvgPool2d(get("size")),
        "embedding": lambda: nn.Embedding(get("vocabulary"), get("size")),
        "lstm": lambda: LastHidden(get("in"), get("hidden"), batch_first=True),
        "residual": lambda: Residual(layer, shape),
    }
    module = kinds[layer["type"]]()
    probe = torch.zeros(2, *shape, dtype=torch.int64 if layer["type"] == "embedding" else torch.float32)
    module.eval()
    with torch.no_grad():
        behind = list(module(probe).shape[1:])
    module.train()
    return module, behind


class Described(nn.Module):
    def __init__(self, description):
        super().__init__()
        self.layers, shape = [], description["input_shape"]
        for layer in description["layers"]:
            module, shape = build(layer, shape)
            self.add_module(layer["name"], module)
            self.layers.append(module)
        assert shape == [description["class_count"]], shape

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def layer(kind, name, **keys):
    return {"type": kind, "name": name, **keys}


def fc(size, classes=3):
    return layer("linear", "fc", **{"in": size, "out": classes})


def conv2d(name, channels, out, kernel, **keys):
    return layer("conv2d", name, **{"in": channels, "out": out, "kernel": kernel, **keys})


def conv1d(name, channels, out, kernel, **keys):
    return layer("conv1d", name, **{"in": channels, "out": out, "kernel": kernel, **keys})


FLAT = layer("flatten", "flat")
CASES = {
    "linear without bias": ([5], [layer("linear", "a", **{"in": 5, "out": 4, "bias": False}), fc(4)]),
    "conv1d": ([2, 9], [conv1d("a", 2, 3, 3, stride=2, padding=1), FLAT, fc(15)]),
    "conv1d without bias": ([2, 5], [conv1d("a", 2, 3, 3, bias=False), FLAT, fc(9)]),
    "conv2d without bias": ([2, 5, 5], [conv2d("a", 2, 3, 3, bias=False), FLAT, fc(27)]),
    "batch_norm over features": ([5], [layer("linear", "a", **{"in": 5, "out": 4, "bias": False}), layer("batch_norm", "bn", channels=4), fc(4)]),
    "batch_norm over sequences": ([2, 6], [layer("batch_norm", "bn", channels=2), FLAT, fc(12)]),
    "batch_norm over images": ([2, 4, 3], [layer("batch_norm", "bn", channels=2), FLAT, fc(24)]),
    "group_norm over sequences": ([4, 5], [layer("group_norm", "gn", groups=2, channels=4), FLAT, fc(20)]),
    "group_norm over images": ([4, 3, 2], [layer("group_norm", "gn", groups=4, channels=4), FLAT, fc(24)]),
    "layer_norm over features": ([6], [layer("layer_norm", "ln", size=6), fc(6)]),
    "layer_norm over vectors": ([3, 4], [layer("layer_norm", "ln", size=4), FLAT, fc(12)]),
    "gelu": ([5], [layer("gelu", "act"), fc(5)]),
    "tanh": ([5], [layer("tanh", "act"), fc(5)]),
    "max_pool1d": ([2, 7], [layer("max_pool1d", "pool", kernel=3), FLAT, fc(4)]),
    "avg_pool2d": ([2, 5, 4], [layer("avg_pool2d", "pool", kernel=2), FLAT, fc(8)]),
    "adaptive_avg_pool2d": ([2, 5, 7], [layer("adaptive_avg_pool2d", "pool", size=3), FLAT, fc(18)]),
    "global_mean of sequences": ([4, 5], [layer("global_mean", "mean"), fc(4)]),
    "global_mean of images": ([4, 3, 2], [layer("global_mean", "mean"), fc(4)]),
    "transpose": ([2, 3], [layer("transpose", "swap"), layer("global_mean", "mean"), fc(3)]),
    "dropout when evaluated": ([5], [layer("dropout", "drop", p=0.5), fc(5)]),
    "embedding": ([4], [layer("embedding", "words", vocabulary=7, size=3), FLAT, fc(12)]),
    "lstm": ([4, 3], [layer("lstm", "rnn", **{"in": 3, "hidden": 5}), fc(5)]),
    "residual": ([5], [
        layer("residual", "block", body=[layer("linear", "fc1", **{"in": 5, "out": 5}), layer("tanh", "act")]), fc(5)]),
    "residual with shortcut": ([2, 4, 4], [
        layer("residual", "block", relu=True, body=[
            conv2d("conv1", 2, 3, 3, stride=2, padding=1, bias=False), layer("batch_norm", "bn1", channels=3), layer("relu", "relu1"),
            conv2d("conv2", 3, 3, 3, padding=1, bias=False), layer("batch_norm", "bn2", channels=3)], shortcut=[
            conv2d("down", 2, 3, 1, stride=2, bias=False), layer("batch_norm", "bn3", channels=3)]),
        layer("global_mean", "mean"), fc(3)]),
    "residual in residual": ([4], [
        layer("residual", "outer", body=[
            layer("residual", "inner", relu=True, body=[layer("linear", "fc1", **{"in": 4, "out": 4})]),
            layer("linear", "fc2", **{"in": 4, "out": 4})]), fc(4)]),
}


def step(model, x, y, evaluated):
    """One step of SGD; the summed loss's gradients."""
    model.double().train(not evaluated)
    initial = {n: p.detach().clone() for n, p in model.named_parameters()}
    logits = model(x)
    loss = F.cross_entropy(logits, y, reduction="sum")
    loss.backward()
    gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
    torch.optim.SGD(model.parameters(), lr=LEARNING_RATE).step()
    after = {n: p.detach().clone() for n, p in model.named_parameters()}
    with torch.no_grad():
        final = model.eval()(x)
    return initial, logits, loss, gradients, after, dict(model.named_buffers()), final


def layers():
    cases = []
    for number, (name, (shape, stack)) in enumerate(CASES.items()):
        description = {"name": name, "input_shape": shape, "class_count": 3, "layers": stack}
        evaluated = "evaluated" in name
        tokens = stack[0]["type"] == "embedding"
        torch.manual_seed(100 + number)
        model = Described(description)
        x = torch.randint(0, stack[0]["vocabulary"], (5, *shape)) if tokens else torch.randn(5, *shape, dtype=torch.float64)
        y = torch.randint(0, 3, (5,))
        initial, logits, loss, gradients, after, buffers, final = step(model, x, y, evaluated)
        cases.append({
            "name": name, "seed": 100 + number, "evaluated": evaluated, "model": description, "x": numbers(x), "y": y.tolist(),
            "parameters": {n: numbers(p) for n, p in initial.items()}, "logits": numbers(logits), "loss": loss.item(),
            "gradients": {n: numbers(p) for n, p in gradients.items()}, "after": {n: numbers(p) for n, p in after.items()},
            "buffers": {n: numbers(b) for n, b in buffers.items()}, "evaluated_logits": numbers(final)})
    save("layers", {"learning_rate": LEARNING_RATE, "cases": cases})


# ---- presets


class LeNet5(nn.Module):
    """LeCun et al. 1998, with a full connection between the pools and a linear last layer."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


class Vgg(nn.Module):
    def __init__(self):
        super().__init__()
        channels = 3
        for block, width in enumerate((64, 128, 256), 1):
            setattr(self, f"conv{block}a", nn.Conv2d(channels, width, 3, padding=1))
            setattr(self, f"conv{block}b", nn.Conv2d(width, width, 3, padding=1))
            channels = width
        self.fc1, self.fc2 = nn.Linear(4096, 512), nn.Linear(512, 10)

    def forward(self, x):
        for block in (1, 2, 3):
            for half in "ab":
                x = F.relu(getattr(self, f"conv{block}{half}")(x))
            x = F.max_pool2d(x, 2)
        return self.fc2(F.dropout(F.relu(self.fc1(x.flatten(1))), 0.5, self.training))


class BasicBlock(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.short = stride != 1
        if self.short:
            self.down, self.bn3 = nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.bn3(self.down(x)) if self.short else x))


class ResNet20(nn.Module):
    """He et al. 2015, section 4.2, with n = 3 and projections where the size changes."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        channels = 16
        for stage, width in enumerate((16, 32, 64), 1):
            for block in (1, 2, 3):
                setattr(self, f"block{stage}_{block}", BasicBlock(channels, width, 2 if stage > 1 and block == 1 else 1))
                channels = width
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        for stage in (1, 2, 3):
            for block in (1, 2, 3):
                x = getattr(self, f"block{stage}_{block}")(x)
        return self.fc(x.mean((2, 3)))


class Tabular(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.fc1, self.norm1 = nn.Linear(features, 128), nn.LayerNorm(128)
        self.fc2, self.norm2 = nn.Linear(128, 64), nn.LayerNorm(64)
        self.fc3 = nn.Linear(64, classes)

    def forward(self, x):
        x = F.gelu(self.norm1(self.fc1(x)))
        return self.fc3(F.gelu(self.norm2(self.fc2(x))))


class Text(nn.Module):
    def __init__(self, vocabulary, classes):
        super().__init__()
        self.embedding, self.lstm, self.fc = nn.Embedding(vocabulary, 64), nn.LSTM(64, 128, batch_first=True), nn.Linear(128, classes)

    def forward(self, x):
        return self.fc(self.lstm(self.embedding(x))[1][0][0])


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3, self.fc4 = nn.Linear(784, 256), nn.Linear(256, 128), nn.Linear(128, 64), nn.Linear(64, 10)

    def forward(self, x):
        return self.fc4(F.relu(self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))))


class Cnn(nn.Module):
    """PyTorch's MNIST example, without its dropout."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


def spread(count, modulus):
    """0 to modulus, exclusive, without a generator."""
    return torch.arange(count) * 7919 % modulus


def statistics(tensors):
    return {n: {"shape": list(t.shape), "sum": t.double().sum().item(), "abs_sum": t.double().abs().sum().item()} for n, t in tensors.items()}


def presets():
    """Two samples through each preset: logits, and sums over each tensor."""
    cases = []
    for name, make, shape, classes, evaluated in (
            ("mlp", Mlp, [784], 10, False), ("cnn", Cnn, [1, 28, 28], 10, False), ("lenet5", LeNet5, [1, 28, 28], 10, False),
            ("vgg", Vgg, [3, 32, 32], 10, True), ("resnet", ResNet20, [3, 32, 32], 10, False),
            ("tabular:54,7", lambda: Tabular(54, 7), [54], 7, False), ("text:1000,12,4", lambda: Text(1000, 4), [12], 4, False)):
        torch.manual_seed(21)
        model = make()
        count = 2 * torch.Size(shape).numel()
        x = spread(count, 1000).view(2, *shape)
        x = x if name.startswith("text") else x.double() / 1000 - 0.5
        initial, logits, loss, gradients, after, buffers, final = step(model, x, torch.tensor([1, 3]), evaluated)
        cases.append({
            "name": name, "seed": 21, "evaluated": evaluated, "y": [1, 3], "parameters": statistics(initial), "logits": numbers(logits),
            "loss": loss.item(), "gradients": statistics(gradients), "after": statistics(after), "buffers": statistics(buffers),
            "evaluated_logits": numbers(final)})
    save("presets", {"learning_rate": LEARNING_RATE, "cases": cases})


if __name__ == "__main__":
    layers()
    presets()
