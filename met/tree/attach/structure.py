"""The shape of a facet as lists and numbers: who is above and below whom, how deep, how many, where on average."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from met.tree.attach.nearest import Floats, Ints

_MOST_BELOW: Final = 1_000_000
# Nodes that are looked at together.
_CHUNK: Final = 50_000


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of numbers, one after the other: list i is `value[start[i] : start[i + 1]]`."""

    start: Ints
    value: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, number: int) -> tuple[int, ...]:
        return tuple(self.value[self.start[number] : self.start[number + 1]].tolist())

    def where(self, numbers: Ints) -> tuple[Ints, Ints]:
        """Return where the values of the lists `numbers` stand: the entry of `numbers`, and the place in `value`."""
        begins = self.start[numbers]
        sizes = self.start[numbers + 1] - begins
        entry = np.repeat(np.arange(len(numbers)), sizes)
        return entry, np.arange(len(entry)) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)

    def of(self, numbers: Ints) -> tuple[Ints, Ints]:
        """Return the values of the lists `numbers`: the entry of `numbers`, and the value."""
        entry, place = self.where(numbers)
        return entry, self.value[place]

    def shared(self, one: Ints, others: "Lists", other: Ints) -> Ints:
        """Return how many values list `one[i]` and list `other[i]` of `others` share; values of a list are distinct."""
        parts = self.of(one), others.of(other)
        entry, value = np.concatenate(parts, axis=1)
        above = int(value.max(initial=0)) + 1
        both = np.sort(entry * above + value)
        return np.bincount(both[1:][both[1:] == both[:-1]] // above, minlength=len(one))

    def positions(self, above: int) -> tuple[Ints, Ints]:
        """Return where in each list a value stands, -1 where it does not, (lists, columns); and the columns of values,
        which are below `above`.
        """
        values = np.unique(self.value)
        column = np.full(above, len(values))
        column[values] = np.arange(len(values))
        position = np.full((len(self), len(values) + 1), -1)
        owner, place = self.where(np.arange(len(self)))
        position[owner, column[self.value]] = place - self.start[owner]
        return position, column


def adjacency(place: Mapping[str, int], edges: Iterable[tuple[str, str]]) -> tuple[Lists, Lists]:
    """Return the parents and the children of each node, sorted; `edges` are (child, parent)."""
    ends = np.fromiter((place[key] for edge in edges for key in edge), np.int64).reshape(-1, 2)
    child, parent = np.divmod(np.unique(ends[:, 0] * len(place) + ends[:, 1]), max(1, len(place)))
    below = np.argsort(parent, kind="stable")
    return listed(child, parent, len(place)), listed(parent[below], child[below], len(place))


def listed(owner: Ints, value: Ints, owners: int) -> Lists:
    """Return the values of each owner; `owner` is sorted."""
    return Lists(np.searchsorted(owner, np.arange(owners + 1)), value)


def over(parents: Lists) -> Lists:
    """Return all that stands above each node, sorted, without itself."""
    size = len(parents)
    parts = [_over(parents, np.arange(start, min(start + _CHUNK, size))) for start in range(0, size, _CHUNK)]
    keys = np.concatenate([np.zeros(0, np.int64), *parts])
    return listed(keys // max(1, size), keys % max(1, size), size)


def _over(parents: Lists, nodes: Ints) -> Ints:
    """Return the numbers node * len(parents) + above of all that stands above `nodes`, sorted."""
    entry, above = parents.of(nodes)
    node = nodes[entry]
    levels = [distinct(node * len(parents) + above)]
    while len(levels[-1]):
        node, above = np.divmod(levels[-1], len(parents))
        entry, higher = parents.of(above)
        levels.append(distinct(node[entry] * len(parents) + higher))
    return distinct(np.concatenate(levels))


def distinct(numbers: Ints) -> Ints:
    """Return the numbers once each, sorted."""
    numbers = np.sort(numbers)
    return numbers[np.r_[True, numbers[1:] != numbers[:-1]]] if len(numbers) else numbers


def depths(parents: Lists, children: Lists) -> Ints:
    """Return the smallest number of edges from each node up to one without parents."""
    depth = np.full(len(parents), -1, dtype=np.int64)
    level = np.flatnonzero(np.diff(parents.start) == 0)
    step = 0
    while len(level):
        depth[level] = step
        step += 1
        _, below = children.of(level)
        level = distinct(below[depth[below] < 0])
    return depth


def counts_below(parents: Lists, children: Lists) -> Ints:
    """Return how many paths lead down from each node, at most a million: on a tree, the number of its descendants."""
    below = np.zeros(len(parents), dtype=np.int64)
    waiting = np.diff(children.start)
    ready = np.flatnonzero(waiting == 0)
    while len(ready):
        entry, above = parents.of(ready)
        np.add.at(below, above, below[ready][entry] + 1)
        np.subtract.at(waiting, above, 1)
        ready = distinct(above[waiting[above] == 0])
        below[ready] = np.minimum(below[ready], _MOST_BELOW)
    return below


def centroids(vectors: Floats, children: Lists) -> Floats:
    """Return the unit mean of the vectors of each node's children; zero where it has none."""
    ones = np.ones(len(children.value), np.float32)
    found: Floats = csr_array((ones, children.value, children.start), shape=(len(children),) * 2) @ vectors
    for start in range(0, len(found), _CHUNK):
        sums = found[start : start + _CHUNK]
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        np.divide(sums, norms, out=sums, where=norms > 0)
    return found
