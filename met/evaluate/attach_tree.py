"""How well the shipped scorer places what it does not see in a tree: leaves are hidden and placed again."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from met.evaluate.attach import hits
from met.evaluate.attach_fit import ask, hide, leaves_of, some
from met.tree.attach.candidates import Embed
from met.tree.attach.ground import Entity
from met.tree.attach.scorer import load_scorer
from met.tree.growing import SKELETON
from met.tree.roots import FACET_ROOTS
from met.types import Edge, Node

SHARE: Final = 0.2
_SALT: Final = "leaves of a tree"
FORMULA: Final = (
    "hit@1: hidden leaves whose best candidate is one of their parents that can be seen / hidden leaves with such a "
    "parent; hit@5: one of the best five is. The scorer has learnt from ontologies, perhaps from these: "
    "`met score attach` tells of one that has not."
)


def tree_accuracy(nodes: Sequence[Node], edges: Iterable[Edge], embed: Embed, *, leaves: int) -> dict[str, Any]:
    """Return hit@1 and hit@5 with 95 % intervals, by facet, of at most `leaves` leaves that are hidden and placed
    again.

    A facet that is too small to be a skeleton, or of which no leaf can be hidden, is left out. What texts gave is not
    asked for: its place is no gold.
    """
    given = [(edge.child, edge.parent) for edge in edges]
    found = {root.facet: _facet(nodes, given, embed, root.facet, leaves) for root in FACET_ROOTS}
    return {"formula": FORMULA, "facets": {facet: facts for facet, facts in found.items() if facts}}


def _facet(
    nodes: Sequence[Node], edges: Sequence[tuple[str, str]], embed: Embed, facet: str, leaves: int
) -> dict[str, Any]:
    own = [node for node in nodes if node.facet == facet and "literature" not in node.provenance]
    entities = [Entity(key=node.key, names=(node.name, *node.synonyms), definition=node.definition) for node in own]
    keys = {entity.key for entity in entities}
    pairs = [pair for pair in edges if keys.issuperset(pair)]
    candidates = leaves_of(entities, pairs)
    share = min(SHARE, leaves / max(1, len(candidates)))
    case = hide(entities, pairs, some(candidates, share, _SALT))
    if len(own) < SKELETON or not case.asked:
        return {}
    _, asked = ask(case, embed, limit=leaves)
    found = hits(asked, load_scorer().forecast(asked.rows), np.ones(min(leaves, len(case.asked)), dtype=bool))
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
