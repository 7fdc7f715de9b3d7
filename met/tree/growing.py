"""Places the nodes that literature alone gives below the frozen skeleton, facet by facet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.tree.attach import Prefer, as_weighed, attach
from met.tree.attach.candidates import Embed
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.places import Conflict, Placement, Weighed
from met.tree.attach.scorer import FLAT_WEIGHTS, load_scorer
from met.tree.build import Skeleton, node_key
from met.tree.induce import induce
from met.tree.novel import Novel, by_facet
from met.tree.novel.told import Definitions
from met.tree.reading import Reader
from met.tree.reading.choosing import Chooser
from met.tree.roots import FACET_ROOTS
from met.types import Drop, Edge, Node

# The signal of an edge that the definition of its child states.
DEFINITION: Final = "definition"
# A facet of fewer nodes is no skeleton: its concepts are given a hierarchy of their own.
SKELETON: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Gives unit vectors of texts, float32 (n, d). `name` tells the model: other vectors may place nodes elsewhere."""

    name: str
    embed: Embed


def _zero(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.zeros((len(texts), 1), np.float32)


# Names, definitions and texts alone decide.
NO_VECTORS: Final = Vectors(name="none", embed=_zero)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The edges of the new nodes, sorted by (child, parent), the conflicts, and counts for the report.

    `drops` are replies of a model that could not be used.
    """

    edges: tuple[Edge, ...]
    conflicts: tuple[Conflict, ...]
    counts: dict[str, Any]
    drops: tuple[Drop, ...] = ()


def place_novel(novel: Sequence[Novel], skeleton: Skeleton, embed: Embed, reader: Reader | None = None) -> Placed:
    """Return where the new nodes stand; the edges of the skeleton stay as they are. `embed` gives unit vectors.

    The reader chooses among the best candidates of the skeleton where the scorer is not sure.

    Raises:
        ModelUnavailable: the reader's engine cannot go on.
    """
    chooser, definitions = Chooser(reader, novel) if reader else None, Definitions()
    defined = {each.node.key: tuple(row.key for row in each.evidence if row.kind == "definition") for each in novel}
    placements: list[Placement] = []
    conflicts: list[Conflict] = []
    below: dict[str, int] = {}
    for facet, found in by_facet(novel).items():
        root = next((node_key(top.facet, None, top.name) for top in FACET_ROOTS if top.facet == facet), None)
        if root is None:
            raise ValueError(f"the facet {facet} has no root")
        entities = [each.entity for each in found]
        own = [node for node in skeleton.nodes if node.facet == facet]
        below[facet] = len(entities)
        if len(own) < SKELETON:
            placements += induce(entities, root=root, embed=embed, scorer=load_scorer(FLAT_WEIGHTS))
            continue
        ground = ground_of(own, skeleton.edges, embed)
        attached = attach(
            entities,
            ground,
            root=root,
            embed=embed,
            scorer=load_scorer(),
            among=load_scorer(FLAT_WEIGHTS),
            prefer=_both(definitions.on(ground, facet), chooser.on(ground) if chooser else as_weighed),
        )
        placements += attached.placements
        conflicts += attached.conflicts
    edges = [_edge(_as_told(placement, definitions, defined), chooser) for placement in placements]
    scores = [placement.score for placement in placements if placement.is_primary]
    counts = {
        "by_facet": below,
        "edges": len(edges),
        "secondary_edges": sum(not edge.is_primary for edge in edges),
        "mean_score": round(float(np.mean(scores)), 4) if scores else 0.0,
    }
    return Placed(
        edges=tuple(sorted(edges, key=lambda edge: (edge.child, edge.parent))),
        conflicts=tuple(sorted(conflicts, key=lambda conflict: (conflict.child, conflict.refused))),
        counts=counts | ({"choices": chooser.counts()} if chooser else {}),
        drops=tuple(chooser.drops) if chooser else (),
    )


def _both(first: Prefer, second: Prefer) -> Prefer:
    """Return what orders candidates by the one, and these by the other."""

    def prefer(concepts: Sequence[Entity], weighed: Sequence[Weighed]) -> Sequence[Weighed]:
        return second(concepts, first(concepts, weighed))

    return prefer


def _as_told(placement: Placement, definitions: Definitions, defined: Mapping[str, tuple[str, ...]]) -> Placement:
    """Return the placement with the kind and the sentence of the definition that names its parent, if one does."""
    told = definitions.told.get(placement.child)
    if told is None or told.parent != placement.parent:
        return placement
    evidence = tuple(sorted({*placement.evidence, *defined.get(placement.child, ())}))
    signals = (DEFINITION, *(signal for signal in placement.signals if signal != "sibling"))
    return replace(placement, kind=told.kind, evidence=evidence, signals=signals)


def ground_of(nodes: Sequence[Node], edges: Iterable[Edge], embed: Embed) -> Ground:
    """Return the nodes of one facet with all their edges as the ground that new concepts are attached to."""
    entities = [Entity(key=node.key, names=(node.name, *node.synonyms), definition=node.definition) for node in nodes]
    keys = {entity.key for entity in entities}
    pairs = [(edge.child, edge.parent) for edge in edges if edge.child in keys]
    return Ground(entities, pairs, np.asarray(embed([entity.names[0] for entity in entities])))


def _edge(placement: Placement, chooser: "Chooser | None") -> Edge:
    said: dict[str, Any] = {"by": "texts", "score": placement.score, "signals": list(placement.signals)}
    if chooser and placement.is_primary and chooser.parents.get(placement.child) == placement.parent:
        said["chosen_by"] = chooser.name
    return Edge(
        child=placement.child,
        parent=placement.parent,
        kind=placement.kind,
        is_primary=placement.is_primary,
        provenance={**said, **({"evidence": list(placement.evidence)} if placement.evidence else {})},
    )


def conflict_drops(conflicts: Iterable[Conflict], nodes: Sequence[Node]) -> list[Drop]:
    """Return a Drop `conflict` for each refused parent, with the evidence on both sides."""
    names = {node.key: node.name for node in nodes}
    return [
        Drop(
            item=f"{names[conflict.child]} -> {names[conflict.refused]}",
            reason="conflict",
            detail={
                "child": conflict.child,
                "why": conflict.reason,
                "kept": names[conflict.kept],
                "kept_score": conflict.kept_score,
                "kept_evidence": list(conflict.kept_evidence),
                "refused": names[conflict.refused],
                "refused_score": conflict.refused_score,
                "refused_evidence": list(conflict.refused_evidence),
            },
        )
        for conflict in conflicts
    ]
