"""Which facet a new term belongs to: its head, the words and endings of known names, its genus, its neighbours."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log
from typing import Final

from met.tree.discover.words import singular
from met.types import Facet

_WEIGHTS: Final = {"head": 1.0, "word": 0.35, "end5": 0.4, "end4": 0.4, "end3": 0.3, "genus": 1.6, "start": 0.3}
_NEAR: Final = 1.5
_NEIGHBOURS: Final = 20
_ENDS_GENUS: Final = frozenset({"of", "in", "and", "or", "on", "to", "for", "at", "between", "under"})
_SMOOTH: Final = 1e-5
_CLEAR: Final = 0.1


class FacetWords:
    """Shares of the names of each facet that hold a word, a head or an ending."""

    def __init__(self, names: Iterable[tuple[str, Facet]]) -> None:
        """`names` are (phrase key, facet) of known names."""
        self.size: Counter[Facet] = Counter()
        self.held: dict[tuple[str, str], Counter[Facet]] = defaultdict(Counter)
        for key, facet in sorted(set(names)):
            self.size[facet] += 1
            for evidence in set(_evidence(key)):
                self.held[evidence][facet] += 1

    def facet_of(
        self, key: str, *, genera: Iterable[str] = (), near: Mapping[str, int] | None = None, own: Facet | None = None
    ) -> tuple[Facet | None, float]:
        """Return the facet that speaks loudest for a phrase and by how much (natural log of odds to the next).

        None where nothing speaks louder than the rest (a margin under 0.1). `own` is the facet that the phrase's own
        name has in the counts: it is taken out, so that a known name is judged as if it were new.
        """
        scores = dict.fromkeys(sorted(self.size), 0.0)
        if not scores:
            return None, 0.0
        evidence = [(one, own) for one in set(_evidence(key))]
        evidence += [(("genus", head), None) for head in sorted({genus_head(genus) for genus in genera} - {""})]
        for (kind, text), mine in sorted(evidence, key=str):
            counts = self.held.get(("head" if kind == "genus" else kind, text), Counter())
            rates = {facet: max(0, counts[facet] - (facet == mine)) / self.size[facet] + _SMOOTH for facet in scores}
            total = sum(rates.values())
            for facet, rate in rates.items():
                scores[facet] += _WEIGHTS[kind] * log(rate / total)
        around = sum((near or {}).values())
        weight = _NEAR * (1 + min(around, _NEIGHBOURS) / _NEIGHBOURS)
        for facet in scores:
            scores[facet] += weight * log(((near or {}).get(facet, 0) + 1) / (around + len(scores)))
        ranked = sorted(scores, key=lambda facet: (-scores[facet], facet))
        margin = round(scores[ranked[0]] - scores[ranked[1]], 4) if len(ranked) > 1 else _CLEAR
        return (ranked[0] if margin >= _CLEAR else None), margin


def head_of(parts: Sequence[str]) -> str:
    """Return the head of a phrase key's words: the last one, or the last one before "of"."""
    before_of = parts[: parts.index("of")] if "of" in parts[1:] else parts
    return singular(before_of[-1])


def genus_head(genus: str) -> str:
    """Return the noun of a genus: its last word before "of", "in" or "and", in the singular; empty where it has none.

    >>> genus_head("largest bones of the foot")
    'bone'
    """
    words = genus.lower().split()
    stop = next((at for at, word in enumerate(words) if at and word in _ENDS_GENUS), len(words))
    return singular(words[stop - 1]) if words else ""


def _evidence(key: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of what a phrase key shows; of "head of the femur" the head is the first word."""
    parts = key.split()
    if not parts:
        return
    head = head_of(parts)
    yield "head", head
    if len(parts) > 1:
        yield "start", parts[0]
    # Findings name the organ that they are of: that names hold a head elsewhere says nothing of what it is.
    yield from (("word", word) for word in map(singular, parts) if word not in ("of", "the", head))
    for size in (5, 4, 3):
        if len(head) > size:
            yield f"end{size}", head[-size:]
