"""Anchors of a built installation against gold: which nodes a panel gets, and which panels a node finds.

Panel to nodes: a `must` of the gold is found where the build anchors one of its nodes in one of its roles. What the
build anchors beyond the gold is wrong for the roles that the gold labels completely (`depicted`, `diagnosis`); of the
other roles only recall is known. Of what is wrong, `wrong_role` is right for the panel in another role. `near` counts a
node as right, too, that is one edge from a right one. Gold nodes that the tree lacks, and panels that the build cut
otherwise, are counted and left out: they are no matter of anchoring.

Node to panels: each node that some panel must show ranks the labelled panels by the score of its anchor. Precision is
that of the first ten, or of as many as there are; recall is over the panels that must show it.

All of it is told for the anchors as they are, for those that the dictionary speaks for, and for those that vectors
speak for. An anchor that both speak for keeps its one score and role in each. Beside them stands what the fused
retrieval finds (tasks/retrieve.py): `retrieval` of the panels that are anchored at the node or below it, as what they
show or as the diagnosis; `retrieval_all` of all panels, more of what is right among more that is not.

Anchors heed the kind of image, whose weights may have learnt from the panels: then `trained_on_gold` is true, and
`unseen_by_weights` is over the panels in whose files they did not. With labelled images, of which they were made,
`refitted` has the figures where each article's kinds of image are told by weights that saw none of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.errors import BadInput
from met.evaluate.anchors_found import Anchored, FoundAnchor, LabelledPanel, Right, finder
from met.evaluate.anchors_gold import GoldPanels, Half, matched, read_gold
from met.evaluate.anchors_rank import ranked_by, ranking
from met.evaluate.intervals import bootstrap
from met.types import Facet, Role

COMPLETE: Final[frozenset[Role]] = frozenset({"depicted", "diagnosis"})
# What speaks for an anchor, by the name under which the figures stand; None: whatever does.
WAYS: Final[Mapping[str, str | None]] = {"as_built": None, "dictionary": "dictionary", "vector": "vector"}
SEED: Final = 20260101
_COLUMNS: Final = 7


def score_anchors(
    gold: Sequence[Path],
    *,
    images: Path | None = None,
    root: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the figures of the newest build of an installation; the headline is the micro F1 of the half `test`.

    The option `anchored` is an `Anchored`; `refit` names the gold of the score `modality`, whose images lie under
    `images` or `root`.

    Raises:
        BadInput: no build was given, the gold is no such table, or the build holds none of its panels.
    """
    anchored = (options or {}).get("anchored")
    if not isinstance(anchored, Anchored):
        raise BadInput(what="score anchors", why="needs --home with a build")
    panels = [read_gold(path) for path in gold]
    facts = scored(panels, anchored)
    if refit := (options or {}).get("refit"):
        facts["refitted"] = _refitted(panels, anchored, refit, images or root)
    return facts


def _refitted(gold: Sequence[GoldPanels], anchored: Anchored, labelled: Path, root: Path | None) -> dict[str, Any]:
    # The library that fits takes seconds to import.
    from met.evaluate.modality_fit import FOLDS, fitted_apart
    from met.evaluate.modality_gold import read_gold as read_images

    models = fitted_apart(read_images(labelled, root=root))
    # Of an article without a labelled image each of them saw nothing.
    other = models[min(models)]
    placed = matched([panel for one in gold for panel in one.halves], anchored.panels)
    told = {key: models.get(name.partition("/")[0], other) for name, key in placed.items()}
    again = replace(anchored, anchors=anchored.again(told), searches={})
    return {"by": "article", "folds": FOLDS, **_of_halves(*_labelled(gold, again), again)}


def scored(gold: Sequence[GoldPanels], anchored: Anchored) -> dict[str, Any]:
    """Return the figures of `score_anchors`."""
    halves, labelled = _labelled(gold, anchored)
    learnt = anchored.learnt([one.key for one in labelled])
    unseen = [one for one in labelled if one.key not in learnt]
    return {
        "headline": "f1",
        **_of_halves(halves, labelled, anchored),
        "gold_panels": len(halves),
        "matched_panels": len(labelled),
        "outside_tree": sorted({"|".join(line.nodes) for one in labelled for line in one.lacking}),
        "trained_on_gold": bool(learnt),
        "unseen_by_weights": _of_halves(halves, unseen, replace(anchored, searches={})),
    }


def _labelled(gold: Sequence[GoldPanels], anchored: Anchored) -> tuple[Mapping[str, Half], list[LabelledPanel]]:
    """Return the half of each gold panel, and those that the build holds.

    Raises:
        BadInput: it holds none.
    """
    halves = {panel: half for one in gold for panel, half in one.halves.items()}
    lines = {panel: rows for one in gold for panel, rows in one.anchors.items()}
    placed = matched(halves, anchored.panels)
    if not placed:
        raise BadInput(what="score anchors", why="the build holds none of the panels of the gold")
    find, labelled = finder(anchored), []
    for name in sorted(placed):
        rights = [find(line) for line in lines.get(name, ())]
        lacking = [right.gold for right in rights if not right.keys and right.gold.need == "must"]
        known = [right for right in rights if right.keys]
        labelled.append(LabelledPanel(name=name, key=placed[name], rights=known, lacking=lacking))
    return halves, labelled


