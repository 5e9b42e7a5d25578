#!/usr/bin/env python3
"""Writes golden.safetensors, and reads it back by other means than it was written.

Needs nothing but Python. Called with a path, only reads that file and prints what is in it.
"""
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FORMATS = {"F32": "f", "F64": "d", "I64": "q", "U8": "B", "BOOL": "?"}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length:]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        form = FORMATS[entry["dtype"]]
        tensors[name] = (entry["dtype"], entry["shape"], list(struct.unpack(f"<{(end - begin) // struct.calcsize(form)}{form}", body[begin:end])))
    return metadata, tensors


def write(path, metadata, tensors):
    header = {"__metadata__": metadata}
    body = b""
    for name, (dtype, shape, values) in tensors.items():
        data = struct.pack(f"<{len(values)}{FORMATS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


if len(sys.argv) > 1:
    print(json.dumps(read(sys.argv[1]), ensure_ascii=False))
else:
    metadata = {"epoch": "3", "model": "mlp"}
    tensors = {
        "optimizer.square_avg": ("F64", [2, 2], [0.1, -0.0, 1e300, 5e-324]),
        "step": ("I64", [], [-(1 << 40)]),
        "0.weight θ": ("F32", [2, 3], [0.0, 1.0, -1.5, 0.10000000149011612, 3.4028234663852886e38, 1.401298464324817e-45]),
        "0.bias": ("F32", [0], []),
        "rng": ("U8", [5], [1, 2, 3, 254, 255]),
    }
    path = os.path.join(HERE, "golden.safetensors")
    write(path, metadata, tensors)
    assert read(path) == (metadata, {name: (d, s, v) for name, (d, s, v) in tensors.items()})
