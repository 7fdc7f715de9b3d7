"""Where a region of a page is cut: gutters and seams.

A strip counts as a gutter where picture stands against it in a straight line, so that the white inside a drawing or
between an axis and its numbers is none. Strips that lack such an edge count where a regular layout expects one.
"""

from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.harvest.panels.page import BLACK, WHITE_AT, Axis, Page
from met.types import Box

SEAM: Final = -1
PHOTO: Final = 0.5
_PURE: Final = 0.985
_NEARLY_PURE: Final = 0.965
_LEAST_PIECE: Final = 0.07
_SEAM_PEAK: Final = 0.4
_SEAM_STEPS: Final = 0.55
_SEAM_SHARE: Final = 0.55
_MOSTLY: Final = 0.88
_INK: Final = 6
_LIGHT: Final = 140
_TOLERANCE: Final = 0.012
_MOST_PIECES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Gutter:
    """A strip [start, end) of columns; `colour` is the page's, or SEAM. `strength` in [0, 1] is what speaks for it."""

    start: int
    end: int
    colour: int
    strength: float


def turned(box: Box) -> Box:
    """Return the box on the page turned over its diagonal."""
    return (box[1], box[0], box[3], box[2])


def gutters_of(page: Page, axis: int, box: Box, hints: tuple[Gutter, ...]) -> list[Gutter]:
    """Return the gutters to cut the region at, in order."""
    inner = _stripped(page, 1 - axis, turned(box) if axis == 0 else box)
    region = turned(inner)
    if min(region[2] - region[0], region[3] - region[1]) < _least_piece(page):
        return []
    lines = page.axes[axis]
    pure = [lines.shares(counts, region) for counts in lines.colours]
    steps = lines.shares(lines.steps, region)
    least = _least_piece(page)
    start, end = _content(pure, region)
    key = ("gutters", axis, region)
    if key not in page.seen:
        # Beside a gutter stands an edge; only far from gutters can an edge be a seam.
        chosen = _apart([], _bands(page, axis, region, pure), start, end, least)
        page.seen[key] = _apart(chosen, _seams(page, axis, region, steps), start, end, least)
    chosen = page.seen[key]
    hinted = [found for hint in hints if (found := possible_gutter(hint, region, pure, steps)) is not None]
    chosen = _apart(chosen, hinted, start, end, least)
    return sorted(_completed(chosen, start, end, region, pure, steps), key=lambda gutter: gutter.start)


def _stripped(page: Page, axis: int, region: Box) -> Box:
    """Return the region without even margins before and behind it, where these are small."""
    lines = page.axes[axis]
    start, end = _content([lines.shares(counts, region) for counts in lines.colours], region)
    if end - start < _MOSTLY * (region[2] - region[0]):
        return region
    return (start, region[1], end, region[3])


def _least_piece(page: Page) -> int:
    return max(12, round(_LEAST_PIECE * int(max(page.axes[0].grey.shape))))


def _content(pure: list[NDArray[np.float32]], region: Box) -> tuple[int, int]:
    """Return where the region begins and ends without its even margins."""
    even = np.maximum.reduce(pure) >= _PURE
    inside = np.flatnonzero(~even)
    return (region[0] + int(inside[0]), region[0] + int(inside[-1]) + 1) if len(inside) else (region[0], region[2])


def _bands(page: Page, axis: int, region: Box, pure: list[NDArray[np.float32]]) -> list[Gutter]:
    found = []
    deep = max(3, round(0.02 * max(page.axes[0].grey.shape)))
    for colour, share in enumerate(pure):
        for a, b in _runs(share >= _PURE):
            if a == 0 or b == len(share):
                continue
            left, right = 1 - share[max(0, a - 1 - deep) : max(1, a - 1)], 1 - share[b + 1 : b + 1 + deep]
            if not len(right):
                continue
            flanks = sorted((lower_part(left), lower_part(right)))
            if flanks[1] < 0.6 or (colour == BLACK and flanks[0] < 0.3 and flanks[1] < 0.9):
                continue
            if _photo(page, axis, region, a, -1) < PHOTO and _photo(page, axis, region, b, 1) < PHOTO:
                continue
            strength = min(1.0, flanks[1] * 0.75 + flanks[0] * 0.25)
            found.append(Gutter(start=region[0] + a, end=region[0] + b, colour=colour, strength=round(strength, 4)))
    return found


