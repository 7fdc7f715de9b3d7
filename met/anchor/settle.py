"""What the anchors of one panel say of each other: kinds of image that exclude each other, and what a name implies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from met.anchor.known import Known
from met.anchor.sights import SeenKind
from met.keys import content_key
from met.types import Anchor, Facet, Role

KIND_WEIGHT: Final = 0.8
_THERE: Final[frozenset[Role]] = frozenset({"depicted", "diagnosis"})
# What follows from a name is less plain than what is said.
IMPLIED_WEIGHT: Final = 0.5


def settled(
    panel: str, anchors: Sequence[Anchor], sight: SeenKind, facets: Mapping[str, Facet], known: Known
) -> list[Anchor]:
    """Return the anchors of a panel, settled among each other; one a node."""
    own = {anchor.node: anchor for anchor in anchors}
    if sight.kind is not None:
        shown = [anchor for anchor in anchors if facets[anchor.node] == "modality" and _is_shown(anchor)]
        others = [anchor for anchor in shown if not known.agrees(anchor.node, sight.kind)]
        named = {anchor.field for anchor in others} & {"subcaption"} and len(others) == len(shown)
        kind = known.kinds.get(sight.kind)
        # Where the kind is not sure, the panel's own words are.
        if sight.certainty == "certain" or not named:
            own |= {anchor.node: _in_role(anchor, "mentioned") for anchor in others}
            if kind is not None:
                own[kind] = _of_kind(panel, kind, own.get(kind), sight)
    for anchor in list(own.values()):
        if _is_shown(anchor):
            for part in known.shown_on.get(anchor.node, ()):
                own[part] = _implied(part, own.get(part), anchor)
    return [
        _in_role(anchor, "mentioned") if _is_outdone(anchor, own, facets, known) else anchor for anchor in own.values()
    ]


def _is_shown(anchor: Anchor) -> bool:
    return anchor.role == "depicted" and anchor.polarity == "affirmed"


def _in_role(anchor: Anchor, role: Role) -> Anchor:
    if anchor.role == role:
        return anchor
    key = content_key("anchor", anchor.panel, anchor.node, role, anchor.field, anchor.start_char)
    return replace(anchor, key=key, role=role)


def _of_kind(panel: str, node: str, said: Anchor | None, sight: SeenKind) -> Anchor:
    """Return the anchor of the node that says the kind of image.

    What names the kind without saying that it is shown makes the kind more likely, and no surer.
    """
    weight = KIND_WEIGHT * sight.probability
    if said is not None and said.polarity == "affirmed" and said.method != "vector":
        told = replace(
            _in_role(said, "depicted"), certainty=said.certainty if said.role == "depicted" else sight.certainty
        )
        return replace(told, score=_together(said.score, weight), method=f"{said.method}+modality")
    if said is not None and said.polarity == "negated":
        return said
    return Anchor(
        key=content_key("anchor", panel, node, "depicted", "subcaption", None),
        panel=panel,
        node=node,
        role="depicted",
        polarity="affirmed",
        certainty=sight.certainty,
        score=round(weight, 4),
        method="modality",
        field="subcaption",
        surface="",
        start_char=None,
        end_char=None,
    )


def _implied(node: str, said: Anchor | None, source: Anchor) -> Anchor:
    """Return the anchor of a part of the body that the name of a depicted node tells; it rests on the same words."""
    if said is not None and (_is_shown(said) or said.polarity == "negated" or said.role in ("normal", "comparator")):
        return said
    return replace(
        source,
        key=content_key("anchor", source.panel, node, "depicted", source.field, source.start_char),
        node=node,
        score=max(round(IMPLIED_WEIGHT * source.score, 4), said.score if said is not None else 0.0),
        method="implied",
    )


def _is_outdone(anchor: Anchor, own: Mapping[str, Anchor], facets: Mapping[str, Facet], known: Known) -> bool:
    """Return whether a disease or a modality stands beside one below it that is as plainly there: that one is meant.

    A stain or a smear is a preparation: the image stays one of the microscope.
    """
    facet = facets[anchor.node]
    if facet not in ("disease", "modality") or anchor.role not in _THERE:
        return False
    return any(
        facets[other.node] == facet
        and other.role in _THERE
        and other.polarity == anchor.polarity
        and anchor.node in known.above(other.node)
        and other.node not in known.preparations
        for other in own.values()
    )


def _together(score: float, weight: float) -> float:
    return round(1.0 - (1.0 - score) * (1.0 - weight), 4)