def _of_halves(halves: Mapping[str, Half], labelled: Sequence[LabelledPanel], anchored: Anchored) -> dict[str, Any]:
    facets = {node.key: node.facet for node in anchored.nodes}
    told = {
        part: _told([one for one in labelled if part in ("all", halves[one.name])], anchored, facets)
        for part in ("test", "dev", "all")
    }
    first = told["test"]
    return {"n": first["panels"], "f1": first["as_built"]["f1"], "interval": first["as_built"]["f1_interval"], **told}


def _told(panels: Sequence[LabelledPanel], anchored: Anchored, facets: Mapping[str, Facet]) -> dict[str, Any]:
    told: dict[str, Any] = {"panels": len(panels)}
    if not panels:
        return told | {way: {"f1": 0.0, "f1_interval": (0.0, 1.0)} for way in WAYS}
    for way, voice in WAYS.items():
        by_panel: dict[str, list[FoundAnchor]] = defaultdict(list)
        for anchor in anchored.anchors:
            if voice is None or voice in anchor.method.split("+"):
                by_panel[anchor.panel].append(anchor)
        counts = [_counts(panel.rights, by_panel.get(panel.key, ()), facets) for panel in panels]
        told[way] = {**_figures(panels, counts), **ranking(panels, by_panel)}
    return told | {name: ranked_by(panels, search) for name, search in anchored.searches.items()}


_Counts = dict[tuple[Facet, Role], NDArray[np.int64]]


def _counts(rights: Sequence[Right], found: Sequence[FoundAnchor], facets: Mapping[str, Facet]) -> _Counts:
    """Return counts by facet and role: hits, wrong, missed; the same with neighbours right; wrong in role alone."""
    counts: _Counts = defaultdict(lambda: np.zeros(_COLUMNS, dtype=np.int64))
    for right in rights:
        if right.gold.need == "must":
            fits = [one for one in found if one.role in right.gold.roles and one.polarity == right.gold.polarity]
            hit, near = (any(one.node in keys for one in fits) for keys in (right.keys, right.around))
            counts[right.gold.facet, right.gold.roles[0]] += np.array([hit, 0, not hit, near, 0, not near, 0])
    for node, role in {(one.node, one.role) for one in found if one.polarity == "affirmed" and one.role in COMPLETE}:
        fitting = [one for one in rights if role in one.gold.roles and one.gold.polarity == "affirmed"]
        wrong, far = (not any(node in keys(one) for one in fitting) for keys in (_keys, _around))
        role_alone = wrong and any(node in one.keys for one in rights)
        counts[facets[node], role] += np.array([0, wrong, 0, 0, far, 0, role_alone])
    return counts


def _keys(right: Right) -> frozenset[str]:
    return right.keys


def _around(right: Right) -> frozenset[str]:
    return right.around


def _figures(panels: Sequence[LabelledPanel], counts: Sequence[_Counts]) -> dict[str, Any]:
    kinds = sorted({kind for one in counts for kind in one})
    complete = [kind for kind in kinds if kind[1] in COMPLETE]
    articles = [panel.name.partition("/")[0] for panel in panels]

    def of(wanted: Sequence[tuple[Facet, Role]]) -> dict[str, Any]:
        rows = np.array(
            [sum((one[kind] for kind in wanted if kind in one), np.zeros(_COLUMNS, np.int64)) for one in counts]
        )
        exact, near = _measures(rows[:, :3]), _measures(rows[:, 3:6])
        interval = bootstrap(rows[:, :3], lambda part: _measures(part)["f1"], seed=SEED, groups=articles)
        return {
            **exact,
            "wrong_role": int(rows[:, 6].sum()),
            "f1_interval": interval,
            **{f"{name}_near": near[name] for name in ("precision", "recall", "f1")},
        }

    return {
        **of(complete),
        "by_facet": {facet: of([kind for kind in complete if kind[0] == facet]) for facet in _in(complete, 0)},
        "by_role": {role: of([kind for kind in complete if kind[1] == role]) for role in _in(complete, 1)},
        "recall_of": {role: _recall(counts, role) for role in _in(kinds, 1) if role not in COMPLETE},
    }


def _in(kinds: Sequence[tuple[Facet, Role]], at: int) -> list[str]:
    return sorted({kind[at] for kind in kinds})


def _recall(counts: Sequence[_Counts], role: str) -> dict[str, Any]:
    rows = np.array([row[:3] for one in counts for kind, row in one.items() if kind[1] == role])
    return {name: value for name, value in _measures(rows).items() if name in ("musts", "recall")}


def _measures(rows: NDArray[np.int64]) -> dict[str, Any]:
    """Return micro precision, recall and F1 of rows of hits, wrong ones and misses."""
    hits, wrong, missed = (int(column) for column in rows.sum(axis=0))
    return {
        "musts": hits + missed,
        "wrong": wrong,
        "precision": hits / max(1, hits + wrong),
        "recall": hits / max(1, hits + missed),
        "f1": 2 * hits / max(1, 2 * hits + wrong + missed),
    }
