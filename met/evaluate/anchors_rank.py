"""Which panels a node finds, ranked by the score of its anchors, against the panels that must show it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from met.evaluate.anchors_found import FoundAnchor, LabelledPanel, Right
from met.evaluate.intervals import bootstrap

FIRST: Final = 10
SEED: Final = 20260101


def ranking(panels: Sequence[LabelledPanel], found: Mapping[str, Sequence[FoundAnchor]]) -> dict[str, Any]:
    """Return what `ranked_by` tells of the panels that are anchored as showing a node, by the score of the anchor."""

    def ranked(nodes: frozenset[str]) -> list[str]:
        scores = {panel.key: _score(found.get(panel.key, ()), nodes) for panel in panels}
        return [key for key in sorted(scores, key=lambda key: (-scores[key], key)) if scores[key] >= 0]

    return ranked_by(panels, ranked)


def ranked_by(panels: Sequence[LabelledPanel], ranked: Callable[[frozenset[str]], Sequence[str]]) -> dict[str, Any]:
    """Return precision and recall over the nodes that some of `panels` must show; `ranked` gives keys, the best first.

    `p_at_10` is the mean over the nodes that find a panel at all, whose number stands beside it, and counts only what
    is found; `p_at_right` looks at as many places as there are right panels, at most ten, found or not. Both recalls
    are means over all nodes, too. Panels that are none of `panels` are passed over.
    """
    shown = [(panel.key, one) for panel in panels for one in panel.rights if _shown(one)]
    musts = [(key, one.first) for key, one in shown if one.gold.need == "must"]
    labelled = {panel.key for panel in panels}
    precision: list[float] = []
    values: dict[str, list[float]] = {"p_at_right": [], "node_recall": [], "node_recall_at_10": []}
    for nodes in sorted({nodes for _, nodes in musts}, key=sorted):
        found = [key for key in ranked(nodes) if key in labelled]
        must = {key for key, of in musts if of == nodes}
        right = {key for key, one in shown if one.keys & nodes}
        if found:
            precision.append(float(np.mean([key in right for key in found[:FIRST]])))
        places = min(FIRST, len(right))
        values["p_at_right"].append(sum(key in right for key in found[:places]) / places)
        values["node_recall"].append(len(must & set(found)) / len(must))
        values["node_recall_at_10"].append(len(must & set(found[:FIRST])) / min(FIRST, len(must)))
    facts: dict[str, Any] = {"nodes": len(values["node_recall"]), "nodes_that_find": len(precision)}
    for name, each in {"p_at_10": precision, **values}.items():
        facts[name] = float(np.mean(each)) if each else 0.0
        facts[f"{name}_interval"] = _interval(each)
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
