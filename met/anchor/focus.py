"""The one entity that a panel is about."""

from met.types import Anchor, Dossier, Facet

# What is wrong comes before where it is, provided that the text says so plainly.
PLAIN = 0.5
_WRONG: tuple[Facet, ...] = ("disease", "symptom")


def focus_of(dossier: Dossier) -> Anchor | None:
    """Return the best anchor that is depicted, affirmed and named in the texts, or None; `dossier.nodes` must hold the
    anchored nodes.

    What the text says plainly, with a score of at least 0.5, comes before what it hints at. Among that, diseases and
    findings come first, and a modality, which says how and not what, comes last. Then the score decides, then the key.
    """
    depicted = [
        anchor
        for anchor in dossier.anchors
        if anchor.role == "depicted" and anchor.polarity == "affirmed" and anchor.start_char is not None
    ]
    return min(depicted, key=lambda anchor: _rank(anchor, dossier.nodes[anchor.node].node.facet), default=None)


def _rank(anchor: Anchor, facet: Facet) -> tuple[bool, int, float, str]:
    hinted = anchor.score < PLAIN
    what = 2 if facet == "modality" else 0 if facet in _WRONG and not hinted else 1
    return hinted, what, -anchor.score, anchor.key
