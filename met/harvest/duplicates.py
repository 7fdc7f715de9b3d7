"""Near-duplicates among panels by their perceptual hashes: every pair within 3 bits, and one keeper a cluster."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from met.keys import content_key
from met.types import Duplicate, Panel

METHOD: Final = "phash-dct64"
RADIUS: Final = 3
# Two hashes within 3 bits agree in at least one of four 16-bit bands (pigeonhole), so no pair is missed.
_BANDS: Final = (0, 16, 32, 48)
_PAIRS_AT_ONCE: Final = 1 << 20


def duplicates_of(panels: Sequence[Panel]) -> tuple[Duplicate, ...]:
    """Return a row for every panel but the keeper of each cluster and those beside it, sorted by panel.

    Clusters are what pairs within 3 bits connect: a chain is one cluster, so `distance` (to the keeper) may exceed 3.
    The keeper is the largest panel, of equal ones the first by key; the order of `panels` does not matter. Panels of
    the keeper's own figure are no repeats: slices of one scan look alike, and are shown together for what differs.
    """
    known = sorted(panels, key=lambda panel: panel.key)
    if not known:
        return ()
    hashes = np.array([panel.phash for panel in known], dtype=np.int64).view(np.uint64)
    rows: list[Duplicate] = []
    for members in _clusters(hashes):
        keeper = min(members, key=lambda index: (-_area(known[index]), known[index].key))
        kept = known[keeper]
        for index in members:
            panel = known[index]
            if panel.figure != kept.figure:
                distance = int(np.bitwise_count(hashes[index] ^ hashes[keeper]))
                key = content_key("duplicate", panel.key, kept.key)
                rows.append(Duplicate(key=key, panel=panel.key, keeper=kept.key, distance=distance, method=METHOD))
    return tuple(sorted(rows, key=lambda row: row.panel))


def near_pairs(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the index pairs (n, 2), first < second, of all hashes that differ in at most 3 bits, each pair once."""
    found = [_band_pairs(hashes, shift) for shift in _BANDS]
    return np.unique(np.concatenate(found), axis=0) if len(hashes) > 1 else np.empty((0, 2), dtype=np.int64)


def _band_pairs(hashes: NDArray[np.uint64], shift: int) -> NDArray[np.int64]:
    """Return the near pairs among hashes that agree in the 16 bits from `shift` on."""
    band = (hashes >> np.uint64(shift)).astype(np.uint16)
    order = np.argsort(band, kind="stable")
    ends = np.searchsorted(band[order], band[order], side="right")
    partners = ends - np.arange(len(order)) - 1
    found = [np.empty((0, 2), dtype=np.int64)]
    for start, end in _slices(partners):
        first = np.repeat(np.arange(start, end), partners[start:end])
        count = partners[start:end]
        offset = np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)
        one, other = order[first], order[first + 1 + offset]
        near = np.bitwise_count(hashes[one] ^ hashes[other]) <= RADIUS
        pairs = np.stack([one[near], other[near]], axis=1)
        pairs.sort(axis=1)
        found.append(pairs)
    return np.concatenate(found)


def _slices(partners: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return runs of rows that hold about a million candidate pairs each, so memory stays bounded."""
    chunk = np.cumsum(partners) // _PAIRS_AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), len(partners)]
    return [(start, end) for start, end in pairwise(bounds) if end > start]


def _clusters(hashes: NDArray[np.uint64]) -> list[list[int]]:
    """Return the index lists of all clusters of two and more."""
    # Equal hashes are one to begin with: thousands of blank images would make millions of pairs.
    unique, place = np.unique(hashes, return_inverse=True)
    pairs = near_pairs(unique)
    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(len(unique), len(unique)))
    _, cluster = connected_components(links, directed=False)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for index, name in enumerate(cluster[place].tolist()):
        members[name].append(index)
    return [found for found in members.values() if len(found) > 1]


def _area(panel: Panel) -> int:
    x1, y1, x2, y2 = panel.box
    return (x2 - x1) * (y2 - y1)
