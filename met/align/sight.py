"""What stage 1 measures in the pixels of a panel: how much of it is filled, and how sharp it is."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

# Sides longer than this are averaged down by whole steps first, so that a fine scan is not blurred by its size.
SIDE: Final = 512
_LEVELS: Final = 32
_SPREAD: Final = 1.0
_SHARPEST: Final = 99.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPixels:
    """Shares, rounded to 4 decimals. `similarity` is the cosine of image and text, None where no encoder is set.

    filled: share of pixels that are not of the commonest of 32 levels of grey; 0 where all are alike.
    sharpness: the absolute Laplacian that one pixel in 200 exceeds, in standard deviations of the grey: even a smooth
        image has a sharp edge somewhere, a blurred one has none.
    """

    filled: float
    sharpness: float
    similarity: float | None = None


def seen_pixels(pixels: npt.NDArray[np.uint8], *, similarity: float | None = None) -> SeenPixels:
    """Return what is measured in an image, uint8 (H, W, 3) RGB. The Laplacian is that of four neighbours."""
    grey = _reduced(pixels.mean(axis=2, dtype=np.float32))
    levels = np.bincount((grey / (256 / _LEVELS)).astype(np.intp).ravel(), minlength=_LEVELS)
    inner = grey[1:-1, 1:-1]
    bends = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    sharpness = float(np.percentile(np.abs(bends), _SHARPEST)) / (float(grey.std()) + _SPREAD) if inner.size else 0.0
    return SeenPixels(
        filled=round(1 - float(levels.max()) / grey.size, 4), sharpness=round(sharpness, 4), similarity=similarity
    )


def _reduced(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (H, W) averaged over squares of whole pixels until no side is longer than `SIDE` times two."""
    step = max(1, max(grey.shape) // SIDE)
    height, width = (side // step * step for side in grey.shape)
    if step == 1 or not height or not width:
        return grey
    squares = grey[:height, :width].reshape(height // step, step, width // step, step)
    return np.asarray(squares.mean(axis=(1, 3)), dtype=np.float32)
