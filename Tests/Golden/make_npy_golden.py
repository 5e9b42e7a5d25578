#!/usr/bin/env python3
"""Writes npy/: small arrays as numpy saves them, those that Common/Data reads and those that it refuses.

Needs python3-numpy. The output is the same on every run, and it is committed. What the arrays hold is told by the tests in one line each, so
that there is nothing beside them.
"""
import os

import numpy as np
from numpy.lib import format as npy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "npy")


def save(name, array, version=(1, 0)):
    with open(os.path.join(FOLDER, name + ".npy"), "wb") as file:
        npy.write_array(file, array, version=version, allow_pickle=array.dtype.hasobject)


os.makedirs(FOLDER, exist_ok=True)
x = np.arange(12).reshape(3, 4)
y = np.array([2, 0, 1])

# Read: three samples of four elements, element number i being i, or i / 8 - 0.5 where it may be a fraction.
save("x_u1", x.reshape(3, 2, 2).astype("u1"))
save("x_f4", (x / 8 - 0.5).astype("<f4"))
save("x_f8", (x / 8 - 0.5).astype("<f8"))
save("x_i4", x.astype("<i4"))
save("x_i8", x.astype("<i8"))
save("x_f4_v2", (x / 8 - 0.5).astype("<f4"), version=(2, 0))
save("y_u1", y.astype("u1"))
save("y_i4", y.astype("<i4"))
save("y_i8", y.astype("<i8"))

# Refused.
save("x_f4_v3", x.astype("<f4"), version=(3, 0))
save("x_fortran", np.asfortranarray(x.astype("<f4")))
save("x_big_endian", x.astype(">f4"))
save("x_half", x.astype("<f2"))
save("x_object", np.array([[1, "a"], [2, "b"], [3, "c"]], dtype=object))
save("x_fields", np.zeros((3, 2), dtype=[("age", "<f4"), ("weight", "<f4")]))
save("x_flat", np.arange(3, dtype="<f4"))
save("x_scalar", np.array(1.5))
save("x_empty", np.zeros((0, 4), "<f4"))
save("y_f8", y.astype("<f8"))
save("y_one_hot", np.eye(3, dtype="<i4")[y])
save("y_four", np.array([2, 0, 1, 0], "<i4"))
