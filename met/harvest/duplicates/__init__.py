"""Repeats among panels, cropped ones too: hashes propose pairs, the pixels decide, one panel of a cluster is kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from met.harvest.duplicates.confirmation import Glance, Sight, alike_from_afar, same_picture
from met.harvest.duplicates.keepers import keeper_of
from met.harvest.duplicates.proposals import MOST, closest, like_windows, near_pairs
from met.keys import content_key
from met.pixels import Pixels
from met.types import Dossier, Duplicate, Panel

METHOD: Final = "windows-agreement"
# A glance takes 30 kilobytes, a sight two megabytes at most: who is compared with a dozen is read once for a glance.
_GLANCES: Final = 8192
_SIGHTS: Final = 64
_CLUSTERS_AT_ONCE: Final = 500


class Reader(Protocol):
    """Reads the pixels of a panel: uint8 (H, W, 3), those in its box alone."""

    def __call__(self, panel: Panel, /) -> Pixels: ...


class Teller(Protocol):
    """Gives the dossiers of panels by key, as far as the stages before this one know them."""

    def __call__(self, panels: Sequence[str], /) -> Iterable[Dossier]: ...


def duplicates_of(panels: Sequence[Panel], read: Reader, tell: Teller) -> tuple[Duplicate, ...]:
    """Return a row for every panel but the keeper of each cluster and those beside it, sorted by panel.

    Clusters are what confirmed pairs connect, and `keeper_of` says which panel of each is kept; the order of `panels`
    does not matter. Panels of the keeper's own figure are no repeats: slices of one scan look alike, and are shown
    together for what differs. `read` is called for panels of proposed pairs alone, `tell` for those of clusters.
    """
    known = sorted(panels, key=lambda panel: panel.key)
    clusters = [[known[index] for index in members] for members in clusters_of(known, read)]
    rows: list[Duplicate] = []
    for at in range(0, len(clusters), _CLUSTERS_AT_ONCE):
        some = clusters[at : at + _CLUSTERS_AT_ONCE]
        told = {dossier.panel.key: dossier for dossier in tell([panel.key for cluster in some for panel in cluster])}
        for cluster in some:
            keeper = keeper_of([told[panel.key] for panel in cluster]).panel
            rows += [_row(panel, keeper) for panel in cluster if panel.figure != keeper.figure]
    return tuple(sorted(rows, key=lambda row: row.panel))


def clusters_of(panels: Sequence[Panel], read: Reader) -> list[list[int]]:
    """Return the index lists of all clusters of two and more, a function of the set where `panels` are sorted."""

    @lru_cache(maxsize=_GLANCES)
    def glance(index: int) -> Glance:
        return Glance.of(read(panels[index]))

    @lru_cache(maxsize=_SIGHTS)
    def sight(index: int) -> Sight:
        return Sight.of(read(panels[index]), glance(index))

    root = list(range(len(panels)))
    for one, other in proposed_pairs(panels):
        if panels[one].figure == panels[other].figure or _top(root, one) == _top(root, other):
            continue
        if _same_pixels(panels[one], panels[other]) or (
            alike_from_afar(glance(one), glance(other)) and same_picture(sight(one), sight(other))
        ):
            root[max(_top(root, one), _top(root, other))] = min(_top(root, one), _top(root, other))
    members: defaultdict[int, list[int]] = defaultdict(list)
    for index in range(len(panels)):
        members[_top(root, index)].append(index)
    return [found for found in members.values() if len(found) > 1]


def proposed_pairs(panels: Sequence[Panel]) -> list[tuple[int, int]]:
    """Return the pairs that may show the same picture, first < second, sorted.

    These are all pairs whose hashes differ in at most 3 bits, and each panel's closest by windows. Of panels whose
    hashes are equal each is paired with the next few alone: a thousand blank images would make half a million pairs.
    """
    hashes = np.array([panel.phash for panel in panels], dtype=np.int64).view(np.uint64)
    unique, first, place = np.unique(hashes, return_index=True, return_inverse=True)
    pairs = {_sorted(int(first[one]), int(first[other])) for one, other in near_pairs(unique)}
    pairs |= set(_next_of_equal(place.tolist()))
    found = closest(*like_windows([panel.windows for panel in panels]))
    return sorted(pairs | {(one, other) for one, other in found.tolist()})


def _next_of_equal(groups: Sequence[int]) -> Iterator[tuple[int, int]]:
    members: defaultdict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        for before in members[group][-MOST:]:
            yield before, index
        members[group].append(index)


def _sorted(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _same_pixels(one: Panel, other: Panel) -> bool:
    return (one.image, one.box) == (other.image, other.box)


def _top(root: list[int], index: int) -> int:
    while root[index] != index:
        root[index] = root[root[index]]
        index = root[index]
    return index


def _row(panel: Panel, keeper: Panel) -> Duplicate:
    distance = ((panel.phash ^ keeper.phash) & (2**64 - 1)).bit_count()
    key = content_key("duplicate", panel.key, keeper.key)
    return Duplicate(key=key, panel=panel.key, keeper=keeper.key, distance=distance, method=METHOD)
