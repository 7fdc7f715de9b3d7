"""The way up: learns from a skeleton's own edges where the vector of a parent lies, given that of the child."""

from typing import Final

import numpy as np
import numpy.typing as npt

from met.tree.attach.nearest import Floats
from met.tree.attach.structure import Lists

# How many edges teach the way up, and how much a weight costs there.
_EDGES: Final = 60_000
_RIDGE: Final = 3.0
_RIDGE_BENT: Final = 0.3
_WAVES: Final = 1024
_SEED: Final = 20260101


class Upward:
    """Two maps from children's vectors to their parents', by ridge regression over the edges (Fu et al., 2014): a
    straight one, and one over random Fourier features (Rahimi and Recht, 2007) that also learns what is particular to
    a part of the tree. Without edges both give zero vectors.
    """

    def __init__(self, vectors: Floats, parents: Lists) -> None:
        edges = np.column_stack(parents.of(np.arange(len(parents))))
        size = vectors.shape[1]
        random = np.random.default_rng(_SEED)
        self._waves = random.normal(size=(size, _WAVES)).astype(np.float32)
        self._phases = random.uniform(0, 2 * np.pi, _WAVES).astype(np.float32)
        self.known = bool(len(edges)) and bool(vectors.any())
        if self.known:
            edges = edges[:: max(1, len(edges) // _EDGES)]
            below, above = vectors[edges[:, 0]], vectors[edges[:, 1]]
            self._straight = _ridge(below, above, _RIDGE)
            self._bent = _ridge(self._waved(below), above, _RIDGE_BENT)

    def straight(self, vectors: Floats) -> Floats:
        """Return the unit vectors of where the parents of rows of `vectors` are to be looked for."""
        return _unit(vectors @ self._straight) if self.known else np.zeros_like(vectors)

    def bent(self, vectors: Floats) -> Floats:
        """Return the same by the second map."""
        return _unit(self._waved(vectors) @ self._bent) if self.known else np.zeros_like(vectors)

    def _waved(self, vectors: Floats) -> Floats:
        waves = np.sqrt(2 / _WAVES) * np.cos(vectors @ self._waves + self._phases)
        found: Floats = np.hstack([waves.astype(np.float32), vectors])
        return found


def _ridge(below: Floats, above: Floats, cost: float) -> Floats:
    square = (below.T @ below).astype(np.float64) + cost * np.eye(below.shape[1])
    return np.asarray(np.linalg.solve(square, (below.T @ above).astype(np.float64)), dtype=np.float32)


def _unit(vectors: npt.NDArray[np.float32]) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit
