#!/usr/bin/python3
"""Writes augmentation.json: small images, cropped and mirrored by numpy's padding and slicing, from docs/reference/protocol.md alone.

Run with a Python that has numpy: /usr/bin/python3 Tests/Golden/make_augmentation_golden.py
"""
import numpy as np

import golden_json
from seeded_random import Xoshiro256StarStar

BLACK = -0.5


def augmented(image, crop, flip, seed, epoch, node, index):
    random = Xoshiro256StarStar(seed, epoch, node, index)
    if crop:
        down, right = random.below(2 * crop + 1), random.below(2 * crop + 1)
        padded = np.pad(image, ((0, 0), (crop, crop), (crop, crop)), constant_values=BLACK)
        image = padded[:, down:down + image.shape[1], right:right + image.shape[2]]
    if flip and random.below(2) == 1:
        image = image[:, :, ::-1]
    return image


images = np.arange(4 * 2 * 3 * 5, dtype=np.float64).reshape(4, 2, 3, 5)
rows = [(1, 0), (1, 7), (3, 7), (2, 12345)]
cases = []
for crop, flip in ((0, True), (1, False), (2, True), (7, True)):
    for epoch in (1, 2):
        made = np.stack([augmented(image, crop, flip, 17, epoch, node, index) for image, (node, index) in zip(images, rows)])
        cases.append({"crop": crop, "flip": flip, "seed": 17, "epoch": epoch, "images": made.flatten().tolist()})
golden_json.save("augmentation", {"shape": list(images.shape), "black": BLACK, "rows": [list(r) for r in rows], "cases": cases})