def lower_part(shares: NDArray[np.float32]) -> float:
    """Return the value that three in ten of the values do not reach, 0 where there are none."""
    return float(np.sort(shares)[(3 * len(shares)) // 10]) if len(shares) else 0.0


def _photo(page: Page, axis: int, region: Box, at: int, side: int) -> float:
    """Return how much like a photograph the picture beside column `at` of the region is."""
    x1, y1, x2, y2 = region
    wide = max(8, round(0.1 * max(page.axes[0].grey.shape)))
    start, end = (x1 + at - wide, x1 + at - 1) if side < 0 else (x1 + at + 1, x1 + at + wide)
    return page.colourfulness((max(x1, start), y1, max(max(x1, start) + 1, min(x2, end)), y2), axis)


def _seams(page: Page, axis: int, region: Box, steps: NDArray[np.float32]) -> list[Gutter]:
    found = []
    peak = peaks_of(steps)
    for at in np.flatnonzero(((peak >= _SEAM_PEAK) & (steps >= _SEAM_STEPS)) | (steps >= 0.9)).tolist():
        if peak[at] < _SEAM_PEAK and not _is_line(page.axes[axis], region, at, steps):
            continue
        share = seam_share(page, axis, region, at, steps)
        if share < _SEAM_SHARE or any(_photo(page, axis, region, at, side) < PHOTO for side in (-1, 1)):
            continue
        x = region[0] + at
        found.append(Gutter(start=x, end=x, colour=SEAM, strength=round(float(min(share, steps[at])), 4)))
    return found


def peaks_of(steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much each column exceeds those 3 to 6 columns away: a seam is sharp, a texture is everywhere."""
    reach = 6
    edge = np.full(reach, steps[-1] if len(steps) else 0.0, dtype=np.float32)
    before, behind = steps[1 : reach + 1][::-1], steps[-reach - 1 : -1][::-1]
    wide = np.concatenate([edge[: reach - len(before)], before, steps, behind, edge[: reach - len(behind)]])
    near = [wide[reach + off : reach + off + len(steps)] for off in (-6, -5, -4, -3, 3, 4, 5, 6)]
    return np.asarray(steps - np.maximum.reduce(near), dtype=np.float32)


def seam_share(page: Page, axis: int, region: Box, at: int, steps: NDArray[np.float32]) -> float:
    """Return the share of rows of the region that have a seam at column `at`, or how surely a line runs there."""
    lines = page.axes[axis]
    return max(_persists(lines, region, at), _is_line(lines, region, at, steps))


def _persists(lines: Axis, region: Box, at: int) -> float:
    """Return the share of rows where the two sides of a seam still differ a little away from it: a line fails."""
    x1, y1, x2, y2 = region
    x = x1 + at
    if x - 3 < x1 or x + 2 >= x2:
        return 0.0
    before, after = lines.grey[y1:y2, x - 3].astype(np.int16), lines.grey[y1:y2, x + 2].astype(np.int16)
    share = float((np.abs(before - after) > 10).mean())
    # Where paper begins beside a picture that does not fill its column there is no seam.
    paper = max(float(((side >= WHITE_AT) | (side <= _INK)).mean()) for side in (before, after))
    return share if paper < 0.3 or share >= 0.85 else 0.0


def _is_line(lines: Axis, region: Box, at: int, steps: NDArray[np.float32]) -> float:
    """Return how surely a light, even line of few columns begins at `at` between two pictures.

    The pictures differ from one column to the next and from each other; a cross-hair has one picture on both sides.
    """
    x1, y1, x2, y2 = region
    x = x1 + at
    if steps[at] < 0.6 or x - 4 < x1 or x + 6 >= x2:
        return 0.0
    around = lines.grey[y1:y2, x - 4 : x + 6].astype(np.int16)
    spread = around.std(axis=0)
    light = (spread[4:7] <= 12) & (around[:, 4:7].mean(axis=0) >= _LIGHT)
    even = light.any() and spread[:2].max() >= 20 and spread[8:].max() >= 20
    differs = float((np.abs(around[:, 1] - around[:, 8]) > 10).mean())
    return 0.9 if even and differs >= 0.2 else 0.0


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _apart(kept: list[Gutter], gutters: list[Gutter], start: int, end: int, least: int) -> list[Gutter]:
    """Return `kept` and the strongest other gutters that leave pieces of at least `least` columns."""
    chosen = list(kept)
    for gutter in sorted(gutters, key=lambda one: (-one.strength, -(one.end - one.start), one.start)):
        fits = gutter.start - start >= least and end - gutter.end >= least
        if fits and all(gutter.start - other.end >= least or other.start - gutter.end >= least for other in chosen):
            chosen.append(gutter)
    return sorted(chosen, key=lambda one: one.start)


# ---------------------------------------------------------------- regular layouts


def possible_gutter(
    hint: Gutter, region: Box, pure: list[NDArray[np.float32]], steps: NDArray[np.float32]
) -> Gutter | None:
    """Return the gutter of the region where one is expected, at less evidence; None where there is none."""
    a, b = hint.start - region[0], hint.end - region[0]
    if a <= 2 or b >= len(steps) - 2:
        return None
    if hint.colour != SEAM and a < b:
        inner = pure[hint.colour][a:b]
        if inner.min() >= _NEARLY_PURE:
            return Gutter(start=hint.start, end=hint.end, colour=hint.colour, strength=round(hint.strength * 0.9, 4))
        return None
    window = slice(max(0, a - 1), a + 2)
    if steps[window].max() >= 0.2 and peaks_of(steps)[window].max() >= 0.12:
        return Gutter(start=hint.start, end=hint.end, colour=SEAM, strength=round(hint.strength * 0.9, 4))
    return None


def _completed(
    chosen: list[Gutter],
    start: int,
    end: int,
    region: Box,
    pure: list[NDArray[np.float32]],
    steps: NDArray[np.float32],
) -> list[Gutter]:
    """Return the gutters with those that a division into equal pieces lacks, where every one of these is there."""
    if not chosen:
        return chosen
    wide = round(median(gutter.end - gutter.start for gutter in chosen))
    near = max(2.0, _TOLERANCE * (end - start))
    for pieces in range(len(chosen) + 1, _MOST_PIECES + 1):
        step = (end - start + wide) / pieces
        expected = [start + number * step - wide / 2 for number in range(1, pieces)]
        centres = [(gutter.start + gutter.end) / 2 for gutter in chosen]
        if any(min(abs(centre - place) for place in expected) > near for centre in centres):
            continue
        missing = [place for place in expected if min(abs(centre - place) for centre in centres) > near]
        sample = chosen[0]
        found = []
        for place in missing:
            left = round(place - wide / 2)
            hint = Gutter(start=left, end=left + wide, colour=sample.colour, strength=sample.strength)
            found.append(possible_gutter(hint, region, pure, steps))
        if all(gutter is not None for gutter in found):
            return [*chosen, *(gutter for gutter in found if gutter is not None)]
    return chosen
