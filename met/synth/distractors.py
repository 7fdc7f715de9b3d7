"""Wrong options: siblings of the answer in the tree, without any that could be right too."""

from collections.abc import Iterable

from met.keys import digest
from met.tree.names import normal_form, tokens
from met.types import Dossier, PlacedNode

WRONG = 3
# Two names that differ in these alone name the two sides of one thing, and an image may show both.
_SIDES = frozenset(("left", "right", "both", "upper", "lower", "superior", "inferior", "anterior", "posterior"))
# A name of these alone is a heading of the tree, and right for whatever stands beside it.
_GENERAL = frozenset(("imaging", "image", "technique", "method", "procedure", "view", "plane", "entity", "structure"))


def distractors_of(dossier: Dossier, node: str) -> tuple[str, ...]:
    """Return up to three names of siblings of `node` that the panel's text does not name, in an order fixed by their
    digest.

    Left out are anchored nodes whatever their role, ancestors as far as the dossier knows them, names that a synonym of
    an anchored node also has, names that contain that of the answer or of an anchored node of its facet or are
    contained in it ("parenchymal consolidation" beside "consolidation"), the other side of the same thing, and headings
    of the tree ("imaging technique"). A structure that shares a word with any anatomy of the panel ("bronchus of right
    lung") is likely there too.
    """
    placed = dossier.nodes[node]
    refused = names_in_text(dossier) | rivals_of(dossier, (node,))
    anchored = {anchor.node for anchor in dossier.anchors}
    rivals = [placed, *(dossier.nodes[key] for key in sorted(anchored) if _facet(dossier, key) == placed.node.facet)]
    nearby = _anatomy_words(dossier) if placed.node.facet == "anatomy" else frozenset()
    names = {
        normal_form(name): (key, name)
        for key, name in sorted(placed.siblings)
        if key not in anchored
        and normal_form(name) not in refused
        and not any(_overlaps(name, other) for other in rivals)
        and nearby.isdisjoint(tokens(name))
        and not _GENERAL.issuperset(tokens(name))
    }
    ranked = sorted(names.values(), key=lambda sibling: digest([dossier.panel.key, *sibling]))
    return tuple(name for _, name in ranked[:WRONG])


def names_in_text(dossier: Dossier, *, besides: Iterable[str] = ()) -> frozenset[str]:
    """Return the normal forms of all names of the anchored nodes, those of `besides` left out."""
    left_out = frozenset(besides)
    anchored = {anchor.node for anchor in dossier.anchors} - left_out
    return frozenset(name for node in anchored for name in _names(dossier.nodes[node]))


def rivals_of(dossier: Dossier, nodes: Iterable[str]) -> frozenset[str]:
    """Return the normal forms of the names that are right wherever one of `nodes` is: its own and its ancestors'."""
    placed = [dossier.nodes[node] for node in nodes]
    own = {name for one in placed for name in _names(one)}
    return frozenset(own | {normal_form(name) for one in placed for name in one.path})


def _facet(dossier: Dossier, key: str) -> str:
    return dossier.nodes[key].node.facet


def _anatomy_words(dossier: Dossier) -> frozenset[str]:
    anatomy = [placed.node for placed in dossier.nodes.values() if placed.node.facet == "anatomy"]
    return frozenset(word for node in anatomy for name in (node.name, *node.synonyms) for word in tokens(name)) - {"of"}


def _names(placed: PlacedNode) -> tuple[str, ...]:
    return tuple(normal_form(name) for name in (placed.node.name, *placed.node.synonyms))


def _overlaps(name: str, placed: PlacedNode) -> bool:
    words = frozenset(tokens(name)) - _SIDES
    for other in (placed.node.name, *placed.node.synonyms):
        answer = frozenset(tokens(other)) - _SIDES
        if words <= answer or answer <= words:
            return True
    return False
