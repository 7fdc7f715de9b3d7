"""The maximum spanning arborescence: of scored candidate edges the tree with the largest sum of scores.

Chu and Liu (1965) and Edmonds (1967), in the form of Gabow, Galil, Spencer and Tarjan (1986): a path grows backwards
from each node along its best incoming edge, a cycle on it becomes one node, and cycles are opened again at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

import numpy as np

ROOT: Final = -1
_UNITS: Final = 10_000
# Less than any sum of scores that a better tree could win by standing under the root instead.
_LAST_RESORT: Final = 1 << 50


def maximum_arborescence(nodes: int, edges: Iterable[tuple[int, int, float]]) -> list[int]:
    """Return the parent of each of the nodes 0 to `nodes` - 1, ROOT for those that stand under the root.

    `edges` are (child, parent, score); ROOT may be a parent. Scores count in steps of 0.0001. Every node can stand
    under the root as a last resort, at a cost that no scores outweigh, so the result is a tree always: it has the
    fewest such nodes, then the largest sum of scores; ties go to the smaller parent. The time is O(e log² n).

    Raises:
        ValueError: an edge names a node that there is not, or its score is no number.

    >>> maximum_arborescence(3, [(0, 1, 0.9), (1, 0, 0.8), (1, ROOT, 0.3), (2, 1, 0.5)])
    [1, -1, 1]
    """
    forest = _Forest(nodes, _incoming(nodes, edges))
    for start in range(1, nodes + 1):
        forest.grow(start)
    return [parent - 1 for parent in forest.opened()[1:]]


def _incoming(nodes: int, edges: Iterable[tuple[int, int, float]]) -> list[list[tuple[int, int, int]]]:
    """Return for each node, counted from 1 with the root as 0, a heap of (cost, parent, child)."""
    best: list[dict[int, int]] = [{} for _ in range(nodes + 1)]
    for child, parent, score in edges:
        if not (0 <= child < nodes and ROOT <= parent < nodes) or not np.isfinite(score):
            raise ValueError(f"({child}, {parent}, {score}) is no edge among {nodes} nodes")
        if child != parent:
            cost = -round(score * _UNITS)
            known = best[child + 1].get(parent + 1)
            best[child + 1][parent + 1] = cost if known is None else min(cost, known)
    heaps = []
    for child, costs in enumerate(best):
        costs.setdefault(0, _LAST_RESORT)
        heap = [(cost, parent, child) for parent, cost in costs.items()]
        heapify(heap)
        heaps.append(heap)
    return heaps


@dataclass(slots=True)
class _Cycle:
    """A contracted cycle: the node that stands for it, its edges, and how long the log of unions was before it."""

    node: int
    before: int
    edges: Sequence[tuple[int, int]]


@dataclass(slots=True)
class _Forest:
    nodes: int
    heaps: list[list[tuple[int, int, int]]]
    # What is added to every cost in a heap.
    added: list[int] = field(default_factory=list)
    leader: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    log: list[tuple[int, int]] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    chosen: dict[int, tuple[int, int]] = field(default_factory=dict)
    cycles: list[_Cycle] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = self.nodes + 1
        self.added, self.leader, self.size = [0] * count, list(range(count)), [1] * count
        self.seen = [0, *[-1] * self.nodes]

    def find(self, node: int) -> int:
        # Without path compression, so that unions can be undone.
        while self.leader[node] != node:
            node = self.leader[node]
        return node

    def grow(self, start: int) -> None:
        """Grow the path from `start` until it meets the root's tree or an earlier path."""
        node = self.find(start)
        path: list[tuple[int, tuple[int, int]]] = []
        while self.seen[node] < 0:
            cost, parent, child = self._cheapest(node)
            self.added[node] -= cost
            path.append((node, (parent, child)))
            self.seen[node] = start
            node = self.find(parent)
            if self.seen[node] == start:
                node = self._contract(node, path)
        for at, edge in path:
            self.chosen[at] = edge

    def _cheapest(self, node: int) -> tuple[int, int, int]:
        heap = self.heaps[node]
        while self.find(heap[0][1]) == node:
            heappop(heap)
        cost, parent, child = heap[0]
        return cost + self.added[node], parent, child

    def _contract(self, node: int, path: list[tuple[int, tuple[int, int]]]) -> int:
        before = len(self.log)
        edges, members = [], []
        while True:
            at, edge = path.pop()
            edges.append(edge)
            members.append(at)
            if at == node:
                break
        for other in members:
            node = self._join(node, other)
        self.seen[node] = -1
        self.cycles.append(_Cycle(node=node, before=before, edges=edges))
        return node

    def _join(self, one: int, two: int) -> int:
        if one == two:
            return one
        if self.size[one] < self.size[two]:
            one, two = two, one
        self.leader[two] = one
        self.size[one] += self.size[two]
        self.log.append((one, two))
        large, small = (one, two) if len(self.heaps[one]) >= len(self.heaps[two]) else (two, one)
        shift = self.added[small] - self.added[large]
        for cost, parent, child in self.heaps[small]:
            heappush(self.heaps[large], (cost + shift, parent, child))
        self.heaps[one], self.added[one] = self.heaps[large], self.added[large]
        self.heaps[two] = []
        return one

    def opened(self) -> list[int]:
        """Return the parent of every node, 0 for the root; cycles are opened from the last that was closed."""
        for cycle in reversed(self.cycles):
            entering = self.chosen[cycle.node]
            while len(self.log) > cycle.before:
                one, two = self.log.pop()
                self.leader[two] = two
                self.size[one] -= self.size[two]
            for edge in cycle.edges:
                self.chosen[self.find(edge[1])] = edge
            self.chosen[self.find(entering[1])] = entering
        return [0, *(self.chosen[node][0] for node in range(1, self.nodes + 1))]
