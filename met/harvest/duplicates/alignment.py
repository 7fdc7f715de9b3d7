"""Whether two images show the same picture: one is laid on the other, and then every part of it must agree.

The position is refined by least squares over shift, stretch along each axis, brightness and contrast (Lucas and Kanade,
1981), from coarse to fine. Agreement is the structure term of SSIM (Wang 2004) tile by tile: two radiographs, or two
charts of one kind, look alike from afar and differ in some of their tiles. Flow charts of one template differ in their
numbers alone, so what agrees so far is looked at once more in the resolution of the smaller file, where dark on light.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from met.harvest.duplicates.windows import AREA, Grey, Window, windows_of
from met.pixels import Pixels, grey_copy

# Windows whose hashes differ by no more may show the same.
ALIKE_BITS: Final = 10
_COARSE_AREA: Final = AREA // 4
_FINE_AREA: Final = 4 * AREA
# Pixels: thin lines must not shimmer between two samplings of one drawing.
_SOFTENED: Final = 1.0
_STARTS: Final = 5
_SAME_START: Final = 0.03
_COARSE_STEPS: Final = 12
_MIDDLE_STEPS: Final = 6
_FINE_STEPS: Final = 2
_DETAIL_STEPS: Final = 2
# Pixels of the copy that details are compared in, at most; and from what agreement on they are looked at.
_DETAIL_AREA: Final = 1_500_000
_WORTH_DETAIL: Final = 0.3
_GAIN: Final = 1e-5
_AT_ONCE: Final = 1 << 14
_FARTHEST: Final = 0.1
_FEWEST: Final = 8
# The part of each image that the other must show: a detail, or one panel of two, is another picture.
_LEAST_SHARED: Final = 0.6
_LEAST_COARSE: Final = 0.6
_TILE: Final = 16
# Grey levels squared: what recompression changes in a tile, and from where on a tile shows something. Letters and lines
# show much more than the grain of a photograph, which recompression takes away.
_NOISE: Final = 60.0
_SHOWN: Final = 100.0
_CONTRAST: Final = 64.0
_MOST_STRENGTH: Final = 4.0
_DETAIL_NOISE: Final = 200.0
_DETAIL_SHOWN: Final = 1250.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is compared of an image: grey copies of four sizes, and the windows of the second.

    `detail` is uint8 and no larger than the image itself.
    """

    coarse: Grey
    middle: Grey
    fine: Grey
    detail: NDArray[np.uint8]
    windows: tuple[Window, ...]

    @classmethod
    def of(cls, pixels: Pixels) -> Self:
        """Return the sight of an image, uint8 (H, W, 3)."""
        middle = grey_copy(pixels, AREA)
        detail = grey_copy(pixels, min(_DETAIL_AREA, pixels.shape[0] * pixels.shape[1]))
        return cls(
            coarse=grey_copy(pixels, _COARSE_AREA),
            middle=middle,
            fine=gaussian_filter(grey_copy(pixels, _FINE_AREA), _SOFTENED),
            detail=np.rint(detail.clip(0, 255)).astype(np.uint8),
            windows=windows_of(middle),
        )


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


WHOLE: Final = Position(x=0.0, y=0.0, wide=1.0, high=1.0)


def agreement(one: Sight, other: Sight) -> float:
    """Return how well two images agree where they agree least, in [-1, 1], rounded to 4 decimals.

    It is the lowest structure term of all tiles that show anything, at the best position found; 0 where no position
    fits, where less than 0.6 of one of the images is shared, or where an image is a mere line. Other equal images give
    1.
    """
    fits = [_fitted(one.coarse, other.coarse, start, _COARSE_STEPS) for start in _starts(one, other)]
    place, correlation = max(fits, key=lambda fit: round(fit[1], 4))
    if correlation < _LEAST_COARSE:
        return 0.0
    place, _ = _fitted(one.middle, other.middle, place, _MIDDLE_STEPS)
    place, _ = _fitted(one.fine, other.fine, place, _FINE_STEPS)
    if place.shared < _LEAST_SHARED:
        return 0.0
    least = _least(one.fine, other.fine, place, shown=_SHOWN, noise=_NOISE)
    if least >= _WORTH_DETAIL:
        least = min(least, _in_detail(one.detail, other.detail, place))
    return round(least, 4)


def _in_detail(one: NDArray[np.uint8], other: NDArray[np.uint8], place: Position) -> float:
    """Return the lowest structure term of tiles with letters and lines, both in the resolution of the coarser."""
    ratio = one.shape[1] * place.wide / other.shape[1]
    mine, theirs = (_softened(grey, by) for grey, by in ((one, min(1 / ratio, 1.0)), (other, min(ratio, 1.0))))
    if min(*mine.shape, *theirs.shape) < 2 * _TILE:
        return 1.0  # No larger than what was compared already.
    fitted, _ = _fitted(mine, theirs, place, _DETAIL_STEPS)
    return _least(mine, theirs, fitted, shown=_DETAIL_SHOWN, noise=_DETAIL_NOISE)


def _softened(grey: NDArray[np.uint8], by: float) -> Grey:
    """Return the image scaled `by` at most 1, blurred a little."""
    smaller = grey if by > 0.98 else grey_copy(grey, max(round(grey.size * by * by), 1))
    soft: Grey = gaussian_filter(smaller.astype(np.float32), _SOFTENED)
    return soft


