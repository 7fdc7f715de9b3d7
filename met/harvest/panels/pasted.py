"""Photographs that stand on paper beside a drawing: labels and arrows cross from one to the other, so no gutter runs.

A photograph is filled from edge to edge, straight at its sides, and nowhere even: cameras and scanners leave noise
where drawings are flat. What stands on the paper beside photographs and is filled as well is the drawing.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from met.harvest.panels.gutters import PHOTO
from met.harvest.panels.page import WHITE, Page
from met.types import Box

_BLOCK: Final = 4
_FILLED: Final = 0.4
_PAPER: Final = 0.12
_OPENINGS: Final = (3, 5, 7)
_THICK: Final = np.ones((3, 3), dtype=np.bool_)
_COVERED: Final = 0.6
_RECTANGLE: Final = 0.93
_SHORTEST: Final = 0.12
_SMALLEST: Final = 0.05
_LARGEST: Final = 0.75
_MOST: Final = 6
_NEAR: Final = 8
_STRAIGHT: Final = 0.75
_DARK: Final = 28
_LIGHT: Final = 225
_LEAST_LIT: Final = 0.1
# Of the blocks of a photograph one in ten may be this smooth, in grey levels, and one in a hundred even.
_SMOOTH: Final = 0.1
_NOISE: Final = 1.2
_EVEN: Final = 0.5
_LEAST_EVEN: Final = 0.01
_LEAST_DRAWN: Final = 0.02
_MOST_OF_IT: Final = 0.75
_ROUNDS: Final = 20
# What is sure of a drawing beside a photograph that is sure: it ends where the photograph begins.
_DRAWING: Final = 0.6


def pasted_in(page: Page) -> tuple[list[tuple[Box, float]], list[tuple[Box, float]]]:
    """Return the photographs that stand on paper, and the one drawing beside them where there is one.

    Each with its box in the page's own pixels, and how sure it is. None where there is no paper.
    """
    grey, white = page.axes[0].grey, page.axes[0].colours[WHITE]
    if min(grey.shape) < 16 * _BLOCK or int(white[-1].sum(dtype=np.int64)) < _PAPER * grey.size:
        return [], []
    filled = 1 - _shares(white)
    solid = ndimage.binary_fill_holes(ndimage.binary_opening(filled > _FILLED, _THICK))
    photographs: list[tuple[Box, float]] = []
    for box in _rectangles(solid):
        found = _photograph(page, solid, box)
        if found is not None and not any(_overlap(found[0], other) for other, _ in photographs):
            photographs.append(found)
    if not 1 <= len(photographs) <= _MOST:
        return [], []
    drawing = _drawing(filled, solid, [_in_blocks(box, solid) for box, _ in photographs])
    return photographs, [] if drawing is None else [(_in_page(drawing, page), _DRAWING)]


def _shares(counts: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return the share of marked pixels of each whole block, from running counts (h + 1, w)."""
    high, wide = (counts.shape[0] - 1) // _BLOCK, counts.shape[1] // _BLOCK
    edges = counts[: high * _BLOCK + 1 : _BLOCK, : wide * _BLOCK]
    marked = (edges[1:] - edges[:-1]).reshape(high, wide, _BLOCK).sum(axis=2)
    return np.asarray(marked / np.float32(_BLOCK * _BLOCK), dtype=np.float32)


# ---------------------------------------------------------------- photographs


def _rectangles(solid: NDArray[np.bool_]) -> Iterator[Box]:
    """Yield the boxes, in blocks, of what is filled like a rectangle, once thin bridges to other things are cut."""
    for side in _OPENINGS:
        labels, _ = ndimage.label(ndimage.binary_opening(solid, np.ones((side, side), dtype=np.bool_)))
        for number, place in enumerate(ndimage.find_objects(labels), 1):
            part = labels[place] == number
            if part.sum() < _SMALLEST / 2 * solid.size:
                continue
            x1, y1, x2, y2 = _core(part)
            wide, high = x2 - x1, y2 - y1
            large = _SMALLEST * solid.size <= wide * high <= _LARGEST * solid.size
            if not large or min(wide, high) < _SHORTEST * min(solid.shape):
                continue
            if part[y1:y2, x1:x2].mean() >= _RECTANGLE and wide * high >= 0.7 * part.sum():
                left, top = place[1].start, place[0].start
                yield (left + x1, top + y1, left + x2, top + y2)


def _core(part: NDArray[np.bool_]) -> Box:
    """Return the part without lines at its ends that it hardly covers: arrows, and tips of what is no rectangle."""
    x1, y1, x2, y2 = 0, 0, part.shape[1], part.shape[0]
    for _ in range(_ROUNDS):
        inner = part[y1:y2, x1:x2]
        rows, columns = (np.flatnonzero(inner.mean(axis=axis) >= _COVERED) for axis in (1, 0))
        if not len(rows) or not len(columns):
            return (x1, y1, x1, y1)
        after = (x1 + int(columns[0]), y1 + int(rows[0]), x1 + int(columns[-1]) + 1, y1 + int(rows[-1]) + 1)
        if after == (x1, y1, x2, y2):
            break
        x1, y1, x2, y2 = after
    return (x1, y1, x2, y2)


