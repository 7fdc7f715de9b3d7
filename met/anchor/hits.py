"""A hit: one node named at one place in the texts of a panel."""

from collections.abc import Iterable
from dataclasses import dataclass

from met.anchor.passages import Passage
from met.types import Certainty, Polarity, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One node named in one passage; offsets are into the whole text of the field."""

    node: str
    passage: Passage
    surface: str
    start: int
    end: int
    weight: float
    polarity: Polarity
    certainty: Certainty
    role: Role


def by_node(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    """Return the hits of each node, in their order."""
    nodes: dict[str, list[Hit]] = {}
    for hit in hits:
        nodes.setdefault(hit.node, []).append(hit)
    return nodes
