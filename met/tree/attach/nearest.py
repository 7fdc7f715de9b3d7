"""Finds near rows among unit vectors, exactly or among lists of rows."""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_BLOCK: Final = 64
_CHUNK_NUMBERS: Final = 24_000_000
# Above this many nodes the exact product with all of them is dear: lists around sampled nodes are searched instead.
EXACT_UP_TO: Final = 150_000
_PROBES: Final = 24
# Rows a list, about, and how many lists there are at most.
_LISTED: Final = 256
_MOST_LISTS: Final = 4096
# Lists are found by way of some of their centres: each row looks at the lists of so many of these.
_GUIDES: Final = 64
_FOLLOWED: Final = 4
_CHUNK: Final = 20_000


class Nearest:
    """Finds near rows of a matrix of unit vectors: exactly up to EXACT_UP_TO rows, above it among the rows nearest to
    the same sampled rows (an inverted file; Sivic and Zisserman, 2003), which may miss some.
    """

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors
        self._centres: Floats | None = None
        if len(vectors) > EXACT_UP_TO:
            number = min(_MOST_LISTS, len(vectors) // _LISTED)
            step = len(vectors) // number
            self._centres = vectors[: step * number : step]
            home = _homes(vectors, self._centres)
            self._members = np.argsort(home, kind="stable")
            self._starts = np.searchsorted(home[self._members], np.arange(number + 1))

    def of(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        """Return the places of the k nearest rows of each query, nearest first, and their cosines; -1 fills up."""
        if not len(self._vectors) or not len(queries):
            return np.full((len(queries), 0), -1), np.zeros((len(queries), 0), np.float32)
        if self._centres is None:
            size = max(1, _CHUNK_NUMBERS // len(self._vectors))
            parts = [top(queries[start : start + size] @ self._vectors.T, k) for start in range(0, len(queries), size)]
            return np.concatenate([place for place, _ in parts]), np.concatenate([score for _, score in parts])
        return self._listed(queries, k)

    def _listed(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        assert self._centres is not None
        lists, _ = top(queries @ self._centres.T, _PROBES)
        places = np.full((len(queries), _PROBES, k), -1)
        scores = np.full((len(queries), _PROBES, k), -2.0, np.float32)
        for number in np.unique(lists):
            members = self._members[self._starts[number] : self._starts[number + 1]]
            if not len(members):
                continue
            asked, slot = np.nonzero(lists == number)
            near, cosine = top(queries[asked] @ self._vectors[members].T, k)
            width = near.shape[1]
            places[asked, slot, :width], scores[asked, slot, :width] = members[near], cosine
        flat, values = places.reshape(len(queries), -1), scores.reshape(len(queries), -1)
        order, best = top(values, k)
        return np.take_along_axis(flat, order, axis=1), best


def _homes(vectors: Floats, centres: Floats) -> Ints:
    """Return the list of each row: the nearest of the centres that stand near a guide which is near the row."""
    guides = centres[:: max(1, len(centres) // _GUIDES)]
    guided = np.argmax(centres @ guides.T, axis=1)
    lists = [np.flatnonzero(guided == guide) for guide in range(len(guides))]
    home = np.zeros(len(vectors), np.int64)
    for start in range(0, len(vectors), _CHUNK):
        rows = vectors[start : start + _CHUNK]
        followed, _ = top(rows @ guides.T, _FOLLOWED)
        best = np.full(len(rows), -2.0, np.float32)
        for guide, numbers in enumerate(lists):
            here = np.flatnonzero((followed == guide).any(axis=1))
            scores = rows[here] @ centres[numbers].T
            place = np.argmax(scores, axis=1)
            value = scores[np.arange(len(here)), place]
            nearer = value > best[here]
            best[here[nearer]] = value[nearer]
            home[start + here[nearer]] = numbers[place[nearer]]
    return home


def top(scores: Floats, k: int) -> tuple[Ints, Floats]:
    """Return the columns of the k largest scores of each row, the largest first, ties by column, and the scores.

    Blocks are ranked by their largest score first, so most columns are looked at once.
    """
    rows, columns = scores.shape
    k = min(k, columns)
    if columns > 4 * k * _BLOCK:
        padded = np.full((rows, -(-columns // _BLOCK) * _BLOCK), -3.0, scores.dtype)
        padded[:, :columns] = scores
        blocks = padded.reshape(rows, -1, _BLOCK)
        chosen = np.sort(np.argpartition(-blocks.max(axis=2), k, axis=1)[:, :k], axis=1)
        inside = np.take_along_axis(blocks, chosen[:, :, None], axis=1).reshape(rows, -1)
        place, best = top(inside, k)
        return np.take_along_axis(chosen, place // _BLOCK, axis=1) * _BLOCK + place % _BLOCK, best
    order = _ordered(scores, k) if columns > 4 * k else np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(scores, order, axis=1)


def _ordered(scores: Floats, k: int) -> Ints:
    """Return the same columns without sorting those that cannot be among them."""
    least = np.partition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k]
    found = np.empty((len(scores), k), np.int64)
    for row, (values, bound) in enumerate(zip(scores, least, strict=True)):
        likely = np.flatnonzero(values >= bound)
        found[row] = likely[np.argsort(-values[likely], kind="stable")[:k]]
    return found
