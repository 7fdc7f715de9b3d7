"""Finds near rows among unit vectors, exactly or among lists of rows."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_BLOCK: Final = 64
_CHUNK_NUMBERS: Final = 24_000_000
# Above this many nodes the exact product with all of them is dear: lists around sampled nodes are searched instead.
EXACT_UP_TO: Final = 150_000
# Lists that a query looks at: so many where it wants many rows, two thirds of them where a few are enough.
_PROBES: Final = 24
_FEW: Final = 16
# Rows a list, about, and how many lists there are at most.
_LISTED: Final = 256
_MOST_LISTS: Final = 4096
# Lists are found by way of some of their centres: each row looks at the lists of so many of these.
_GUIDES: Final = 64
_FOLLOWED: Final = 4
_CHUNK: Final = 20_000
# Rows that are asked for together of one list: products of one shape, so no row's cosines depend on the others asked.
_ASKED: Final = 16


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
            self._sizes = np.r_[np.diff(self._starts), 0]
            # List after list: each is read in one piece.
            self._rows = vectors[self._members]

    def of(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        """Return the places of the k nearest rows of each query, nearest first, and their cosines; -1 fills up."""
        if not len(self._vectors) or not len(queries):
            return np.full((len(queries), 0), -1), np.zeros((len(queries), 0), np.float32)
        if self._centres is None:
            size = max(1, _CHUNK_NUMBERS // len(self._vectors))
            parts = [top(queries[start : start + size] @ self._vectors.T, k) for start in range(0, len(queries), size)]
            return np.concatenate([place for place, _ in parts]), np.concatenate([score for _, score in parts])
        return self._listed(queries, k, np.full(len(queries), _probes(k)))

    def all_of(self, asked: Sequence[tuple[Floats, int]]) -> list[tuple[Ints, Floats]]:
        """Return the same for several (queries, k); where there are lists, each of them is read once for all."""
        if self._centres is None or not any(len(queries) for queries, _ in asked):
            return [self.of(queries, k) for queries, k in asked]
        probes = np.concatenate([np.full(len(queries), _probes(k)) for queries, k in asked])
        together = np.concatenate([queries for queries, _ in asked])
        places, scores = self._listed(together, max(k for _, k in asked), probes)
        ends = np.cumsum([len(queries) for queries, _ in asked])[:-1]
        parts = zip(asked, np.split(places, ends), np.split(scores, ends), strict=True)
        return [(place[:, :k], score[:, :k]) for (_, k), place, score in parts]

    def _listed(self, queries: Floats, k: int, probes: Ints) -> tuple[Ints, Floats]:
        assert self._centres is not None
        lists, _ = top(queries @ self._centres.T, _PROBES)
        lists[np.arange(lists.shape[1]) >= probes[:, None]] = -1
        # As many queries at once as memory allows: each list is read once for all of them.
        chunk = np.cumsum(self._sizes[lists].sum(axis=1)) // (2 * _CHUNK_NUMBERS)
        ends = [*np.flatnonzero(np.diff(chunk)) + 1, len(queries)]
        parts = [
            self._in_lists(queries[start:end], lists[start:end], k)
            for start, end in zip([0, *ends], ends, strict=False)
        ]
        return np.concatenate([place for place, _ in parts]), np.concatenate([score for _, score in parts])

    def _in_lists(self, queries: Floats, lists: Ints, k: int) -> tuple[Ints, Floats]:
        """Return the k nearest rows of each query among those of its lists, ties by place; list -1 is none."""
        sizes = self._sizes[lists]
        ends = np.cumsum(sizes, axis=1)
        begins = ends - sizes
        # The scores of one query after those of the other, each filled up to whole blocks.
        width = -(-ends[:, -1] // _BLOCK) * _BLOCK
        last = np.cumsum(width)
        first = last - width
        scores = np.empty(last[-1], np.float32)
        for fill, end in zip((first + ends[:, -1]).tolist(), last.tolist(), strict=True):
            scores[fill:end] = -2.0
        order = np.argsort(lists, axis=None, kind="stable")
        bounds = np.searchsorted(lists.ravel()[order], np.arange(len(self._starts)))
        into = (begins + first[:, None]).ravel()
        together = np.zeros((_ASKED, queries.shape[1]), np.float32)
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            rows = self._rows[self._starts[number] : self._starts[number + 1]]
            for start in range(bounds[number], bounds[number + 1], _ASKED):
                pairs = order[start : min(start + _ASKED, bounds[number + 1])]
                together[: len(pairs)] = queries[pairs // lists.shape[1]]
                # This way round the product is a third faster than the other.
                found = np.ascontiguousarray((rows @ together.T).T)
                for begin, row in zip(into[pairs].tolist(), found, strict=False):
                    scores[begin : begin + len(rows)] = row
        highest = scores.reshape(-1, _BLOCK).max(axis=1)
        places, best = np.full((len(queries), k), -1), np.full((len(queries), k), -2.0, np.float32)
        for query, (start, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
            likely = _likely(scores[start:end], highest[start // _BLOCK : end // _BLOCK], k)
            slot = np.searchsorted(begins[query], likely, side="right") - 1
            at = self._members[self._starts[lists[query, slot]] + likely - begins[query, slot]]
            values = scores[start + likely]
            chosen = np.lexsort((at, -values))[:k]
            places[query, : len(chosen)], best[query, : len(chosen)] = at[chosen], values[chosen]
        return places, best


def _probes(k: int) -> int:
    """Return how many lists a query for k rows looks at."""
    return _PROBES if k > _FEW else 2 * _PROBES // 3


def _likely(scores: Floats, highest: Floats, k: int) -> Ints:
    """Return the columns that may be among the k largest, given the largest of each block; -2 is no score."""
    # The k-th largest of the blocks' largest scores is no more than the k-th largest score.
    bound = np.partition(highest, len(highest) - k)[len(highest) - k] if len(highest) >= k else -2.0
    return np.flatnonzero((scores >= bound) & (scores > -2.0))


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
    order = _ordered(scores, k) if columns > 4 * _BLOCK else np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(scores, order, axis=1)


def _ordered(scores: Floats, k: int) -> Ints:
    """Return the same columns without sorting those that cannot be among them."""
    least = np.partition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k]
    found = np.empty((len(scores), k), np.int64)
    for row, (values, bound) in enumerate(zip(scores, least, strict=True)):
        likely = np.flatnonzero(values >= bound)
        found[row] = likely[np.argsort(-values[likely], kind="stable")[:k]]
    return found
