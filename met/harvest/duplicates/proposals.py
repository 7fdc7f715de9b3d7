"""Pairs of hashes that are near each other, found in bands: no pair is missed within 3 bits, few within 10."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

RADIUS: Final = 3
WINDOW_RADIUS: Final = 10
# A window that more panels show than this says nothing of any of them: a scale bar, an empty axis, a logo.
COMMON: Final = 64
# How many panels one panel is compared with, those that share most windows first.
MOST: Final = 12
_PAIRS_AT_ONCE: Final = 1 << 16

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.int64]


def _bands() -> tuple[tuple[int, ...], ...]:
    """Return three ways to cut the 64 bits (8 x 8 frequencies) into four bands of 16: rows, columns, diagonals."""
    bits = [(row, column) for row in range(8) for column in range(8)]
    cuts = (
        [row // 2 for row, _ in bits],
        [column % 4 for _, column in bits],
        [(row + column) % 4 for row, column in bits],
    )
    return tuple(tuple(at for at, band in enumerate(cut) if band == name) for cut in cuts for name in range(4))


# Two hashes within 3 bits agree in at least one of the four bands of each cut (pigeonhole).
_BANDS: Final = _bands()


def near_pairs(hashes: Hashes) -> Pairs:
    """Return the index pairs (n, 2), first < second, of all hashes that differ in at most 3 bits, each pair once."""
    return _near(hashes, _BANDS[:4], RADIUS)


def like_windows(windows: Sequence[Sequence[int]]) -> tuple[Pairs, NDArray[np.int64]]:
    """Return the pairs of panels (n, 2), first < second, that share windows, and how many windows each pair shares.

    `windows` holds the signed hashes of each panel. Two windows are shared when they differ in at most 10 bits and
    agree in one of 12 bands of 16: of pairs at 6 bits 94 % are found, at 8 bits 71 %, at 10 bits 43 %, and a copy
    shares many windows. Windows that more than `COMMON` panels show count for nothing.
    """
    owner = np.repeat(np.arange(len(windows)), [len(of_panel) for of_panel in windows])
    hashes = np.array([value for of_panel in windows for value in of_panel], dtype=np.int64).view(np.uint64)
    _, place, count = np.unique(hashes, return_inverse=True, return_counts=True)
    rare = count[place] <= COMMON
    owner, hashes = owner[rare], hashes[rare]
    pairs = np.sort(owner[_near(hashes, _BANDS, WINDOW_RADIUS)], axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    code, shared = np.unique(pairs[:, 0] * len(windows) + pairs[:, 1], return_counts=True)
    return np.stack([code // max(len(windows), 1), code % max(len(windows), 1)], axis=1), shared


def closest(pairs: Pairs, shared: NDArray[np.int64]) -> Pairs:
    """Return the pairs that are among the `MOST` of one of their two panels: most shared first, ties by order."""
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort((ends[:, 1], -np.concatenate([shared, shared]), ends[:, 0]))
    first = ends[order, 0]
    rank = np.arange(len(first)) - np.searchsorted(first, first)
    return np.unique(np.sort(ends[order][rank < MOST], axis=1), axis=0)


def _near(hashes: Hashes, bands: Sequence[Sequence[int]], radius: int) -> Pairs:
    if len(hashes) < 2:
        return np.empty((0, 2), dtype=np.int64)
    found = [_band_pairs(hashes, band, radius) for band in bands]
    code = np.unique(np.concatenate([pairs[:, 0] * len(hashes) + pairs[:, 1] for pairs in found]))
    return np.stack([code // len(hashes), code % len(hashes)], axis=1)


def _band_pairs(hashes: Hashes, band: Sequence[int], radius: int) -> Pairs:
    """Return the near pairs among hashes that agree in the 16 bits of the band."""
    value = _gathered(hashes, band)
    order = np.argsort(value, kind="stable")
    each = np.bincount(value)
    partners = np.repeat(np.cumsum(each), each) - np.arange(len(order)) - 1
    # Side by side in memory what is compared: nearly all pairs are looked at here and not again.
    ordered = hashes[order]
    found = [np.empty((0, 2), dtype=np.int64)]
    for start, end in _slices(partners):
        count = partners[start:end]
        until = np.cumsum(count)
        second = np.arange(until[-1]) + np.repeat(np.arange(start, end) + 1 - (until - count), count)
        differing = np.bitwise_count(np.repeat(ordered[start:end], count) ^ ordered[second])
        near = np.flatnonzero(differing <= radius)
        first = start + np.searchsorted(until, near, side="right")
        # The order is stable, so of two equal values the first index comes first.
        found.append(np.stack([order[first], order[second[near]]], axis=1))
    return np.concatenate(found)


def _gathered(hashes: Hashes, band: Sequence[int]) -> NDArray[np.uint16]:
    """Return the bits of the band (0 is the highest) side by side."""
    value = np.zeros(len(hashes), dtype=np.uint16)
    at = 0
    while at < len(band):
        # Bits that stand together move together.
        run = next((size for size in range(len(band) - at, 0, -1) if band[at + size - 1] == band[at] + size - 1), 1)
        part = (hashes >> np.uint64(64 - band[at] - run)).astype(np.uint16) & np.uint16((1 << run) - 1)
        value |= part << np.uint16(16 - at - run)
        at += run
    return value


def _slices(partners: Pairs) -> list[tuple[int, int]]:
    """Return runs of rows that hold so many candidate pairs that they stay in the processor's cache."""
    chunk = np.cumsum(partners) // _PAIRS_AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(partners)]
    return [(start, end) for start, end in pairwise(bounds) if end > start]
