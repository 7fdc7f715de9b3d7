"""Names by the letters of their words: which are spelt alike, and what stands above those."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from met.tree.attach.names import spelt
from met.tree.attach.nearest import Ints
from met.tree.attach.structure import Lists

# A gram that more names than this hold says little and costs most: it does not look for neighbours.
_COMMON: Final = 4000
_PADDED: Final = 4


class Grams:
    """Names as weighted character 4-grams of their words, tf-idf, unit length: near spellings have near rows."""

    def __init__(self, names: Sequence[str]) -> None:
        words, held = _words(names)
        grams = [_grams(word) for word in words]
        # In one order, whatever the hashes of strings: sums of floats depend on it in their last digits.
        self._column = {gram: column for column, gram in enumerate(sorted(set().union(*grams)))}
        rows = self._joined(held, grams, len(self._column))
        self._counts = np.bincount(rows.indices, minlength=len(self._column)).astype(np.float32)
        self._weight = np.log((len(names) + 1) / self._counts.astype(np.float64)).astype(np.float32)
        self._rows = self._scaled(rows, np.zeros(len(names), np.int64))
        self._held = Lists(self._rows.indptr, self._rows.indices)
        self._seeking = _columns(self._rows, self._counts <= _COMMON)

    def of(self, names: Sequence[str]) -> csr_array:
        """Return the rows of `names`; grams that no indexed name holds add to their length alone."""
        words, held = _words(names)
        grams = [_grams(word) for word in words]
        size = len(self._column)
        new = {gram: size + number for number, gram in enumerate(sorted(set().union(*grams) - self._column.keys()))}
        rows = self._joined(held, grams, size + len(new), new)
        known = rows.indices < size
        named = np.repeat(np.arange(len(names)), np.diff(rows.indptr))
        starts = np.r_[0, np.cumsum(np.bincount(named[known], minlength=len(names)))]
        kept = csr_array((rows.data[known], rows.indices[known], starts), shape=(len(names), size))
        return self._scaled(kept, np.bincount(named[~known], minlength=len(names)))

    def similar(self, rows: csr_array) -> csr_array:
        """Return the products of `rows` with every indexed name over the grams that are not common."""
        product: csr_array = (rows @ self._seeking).tocsr()
        return product

    def rarest(self, rows: csr_array, most: int) -> csr_array:
        """Return `rows` with the rarest grams of each alone: as many as `most` names hold together,
        and at least one.
        """
        counts, owner = self._counts[rows.indices], np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        order = np.lexsort((rows.indices, counts, owner))
        total = np.cumsum(counts[order], dtype=np.float64)
        begins = np.minimum(rows.indptr[:-1], max(0, len(order) - 1))
        before = np.concatenate([[0.0], total])[begins]
        kept = np.zeros(len(order), bool)
        kept[order] = total - before[owner] <= most
        kept[order[begins[np.diff(rows.indptr) > 0]]] = True
        starts = np.r_[0, np.cumsum(np.bincount(owner[kept], minlength=rows.shape[0]))]
        return csr_array((rows.data[kept], rows.indices[kept], starts), shape=rows.shape)

    def products(self, rows: csr_array, row: int, names: Ints) -> npt.NDArray[np.float32]:
        """Return the products of one of `rows` with some of the indexed names over the grams that are not common."""
        own = slice(rows.indptr[row], rows.indptr[row + 1])
        grams = rows.indices[own]
        weights = np.zeros(len(self._column), np.float32)
        weights[grams] = np.where(self._counts[grams] <= _COMMON, rows.data[own], 0)
        name, at = self._held.where(names)
        return np.bincount(name, self._rows.data[at] * weights[self._held.value[at]], len(names)).astype(np.float32)

    def votes(self, owner: Ints, parents: Lists) -> csr_array:
        """Return (grams, nodes): of the names that hold a gram, the share whose node stands under the node.

        `owner` is the node of each name. Grams that very many names hold have no vote.
        """
        rows, columns = parents.of(owner)
        under = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(owner), len(parents)))
        holds = _columns(self._rows, self._counts <= 4 * _COMMON)
        holds.data = np.ones_like(holds.data)
        votes: csr_array = (holds @ under).tocsr()
        votes.data /= np.repeat(self._counts, np.diff(votes.indptr))
        return votes

    def _joined(
        self, held: csr_array, grams: Sequence[Sequence[str]], size: int, new: Mapping[str, int] | None = None
    ) -> csr_array:
        """Return (names, grams): ones where a word of the name holds the gram."""
        column = {**self._column, **(new or {})}
        starts = np.r_[0, np.cumsum([len(each) for each in grams])].astype(np.int64)
        columns = np.fromiter((column[gram] for each in grams for gram in each), np.int64, int(starts[-1]))
        parts = csr_array((np.ones(len(columns), np.float32), columns, starts), shape=(len(grams), size))
        rows: csr_array = (held @ parts).tocsr()
        rows.sort_indices()
        return rows

    def _scaled(self, rows: csr_array, unknown: Ints) -> csr_array:
        """Return the rows with the weights of their grams, of unit length with `unknown` more of them."""
        data, lengths = self._weight[rows.indices], np.diff(rows.indptr)
        # A gram that no name holds is as rare as can be.
        rarest = np.log(len(self._column) + 1.0)
        sums = np.add.reduceat(np.append(data.astype(np.float64) ** 2, 0.0), rows.indptr[:-1]) if len(lengths) else 0.0
        squares = np.where(lengths > 0, sums, 0.0) + unknown * rarest**2
        norms = np.sqrt(np.maximum(squares, 1e-12))
        scaled = data / np.repeat(norms, lengths).astype(np.float32)
        return csr_array((scaled.astype(np.float32), rows.indices, rows.indptr), shape=rows.shape)


def _columns(rows: csr_array, chosen: npt.NDArray[np.bool_]) -> csr_array:
    kept = rows.copy()
    kept.data = np.where(chosen[kept.indices], kept.data, 0).astype(np.float32)
    kept.eliminate_zeros()
    turned: csr_array = kept.T.tocsr()
    return turned


def _words(names: Sequence[str]) -> tuple[list[str], csr_array]:
    """Return the words of all names, and (names, words): ones where the name holds the word."""
    number: dict[str, int] = {}
    held = [[number.setdefault(word, len(number)) for word in dict.fromkeys(spelt(name))] for name in names]
    starts = np.r_[0, np.cumsum([len(each) for each in held])].astype(np.int64)
    columns = np.fromiter(chain.from_iterable(held), np.int64, int(starts[-1]))
    ones = np.ones(len(columns), np.float32)
    return list(number), csr_array((ones, columns, starts), shape=(len(names), len(number)))


def _grams(word: str) -> list[str]:
    """Return the character 4-grams of a word with its ends marked, and the word whole."""
    padded = f" {word} "
    return sorted({padded, *(padded[start : start + _PADDED] for start in range(len(padded) - _PADDED + 1))})
