"""Which node the name of a new term means already, and which one people say that it does not mean."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from met.tree.lost_letters import LostLetters
from met.tree.merge import Apart, identity_of
from met.tree.normalise.names import Named, NameIndex, namings_of
from met.tree.novel.implied import ImpliedNames
from met.tree.spelling import fold_letters
from met.types import Edge, Facet, Node


class KnownNames:
    """The names of nodes, and the pairs (of CURIEs, or of normal forms of names) that are kept apart."""

    def __init__(self, nodes: Sequence[Node], apart: Apart, edges: Iterable[Edge] = ()) -> None:
        self._nodes = nodes
        self._index = _index(nodes)
        self._spelt = {facet: _spelt(nodes, facet) for facet in sorted({node.facet for node in nodes})}
        self._implied = ImpliedNames(nodes, edges)
        others: dict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            others[one].add(other)
            others[other].add(one)
        told = {name for pair in apart for name in pair}
        bearing: dict[str, set[str]] = defaultdict(set)
        for node in nodes if apart else ():
            for identity in told.intersection(_identities(node)):
                bearing[identity].add(node.key)
        self._apart = {
            name: frozenset[str]().union(*(bearing[other] for other in found)) for name, found in others.items()
        }

    def find(self, names: Sequence[str]) -> dict[str, Named | None]:
        """Return what each of `names` means, None where nothing is near; never a node that it is kept apart from."""
        groups: dict[frozenset[str], list[str]] = defaultdict(list)
        for name in names:
            groups[self._apart_from(name)].append(name)
        found: dict[str, Named | None] = {}
        for parted, group in groups.items():
            index = _index(node for node in self._nodes if node.key not in parted) if parted else self._index
            plain = [name if name.isascii() else fold_letters(name) for name in group]
            found.update(zip(group, index.find(plain), strict=True))
        return found

    def misspelt(self, name: str, facet: Facet | None) -> str | None:
        """Return the node of `facet` whose name `name` is with letters lost; None where there is none."""
        if facet not in self._spelt:
            return None
        parted = self._apart_from(name)
        spelt = (
            _spelt((node for node in self._nodes if node.key not in parted), facet) if parted else self._spelt[facet]
        )
        return spelt.find(name)

    def implied(self, name: str, facet: Facet, definition: str | None) -> tuple[str, str] | None:
        """Return the node that a text means by `name`, shorter than the node's own, and what says so."""
        return self._implied.find(name, facet, definition, but=self._apart_from(name))

    def _apart_from(self, name: str) -> frozenset[str]:
        return self._apart.get(identity_of(name), frozenset())


def _identities(node: Node) -> Iterable[str]:
    """Yield what may stand for a node in a pair: its CURIE or name, and the CURIEs of the terms in it."""
    yield identity_of(node.curie or node.name)
    yield from (term["curie"] for term in node.provenance.get("terms", ()) if "curie" in term)


def _index(nodes: Iterable[Node]) -> NameIndex:
    return NameIndex(namings_of((node.key, (node.name, *node.synonyms)) for node in nodes))


def _spelt(nodes: Iterable[Node], facet: Facet) -> LostLetters:
    named = (node for node in nodes if node.facet == facet)
    return LostLetters((name, node.key) for node in named for name in (node.name, *node.synonyms))
