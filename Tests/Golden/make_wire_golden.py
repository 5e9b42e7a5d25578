#!/usr/bin/env python3
"""Writes msgpack.json and lz4.json: bytes made by other implementations of MessagePack and LZ4.

Needs python3-msgpack and python3-lz4. The output is the same on every run, and it is committed.
"""
import json
import os
import random
import struct

import lz4.block
import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def integers():
    """Every value at which an encoding begins or ends, and its neighbours."""
    edges = {0}
    for bits in (5, 7, 8, 15, 16, 31, 32, 63, 64):
        for sign in (1, -1):
            for near in (-1, 0, 1):
                edges.add(sign * (1 << bits) + near)
    return sorted(v for v in edges if -(1 << 63) <= v < (1 << 64))


def wide_integers():
    """The same small values in every encoding that holds them: readers must take what writers never write."""
    formats = [(0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"), (0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q")]
    for value in (0, 5, 100, -1, -100):
        for code, form in formats:
            if value < 0 and code < 0xD0:
                continue
            data = bytes([code]) + struct.pack(form, value)
            assert msgpack.unpackb(data) == value
            yield {"value": value, "hex": data.hex()}


def head_and_fill(length, value, fill):
    """A long value as its header and one byte that repeats, so that the file stays small."""
    data = pack(value)
    head = data[: len(data) - length]
    assert data == head + fill * length
    return {"length": length, "head": head.hex()}


def make_msgpack():
    floats = [0.0, -0.0, 1.0, -1.5, 0.1, 3.4028234663852886e38, 1e-45, float("inf"), float("-inf")]
    doubles = floats + [1.7976931348623157e308, 5e-324, 2.0 ** 53 + 1, 0.1 + 0.2]
    texts = ["", "a", "θ_N", "naïve – 日本語 🙂", "x" * 31, "x" * 32, "ü" * 127, "ü" * 128]
    nested = {
        "name": "0.weight",
        "shape": [10, 784],
        "dtype": "float32",
        "raw": 31360,
        "loss": 2.302585092994046,
        "none": None,
        "flags": [True, False, {"deep": [[], {}, [[-1, -129, 70000]]]}],
        "hash": bytes(range(40)),
    }
    skips = [None, True, 1, -200, 2 ** 40, 1.5, "text", "x" * 300, b"bytes", b"x" * 300, nested, list(range(100)),
             {str(i): [i] for i in range(40)}]
    skips += [msgpack.ExtType(7, b"e" * n) for n in (0, 1, 2, 3, 4, 8, 16, 17, 255, 256)]
    return {
        "integers": [{"value": str(v), "hex": pack(v).hex()} for v in integers()],
        "wideIntegers": list(wide_integers()),
        "nil": pack(None).hex(),
        "true": pack(True).hex(),
        "false": pack(False).hex(),
        "singles": [{"bits": struct.pack(">f", v).hex(), "hex": msgpack.packb(v, use_single_float=True).hex()} for v in floats],
        "doubles": [{"bits": struct.pack(">d", v).hex(), "hex": pack(v).hex()} for v in doubles],
        "texts": [{"value": v, "hex": pack(v).hex()} for v in texts],
        # The repeated byte is 'a' in strings, 0xff in bin, nil in arrays, and nil: nil in maps.
        "strings": [head_and_fill(n, "a" * n, b"a") for n in (0, 1, 31, 32, 255, 256, 65535, 65536)],
        "bins": [head_and_fill(n, b"\xff" * n, b"\xff") for n in (0, 1, 255, 256, 65535, 65536)],
        "arrays": [head_and_fill(n, [None] * n, b"\xc0") for n in (0, 1, 15, 16, 65535, 65536)],
        "maps": [{"length": n, "head": msgpack.Packer().pack_map_header(n).hex()} for n in (0, 1, 15, 16, 65535, 65536)],
        "nested": pack(nested).hex(),
        "deep": (b"\x91" * 2000 + b"\xc0").hex(),
        "skips": [pack(v).hex() for v in skips],
    }


def make_lz4():
    rng = random.Random(20260731)
    noise = bytes(rng.randrange(256) for _ in range(1024))
    sparse = bytes(rng.randrange(256) if rng.random() < 0.3 else 0 for _ in range(1024))
    inputs = {
        "one byte": b"\x07",
        "text": b"virtual batches span the nodes; " * 20,
        "zeros": bytes(100_000),
        "noise": noise,
        "after a ReLU": sparse,
        "repeat at a distance": noise[:700] * 3,
    }
    cases = []
    for name, data in inputs.items():
        for mode in ("fast", "high_compression"):
            block = lz4.block.compress(data, mode=mode, store_size=False)
            assert lz4.block.decompress(block, uncompressed_size=len(data)) == data
            shown = {"zeros": len(data)} if not any(data) else {"hex": data.hex()}
            cases.append({"name": f"{name}, {mode}", "data": shown, "block": block.hex()})
    return cases


def write(name, content):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


write("msgpack.json", make_msgpack())
write("lz4.json", make_lz4())