def _starts(one: Sight, other: Sight) -> Iterator[Position]:
    """Yield the whole image, then the positions that most pairs of windows with like hashes speak for."""
    yield WHOLE
    places = _spoken_for(one, other)
    near = np.abs(places[:, None] - places[None]).max(axis=2, initial=0.0) < _SAME_START
    for _ in range(_STARTS):
        votes = near.sum(axis=1)
        if not votes.any():
            return
        agreed = near[int(np.argmax(votes))].copy()
        x, y, wide, high = np.median(places[agreed], axis=0).tolist()
        yield Position(x=x, y=y, wide=wide, high=high)
        near[agreed] = False
        near[:, agreed] = False


def _spoken_for(one: Sight, other: Sight) -> Floats:
    """Return the positions (x, y, wide, high) that pairs of windows with like hashes mean, most alike first."""
    bits = np.bitwise_count(_hashes(one)[:, None] ^ _hashes(other)[None, :])
    pairs = np.argwhere(bits <= ALIKE_BITS)
    pairs = pairs[np.argsort(bits[tuple(pairs.T)], kind="stable")]
    mine, theirs = _squares(one)[pairs[:, 0]], _squares(other)[pairs[:, 1]]
    size = mine[:, 2:] / theirs[:, 2:]
    places = np.concatenate([mine[:, :2] - size * theirs[:, :2], size], axis=1)
    corner, end = np.maximum(places[:, :2], 0.0), np.minimum(places[:, :2] + size, 1.0)
    shared = np.maximum(end - corner, 0.0).prod(axis=1)
    most = np.maximum(size.prod(axis=1), 1.0)
    kept: Floats = places[shared / most >= _LEAST_SHARED - 0.1]
    return kept


def _hashes(sight: Sight) -> NDArray[np.uint64]:
    return np.array([window.phash for window in sight.windows], dtype=np.int64).view(np.uint64)


def _squares(sight: Sight) -> Floats:
    """Return centre and half side of each window along x and y, in parts of the sides of the image, (n, 4)."""
    high, wide = sight.middle.shape
    rows = [
        ((window.x + 0.5) / wide, (window.y + 0.5) / high, window.half / wide, window.half / high)
        for window in sight.windows
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _fitted(one: Grey, other: Grey, start: Position, steps: int) -> tuple[Position, float]:
    """Return the best position of at most `steps` refined ones, from `start` on, and the correlation there."""
    u, v = _centres(other.shape[1]), _centres(other.shape[0])
    slopes: Sequence[Grey] = ()  # Across, down.
    place, best = start, (start, -1.0)
    for left in reversed(range(steps)):
        rows, columns = _reached(place, u, v)
        if min(len(rows), len(columns)) < _FEWEST:
            break
        target = other[np.ix_(rows, columns)].ravel().astype(np.float64)
        grey = _laid(one, place, u[columns], v[rows])
        correlation = _correlation(grey.ravel(), target)
        if correlation <= best[1] + _GAIN:
            break
        best = (place, correlation)
        if not left:
            break
        slopes = slopes or tuple(np.gradient(one))[::-1]
        right, down = (_laid(slope, place, u[columns], v[rows]) for slope in slopes)
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


def _centres(size: int) -> Floats:
    return (np.arange(size) + 0.5) / size


def _reached(place: Position, u: Floats, v: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows and columns of the other image that lie within one."""
    across, down = place.x + u * place.wide, place.y + v * place.high
    return np.flatnonzero((down >= 0) & (down <= 1)), np.flatnonzero((across >= 0) & (across <= 1))


def _laid(one: Grey, place: Position, u: Floats, v: Floats) -> Floats:
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


def _least(one: Grey, other: Grey, place: Position, *, shown: float, noise: float) -> float:
    """Return the lowest structure term of the tiles that show something in one of the images; 1 where none does."""
    u, v = _centres(other.shape[1]), _centres(other.shape[0])
    rows, columns = _reached(place, u, v)
    rows, columns = rows[: len(rows) // _TILE * _TILE], columns[: len(columns) // _TILE * _TILE]
    if not len(rows) or not len(columns):
        return 0.0
    mine, theirs = _tiles(_laid(one, place, u[columns], v[rows])), _tiles(other[np.ix_(rows, columns)])
    # A copy may be brighter or of more contrast as a whole; and what a pale picture shows counts as much as any.
    spread = max(float(mine.std()), 1.0)
    strength = min(max(_CONTRAST / spread, 1.0), _MOST_STRENGTH)
    mine, theirs = mine * strength, theirs * (strength * spread / max(float(theirs.std()), 1.0))
    mine, theirs = mine - mine.mean(axis=1, keepdims=True), theirs - theirs.mean(axis=1, keepdims=True)
    both = 2 * (mine * theirs).mean(axis=1)
    each = (mine * mine).mean(axis=1) + (theirs * theirs).mean(axis=1)
    terms = ((both + noise) / (each + noise))[each > shown]
    return float(terms.min(initial=1.0))


def _tiles(grey: NDArray[Any]) -> Floats:
    """Return the 16 x 16 tiles of an image, (n, 256)."""
    high, wide = grey.shape[0] // _TILE, grey.shape[1] // _TILE
    return grey.reshape(high, _TILE, wide, _TILE).swapaxes(1, 2).reshape(high * wide, _TILE * _TILE).astype(np.float64)
