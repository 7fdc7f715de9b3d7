"""Where one image lies in another: the position is refined from a start by least squares, and one is laid on the other.

Least squares are over shift, stretch along each axis, brightness and contrast (Lucas and Kanade, 1981).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.harvest.duplicates.windows import Grey

_GAIN: Final = 1e-5
_AT_ONCE: Final = 1 << 14
_FARTHEST: Final = 0.1
_FEWEST: Final = 8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the other image lies in one: its corner and its sides, in parts of the sides of one."""

    x: float
    y: float
    wide: float
    high: float

    @property
    def shared(self) -> float:
        """The smaller of the parts of the two images that the other shows."""
        x = min(self.x + self.wide, 1.0) - max(self.x, 0.0)
        y = min(self.y + self.high, 1.0) - max(self.y, 0.0)
        return 0.0 if x <= 0 or y <= 0 else min(x * y, x * y / (self.wide * self.high))

    def distance(self, other: "Position") -> float:
        """Return how far the two are apart in that of their four numbers in which they differ most."""
        apart = (self.x - other.x, self.y - other.y, self.wide - other.wide, self.high - other.high)
        return max(map(abs, apart))


WHOLE: Final = Position(x=0.0, y=0.0, wide=1.0, high=1.0)


def fitted(one: Grey, other: Grey, start: Position, *, steps: int, every: int = 1) -> tuple[Position, float]:
    """Return the best position of at most `steps` refined ones, from `start` on, and the correlation there.

    Of the other image one row in `every` is looked at.
    """
    u, v = centres(other.shape[1]), centres(other.shape[0])[every // 2 :: every]
    other = other[every // 2 :: every]
    slopes: Sequence[Grey] = ()  # Across, down.
    place, best = start, (start, -1.0)
    for left in reversed(range(steps)):
        rows, columns = reached(place, u, v)
        if min(len(rows), len(columns)) < _FEWEST:
            break
        target = other[np.ix_(rows, columns)].ravel().astype(np.float64)
        grey = laid(one, place, u[columns], v[rows])
        correlation = _correlation(grey.ravel(), target)
        if correlation <= best[1] + _GAIN:
            break
        best = (place, correlation)
        if not left:
            break
        slopes = slopes or tuple(np.gradient(one))[::-1]
        right, down = (laid(slope, place, u[columns], v[rows]) for slope in slopes)
        change = _change((grey, right, down), target, u[columns], v[rows])
        sides = np.array([one.shape[1], one.shape[1], one.shape[0], one.shape[0]])
        x, wide, y, high = np.clip(change / sides, -_FARTHEST, _FARTHEST).tolist()
        place = Position(x=place.x + x, y=place.y + y, wide=place.wide + wide, high=place.high + high)
        if not (0.5 < place.wide < 2.0 and 0.5 < place.high < 2.0):
            break
    return best


def _change(laid: Sequence[Floats], target: Floats, u: Floats, v: Floats) -> Floats:
    """Return the change of x, wide, y and high, in pixels of one, that brings it closest to the other.

    `laid` are grey values and slopes across and down, (H, W) each, at columns `u` and rows `v`; `target` is (H * W).
    """
    grey, right, down = laid
    terms = np.ones((6, *grey.shape))
    terms[0], terms[2], terms[4] = right, down, grey
    np.multiply(right, u, out=terms[1])
    np.multiply(down, v[:, None], out=terms[3])
    terms = terms.reshape(6, -1)
    solved = np.linalg.lstsq(terms @ terms.T, terms @ target, rcond=None)[0]
    contrast = float(solved[4])
    # Turned inside out, or without any contrast: this is no position to go on from.
    return np.zeros(4) if contrast < 1e-3 else np.asarray(solved[:4] / contrast)


def centres(size: int) -> Floats:
    return (np.arange(size) + 0.5) / size


def reached(place: Position, u: Floats, v: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows and columns of the other image that lie within one."""
    across, down = place.x + u * place.wide, place.y + v * place.high
    return np.flatnonzero((down >= 0) & (down <= 1)), np.flatnonzero((across >= 0) & (across <= 1))


def laid(one: Grey, place: Position, u: Floats, v: Floats) -> Floats:
    """Return `one` at the places of the other's rows and columns, bilinear."""
    rows = np.clip((place.y + v * place.high) * one.shape[0] - 0.5, 0, one.shape[0] - 1.001)
    columns = np.clip((place.x + u * place.wide) * one.shape[1] - 0.5, 0, one.shape[1] - 1.001)
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    laid = np.empty((len(rows), len(columns)))
    # So many rows at a time that they stay in the processor's cache.
    some = max(_AT_ONCE // one.shape[1], 1)
    for at in range(0, len(rows), some):
        above, part = top[at : at + some], slice(at, at + some)
        lines = one[above] + (one[above + 1] - one[above]) * (rows[part] - above)[:, None]
        here, there = lines.take(left, axis=1), lines.take(left + 1, axis=1)
        laid[part] = here + (there - here) * (columns - left)[None, :]
    return laid


def _correlation(one: Floats, other: Floats) -> float:
    mine, theirs = one - one.mean(), other - other.mean()
    # Sums of products, not dot products: those of many threads would differ in their last digits.
    mine_squared, theirs_squared = float((mine * mine).sum()), float((theirs * theirs).sum())
    if max(mine_squared, theirs_squared) < len(mine):
        return 1.0  # Two flat images are alike.
    size = (mine_squared * theirs_squared) ** 0.5
    return float((mine * theirs).sum()) / size if size else 0.0
