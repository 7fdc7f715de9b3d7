"""The one entity that a panel is about."""

from met.types import Anchor, Dossier, Facet

# What is wrong comes before where it is, provided that the text says so plainly.
PLAIN = 0.5
_WRONG: tuple[Facet, ...] = ("disease", "symptom")


def focus_of(dossier: Dossier) -> Anchor | None:
    """Return the best anchor that is depicted and affirmed, or None; `dossier.nodes` must hold the anchored nodes.

    Diseases and findings with a score of at least 0.5 come first. A modality says how and not what, so it comes last.
    Within these groups the score decides, then the key.
    """
    depicted = [anchor for anchor in dossier.anchors if anchor.role == "depicted" and anchor.polarity == "affirmed"]
    return min(depicted, key=lambda anchor: _rank(anchor, dossier.nodes[anchor.node].node.facet), default=None)


def _rank(anchor: Anchor, facet: Facet) -> tuple[int, float, str]:
    group = 0 if facet in _WRONG and anchor.score >= PLAIN else 2 if facet == "modality" else 1
    return group, -anchor.score, anchor.key
