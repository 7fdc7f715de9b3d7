"""The shape of a facet as lists and numbers: who is above and below whom, how deep, how many, where on average."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from met.tree.attach.nearest import Floats, Ints


def adjacency(
    place: Mapping[str, int], edges: Iterable[tuple[str, str]]
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    above: list[list[int]] = [[] for _ in place]
    below: list[list[int]] = [[] for _ in place]
    for child, parent in sorted({(place[child], place[parent]) for child, parent in edges}):
        above[child].append(parent)
        below[parent].append(child)
    return [tuple(found) for found in above], [tuple(found) for found in below]


def depths(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> Ints:
    depth = np.full(len(parents), -1, dtype=np.int64)
    level = [node for node, above in enumerate(parents) if not above]
    step = 0
    while level:
        depth[level] = step
        step += 1
        level = sorted({child for node in level for child in children[node] if depth[child] < 0})
    return depth


def counts_below(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> Ints:
    """Return how many paths lead down from each node, at most a million: on a tree, the number of its descendants."""
    below = np.zeros(len(parents), dtype=np.int64)
    waiting = [len(found) for found in children]
    ready = [node for node, count in enumerate(waiting) if not count]
    while ready:
        node = ready.pop()
        for parent in parents[node]:
            below[parent] = min(1_000_000, below[parent] + below[node] + 1)
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    return below


def centroids(vectors: Floats, children: Sequence[Sequence[int]]) -> Floats:
    """Return the unit mean of the vectors of each node's children; zero where it has none."""
    rows = np.repeat(np.arange(len(children)), [len(found) for found in children])
    columns = np.fromiter((child for found in children for child in found), np.int64, len(rows))
    adjacency = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(children), len(children)))
    sums = np.asarray(adjacency @ vectors, dtype=np.float32)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: Floats = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
    return unit
