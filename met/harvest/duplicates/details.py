"""Whether two images that agree from afar agree in detail: letter by letter, in the resolution of the smaller file.

What resampling and recompression change of a drawing is spread over all that it shows. Another number changes a few
letters, and changes these wholly. So the structure term of SSIM (Wang 2004) is taken under small Gaussian windows that
stand close together, and the lowest one counts.

Both images are scaled by a filter that lets nothing shimmer, and windows have no hard edges: with those two no copy
comes near to what another number makes. To measure a window by what is usual in its pair, or to let each find a place
of its own, was tried and parted copies from others no better.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from met.harvest.duplicates.alignment import Floats, Position, centres, fitted, laid, reached
from met.harvest.duplicates.windows import Grey
from met.pixels import Pixels, grey_copy, resized

# Pixels of the copy that details are compared in, at most.
_AREA: Final = 1_500_000
_STEPS: Final = 3
# One row in so many says where the images lie; all are compared.
_ROWS: Final = 3
# Pixels: lines must not shimmer, and a window, wide as a letter, must not end on one as a box does.
_SOFTENED: Final = 0.7
_WINDOW: Final = 1.6
_REACH: Final = 4
_STEP: Final = 2
_SMALLEST: Final = 32
# Grey levels squared, at one contrast: what recompression changes, and from where on something is drawn. Letters and
# lines show much more than the grain of a photograph, which recompression takes away.
_NOISE: Final = 200.0
_SHOWN: Final = 800.0
_CONTRAST: Final = 64.0
_MOST_STRENGTH: Final = 4.0


def detail_of(pixels: Pixels) -> NDArray[np.uint8]:
    """Return the grey copy of an image, uint8 (H, W, 3), that details are compared in, uint8."""
    high, wide = pixels.shape[:2]
    whole = np.rint(grey_copy(pixels, high * wide)).clip(0, 255).astype(np.uint8)
    return _smaller(whole, (_AREA / whole.size) ** 0.5)


def least_of_details(one: NDArray[np.uint8], other: NDArray[np.uint8], place: Position) -> float:
    """Return the lowest structure term of all windows in which something is drawn, rounded to 4 decimals.

    It is 1 where nothing is drawn, and where an image is so small that its tiles show as much. `place` is where the
    other lies in one, about.
    """
    ratio = (one.size * place.wide * place.high / other.size) ** 0.5
    mine, theirs = (_softened(_smaller(grey, by)) for grey, by in ((one, 1 / ratio), (other, ratio)))
    if min(*mine.shape, *theirs.shape) < _SMALLEST:
        return 1.0
    place, _ = fitted(mine, theirs, place, steps=_STEPS, every=_ROWS)
    u, v = centres(theirs.shape[1]), centres(theirs.shape[0])
    rows, columns = reached(place, u, v)
    if min(len(rows), len(columns)) < _SMALLEST:
        return 1.0
    over, under = of_one_contrast(laid(mine, place, u[columns], v[rows]), theirs[np.ix_(rows, columns)])
    terms = _terms(over.astype(np.float32), under.astype(np.float32))
    return round(float(terms.min(initial=1.0)), 4)


def of_one_contrast(one: NDArray[Any], other: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return two images that lie on each other with their means at 0, in one contrast, a pale one strengthened.

    A copy may be brighter or of more contrast as a whole; and what a pale picture shows counts as much as any.
    """
    mine, theirs = one - np.mean(one, dtype=np.float64), other - np.mean(other, dtype=np.float64)
    spread = max(float(mine.std()), 1.0)
    strength = min(max(_CONTRAST / spread, 1.0), _MOST_STRENGTH)
    return mine * strength, theirs * (strength * spread / max(float(theirs.std()), 1.0))


def _terms(one: Grey, other: Grey) -> NDArray[Any]:
    """Return the structure terms of the windows in which something is drawn, but of those that reach over an edge."""
    mine, theirs = _windows(one), _windows(other)
    of_one, of_other = _windows(one * one) - mine * mine, _windows(other * other) - theirs * theirs
    both = _windows(one * other) - mine * theirs
    drawn = np.maximum(of_one, of_other) > _SHOWN
    return np.asarray((2 * both + _NOISE) / (of_one + of_other + _NOISE))[drawn]


def _windows(grey: Grey) -> Grey:
    means: Grey = gaussian_filter(grey, _WINDOW, radius=_REACH)[_REACH:-_REACH:_STEP, _REACH:-_REACH:_STEP]
    return means


def _smaller(grey: NDArray[np.uint8], by: float) -> NDArray[np.uint8]:
    return grey if by > 0.98 else resized(grey, by)


def _softened(grey: NDArray[np.uint8]) -> Grey:
    soft: Grey = gaussian_filter(grey.astype(np.float32), _SOFTENED)
    return soft
