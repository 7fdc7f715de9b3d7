"""What a build covers: pairs by node and modality, nodes without a pair, and what a search would find for these."""

from collections.abc import Sequence
from typing import Any

from met.store import Store
from tasks.retrieve import Hit, Searched, node_vectors, plans_of, retrieved

EXCERPT = 240


def coverage_facts(
    store: Store, searched: Searched, node: str | None, *, empty: int, per_node: int = 5
) -> dict[str, Any]:
    """Return the coverage at the node of that key, or at the roots, as `met coverage --json` prints it.

    `nodes` are the node and its children with their pairs; `empty` are at most so many nodes at it or below without a
    pair, those first that most panels name, each with up to `per_node` panels that a search for it finds. A panel is
    counted there and not made a pair: what its texts say of the node was judged when it was anchored.
    """
    rows = [dict(row._mapping) for row in store.query("coverage", build=searched.build, node=node)]
    share = {
        row.key: row
        for row in store.query("covered_share", build=searched.build, nodes=[str(row["key"]) for row in rows])
    }
    nodes = [{**row, "nodes": share[row["key"]].nodes, "covered": share[row["key"]].covered} for row in rows]
    bare = store.query("empty_nodes", build=searched.build, node=node, limit=empty) if empty else []
    plans = plans_of(store, searched, [row.key for row in bare])
    vectors = node_vectors(store, searched.model, [placed for _, placed in plans.values()])
    found = {
        row.key: retrieved(store, searched, plans[row.key][0], vectors[row.key], limit=per_node)
        for row in bare
        if row.key in vectors
    }
    told = told_of(store, searched.build, [hit for hits in found.values() for hit in hits])
    return {
        "build": searched.build,
        "nodes": nodes,
        "empty": [
            {
                **dict(row._mapping),
                "path": list(plans[row.key][1].path),
                "found": [told_hit(hit, place, told) for place, hit in enumerate(found.get(row.key, ()), 1)],
            }
            for row in bare
        ],
    }


def told_of(store: Store, build: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """Return what a reader wants to see of the panels that were found, by their keys."""
    panels = sorted({hit.found.panel for hit in hits})
    return {row.panel: row for row in store.query("panel_excerpts", build=build, panels=panels)}


def told_hit(hit: Hit, place: int, told: dict[str, Any]) -> dict[str, Any]:
    """Return a hit for people and machines: its place, score and the place in each ranking, and what the panel is."""
    row = told[hit.found.panel]
    return {
        "place": place,
        "panel": hit.found.panel,
        "score": hit.found.score,
        "places": dict(sorted(hit.found.places.items())),
        "role": hit.role,
        "polarity": hit.polarity,
        "named": hit.named,
        "modality": row.modality,
        "pair": row.is_pair,
        "image": row.image,
        "box": list(row.box),
        "graphic": row.graphic,
        "label": row.label,
        "letter": row.letter,
        "article": row.article,
        "text": " ".join(row.text.split())[:EXCERPT],
    }
