"""Exact nearest nodes by matrix product."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
# Products have one shape, so that a similarity does not depend on how many queries or nodes stand beside it.
QUERY_ROWS = 64
NODE_ROWS = 4096


class NodeIndex:
    """The vectors of nodes, searched exactly; the result is a function of the set of nodes, not of their order."""

    def __init__(self, keys: Sequence[str], matrix: Vectors) -> None:
        """Take one unit row of float32 `matrix` (nodes, dimensions) per key.

        Raises:
            ValueError: rows and keys do not match.
        """
        if matrix.ndim != 2 or len(keys) != len(matrix):
            raise ValueError(f"{len(keys)} keys for a matrix of shape {matrix.shape}")
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = [keys[place] for place in order]
        rows = -len(keys) % NODE_ROWS + len(keys)
        self._matrix = np.zeros((rows, matrix.shape[1]), dtype=np.float32)
        self._matrix[: len(keys)] = matrix[order]

    def nearest(self, vectors: Vectors, k: int) -> list[tuple[tuple[str, float], ...]]:
        """Return for each row of `vectors` (n, dimensions) its `k` nearest nodes: (key, cosine in [-1, 1], 4
        decimals).

        By falling similarity, ties by key.
        """
        found: list[tuple[tuple[str, float], ...]] = []
        for start in range(0, len(vectors), QUERY_ROWS):
            block = vectors[start : start + QUERY_ROWS]
            found += [self._top(row, k) for row in self._similarities(block)[: len(block)]]
        return found

    def _similarities(self, block: Vectors) -> npt.NDArray[np.float64]:
        full = np.zeros((QUERY_ROWS, self._matrix.shape[1]), dtype=np.float32)
        full[: len(block)] = block
        products = [
            full @ self._matrix[start : start + NODE_ROWS].T for start in range(0, len(self._matrix), NODE_ROWS)
        ]
        joined = np.concatenate(products, axis=1) if products else np.zeros((QUERY_ROWS, 0), dtype=np.float32)
        return np.asarray(np.round(joined[:, : len(self._keys)].astype(np.float64), 4), dtype=np.float64)

    def _top(self, row: npt.NDArray[np.float64], k: int) -> tuple[tuple[str, float], ...]:
        k = min(k, len(row))
        if k <= 0:
            return ()
        # All that reach the k-th value stay in until ties are broken: the rows are in the order of their keys.
        least = np.partition(row, len(row) - k)[len(row) - k]
        places = np.flatnonzero(row >= least)
        best = places[np.argsort(-row[places], kind="stable")][:k]
        return tuple((self._keys[place], float(row[place])) for place in best)
