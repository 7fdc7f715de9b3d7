"""Which panels a node finds, ranked by the score of its anchors, against the panels that must show it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from met.evaluate.anchors_found import FoundAnchor, LabelledPanel, Right
from met.evaluate.intervals import bootstrap

FIRST: Final = 10
SEED: Final = 20260101


def ranking(panels: Sequence[LabelledPanel], found: Mapping[str, Sequence[FoundAnchor]]) -> dict[str, Any]:
    """Return precision and recall over the nodes that some of `panels` must show.

    `p_at_10` is the mean over the nodes that find a panel at all, whose number stands beside it; both recalls are means
    over all nodes. Panels are ranked by score, ties by key.
    """
    shown = [(panel.key, one) for panel in panels for one in panel.rights if _shown(one)]
    musts = [(key, one.first) for key, one in shown if one.gold.need == "must"]
    precision: list[float] = []
    recall: list[float] = []
    recall_at: list[float] = []
    for nodes in sorted({nodes for _, nodes in musts}, key=sorted):
        scores = {panel.key: _score(found.get(panel.key, ()), nodes) for panel in panels}
        ranked = [key for key in sorted(scores, key=lambda key: (-scores[key], key)) if scores[key] >= 0]
        must = {key for key, of in musts if of == nodes}
        right = {key for key, one in shown if one.keys & nodes}
        if ranked:
            precision.append(float(np.mean([key in right for key in ranked[:FIRST]])))
        recall.append(len(must & set(ranked)) / len(must))
        recall_at.append(len(must & set(ranked[:FIRST])) / min(FIRST, len(must)))
    facts: dict[str, Any] = {"nodes": len(recall), "nodes_that_find": len(precision)}
    for name, values in (("p_at_10", precision), ("node_recall", recall), ("node_recall_at_10", recall_at)):
        facts[name] = float(np.mean(values)) if values else 0.0
        facts[f"{name}_interval"] = _interval(values)
    return facts


def _interval(values: Sequence[float]) -> tuple[float, float]:
    return bootstrap(values, lambda part: float(part.mean()), seed=SEED) if values else (0.0, 1.0)


def _shown(right: Right) -> bool:
    return "depicted" in right.gold.roles and right.gold.polarity == "affirmed"


def _score(found: Sequence[FoundAnchor], nodes: frozenset[str]) -> float:
    """Return the best score with which the panel shows one of `nodes`; -1 where it shows none."""
    scores = (
        round(one.score, 4)
        for one in found
        if one.node in nodes and one.role == "depicted" and one.polarity == "affirmed"
    )
    return max(scores, default=-1.0)
