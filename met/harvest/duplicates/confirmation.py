"""Whether two images show the same picture: one is laid on the other, and then every part of it must agree.

The position is refined from coarse to fine. Agreement is the structure term of SSIM (Wang 2004) tile by tile: two
radiographs, or two charts of one kind, look alike from afar and differ in some of their tiles. Flow charts of one
template differ in their numbers alone, so what agrees so far is looked at once more in detail.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from met.harvest.duplicates.alignment import WHOLE, Floats, Position, centres, fitted, laid, reached
from met.harvest.duplicates.details import detail_of, least_of_details, of_one_contrast
from met.harvest.duplicates.windows import AREA, Grey, Window, windows_of
from met.pixels import Pixels, grey_copy

# Windows whose hashes differ by no more may show the same.
ALIKE_BITS: Final = 10
# Where they agree least, resized, recompressed and cropped copies agree by 0.5 and more, others by 0.25 at most.
LEAST: Final = 0.35
# In detail copies agree by 0.52 and more, pictures of which a word or a number was exchanged by 0.4 at most, as a rule.
LEAST_IN_DETAIL: Final = 0.5
_COARSE_AREA: Final = AREA // 4
_FINE_AREA: Final = 4 * AREA
# Pixels: thin lines must not shimmer between two samplings of one drawing.
_SOFTENED: Final = 1.0
_STARTS: Final = 5
_SAME_START: Final = 0.03
_COARSE_STEPS: Final = 12
_MIDDLE_STEPS: Final = 6
_FINE_STEPS: Final = 4
# Of positions whose correlations differ by no more, each may be the right one.
_AS_GOOD: Final = 0.1
_SAME_PLACE: Final = 0.02
_TRIED: Final = 3
# The part of each image that the other must show: a detail, or one panel of two, is another picture.
_LEAST_SHARED: Final = 0.6
_LEAST_COARSE: Final = 0.6
_TILE: Final = 16
# Grey levels squared: what recompression changes in a tile, and from where on a tile shows something.
_NOISE: Final = 60.0
_SHOWN: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What tells from afar whether two images may show the same: a small grey copy, and the windows of a larger one,
    whose height and width are `shape`.
    """

    coarse: Grey
    windows: tuple[Window, ...]
    shape: tuple[int, int]

    @classmethod
    def of(cls, pixels: Pixels) -> Self:
        """Return the glance at an image, uint8 (H, W, 3)."""
        middle = grey_copy(pixels, AREA)
        return cls(
            coarse=grey_copy(pixels, _COARSE_AREA),
            windows=windows_of(middle),
            shape=(middle.shape[0], middle.shape[1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is compared of an image: a glance, and grey copies of three sizes.

    `detail` is uint8, scaled down where the image is larger than what details are compared in.
    """

    glance: Glance
    middle: Grey
    fine: Grey
    detail: NDArray[np.uint8]

    @classmethod
    def of(cls, pixels: Pixels, glance: Glance | None = None) -> Self:
        """Return the sight of an image, uint8 (H, W, 3), with the glance at it where that was taken before."""
        return cls(
            glance=glance or Glance.of(pixels),
            middle=grey_copy(pixels, AREA),
            fine=gaussian_filter(grey_copy(pixels, _FINE_AREA), _SOFTENED),
            detail=detail_of(pixels),
        )


def alike_from_afar(one: Glance, other: Glance) -> bool:
    """Return whether two images may show the same picture: those that do not are told for a tenth of the work."""
    return bool(_likely(one, other))


def same_picture(one: Sight, other: Sight) -> bool:
    """Return whether two images show the same picture, resized, recompressed or cropped, and no word of it differs."""
    return any(
        least >= LEAST and least_of_details(one.detail, other.detail, place) >= LEAST_IN_DETAIL
        for place, least in _laid_over(one, other)
    )


def agreement(one: Sight, other: Sight) -> float:
    """Return how well the tiles of two images agree where they agree least, in [-1, 1], rounded to 4 decimals.

    It is the lowest structure term of all tiles that show anything, at the best position found; 0 where no position
    fits, where less than 0.6 of one of the images is shared, or where an image is a mere line. Other equal images give
    1.
    """
    return max((least for _, least in _laid_over(one, other)), default=0.0)


def _laid_over(one: Sight, other: Sight) -> Iterator[tuple[Position, float]]:
    """Yield the positions that may be the right one, and the agreement of the tiles at each, the likeliest first."""
    for place in _likely(one.glance, other.glance):
        near, _ = fitted(one.middle, other.middle, place, steps=_MIDDLE_STEPS)
        near, _ = fitted(one.fine, other.fine, near, steps=_FINE_STEPS)
        if near.shared >= _LEAST_SHARED:
            yield near, round(_least(one.fine, other.fine, near), 4)


def _likely(one: Glance, other: Glance) -> list[Position]:
    """Return the positions that fit from afar, the best first; a chart with rows of boxes fits one row off as well."""
    fits = [fitted(one.coarse, other.coarse, start, steps=_COARSE_STEPS) for start in _starts(one, other)]
    fits = [fit for fit in fits if fit[1] >= _LEAST_COARSE]
    fits.sort(key=lambda fit: -round(fit[1], 4))
    likely: list[Position] = []
    for place, correlation in fits:
        if fits[0][1] - correlation <= _AS_GOOD and all(place.distance(known) > _SAME_PLACE for known in likely):
            likely.append(place)
    return likely[:_TRIED]


def _starts(one: Glance, other: Glance) -> Iterator[Position]:
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


def _spoken_for(one: Glance, other: Glance) -> Floats:
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


def _hashes(glance: Glance) -> NDArray[np.uint64]:
    return np.array([window.phash for window in glance.windows], dtype=np.int64).view(np.uint64)


def _squares(glance: Glance) -> Floats:
    """Return centre and half side of each window along x and y, in parts of the sides of the image, (n, 4)."""
    high, wide = glance.shape
    rows = [
        ((window.x + 0.5) / wide, (window.y + 0.5) / high, window.half / wide, window.half / high)
        for window in glance.windows
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _least(one: Grey, other: Grey, place: Position) -> float:
    """Return the lowest structure term of the tiles that show something in one of the images; 1 where none does."""
    u, v = centres(other.shape[1]), centres(other.shape[0])
    rows, columns = reached(place, u, v)
    rows, columns = rows[: len(rows) // _TILE * _TILE], columns[: len(columns) // _TILE * _TILE]
    if not len(rows) or not len(columns):
        return 0.0
    mine, theirs = of_one_contrast(laid(one, place, u[columns], v[rows]), other[np.ix_(rows, columns)])
    mine, theirs = _tiles(mine), _tiles(theirs)
    mine, theirs = mine - mine.mean(axis=1, keepdims=True), theirs - theirs.mean(axis=1, keepdims=True)
    both = 2 * (mine * theirs).mean(axis=1)
    each = (mine * mine).mean(axis=1) + (theirs * theirs).mean(axis=1)
    terms = ((both + _NOISE) / (each + _NOISE))[each > _SHOWN]
    return float(terms.min(initial=1.0))


def _tiles(grey: NDArray[Any]) -> Floats:
    """Return the 16 x 16 tiles of an image, (n, 256)."""
    high, wide = grey.shape[0] // _TILE, grey.shape[1] // _TILE
    return grey.reshape(high, _TILE, wide, _TILE).swapaxes(1, 2).reshape(high * wide, _TILE * _TILE).astype(np.float64)
