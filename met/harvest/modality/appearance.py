"""What an image looks like, as numbers: colour, flatness, lines, text-like marks, texture, and the shape of its frame.

No feature knows the size, aspect ratio or file format of the image: in many collections these name the data set, not
the modality. Everything is computed on a copy whose longer side is at most `SIDE` pixels, so that resolution matters as
little as it can.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Pixels: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]

SIDE = 256
BLOCK = 16
WHITE = 240
BLACK = 20
GREY_SPREAD = 14
PERCENTILES = (5, 25, 50, 75, 95)
HUES = 8


def appearance(pixels: Pixels) -> Floats:
    """Return the feature vector of an image, shape (FEATURES,), float32, always finite.

    Args:
        pixels: uint8 (H, W, 3), RGB.
    """
    small = _shrink(np.ascontiguousarray(pixels))
    light = 0.299 * small[..., 0] + 0.587 * small[..., 1] + 0.114 * small[..., 2]
    spread = small.max(axis=2) - small.min(axis=2)
    white, black = small.min(axis=2) >= WHITE, small.max(axis=2) <= BLACK
    parts = [
        _tones(light, spread, white, black),
        _hues(small, spread),
        _palette(small, white),
        _gradients(light, white),
        _bands(light),
        _local_patterns(light, white | black),
        _marks(light, spread, white),
        _frame(light, white, black),
        _blocks(light, spread, white, black),
    ]
    return np.nan_to_num(np.concatenate(parts), posinf=0.0, neginf=0.0).astype(np.float32)


def _shrink(pixels: Pixels) -> Floats:
    """Return the image averaged over whole-pixel cells, longer side <= SIDE, float32 (h, w, 3)."""
    height, width = pixels.shape[:2]
    cell = max(height, width) / SIDE
    if cell <= 1:
        return pixels.astype(np.float32)
    rows = np.unique((np.arange(max(1, round(height / cell))) * cell).astype(int))
    columns = np.unique((np.arange(max(1, round(width / cell))) * cell).astype(int))
    summed = np.add.reduceat(np.add.reduceat(pixels, rows, axis=0, dtype=np.float32), columns, axis=1)
    area = np.diff(rows, append=height)[:, None] * np.diff(columns, append=width)[None, :]
    return np.asarray(summed / area[:, :, None], dtype=np.float32)


def _tones(light: Floats, spread: Floats, white: Mask, black: Mask) -> Floats:
    """Lightness and saturation, over the image and over what is neither white nor black."""
    inside = ~(white | black)
    content = light[inside] if inside.any() else light.ravel()
    colour = spread[inside] if inside.any() else spread.ravel()
    histogram = np.histogram(light, bins=32, range=(0, 256))[0] / light.size
    filled = histogram[histogram > 0]
    return np.array(
        [
            white.mean(),
            black.mean(),
            (spread <= GREY_SPREAD).mean(),
            (colour <= GREY_SPREAD).mean(),
            (colour > 60).mean(),
            (colour > 120).mean(),
            light.mean() / 255,
            light.std() / 255,
            content.std() / 255,
            -(filled * np.log2(filled)).sum() / 5,
            *(np.percentile(light, PERCENTILES) / 255),
            *(np.percentile(content, PERCENTILES) / 255),
            *(np.percentile(colour, PERCENTILES) / 255),
        ]
    )


def _hues(small: Floats, spread: Floats) -> Floats:
    """Share of the coloured pixels per hue, and the share of all pixels that have a colour."""
    red, green, blue = small[..., 0], small[..., 1], small[..., 2]
    hue = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1.0
    weight = np.where(spread > GREY_SPREAD, spread, 0.0)
    bins = np.minimum((hue * HUES).astype(int), HUES - 1)
    shares = np.bincount(bins.ravel(), weights=weight.ravel(), minlength=HUES)
    total = shares.sum()
    return np.append(shares / total if total else shares, weight.mean() / 255).astype(np.float32)


def _palette(small: Floats, white: Mask) -> Floats:
    """How few colours make up the image: a drawing has a palette, a photograph has a cloud."""
    level = (small // 16).astype(int)
    code = level[..., 0] * 256 + level[..., 1] * 16 + level[..., 2]
    result = []
    for chosen in (code.ravel(), code[~white]):
        counts = np.sort(np.bincount(chosen, minlength=1))[::-1] / max(1, chosen.size)
        cover = np.cumsum(counts)
        result += [
            np.log1p((counts > 0.0005).sum()),
            np.log1p(np.searchsorted(cover, 0.9)),
            counts[0],
            cover[:4][-1],
            cover[:16][-1],
        ]
    return np.array(result)


def _gradients(light: Floats, white: Mask) -> Floats:
    """Edge strength, the share of strong edges along the axes, orientation spread, and flatness."""
    across, down = ndimage.sobel(light, axis=1) / 8, ndimage.sobel(light, axis=0) / 8
    size = np.hypot(across, down)
    content = ~ndimage.binary_erosion(white, iterations=2)
    inside = size[content] if content.any() else size.ravel()
    strong = size > 12
    angle = (np.arctan2(down, across) % np.pi) / np.pi
    bins = np.round(angle * 8).astype(int) % 8
    turns = np.bincount(bins.ravel(), weights=np.where(strong, size, 0).ravel(), minlength=8)
    turns = turns / max(1e-6, turns.sum())
    filled = turns[turns > 0]
    return np.array(
        [
            strong.mean(),
            (size < 1).mean(),
            (inside < 1).mean(),
            (inside < 3).mean(),
            (inside > 25).mean(),
            *(np.percentile(inside, PERCENTILES) / 64),
            turns[0],
            turns[4],
            turns[0] + turns[4],
            turns[2] + turns[6],
            -(filled * np.log2(filled)).sum() / 3,
        ]
    )


def _bands(light: Floats) -> Floats:
    """Energy per octave, in logs and as shares: its slope tells tissue and scenes from lines and fills (Field 1987)."""
    energies = []
    before = light
    for sigma in (0.7, 1.4, 2.8, 5.6, 11.2):
        after = ndimage.gaussian_filter(light, sigma)
        energies.append(float(np.square(before - after).mean()))
        before = after
    energy = np.array(energies) + 1e-3
    return np.concatenate([np.log(energy), energy / energy.sum()])


def _local_patterns(light: Floats, empty: Mask) -> Floats:
    """Uniform local binary patterns, rotation invariant, at two radii, where the image is not empty (Ojala 2002)."""
    result = []
    for radius in (1, 3):
        codes = []
        for step in range(8):
            angle = np.pi * step / 4
            dy, dx = round(radius * np.sin(angle)), round(radius * np.cos(angle))
            codes.append(np.roll(light, (-dy, -dx), axis=(0, 1)) > light + 2)
        bits = np.stack(codes)
        changes = (bits != np.roll(bits, 1, axis=0)).sum(axis=0)
        pattern = np.where(changes <= 2, bits.sum(axis=0), 9)
        inside = pattern[~empty]
        result.append(np.bincount(inside, minlength=10) / max(1, inside.size))
    return np.concatenate(result)


def _marks(light: Floats, spread: Floats, white: Mask) -> Floats:
    """Text-like marks on white, long rules, and the largest connected content."""
    near = ndimage.binary_erosion(ndimage.binary_dilation(white, iterations=3), iterations=3)
    dark = (light < 150) & near
    labels, found = ndimage.label(dark, structure=np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    letters = (areas >= 2) & (areas <= 60)
    content = ndimage.binary_opening(~white, iterations=2)
    blobs = np.bincount(ndimage.label(content)[0].ravel())[1:]
    largest = blobs.max() / light.size if blobs.size else 0.0
    rules = light < 200
    rows, columns = _longest_runs(rules), _longest_runs(rules.T)
    grey_line = (spread < 20) & rules
    return np.array(
        [
            np.log1p(found),
            np.log1p(letters.sum()),
            areas[letters].sum() / light.size,
            content.mean(),
            largest,
            np.log1p(blobs.size),
            (rows > 0.5).mean(),
            (columns > 0.5).mean(),
            np.log1p((np.diff((rows > 0.4).astype(int)) == 1).sum()),
            np.log1p((np.diff((columns > 0.4).astype(int)) == 1).sum()),
            rows.max(),
            columns.max(),
            grey_line.mean(),
        ]
    )


def _longest_runs(mask: Mask) -> Floats:
    """Return the longest run of true cells of each row, as a share of the row."""
    run = np.zeros(mask.shape[0], dtype=np.int32)
    best = run.copy()
    for column in mask.T:
        run = np.where(column, run + 1, 0)
        best = np.maximum(best, run)
    return np.asarray(best / mask.shape[1], dtype=np.float32)


def _frame(light: Floats, white: Mask, black: Mask) -> Floats:
    """The margin, the corners, the rings around the centre (a round field of view), and mirror symmetry."""
    height, width = light.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    ring = np.minimum(np.maximum(np.abs(y), np.abs(x)) * 4, 3).astype(int)
    rings = (
        np.bincount(ring.ravel(), weights=light.ravel(), minlength=4)
        / np.maximum(1, np.bincount(ring.ravel(), minlength=4))
        / 255
    )
    edge, corner = np.maximum(np.abs(y), np.abs(x)) > 0.94, np.hypot(y, x) > 1.2
    mirrored = light - light.mean()
    power = float(np.square(mirrored).sum())
    symmetry = float((mirrored * mirrored[:, ::-1]).sum()) / power if power > 0 else 0.0
    return np.array(
        [
            white[edge].mean(),
            black[edge].mean(),
            white[corner].mean(),
            black[corner].mean(),
            light[corner].std() / 255,
            *rings,
            symmetry,
        ]
    )


def _blocks(light: Floats, spread: Floats, white: Mask, black: Mask) -> Floats:
    """Shares of blocks that are empty, smooth, lines on white, grey or colour texture; statistics of the textured."""
    deviation, flat, blank, dark, colour = (
        _block_means(values)
        for values in (
            np.square(light - ndimage.uniform_filter(light, 5)),
            np.ptp(_neighbours(light), axis=0) < 4,
            white,
            black,
            spread,
        )
    )
    empty = blank > 0.97
    lines = (blank > 0.4) & ~empty
    filled = (blank <= 0.05) & (dark <= 0.5)
    textured = filled & (flat < 0.35)
    smooth = filled & (flat > 0.75)
    grey = colour <= GREY_SPREAD
    chosen = textured if textured.any() else np.ones_like(textured)
    return np.array(
        [
            empty.mean(),
            lines.mean(),
            textured.mean(),
            smooth.mean(),
            textured.sum() / max(1, filled.sum()),
            textured.sum() / max(1, (~empty).sum()),
            smooth.sum() / max(1, (~empty).sum()),
            (textured & grey).mean(),
            (textured & ~grey).mean(),
            (dark > 0.9).mean(),
            np.log1p(deviation[chosen].mean()),
            np.log1p(deviation[chosen].std()),
            flat[chosen].mean(),
            flat.mean(),
            colour[chosen].mean() / 255,
            colour[chosen].std() / 255,
        ]
    )


def _neighbours(light: Floats) -> Floats:
    return np.stack([light, np.roll(light, 1, axis=0), np.roll(light, 1, axis=1)])


def _block_means(values: Floats | Mask) -> Floats:
    """Return the mean of every whole BLOCK x BLOCK block, flattened; one block where the image is smaller."""
    height, width = (max(1, side // BLOCK) for side in values.shape)
    part = values[: height * BLOCK, : width * BLOCK].astype(np.float32)
    rows = np.add.reduceat(part, np.arange(height) * BLOCK, axis=0)
    sums = np.add.reduceat(rows, np.arange(width) * BLOCK, axis=1)
    counts = np.minimum(BLOCK, part.shape[0]) * np.minimum(BLOCK, part.shape[1])
    return np.asarray(sums / counts, dtype=np.float32).ravel()
