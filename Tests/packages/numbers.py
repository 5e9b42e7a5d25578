#!/usr/bin/env python3
"""Writes DIR/1 to DIR/3, the samples of three sites: rows of eight numbers in two classes, as .npy files. It needs nothing."""
import os
import random
import struct
import sys


def save(path, kind, shape, values):
    header = repr({"descr": "<" + kind + "4", "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{kind}", *values))


rng = random.Random(1)
for site in range(1, 4):
    folder = os.path.join(sys.argv[1], str(site))
    os.makedirs(folder)
    for part, count in (("train", 200), ("test", 50)):
        rows = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(count)]
        save(os.path.join(folder, part + "_x.npy"), "f", (count, 8), [x for row in rows for x in row])
        save(os.path.join(folder, part + "_y.npy"), "i", (count,), [int(row[0] > row[1] + rng.gauss(0, 0.3)) for row in rows])
