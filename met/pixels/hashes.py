"""Perceptual hashes of images, and the small grey copies that they and comparisons rest on."""

from typing import Any, Final

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from met.pixels.files import Pixels, to_rgb

_HASH_SIDE: Final = 32
# The DCT-II matrix, its 8 lowest frequencies (rows) over 32 samples (columns).
_DCT: Final = np.cos(np.pi / _HASH_SIDE * (np.arange(_HASH_SIDE) + 0.5) * np.arange(8)[:, None])


def perceptual_hash(pixels: Pixels) -> int:
    """Return the hash of `inspect_image` for a part of an image, uint8 (H, W, 3)."""
    return dct_hash(_small(PIL.Image.fromarray(pixels).convert("L")))


def dct_hash(grey: NDArray[np.float64]) -> int:
    """Return the hash of `inspect_image` for grey values, (32, 32)."""
    # Rounded, so that a flat image gives zeros and not the noise of the arithmetic.
    low = np.round(_DCT @ grey @ _DCT.T, 3).ravel()
    bits = low > np.sort(low[1:])[31]
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


def grey_copy(pixels: Pixels, area: int) -> NDArray[np.float32]:
    """Return a grey copy of pixels, uint8 (H, W, 3) or (H, W), in their proportions and with about `area` pixels."""
    height, width = pixels.shape[:2]
    scale = (area / (width * height)) ** 0.5
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    smaller = size[0] < width and size[1] < height
    method = PIL.Image.Resampling.BOX if smaller else PIL.Image.Resampling.BICUBIC
    grey = PIL.Image.fromarray(pixels).convert("L").resize(size, method)
    return np.asarray(grey, dtype=np.float32)


def file_grey(image: Any) -> NDArray[np.float64]:
    """Return a 32 x 32 grey copy of an opened image, decoding a JPEG at an eighth of its size where that is enough.

    Raises:
        DECODER_FAULTS: it does not decode.
    """
    if image.format == "JPEG" and image.mode in {"L", "RGB"}:
        image.draft("L", (2 * _HASH_SIDE, 2 * _HASH_SIDE))
    image.load()
    flat = image if image.mode == "L" and "transparency" not in image.info else to_rgb(image).convert("L")
    return _small(flat)


def _small(grey: Any) -> NDArray[np.float64]:
    small = grey.resize((_HASH_SIDE, _HASH_SIDE), PIL.Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(small, dtype=np.float64)
