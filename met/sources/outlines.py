"""Outlines that people drew, as polygons or as runs: what COCO calls a segmentation, and YOLO a segment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

# x, y of each corner in turn, in pixels of the image or as shares of its sides.
Ring: TypeAlias = tuple[float, ...]
_MAX_RUNS: Final = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Lengths of runs down the columns of an image of (height, width), beginning with those outside."""

    height: int
    width: int
    lengths: tuple[int, ...]


Outline: TypeAlias = tuple[Ring, ...] | Runs


def outline_of(segmentation: Any) -> Outline | None:
    """Return the outline that a COCO `segmentation` says: polygons, runs or packed runs; None where it is none."""
    if isinstance(segmentation, list):
        rings = [ring for part in segmentation if (ring := ring_of(part)) is not None]
        return tuple(rings) if rings and len(rings) == len(segmentation) else None
    if not isinstance(segmentation, dict):
        return None
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(type(side) is int and side > 0 for side in size)):
        return None
    lengths = runs_of(counts) if isinstance(counts, str) else counts
    if not isinstance(lengths, list) or not all(type(run) is int and run >= 0 for run in lengths):
        return None
    filled = sum(lengths) == size[0] * size[1]
    return Runs(height=size[0], width=size[1], lengths=tuple(lengths)) if filled else None


def ring_of(numbers: Any) -> Ring | None:
    """Return the corners of a polygon; None where these are not the numbers of three corners or more.

    >>> ring_of([0, 0, 4, 0, 4, 4]), ring_of([0, 0, 4, 0]), ring_of([0, 0, 4, 0, 4, 4, 4])
    ((0.0, 0.0, 4.0, 0.0, 4.0, 4.0), None, None)
    """
    if not isinstance(numbers, list) or len(numbers) < 6 or len(numbers) % 2:
        return None
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
        return None
    return tuple(float(number) for number in numbers)


def runs_of(text: str) -> list[int] | None:
    """Return the runs of COCO's compressed form: six bits a character from '0' on, the lowest five first, the sixth
    says that more follow; from the fourth run on the difference to the run two before. None where it breaks off.

    >>> runs_of("02203")
    [0, 2, 2, 2, 5]
    """
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60 or len(runs) > _MAX_RUNS:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        value -= (1 << shift) if bits & 16 else 0
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return None if shift else runs


def filled(outline: Outline, *, height: int, width: int, relative: bool = False) -> NDArray[np.bool_] | None:
    """Return the mask (height, width) of what an outline holds; None where its runs are of an image of another size.

    A pixel belongs to a polygon that its centre lies in; `relative` corners are shares of width and height.
    """
    if isinstance(outline, Runs):
        if (outline.height, outline.width) != (height, width):
            return None
        inside = np.arange(len(outline.lengths)) % 2 == 1
        return np.repeat(inside, outline.lengths).reshape(width, height).T.copy()
    mask = np.zeros((height, width), dtype=np.bool_)
    for ring in outline:
        corners = np.array(ring).reshape(-1, 2) * ((width, height) if relative else (1, 1))
        _fill(mask, corners)
    return mask


def around(outline: Sequence[Ring]) -> tuple[float, float, float, float]:
    """Return the box around all corners."""
    xs, ys = [x for ring in outline for x in ring[::2]], [y for ring in outline for y in ring[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def _fill(mask: NDArray[np.bool_], corners: NDArray[np.float64]) -> None:
    """Set the pixels of `mask` whose centre an odd number of edges passes to the left of."""
    height, width = mask.shape
    first, last = corners, np.roll(corners, -1, axis=0)
    top = max(0, math.floor(corners[:, 1].min()))
    for row in range(top, min(height, math.ceil(corners[:, 1].max()))):
        middle = row + 0.5
        passed = (first[:, 1] <= middle) != (last[:, 1] <= middle)
        one, other = first[passed], last[passed]
        share = (middle - one[:, 1]) / (other[:, 1] - one[:, 1])
        crossings = np.sort(one[:, 0] + share * (other[:, 0] - one[:, 0]))
        bounds = np.clip(np.ceil(crossings - 0.5), 0, width).astype(np.int64)
        for start, end in zip(bounds[::2], bounds[1::2], strict=True):
            mask[row, start:end] = True
