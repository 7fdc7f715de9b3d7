"""What a network of cores sees and says: a small square picture in, the middle part of each panel out.

Cores of neighbours do not touch even where the panels do, so each connected part is one panel. Text detectors shrink
words for the same reason (Liao et al., 2020).
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from met.harvest.panels.page import Pixels
from met.types import Box

SIDE: Final = 256
MARKED: Final = 128
# What a core leaves out at each side, as a share of the panel's side.
SHRUNK: Final = 0.1
_SURE: Final = 0.5
_LEAST_AREA: Final = 0.003
_LEAST_FILL: Final = 0.6


def scaled(pixels: Pixels) -> NDArray[np.float32]:
    """Return the image, uint8 (H, W, 3), as float32 (3, 256, 256) around 0, each pixel the mean of what it covers."""
    rows, columns = (np.linspace(0, length, SIDE + 1) for length in pixels.shape[:2])
    sums = np.zeros((pixels.shape[0] + 1, pixels.shape[1] + 1, 3), dtype=np.float64)
    sums[1:, 1:] = pixels.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    top, bottom = _ends(rows, pixels.shape[0])
    left, right = _ends(columns, pixels.shape[1])
    total = sums[bottom][:, right] - sums[top][:, right] - sums[bottom][:, left] + sums[top][:, left]
    area = ((bottom - top)[:, None] * (right - left)[None, :])[..., None]
    return np.ascontiguousarray(((total / area - 128.0) / 64.0).transpose(2, 0, 1), dtype=np.float32)


def cores_of_boxes(boxes: Sequence[Box], height: int, width: int) -> NDArray[np.float32]:
    """Return the mask (128, 128) that marks the core of each box of an image of that size."""
    mask = np.zeros((MARKED, MARKED), dtype=np.float32)
    for x1, y1, x2, y2 in boxes:
        across, down = SHRUNK * (x2 - x1), SHRUNK * (y2 - y1)
        left, right = ((x1 + across) * MARKED / width, (x2 - across) * MARKED / width)
        top, bottom = ((y1 + down) * MARKED / height, (y2 - down) * MARKED / height)
        mask[round(top) : max(round(top) + 1, round(bottom)), round(left) : max(round(left) + 1, round(right))] = 1.0
    return mask


def boxes_of_cores(marks: NDArray[np.float32], height: int, width: int) -> dict[Box, float]:
    """Return the box of each connected part of the marks, in pixels of the image, with its mean mark.

    Parts that are small or far from a rectangle are none.
    """
    labels, count = ndimage.label(marks >= _SURE)
    found: dict[Box, float] = {}
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        inside = labels[place] == number
        if inside.sum() < _LEAST_AREA * marks.size or inside.mean() < _LEAST_FILL or not count:
            continue
        y, x = place
        grown = SHRUNK / (1 - 2 * SHRUNK)
        across, down = grown * (x.stop - x.start), grown * (y.stop - y.start)
        box = (
            _pixel((x.start - across) / marks.shape[1], width),
            _pixel((y.start - down) / marks.shape[0], height),
            _pixel((x.stop + across) / marks.shape[1], width),
            _pixel((y.stop + down) / marks.shape[0], height),
        )
        if box[0] < box[2] and box[1] < box[3]:
            found[box] = round(float(marks[place][inside].mean()), 4)
    return found


def _ends(edges: NDArray[np.float64], length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    start = np.minimum(np.floor(edges[:-1]).astype(int), length - 1)
    return start, np.maximum(start + 1, np.floor(edges[1:]).astype(int))


def _pixel(share: float, length: int) -> int:
    return int(np.clip(round(share * length), 0, length))
