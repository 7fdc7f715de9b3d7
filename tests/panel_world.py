"""A small corpus for tests of searches and of coverage: panels whose texts, anchors and vectors a test names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from store_rows import RUN, finish, source, tree_parts

from met.keys import content_key, digest
from met.stages import ANCHOR, STAGES, stages_from
from met.store import Store
from met.tree.closure import closure_of
from met.types import Anchor, Edge, Grown, Made, Node, Panel, PanelText, Relation
from tasks.retrieve import Searched

MODEL = "test"
DIMENSIONS = 384


def disease(name: str, *synonyms: str) -> Node:
    return Node(
        key=content_key("node", "disease", name),
        digest=digest([name, synonyms]),
        facet="disease",
        curie=None,
        name=name,
        synonyms=synonyms,
        definition=None,
        xrefs=(),
        provenance={},
        licence="CC0-1.0",
        text_digest=digest(name),
    )


ROOT = disease("disease")
LUNG = disease("lung disease", "pulmonary disease")
PNEUMONIA = disease("lobar pneumonia", "pneumonia", "LP")
CANCER = disease("lung cancer")
HEART = disease("heart disease")
NODES = (ROOT, LUNG, PNEUMONIA, CANCER, HEART)
PARENTS = ((LUNG, ROOT), (HEART, ROOT), (PNEUMONIA, LUNG), (CANCER, LUNG))


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a test says of a panel: its texts, and (node, role, polarity) of its anchors."""

    subcaption: str = ""
    caption: str = ""
    mentions: str = ""
    anchors: Sequence[tuple[Node, str, str]] = ()
    vector: NDArray[Any] | None = None
    score: float = 0.8


def vector_of(*near: float, seed: int = 0) -> NDArray[np.float32]:
    """Return a unit vector whose first numbers are `near` and whose others are small."""
    row = np.random.default_rng(seed).normal(size=DIMENSIONS) * 0.001
    row[: len(near)] = near
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def anchor_of(panel: str, node: Node, role: Any, polarity: Any, score: float) -> Anchor:
    return Anchor(
        key=content_key("anchor", panel, node.key, role, "subcaption", 0),
        panel=panel,
        node=node.key,
        role=role,
        polarity=polarity,
        certainty="certain",
        score=score,
        method="dictionary",
        field="subcaption",
        surface="x",
        start_char=0,
        end_char=1,
    )


def world(store: Store, said: Sequence[Said], *, until: str = ANCHOR.name) -> tuple[Searched, list[str]]:
    """Return where to search and the panels in the order of `said`; stages up to `until` are finished."""
    edges = [
        Edge(child=child.key, parent=parent.key, kind="is_a", is_primary=True, provenance={})
        for child, parent in PARENTS
    ]
    parts = tree_parts() | {
        "nodes": list(NODES),
        "edges": edges,
        "closure": closure_of([node.key for node in NODES], edges),
        "aliases": [],
        "evidence": [],
        "relations": [
            Relation(
                key="relation:1",
                subject=PNEUMONIA.key,
                kind="has_symptom",
                object=HEART.key,
                confidence=0.9,
                provenance={},
            )
        ],
    }
    named, files = source(len(said))
    store.put_source(named, files)
    tree = store.put_tree(Grown(**parts))
    build = store.put_build(sources=[named.key], tree=tree, engine="rules", settings={})
    finish(store, build, [stage for stage in STAGES if stage not in stages_from(ANCHOR)])
    panels = [panel.key for panel in store.select(Panel, build=build)]
    finish_anchors(store, build, dict(zip(panels, said, strict=True)))
    after = [stage for stage in STAGES if STAGES.index(ANCHOR) < STAGES.index(stage)]
    last = next((number for number, stage in enumerate(after, 1) if stage.name == until), 0)
    finish(store, build, after[:last])
    return Searched(build=build, tree=tree, model=MODEL), panels


def finish_anchors(store: Store, build: str, said: dict[str, Said]) -> None:
    store.plan(build, ANCHOR, str(ANCHOR.code))
    lease = store.lease(build, ANCHOR.name, store.pending(build, ANCHOR.name), run=RUN)
    made, vectors = [], {node.text_digest: vector_of(1.0) for node in NODES}
    for work in lease.work:
        one = said[work.item]
        text = PanelText(
            key=content_key("panel_text", work.item),
            panel=work.item,
            text_digest=digest(work.item),
            subcaption=one.subcaption,
            caption=one.caption,
            mentions=one.mentions,
            title="",
        )
        anchors = [anchor_of(work.item, node, role, polarity, one.score) for node, role, polarity in one.anchors]
        made.append(Made(item=work.item, rows=(*anchors, text)))
        if one.vector is not None:
            vectors[digest(work.item)] = one.vector
    store.commit(lease, made, run=RUN, seconds=1.0)
    store.put_vectors(MODEL, vectors)
