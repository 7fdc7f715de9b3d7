"""Exact nearness of nodes to texts: a matrix product proposes, the cosine of each pair decides."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
# Products of this many nodes at once stay in the cache of a core.
NODE_ROWS = 2048
# Rounding to 4 decimals moves a cosine by no more than half of this.
_ROUNDED = 1e-4


class Products(Protocol):
    """The products of vectors with the rows of a matrix, each off by less than `off_by`, some rows at a time.

    Called with vectors (n, dimensions) it yields the number of a row and the products (n, rows) from there on, which
    stand until the next are asked for.
    """

    @property
    def off_by(self) -> float: ...

    def __call__(self, vectors: Vectors) -> Iterator[tuple[int, Vectors]]: ...


class FullProducts:
    """Products in float32."""

    off_by = 1e-5

    def __init__(self, matrix: Vectors) -> None:
        self._matrix = matrix

    def __call__(self, vectors: Vectors) -> Iterator[tuple[int, Vectors]]:
        """Yield the products, part by part."""
        # One buffer for all products: a new one each time costs more than the product.
        buffer = np.empty((len(vectors), NODE_ROWS), dtype=np.float32)
        for start in range(0, len(self._matrix), NODE_ROWS):
            part = self._matrix[start : start + NODE_ROWS]
            yield start, np.matmul(vectors, part.T, out=buffer[:, : len(part)])


class NodeIndex:
    """The vectors of nodes, searched exactly; the result is a function of the set of nodes, not of their order."""

    def __init__(
        self, keys: Sequence[str], matrix: Vectors, products: Callable[[Vectors], Products | None] | None = None
    ) -> None:
        """Take one unit row of float32 `matrix` (nodes, dimensions) per key.

        `products` makes of the matrix what proposes; where it makes nothing, float32 does. No cosine depends on it.

        Raises:
            ValueError: rows and keys do not match.
        """
        if matrix.ndim != 2 or len(keys) != len(matrix):
            raise ValueError(f"{len(keys)} keys for a matrix of shape {matrix.shape}")
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = [keys[place] for place in order]
        self._matrix = np.ascontiguousarray(matrix[order])
        self._numbers = {key: number for number, key in enumerate(self._keys)}
        self._products = (products(self._matrix) if products else None) or FullProducts(self._matrix)

    def nearest(self, vectors: Vectors, k: int, *, least: float = -math.inf) -> list[tuple[tuple[str, float], ...]]:
        """Return for each row of `vectors` (n, dimensions) its `k` nearest nodes: (key, cosine in [-1, 1], 4
        decimals), none below `least`.

        By falling similarity, ties by key. A cosine does not depend on the rows beside it.
        """
        rows, nodes = self._proposed(vectors, k, least)
        cosines = self._cosines(vectors, rows, nodes)
        found: list[list[tuple[str, float]]] = [[] for _ in range(len(vectors))]
        # Nodes are numbered in the order of their keys.
        for at in np.lexsort((nodes, -cosines, rows)).tolist():
            row = found[rows[at]]
            if len(row) < k and cosines[at] >= least:
                row.append((self._keys[nodes[at]], float(cosines[at])))
        return [tuple(row) for row in found]

    def cosines(self, vectors: Vectors, wanted: Sequence[Sequence[str]]) -> list[list[float]]:
        """Return the cosine, 4 decimals, of each row of `vectors` to each node that is `wanted` of it.

        Raises:
            KeyError: a node is not in the index.
        """
        rows = np.repeat(np.arange(len(wanted)), [len(keys) for keys in wanted])
        nodes = np.array([self._numbers[key] for keys in wanted for key in keys], dtype=np.int64)
        values = iter(self._cosines(vectors, rows, nodes).tolist())
        return [[next(values) for _ in keys] for keys in wanted]

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def _proposed(self, vectors: Vectors, k: int, least: float) -> tuple[Numbers, Numbers]:
        """Return (rows, nodes) of all pairs that may be among the `k` nearest of at least `least`."""
        k = min(k, len(self._keys))
        if k <= 0 or not len(vectors):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        # What decides may be so much more than what a product says of it, or of the k-th best.
        slack = 2 * self._products.off_by + _ROUNDED
        floor = np.full((len(vectors), 1), least - slack, dtype=np.float32)
        kept: list[tuple[Numbers, Numbers]] = []
        best = np.full((len(vectors), k), -np.inf, dtype=np.float32)
        for start, products in self._products(vectors):
            rows, nodes = np.divmod(np.flatnonzero(products >= floor), products.shape[1])
            if not len(rows):
                continue
            kept.append((rows, nodes + start))
            if len(rows) <= len(vectors):
                continue
            # The k-th best of what was seen so far is a floor for all that comes. Where few are proposed it saves less
            # than it takes.
            some = np.unique(rows)
            joined = np.concatenate([best[some], products[some]], axis=1)
            best[some] = np.partition(joined, -k, axis=1)[:, -k:]
            floor[some] = np.maximum(floor[some], best[some].min(axis=1, keepdims=True) - slack)
        if not kept:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate([rows for rows, _ in kept]), np.concatenate([nodes for _, nodes in kept])

    def _cosines(self, vectors: Vectors, rows: Numbers, nodes: Numbers) -> npt.NDArray[np.float64]:
        pairs = np.einsum("ij,ij->i", vectors[rows], self._matrix[nodes], dtype=np.float64)
        return np.asarray(np.round(pairs, 4), dtype=np.float64)
