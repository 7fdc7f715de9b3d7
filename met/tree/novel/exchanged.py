"""Names that differ in one word where both words mean the same: "adrenal vein" is the "suprarenal vein".

That two words are one in names is learnt from the nodes: so they are where several nodes bear two names that differ in
them alone ("adrenal gland", "suprarenal gland"), and hardly any two nodes do. Of 876 nodes of UBERON whose own name
leads to a node so, when what it shows of itself is left out, 818 come back to themselves, and 1,737 of 1,875 diseases
(0.93 of both); most of the others are two nodes for one thing. A word alone leads anywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import permutations
from typing import Final

from met.tree.normalise.keys import LITTLE
from met.tree.normalise.words import QUALIFIERS
from met.types import Facet

Words = tuple[str, ...]
# Nodes that bear both names, from which two words are one, and the share of these that pairs of nodes may be.
SUPPORT: Final = 4
LIKELY: Final = 3
APART_SHARE: Final = 0.1
_SHORTEST: Final = 3
# Facets whose names are compared so: findings exchange words for what is not the same ("raised", "abnormal").
EXCHANGED: Final = frozenset({"anatomy", "disease"})


class Exchanged:
    """The names of nodes as words, and which words are one in them."""

    def __init__(self) -> None:
        self._bearers: dict[tuple[Facet, Words], set[str]] = defaultdict(set)
        self._holding: dict[tuple[Facet, str], set[Words]] = defaultdict(set)
        self._support: dict[str, Counter[str]] = defaultdict(Counter)
        self._alone: dict[tuple[Facet, str], set[str]] = defaultdict(set)
        self._apart: dict[tuple[Facet, str, str], int] = {}

    def put(self, node: str, facet: Facet, names: Sequence[Words]) -> None:
        """Take in all names of a node."""
        others: dict[tuple[Words, Words], set[str]] = defaultdict(set)
        for words in names:
            self._bearers[facet, words].add(node)
            for at, word in enumerate(words):
                self._holding[facet, word].add(words)
                if len(words) > 1 and _is_content(word):
                    others[words[:at], words[at + 1 :]].add(word)
        single = sorted({words[0] for words in names if len(words) == 1 and _is_content(words[0])})
        for one, other in permutations(single, 2):
            self._alone[facet, one].add(other)
        pairs = {pair for found in others.values() for pair in permutations(sorted(found), 2)}
        for one, other in pairs:
            self._support[one][other] += 1

    def find(self, words: Words, facet: Facet, *, likely: bool = False) -> set[str]:
        """Return the nodes of `facet` that bear a name which differs from `words` in one word that means the same, or
        where that is only `likely`.
        """
        found: set[str] = set()
        for at, word in enumerate(words) if len(words) > 1 else ():
            support, alone = self._support.get(word, Counter()), self._alone.get((facet, word), set())
            for other in {*support, *alone}:
                bearers = self._bearers.get((facet, (*words[:at], other, *words[at + 1 :])), set())
                if bearers and self._is_one(facet, word, other, likely=likely):
                    found |= bearers
        return found

    def _is_one(self, facet: Facet, one: str, other: str, *, likely: bool) -> bool:
        """Say whether hardly any two nodes of `facet` are told apart by these words alone, or, where they are `likely`
        one, no more than bear both. What narrows an entity is never only likely to be one.
        """
        support, alone = self._support.get(one, Counter())[other], other in self._alone.get((facet, one), ())
        if support < (LIKELY if likely else SUPPORT) and not alone:
            return False
        if likely and not QUALIFIERS.isdisjoint((one, other)):
            return False
        key = (facet, one, other)
        if key not in self._apart:
            pairs = {pair for words in self._holding[facet, one] for pair in self._parted(facet, words, one, other)}
            self._apart[key] = len(pairs)
        return self._apart[key] <= support * (1.0 if likely else APART_SHARE)

    def _parted(self, facet: Facet, words: Words, one: str, other: str) -> set[tuple[str, str]]:
        own, parted = self._bearers[facet, words], set()
        for at, word in enumerate(words):
            if word == one and len(words) > 1:
                theirs = self._bearers.get((facet, (*words[:at], other, *words[at + 1 :])), set())
                parted |= {(min(a, b), max(a, b)) for a in own - theirs for b in theirs - own}
        return parted


def _is_content(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in LITTLE and not word.isdecimal()
