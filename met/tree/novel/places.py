"""The structure that a text names without its place: "internal capsule", where the tree has "... of telencephalon".

One node alone must be named "term of something", the term having two words or more. What says besides that it is meant
is one of these:

* the ontology itself calls it so elsewhere: names of two other nodes end in "of" and the term;
* the definition that texts give shares words with the node's own definition;
* where the node has none, that definition names the place: a word of what stands behind "of", or of a node above it.

Words that say nothing of a place ("bone", "structure") are no such word, and the words of the term itself are none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from met.tree.normalise.keys import LITTLE
from met.tree.novel.stems import kindred_stem
from met.types import Edge

# Words that two definitions of one thing share, besides those of its name; other names that call it by the term alone.
_SHARED: Final = 2
_CALLED: Final = 2
# Nodes above one that are looked at for the words of its place.
_ABOVE: Final = 5
_GENERAL_WORDS: Final = (
    "anatomical entity structure organ organism system part region zone subdivision element component multicellular "
    "material tissue bone muscle body set collection group projection surface complex cluster multi layer wall space "
    "left right upper lower anterior posterior medial lateral superior inferior"
)
_GENERAL: Final = frozenset(map(kindred_stem, _GENERAL_WORDS.split()))


class Places:
    """Names of anatomy by what stands before and behind "of", and where their nodes stand."""

    def __init__(self, edges: Iterable[Edge] = ()) -> None:
        self._above = {edge.child: edge.parent for edge in edges if edge.is_primary}
        self._named: dict[str, tuple[str, ...]] = {}
        self._before: dict[str, dict[str, set[str]]] = defaultdict(dict)
        self._behind: dict[str, set[str]] = defaultdict(set)

    def put(self, node: str, words: tuple[str, ...], *, is_own: bool) -> None:
        """Take in the words of a name of a node."""
        if is_own:
            self._named[node] = words
        for at, word in enumerate(words):
            if word == "of" and at:
                self._before[_plain(words[:at])].setdefault(node, set()).update(map(kindred_stem, words[at + 1 :]))
                self._behind[_plain(words[at + 1 :])].add(node)

    def find(
        self, words: tuple[str, ...], told: frozenset[str], defined: Mapping[str, frozenset[str]], but: frozenset[str]
    ) -> str:
        """Return the one node that is meant by a name of these words; empty where none is.

        `told` are the stems of the definition that texts give, `defined` those of the definitions of nodes.
        """
        term = _plain(words)
        nodes = self._before.get(term, {}).keys() - but
        if len(words) < 2 or len(nodes) != 1:
            return ""
        (node,) = nodes
        called = self._behind.get(term, set()) - {node} - but
        if len(called) >= _CALLED or not (node in defined or self._above.get(node)):
            return node
        shared = told - set(map(kindred_stem, words))
        if node in defined:
            return node if len(shared & defined[node]) >= _SHARED else ""
        return node if shared & (self._before[term][node] | self._place_of(node)) - _GENERAL else ""

    def _place_of(self, node: str) -> set[str]:
        found: set[str] = set()
        for _ in range(_ABOVE):
            node = self._above.get(node, "")
            found.update(kindred_stem(word) for word in self._named.get(node, ()) if word not in LITTLE)
        return found


def _plain(words: tuple[str, ...]) -> str:
    return " ".join(word for word in words if word != "the")
