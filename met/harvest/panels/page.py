"""A figure as the search for panels sees it: a small copy, and counts that tell of any strip of it at once.

A gutter is a strip of one colour from edge to edge of a region; a seam is a step of brightness along a straight line.
Both are counted for every column and row of any region from sums that are made once (integral images, Crow 1984).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, sqrt
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from met.types import Box

Pixels: TypeAlias = NDArray[np.uint8]
Shares: TypeAlias = NDArray[np.float32]

AREA: Final = 500_000
WHITE: Final = 0
BLACK: Final = 1
WHITE_AT: Final = 240
_BLACK_AT: Final = 28
_NEAR: Final = 14
# JPEG keeps brightness finer than colour, which bleeds into gutters from the pictures beside them.
_BLEEDS: Final = 28
_STEP: Final = 12
_BEYOND_FOUR: Final = 2.0
_DARK: Final = 8
_MANY: Final = 0.015
_SAMPLE: Final = 12_000
_LEVELS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Sums down the columns of the page as it lies, or as it lies turned: then "column" means row of the image.

    `grey` is (h, w); `colours` hold for each gutter colour, and `steps` for brightness steps, the running count
    (h + 1, w) of marked pixels above each pixel. A step at column x lies between x - 1 and x.
    """

    grey: Pixels
    colours: tuple[NDArray[np.uint16], ...]
    steps: NDArray[np.uint16]

    def shares(self, counts: NDArray[np.uint16], region: Box) -> Shares:
        """Return for each column of the region the share of its pixels that `counts` counts."""
        x1, y1, x2, y2 = region
        return np.asarray((counts[y2, x1:x2] - counts[y1, x1:x2]) / np.float32(y2 - y1), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`axes[0]` looks for upright gutters, `axes[1]` for level ones, on the turned page; `scale` pixels make one.

    `seen` remembers what was found in a region: recursive cutting comes back to many.
    """

    axes: tuple[Axis, Axis]
    scale: int
    width: int
    height: int
    seen: dict[tuple[str, int, Box], Any] = field(default_factory=dict, compare=False, repr=False)

    def colourfulness(self, region: Box, axis: int = 0) -> float:
        """Return how evenly greys fill the region, in [0, 1]: a photograph has many, a drawing few.

        The entropy of the histogram as a share of the largest, no more than what lies beyond its four fullest levels.
        """
        key = ("colourfulness", axis, region)
        if key not in self.seen:
            self.seen[key] = self._colourfulness(region, axis)
        found: float = self.seen[key]
        return found

    def _colourfulness(self, region: Box, axis: int) -> float:
        x1, y1, x2, y2 = region
        skip = max(1, (x2 - x1) * (y2 - y1) // _SAMPLE)
        part = self.axes[axis].grey[y1:y2:skip, x1:x2]
        counts = np.bincount((part >> 2).ravel(), minlength=_LEVELS)
        # The dark around a specimen is no sign of a drawing.
        dark = int(counts[:_DARK].sum())
        if dark <= 0.9 * part.size:
            counts = counts[_DARK:]
        share = np.sort(counts[counts > 0])[::-1] / max(1, int(counts.sum()))
        even = float(-(share * np.log2(share)).sum() / np.log2(_LEVELS))
        return min(even, _BEYOND_FOUR * float(1 - share[:4].sum()))

    def in_pixels(self, box: Box) -> Box:
        """Return a box of the page in pixels of the image."""
        x1, y1, x2, y2 = (value * self.scale for value in box)
        return (x1, y1, min(x2, self.width), min(y2, self.height))


def page_of(pixels: Pixels) -> Page:
    """Return the page of an image, uint8 (H, W, 3).

    The copy keeps every n-th pixel: averaging would blur thin gutters.
    """
    height, width = pixels.shape[:2]
    scale = max(1, ceil(sqrt(height * width / AREA)))
    red, green, blue = planes = [np.ascontiguousarray(pixels[::scale, ::scale, channel]) for channel in range(3)]
    low, high = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    weighted = red.astype(np.uint16) * 77
    weighted += green.astype(np.uint16) * 150
    weighted += blue.astype(np.uint16) * 29
    grey = (weighted >> 8).astype(np.uint8)
    colours = [
        (grey >= WHITE_AT) & (low >= WHITE_AT - _BLEEDS),
        (grey <= _BLACK_AT) & (high <= _BLACK_AT + _BLEEDS),
    ]
    other = _other_colour(planes, grey)
    if other is not None:
        colours.append(other)
    across, down = np.zeros(grey.shape, dtype=np.bool_), np.zeros(grey.shape, dtype=np.bool_)
    for plane in planes:
        across[:, 1:] |= _changes(plane[:, :-1], plane[:, 1:])
        down[1:] |= _changes(plane[:-1], plane[1:])
    return Page(
        axes=(
            Axis(grey=grey, colours=tuple(_running(mask) for mask in colours), steps=_running(across)),
            Axis(
                grey=np.ascontiguousarray(grey.T),
                colours=tuple(_running(mask.T) for mask in colours),
                steps=_running(down.T),
            ),
        ),
        scale=scale,
        width=width,
        height=height,
    )


def _other_colour(planes: Sequence[Pixels], grey: Pixels) -> NDArray[np.bool_] | None:
    """Return where the image has the colour of its even lines, None where these are white, black or none.

    Even lines run from edge to edge in one colour.
    """
    picked: list[NDArray[np.float64]] = []
    for upright in (True, False):
        turned = grey if upright else grey.T
        # A sample of each line rules out nearly all of them.
        some = np.sort(turned[:: max(1, len(turned) // 24)], axis=0)
        low, high = some[min(1, len(some) - 1)], some[max(0, len(some) - 2)]
        even = (high.astype(np.int16) - low <= 2 * _NEAR) & (high > _BLACK_AT) & (low < WHITE_AT)
        for at in np.flatnonzero(even).tolist():
            line = np.stack([plane[:, at] if upright else plane[at] for plane in planes]).astype(np.int16)
            middle = np.median(line, axis=1)
            near = np.abs(turned[:, at] - np.median(turned[:, at])) <= _NEAR
            if (near & (np.abs(line - middle[:, None]).max(axis=0) <= _BLEEDS)).mean() >= 0.98:
                picked.append(middle)
    inner = [colour for colour in picked if colour.max() > _BLACK_AT and colour.min() < WHITE_AT]
    if len(inner) < _MANY * sum(grey.shape):
        # A few lines of colour are a cross-hair or an axis.
        inner = [colour for colour in inner if colour.max() - colour.min() <= _NEAR]
    if not inner:
        return None
    values = np.median(np.stack(inner), axis=0)
    red, green, blue = values.tolist()
    found = _within(grey, int(0.3 * red + 0.59 * green + 0.11 * blue), _NEAR)
    for plane, value in zip(planes, values.tolist(), strict=True):
        found &= _within(plane, int(value), _BLEEDS)
    return found


def _within(plane: Pixels, value: int, reach: int) -> NDArray[np.bool_]:
    return (plane >= max(0, value - reach)) & (plane <= min(255, value + reach))


def _changes(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    return np.maximum(before, after) - np.minimum(before, after) > _STEP


def _running(mask: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Return how many pixels are marked above each, (h + 1, w). Adding row to row is faster than a sum along them."""
    counts = np.zeros((mask.shape[0] + 1, mask.shape[1]), dtype=np.uint16)
    counts[1:] = mask
    rows = list(counts)
    for above, row in pairwise(rows):
        np.add(above, row, out=row)
    return counts
