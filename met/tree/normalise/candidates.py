"""Names alike by their letters: vectors of letter triples weighted by rarity (TF-IDF, Salton and Buckley 1988)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import log
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from met.tree.normalise.keys import name_key

LETTERS: Final = 3
# Rows of names compared at once: bounds the memory of the product.
_ROWS: Final = 128
# Triples of more names than this share tell little, and make most of the work.
_COMMON: Final = 0.05
_FEW: Final = 1000


class TrigramIndex:
    """Names as unit vectors of letter triples, ready to be compared with others. Equal names give equal indexes."""

    def __init__(self, names: Sequence[str]) -> None:
        grams = [_triples(name) for name in names]
        found = Counter(gram for counts in grams for gram in counts)
        total = 1 + len(names)
        limit = max(_FEW, _COMMON * total)
        self._common = frozenset(gram for gram, count in found.items() if count > limit)
        for gram in self._common:
            del found[gram]
        self._place = {gram: at for at, gram in enumerate(sorted(found))}
        self._rarest = log(total)
        self._rarity = np.array([log(total / found[gram]) for gram in sorted(found)])
        self._rows = self._matrix(grams)

    def nearest(self, names: Sequence[str], *, first: int) -> Iterator[list[tuple[int, float]]]:
        """Yield, for each of `names`, the `first` names of the index that are most alike: (place, cosine).

        Falling by cosine (4 decimals), ties by place; names that share no triple are never among them.
        """
        for start in range(0, len(names), _ROWS):
            rows = self._matrix([_triples(name) for name in names[start : start + _ROWS]])
            alike = csr_array(rows @ self._rows.T)
            for at in range(alike.shape[0]):
                part = slice(alike.indptr[at], alike.indptr[at + 1])
                places, values = alike.indices[part], np.round(alike.data[part], 4)
                if len(values) > first:
                    limit = np.partition(values, len(values) - first)[len(values) - first]
                    near = values >= limit
                    places, values = places[near], values[near]
                order = np.lexsort((places, -values))[:first]
                yield [(int(places[at]), float(values[at])) for at in order]

    def _matrix(self, grams: Iterable[Counter[str]]) -> csr_array:
        values: list[float] = []
        columns: list[int] = []
        ends = [0]
        for counts in grams:
            known = sorted((self._place[gram], count) for gram, count in counts.items() if gram in self._place)
            row = [count * float(self._rarity[at]) for at, count in known]
            # A triple that no name of the index has makes a name longer, and so less alike.
            strange = self._rarest**2 * sum(count**2 for gram, count in counts.items() if self._is_strange(gram))
            length = (sum(value * value for value in row) + strange) ** 0.5 or 1.0
            values += [value / length for value in row]
            columns += [at for at, _ in known]
            ends.append(len(values))
        return csr_array((values, columns, ends), shape=(len(ends) - 1, len(self._place)), dtype=np.float32)

    def _is_strange(self, gram: str) -> bool:
        return gram not in self._place and gram not in self._common


def _triples(name: str) -> Counter[str]:
    text = f" {name_key(name)} "
    return Counter(text[at : at + LETTERS] for at in range(len(text) - LETTERS + 1))