def _photograph(page: Page, solid: NDArray[np.bool_], blocks: Box) -> tuple[Box, float] | None:
    """Return box and confidence of a filled rectangle, None where it is drawn or ends in no straight line.

    One side may be ragged: light tissue fades into the paper. There the box reaches as far as anything is filled.
    """
    rough = _in_page(blocks, page)
    if page.colourfulness(rough) < PHOTO or not _noisy(page, rough):
        return None
    sides = [_side(page, rough, number) for number in range(4)]
    straight = sorted(share for share, _ in sides)
    if straight[1] < _STRAIGHT:
        return None
    reach = _reach(solid, blocks)
    ends = [at if share >= _STRAIGHT else edge * _BLOCK for (share, at), edge in zip(sides, reach, strict=True)]
    box = (ends[0], ends[1], ends[2], ends[3])
    return box, round(min(straight[1], 1.0) * min(1.0, page.colourfulness(box) / PHOTO), 4)


def _noisy(page: Page, box: Box) -> bool:
    """Return whether few blocks are smooth, black ones left out, and hardly any even, bright ones left out, too."""
    x1, y1, x2, y2 = box
    high, wide = (y2 - y1) // _BLOCK, (x2 - x1) // _BLOCK
    grey = page.axes[0].grey[y1 : y1 + high * _BLOCK, x1 : x1 + wide * _BLOCK].astype(np.float32)
    cells = grey.reshape(high, _BLOCK, wide, _BLOCK)
    mean, spread = cells.mean(axis=(1, 3)), cells.std(axis=(1, 3))
    lit, shown = mean > _DARK, (mean > _DARK) & (mean < _LIGHT)
    if lit.mean() < _LEAST_LIT or shown.mean() < _LEAST_LIT:
        return False
    return bool(np.quantile(spread[lit], _SMOOTH) >= _NOISE and (spread[shown] < _EVEN).mean() <= _LEAST_EVEN)


def _side(page: Page, box: Box, number: int) -> tuple[float, int]:
    """Return how straight the picture ends at one side (left, top, right, bottom), and where: 1 at the page's end.

    Straight is by how much the paper outside covers more of the side than the paper inside.
    """
    axis, last = number % 2, number >= 2
    lines = page.axes[axis]
    x1, y1, x2, y2 = box if axis == 0 else (box[1], box[0], box[3], box[2])
    width = lines.grey.shape[1]
    at = x2 if last else x1
    if (at >= width - _BLOCK) if last else (at <= _BLOCK):
        return 1.0, width if last else 0
    first, stop = max(2, at - _NEAR), min(width - 2, at + _NEAR)
    white = lines.shares(lines.colours[WHITE], (first - 2, y1, stop + 2, y2))
    before, behind = white[: stop - first], white[3 : stop - first + 3]
    drop = behind - before if last else before - behind
    if not len(drop):
        return 0.0, at
    best = int(np.argmax(drop))
    return float(drop[best]), first + best


def _reach(solid: NDArray[np.bool_], blocks: Box) -> Box:
    """Return how far what is filled goes on from the box without a break, in blocks: left, top, right, bottom."""
    x1, y1, x2, y2 = blocks
    left, right = _run(np.asarray(solid[y1:y2].any(axis=0)), x1, x2)
    top, bottom = _run(np.asarray(solid[:, x1:x2].any(axis=1)), y1, y2)
    return (left, top, right, bottom)


def _run(marked: NDArray[np.bool_], start: int, end: int) -> tuple[int, int]:
    while start > 0 and marked[start - 1]:
        start -= 1
    while end < len(marked) and marked[end]:
        end += 1
    return start, end


# ---------------------------------------------------------------- the drawing


def _drawing(filled: NDArray[np.float32], solid: NDArray[np.bool_], photographs: Sequence[Box]) -> Box | None:
    """Return the box, in blocks, that holds most of what is filled and no photograph, without margins of paper.

    None where too much of it lies elsewhere: a page of many pictures is no drawing with photographs.
    """
    rest = solid.copy()
    for x1, y1, x2, y2 in photographs:
        rest[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = False
    rest = ndimage.binary_opening(rest, _THICK)
    sums = np.pad(rest.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    high, wide = rest.shape
    columns = sorted({0, wide, *(box[0] for box in photographs), *(box[2] for box in photographs)})
    rows = sorted({0, high, *(box[1] for box in photographs), *(box[3] for box in photographs)})
    free = [
        (x1, y1, x2, y2)
        for x1, x2 in combinations(columns, 2)
        for y1, y2 in combinations(rows, 2)
        if not any(_overlap((x1, y1, x2, y2), box) for box in photographs)
    ]
    held = {
        box: int(sums[box[3], box[2]] - sums[box[1], box[2]] - sums[box[3], box[0]] + sums[box[1], box[0]])
        for box in free
    }
    best = max(free, key=lambda box: (held[box], box), default=None)
    if best is None or held[best] < max(_LEAST_DRAWN * rest.size, _MOST_OF_IT * rest.sum()):
        return None
    x1, y1, x2, y2 = best
    inked = filled[y1:y2, x1:x2] > 0.02
    down, across = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    box = (x1 + int(across[0]), y1 + int(down[0]), x1 + int(across[-1]) + 1, y1 + int(down[-1]) + 1)
    large = min(box[2] - box[0], box[3] - box[1]) >= _SHORTEST * min(rest.shape)
    return box if large else None


def _in_page(blocks: Box, page: Page) -> Box:
    high, wide = page.axes[0].grey.shape
    x1, y1, x2, y2 = (value * _BLOCK for value in blocks)
    return (x1, y1, min(x2, wide), min(y2, high))


def _in_blocks(box: Box, solid: NDArray[np.bool_]) -> Box:
    """Return the whole blocks that the box touches."""
    x1, y1, x2, y2 = box
    return (x1 // _BLOCK, y1 // _BLOCK, min(-(-x2 // _BLOCK), solid.shape[1]), min(-(-y2 // _BLOCK), solid.shape[0]))


def _overlap(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) > max(one[0], other[0])
    return across and min(one[3], other[3]) > max(one[1], other[1])
