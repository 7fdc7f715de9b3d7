"""Masks as runs: what a region's `rle` says, and the boxes of what a mask holds."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from met.types import Box

_EIGHT: Final = np.ones((3, 3), dtype=bool)


def rle_of(mask: NDArray[np.bool_]) -> str:
    """Return the lengths of the runs of `mask` (H, W), row by row, beginning with those outside it.

    >>> rle_of(np.array([[False, True], [True, True]]))
    '1 3'
    """
    flat = mask.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff(np.concatenate([[0], edges, [flat.size]]))
    first = [0] if flat.size and flat[0] else []
    return " ".join(map(str, [*first, *lengths.tolist()]))


def mask_of(rle: str, box: Box) -> NDArray[np.bool_]:
    """Return the mask within `box` (height, width) that `rle` says.

    Raises:
        ValueError: the runs do not fill the box.

    >>> mask_of("1 3", (0, 0, 2, 2)).tolist()
    [[False, True], [True, True]]
    """
    runs = np.array(rle.split(), dtype=np.int64)
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return values.reshape(box[3] - box[1], box[2] - box[0])


def parts_of(mask: NDArray[np.bool_], *, most: int) -> list[tuple[Box, str]]:
    """Return (box, rle) of the connected parts of `mask` (H, W), corners connecting: at most `most`, largest first."""
    numbered, count = ndimage.label(mask, structure=_EIGHT)
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")[:most]
    places = ndimage.find_objects(numbered)
    found = []
    for index in order.tolist():
        rows, columns = places[index]
        box = (int(columns.start), int(rows.start), int(columns.stop), int(rows.stop))
        found.append((box, rle_of(numbered[rows, columns] == index + 1)))
    return found


def boxes_of_values(values: NDArray[np.int64]) -> list[tuple[int, Box]]:
    """Return each value but 0 of (H, W) with the box of all that has it, in the order of the values."""
    found, numbered = np.unique(values, return_inverse=True)
    places = ndimage.find_objects(numbered.reshape(values.shape) + 1)
    return [
        (int(value), (int(columns.start), int(rows.start), int(columns.stop), int(rows.stop)))
        for value, (rows, columns) in zip(found.tolist(), places, strict=True)
        if value
    ]
