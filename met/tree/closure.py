"""The exact closure of the tree: every ancestor of every node over all edges, with relation and smallest depth."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, overload

import numpy as np
import numpy.typing as npt

from met.tree.placing import RANK
from met.types import Closure, Edge, EdgeKind

Ints = npt.NDArray[np.int64]
RELATIONS: Final[tuple[EdgeKind, ...]] = ("is_a", "part_of", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureTable(Sequence[Closure]):
    """Rows sorted by (node key, ancestor key), kept as columns: row i is keys[node[i]], keys[ancestor[i]], relation,
    depth.
    """

    keys: tuple[str, ...]
    node: Ints
    ancestor: Ints
    relation: Ints
    min_depth: Ints

    def __len__(self) -> int:
        return len(self.node)

    @overload
    def __getitem__(self, index: int) -> Closure: ...
    @overload
    def __getitem__(self, index: slice) -> "ClosureTable": ...
    def __getitem__(self, index: int | slice) -> "Closure | ClosureTable":
        if isinstance(index, slice):
            columns = (self.node[index], self.ancestor[index], self.relation[index], self.min_depth[index])
            node, ancestor, relation, min_depth = columns
            return ClosureTable(keys=self.keys, node=node, ancestor=ancestor, relation=relation, min_depth=min_depth)
        return Closure(
            node=self.keys[self.node[index]],
            ancestor=self.keys[self.ancestor[index]],
            relation=RELATIONS[self.relation[index]],
            min_depth=int(self.min_depth[index]),
        )

    def __iter__(self) -> Iterator[Closure]:
        # Plain lists: reading numpy scalars one by one costs more than the rows themselves.
        columns = zip(
            self.node.tolist(), self.ancestor.tolist(), self.relation.tolist(), self.min_depth.tolist(), strict=True
        )
        for node, ancestor, relation, depth in columns:
            yield Closure(
                node=self.keys[node], ancestor=self.keys[ancestor], relation=RELATIONS[relation], min_depth=depth
            )


def closure_table(rows: Iterable[Closure]) -> ClosureTable:
    """Return the rows as a table; one that is a table already is returned as it is."""
    if isinstance(rows, ClosureTable):
        return rows
    given = sorted(rows, key=lambda row: (row.node, row.ancestor))
    keys = tuple(sorted({key for row in given for key in (row.node, row.ancestor)}))
    place = {key: index for index, key in enumerate(keys)}
    return ClosureTable(
        keys=keys,
        node=np.fromiter((place[row.node] for row in given), np.int64, len(given)),
        ancestor=np.fromiter((place[row.ancestor] for row in given), np.int64, len(given)),
        relation=np.fromiter((RELATIONS.index(row.relation) for row in given), np.int64, len(given)),
        min_depth=np.fromiter((row.min_depth for row in given), np.int64, len(given)),
    )


def closure_of(keys: Sequence[str], edges: Sequence[Edge]) -> ClosureTable:
    """Return the closure of the acyclic `edges` over the nodes `keys`.

    The relation to an ancestor is is_a where a path of is_a edges alone leads there, else part_of where is_a and
    part_of edges do, else unknown; min_depth is the smallest number of edges over any path, and each node is its own
    ancestor at depth 0. Nodes are taken level by level from the roots, each level in one pass.

    Raises:
        ValueError: the edges form a cycle.
    """
    ordered = tuple(sorted(keys))
    place = {key: index for index, key in enumerate(ordered)}
    child = np.fromiter((place[edge.child] for edge in edges), np.int64, len(edges))
    parent = np.fromiter((place[edge.parent] for edge in edges), np.int64, len(edges))
    kind = np.fromiter((RANK[edge.kind] for edge in edges), np.int64, len(edges))
    rows = _Rows(len(ordered))
    by_child = np.argsort(child, kind="stable")
    starts = np.searchsorted(child[by_child], np.arange(len(ordered) + 1))
    for level in _levels(child, parent, len(ordered)):
        here = by_child[_ranges(starts[level], starts[level + 1] - starts[level])]
        rows.add(level, child=child[here], parent=parent[here], kind=kind[here])
    node, ancestor, relation, depth = rows.sorted()
    return ClosureTable(keys=ordered, node=node, ancestor=ancestor, relation=relation, min_depth=depth)


def _levels(child: Ints, parent: Ints, nodes: int) -> Iterator[Ints]:
    """Yield the nodes in levels: every parent of a node stands in an earlier one."""
    waiting = np.bincount(child, minlength=nodes)
    by_parent = np.argsort(parent, kind="stable")
    starts = np.searchsorted(parent[by_parent], np.arange(nodes + 1))
    level = np.flatnonzero(waiting == 0)
    done = 0
    while len(level):
        done += len(level)
        yield level
        reached = child[by_parent[_ranges(starts[level], starts[level + 1] - starts[level])]]
        touched, times = np.unique(reached, return_counts=True)
        waiting[touched] -= times
        level = touched[waiting[touched] == 0]
    if done < nodes:
        raise ValueError(f"the edges form a cycle among {nodes - done} nodes")


def _ranges(starts: Ints, lengths: Ints) -> Ints:
    """Return the integers of all [start, start + length), one range after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    found: Ints = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return found


class _Rows:
    """Closure rows so far; those of one node lie together, so a level reads its parents' rows by range."""

    def __init__(self, nodes: int) -> None:
        self._start = np.zeros(nodes, np.int64)
        self._length = np.zeros(nodes, np.int64)
        self._used = 0
        # Columns: node, ancestor, relation, depth.
        self._columns = np.empty((4, 1024), np.int64)

    def add(self, level: Ints, *, child: Ints, parent: Ints, kind: Ints) -> None:
        lengths = self._length[parent]
        above = self._columns[:, _ranges(self._start[parent], lengths)]
        node = np.concatenate([np.repeat(child, lengths), level])
        ancestor = np.concatenate([above[1], level])
        relation = np.concatenate([np.maximum(above[2], np.repeat(kind, lengths)), np.zeros_like(level)])
        depth = np.concatenate([above[3] + 1, np.zeros_like(level)])
        order = np.lexsort((ancestor, node))
        node, ancestor, relation, depth = node[order], ancestor[order], relation[order], depth[order]
        first = np.flatnonzero(np.r_[True, (node[1:] != node[:-1]) | (ancestor[1:] != ancestor[:-1])])
        columns = (
            node[first],
            ancestor[first],
            np.minimum.reduceat(relation, first),
            np.minimum.reduceat(depth, first),
        )
        self._append(level, np.stack(columns))

    def _append(self, level: Ints, columns: Ints) -> None:
        end = self._used + columns.shape[1]
        if end > self._columns.shape[1]:
            grown = np.empty((4, max(end, 2 * self._columns.shape[1])), np.int64)
            grown[:, : self._used] = self._columns[:, : self._used]
            self._columns = grown
        self._columns[:, self._used : end] = columns
        self._start[level] = self._used + np.searchsorted(columns[0], level)
        self._length[level] = np.searchsorted(columns[0], level, side="right") - np.searchsorted(columns[0], level)
        self._used = end

    def sorted(self) -> tuple[Ints, Ints, Ints, Ints]:
        node, ancestor, relation, depth = self._columns[:, : self._used]
        order = np.lexsort((ancestor, node))
        return node[order], ancestor[order], relation[order], depth[order]
