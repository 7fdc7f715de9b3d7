"""The one entity that a panel is about."""

from met.types import Anchor, Dossier, Facet

# Of equally strong anchors, what is wrong comes before where it is.
_BEFORE: tuple[Facet, ...] = ("disease", "symptom", "organism", "cell", "anatomy", "device", "procedure", "normal")


def focus_of(dossier: Dossier) -> Anchor | None:
    """Return the best anchor that is depicted and affirmed, or None; `dossier.nodes` must hold the anchored nodes.

    A modality says how and not what, so it is the focus only where nothing else is depicted. Then the score decides,
    then the facet, then the key.
    """
    depicted = [anchor for anchor in dossier.anchors if anchor.role == "depicted" and anchor.polarity == "affirmed"]
    return min(depicted, key=lambda anchor: _rank(anchor, dossier.nodes[anchor.node].node.facet), default=None)


def _rank(anchor: Anchor, facet: Facet) -> tuple[bool, float, int, str]:
    return facet == "modality", -anchor.score, _BEFORE.index(facet) if facet in _BEFORE else len(_BEFORE), anchor.key
