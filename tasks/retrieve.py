"""Node to panels: the plan of a node is asked of words, vectors and anchors, and the rankings are made one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.anchor.fusion import Ranked, fused
from met.anchor.plan import Plan, plan_of
from met.store import Store
from met.store.dossiers import load_nodes
from met.store.search import Near
from met.types import PlacedNode

# Panels that each ranking may propose.
DEEP: Final = 100
# No search lists more.
MOST_FOUND: Final = 1000
# What the panel's own texts were judged to say comes before words that merely stand there, and these before nearness.
# What stands around a node tells panels apart that others propose, and proposes none.
WEIGHTS: Final[Mapping[str, float]] = {"anchor": 3.0, "phrase": 2.0, "words": 1.0, "vector": 1.0, "around": 0.5}
# Below this a vector is near to anything.
LEAST_COSINE: Final = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """Where is looked: in a build with its tree, by vectors of `model`, under the node of that number."""

    build: str
    tree: int
    model: str
    under: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A panel that was found: its place among all, and, where its texts name the node, in which role they do."""

    found: Ranked
    role: str | None
    polarity: str | None
    named: str | None

    @property
    def is_told(self) -> bool:
        """Whether the panel's texts were judged to show the node or to give it as the diagnosis."""
        return self.role in ("depicted", "diagnosis") and self.polarity == "affirmed"


def retrieved(
    store: Store, searched: Searched, plan: Plan, vector: NDArray[np.float32], *, limit: int = 10
) -> list[Hit]:
    """Return the panels that a plan finds, the best first; `vector` is that of the plan's text.

    A panel whose texts deny the node is not found, whatever words they hold.
    """
    anchors = _anchors(store, searched, plan)
    rankings = rankings_of(store, searched, plan, vector, anchors.values())
    ranked = [one for one in fused(rankings, WEIGHTS) if not _is_denied(anchors.get(one.panel))]
    return [_hit(one, anchors.get(one.panel)) for one in ranked[:limit]]


def rankings_of(
    store: Store, searched: Searched, plan: Plan, vector: NDArray[np.float32], anchors: Iterable[Any]
) -> dict[str, list[tuple[str, float]]]:
    """Return what each signal says of panels, by its name in `WEIGHTS`."""
    words = store.query(
        "panels_by_words",
        build=searched.build,
        top=searched.under,
        names=plan.names,
        short=plan.short,
        around=plan.around,
        limit=DEEP,
    )
    near = Near(
        build=searched.build, tree=searched.tree, model=searched.model, vector=vector, top=searched.under, limit=DEEP
    )
    rankings = {
        "anchor": [(row.panel, _worth(row)) for row in anchors if _worth(row) > 0],
        "phrase": [(row.panel, row.phrase) for row in words if row.phrase > 0],
        "words": [(row.panel, row.words) for row in words],
        "vector": [(panel, cosine) for panel, cosine in store.nearest_panels(near) if cosine >= LEAST_COSINE],
    }
    proposed = sorted({panel for ranking in rankings.values() for panel, _ in ranking})
    beside = store.query("panels_beside", build=searched.build, panels=proposed, around=plan.around)
    return {**rankings, "around": [(row.panel, row.value) for row in beside]}


def plans_of(store: Store, searched: Searched, nodes: Sequence[str]) -> dict[str, tuple[Plan, PlacedNode]]:
    """Return the plan of each node of the tree, by its key, with the node in its place."""
    placed = load_nodes(store, searched.build, nodes)
    return {
        key: (
            plan_of(placed[key], [row.name for row in store.query("related_names", tree=searched.tree, node=key)]),
            placed[key],
        )
        for key in sorted(placed)
    }


def node_vectors(store: Store, model: str, placed: Iterable[PlacedNode]) -> dict[str, NDArray[np.float32]]:
    """Return the vectors of nodes by key; every node of a tree that was built has one."""
    digests = {one.node.key: one.node.text_digest for one in placed}
    vectors = store.vectors(sorted(set(digests.values())), model)
    return {key: vectors[digest] for key, digest in digests.items() if digest in vectors}


def searches_of(store: Store, searched: Searched) -> dict[str, Callable[[frozenset[str]], list[str]]]:
    """Return two ways to find the panels of nodes that bear one name, the best first: `retrieval` keeps to panels whose
    texts were judged to show the node or to give it as the diagnosis, `retrieval_all` gives all that is found.

    Each node is asked by itself, and of a panel that several find the best score counts.
    """

    @cache
    def found(nodes: frozenset[str]) -> list[Hit]:
        plans = plans_of(store, searched, sorted(nodes))
        vectors = node_vectors(store, searched.model, [placed for _, placed in plans.values()])
        best: dict[str, Hit] = {}
        for key, (plan, _) in plans.items():
            for hit in retrieved(store, searched, plan, vectors[key], limit=MOST_FOUND):
                known = best.get(hit.found.panel)
                if known is None or (hit.is_told, hit.found.score) > (known.is_told, known.found.score):
                    best[hit.found.panel] = hit
        return sorted(best.values(), key=lambda hit: (-hit.found.score, hit.found.panel))

    return {
        "retrieval": lambda nodes: [hit.found.panel for hit in found(nodes) if hit.is_told],
        "retrieval_all": lambda nodes: [hit.found.panel for hit in found(nodes)],
    }


def _anchors(store: Store, searched: Searched, plan: Plan) -> dict[str, Any]:
    if plan.node is None:
        return {}
    rows = store.query(
        "panels_by_anchor",
        build=searched.build,
        tree=searched.tree,
        node=plan.node,
        top=searched.under,
    )
    return {row.panel: row for row in rows}


def _worth(row: Any) -> float:
    """Return the value of an anchor for its ranking: what is shown before a diagnosis, and this before a mention."""
    if row.polarity != "affirmed":
        return 0.0
    tiers = {"depicted": 2.0, "diagnosis": 1.0, "mentioned": 0.0}
    return round(tiers[row.role] + row.score, 4) if row.role in tiers else 0.0


def _is_denied(anchor: Any) -> bool:
    return anchor is not None and anchor.polarity == "negated"


def _hit(found: Ranked, anchor: Any) -> Hit:
    if anchor is None:
        return Hit(found=found, role=None, polarity=None, named=None)
    return Hit(found=found, role=anchor.role, polarity=anchor.polarity, named=anchor.name)
