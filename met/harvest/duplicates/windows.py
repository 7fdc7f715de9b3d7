"""Windows of an image that its content places, each with a hash: what a cropped copy still shows, it shows there.

Windows stand on blobs: extrema over place and scale of differences of Gaussians (Lindeberg 1998; Lowe 2004). A blob
keeps its place and size relative to the picture around it when the picture is cropped, resized or recompressed, so the
hash of the window on it (the DCT hash of whole images) stays within a few bits.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, maximum_filter

from met.pixels import Pixels, dct_hash, grey_copy

Grey: TypeAlias = NDArray[np.float32]

# Pixels of the grey copy that blobs are looked for in, whatever the shape of the image.
AREA: Final = 24_576
MOST: Final = 32
_FINEST: Final = 2.4
_A_OCTAVE: Final = 3
_SCALES: Final = _FINEST * 2 ** (np.arange(8) / _A_OCTAVE)
# A window is six times as wide as the Gaussian of its blob: wide enough to be told from others, and most lie inside.
_REACH: Final = 3.0
_SAMPLES: Final = (np.arange(32) + 0.5) / 16 - 1
# Grey levels: a blob that stands out less, a window that varies less, is noise.
_LEAST_CHANGE: Final = 0.25
_LEAST_CONTRAST: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A square on a blob: its centre and half its side in pixels of the grey copy, and its signed 64-bit hash."""

    x: float
    y: float
    half: float
    phash: int


def window_hashes(pixels: Pixels) -> tuple[int, ...]:
    """Return the hashes of at most 32 windows of an image, uint8 (H, W, 3), sorted, each once; signed 64-bit."""
    return tuple(sorted({window.phash for window in windows_of(grey_copy(pixels, AREA))}))


def windows_of(grey: Grey) -> tuple[Window, ...]:
    """Return the windows of a grey copy, float32 (H, W), strongest blobs first; none where it is flat or tiny."""
    blobs = _blobs(grey)
    if not len(blobs):
        return ()
    x, y, half = blobs.T
    rows = y[:, None] + half[:, None] * _SAMPLES
    columns = x[:, None] + half[:, None] * _SAMPLES
    at = np.broadcast_arrays(rows[:, :, None], columns[:, None, :])
    patches = map_coordinates(grey, at, order=1, mode="nearest", output=np.float64)
    shown = patches.std(axis=(1, 2)) >= _LEAST_CONTRAST
    return tuple(
        Window(x=float(blob[0]), y=float(blob[1]), half=float(blob[2]), phash=dct_hash(patch))
        for blob, patch in zip(blobs[shown], patches[shown], strict=True)
    )


def _blobs(grey: Grey) -> NDArray[np.float64]:
    """Return x, y and half side of the strongest windows that lie inside, (n, 3)."""
    high, wide = grey.shape
    if min(high, wide) < 8:
        return np.empty((0, 3))
    layers = [gaussian_filter(grey, np.sqrt(_FINEST**2 - 0.25), truncate=3, mode="nearest")]
    for before, scale in pairwise(_SCALES):
        layers.append(gaussian_filter(layers[-1], np.sqrt(scale**2 - before**2), truncate=3, mode="nearest"))
    change = np.diff(np.stack(layers), axis=0)
    strength = np.abs(change)
    inner = strength[1:-1, 2:-2, 2:-2]
    peaks = np.argwhere(
        (maximum_filter(strength, size=3, mode="nearest")[1:-1, 2:-2, 2:-2] == inner) & (inner > _LEAST_CHANGE)
    )
    z, y, x = (peaks + np.array([1, 2, 2])).T
    # Rounded before they are ranked: noise of the arithmetic must not choose.
    order = np.lexsort((x, y, z, -np.round(strength[z, y, x], 2)))
    z, y, x = z[order], y[order], x[order]
    scale = _FINEST * 2 ** ((z + _peak(change, (z, y, x), 0) + 0.5) / _A_OCTAVE)
    found = np.stack([x + _peak(change, (z, y, x), 2), y + _peak(change, (z, y, x), 1), _REACH * scale], axis=1)
    low, far = found[:, :2] - found[:, 2:], found[:, :2] + found[:, 2:]
    inside = (low >= -0.5).all(axis=1) & (far[:, 0] <= wide - 0.5) & (far[:, 1] <= high - 0.5)
    kept: NDArray[np.float64] = found[inside][:MOST]
    return kept


def _peak(change: NDArray[np.float32], at: tuple[NDArray[np.intp], ...], axis: int) -> NDArray[np.float64]:
    """Return where the parabola through each extremum and its neighbours along `axis` peaks, within 0.6 of it."""
    step = tuple(int(index == axis) for index in range(3))
    here = change[at].astype(np.float64)
    before = change[tuple(place - by for place, by in zip(at, step, strict=True))].astype(np.float64)
    after = change[tuple(place + by for place, by in zip(at, step, strict=True))].astype(np.float64)
    bend = before - 2 * here + after
    flat = np.abs(bend) < 1e-9
    return np.where(flat, 0.0, np.clip(0.5 * (before - after) / np.where(flat, 1.0, bend), -0.6, 0.6))
