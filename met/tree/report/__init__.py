"""The quality report of a tree: counts and shares of what it holds, how deep it goes, and what speaks for it."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from met.tree.closure import ClosureTable
from met.tree.evidence import AUTHORITIES
from met.tree.roots import FACET_ROOTS
from met.types import Closure, Document, Drop, Edge, Evidence, Node, NodeAlias, Relation

# A facet below any of these is thin: nodes, depth, share of nodes with a definition, share with a sentence.
THIN: Final[Mapping[str, float]] = {"nodes": 50, "depth": 3, "defined": 0.25, "with_evidence": 0.02}
# So many candidates and conflicts stand in the report; the Drops hold all of them.
LISTED: Final = 200
# A node is well supported from this many sentences on.
SUPPORTED: Final = (1, 3, 10)


def report_of(
    *,
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    closure: Sequence[Closure] | ClosureTable,
    aliases: Sequence[NodeAlias],
    relations: Sequence[Relation],
    documents: Sequence[Document],
    evidence: Sequence[Evidence],
    drops: Sequence[Drop],
) -> dict[str, Any]:
    """Return what the tree holds: by facet size, depth, branching and evidence; kinds of edges and relations; Drops by
    reason.

    Shares are of the facet's nodes, 4 decimals. `depth` counts primary edges from the facet root; `branching` counts
    primary children of the nodes that have any.
    """
    sentences = _sentences(evidence, documents)
    depth = primary_depths(edges)
    children = Counter(edge.parent for edge in edges if edge.is_primary)
    parents = Counter(edge.child for edge in edges)
    own: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        own[node.facet].append(node)
    shown = [*(root.facet for root in FACET_ROOTS), *sorted(own.keys() - {root.facet for root in FACET_ROOTS})]
    facets = {facet: _facet(own[facet], depth, children, sentences) for facet in shown}
    return {
        "nodes": len(nodes),
        "facets": facets,
        "thin_facets": {facet: why for facet in shown if (why := thin(facets[facet]))},
        "edges": _counted(edge.kind for edge in edges),
        "secondary_edges": sum(not edge.is_primary for edge in edges),
        "several_parents": sum(count > 1 for count in parents.values()),
        "closure": len(closure),
        "aliases": len(aliases),
        "merges": _counted(alias.reason for alias in aliases if not alias.alias.startswith("node:")),
        "relations": _counted(relation.kind for relation in relations),
        "relations_by_kind": {kind: _relations(own) for kind, own in _by_kind(relations).items()},
        "relations_from_texts": _counted(row.kind for row in relations if "texts" in row.provenance),
        "documents": _counted(document.authority for document in documents),
        "evidence": _counted(row.kind for row in evidence),
        "evidence_by_assertion": _counted(row.assertion for row in evidence),
        "evidence_by_authority": _by_authority(evidence, documents),
        "nodes_with_evidence": {facet: facets[facet]["sentences"]["1"] for facet in shown},
        "drops": _counted(drop.reason for drop in drops),
    }


def listed(drops: Iterable[Drop]) -> dict[str, Any]:
    """Return candidates that are no nodes yet, best supported first, and conflicts, each with the count of all."""
    given = list(drops)
    candidates = [{"name": drop.item, **drop.detail} for drop in given if drop.reason == "candidate"]
    candidates.sort(key=lambda row: (-row["documents"], -row["support"], row["name"]))
    conflicts = [{"edge": drop.item, **drop.detail} for drop in given if drop.reason == "conflict"]
    conflicts.sort(key=lambda row: (-row["refused_score"], row["edge"]))
    return {
        "candidates": {"count": len(candidates), "rows": candidates[:LISTED]},
        "conflicts": {"count": len(conflicts), "rows": conflicts[:LISTED]},
    }


def thin(facet: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures in which a facet of the report is below what a usable one has, with their values."""
    nodes = max(1, facet["nodes"])
    values = {
        "nodes": facet["nodes"],
        "depth": facet["depth"],
        "defined": round(facet["defined"] / nodes, 4),
        "with_evidence": round(facet["sentences"]["1"] / nodes, 4),
    }
    return {name: value for name, value in values.items() if value < THIN[name]}


def _facet(
    own: Sequence[Node],
    depth: Mapping[str, int],
    children: Mapping[str, int],
    sentences: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    depths = [depth.get(node.key, 0) for node in own]
    branching = sorted(children[node.key] for node in own if node.key in children)
    found = [sum(sentences.get(node.key, {}).values()) for node in own]
    return {
        "nodes": len(own),
        "depth": max(depths, default=0),
        "mean_depth": round(statistics.fmean(depths), 4) if depths else 0.0,
        "leaves": len(own) - len(branching),
        "branching": {
            "mean": round(statistics.fmean(branching), 4) if branching else 0.0,
            "median": statistics.median(branching) if branching else 0,
            "max": branching[-1] if branching else 0,
        },
        "names": sum(1 + len(node.synonyms) for node in own),
        "defined": sum(node.definition is not None for node in own),
        "from_texts": sum("literature" in node.provenance for node in own),
        "sentences": {str(least): sum(count >= least for count in found) for least in SUPPORTED},
        "sentences_a_node": round(sum(found) / len(own), 4) if own else 0.0,
        "nodes_by_authority": _nodes_by_authority(own, sentences),
    }


def _nodes_by_authority(own: Sequence[Node], sentences: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    counts = Counter(authority for node in own for authority in sentences.get(node.key, ()))
    return {authority: counts[authority] for authority in AUTHORITIES if counts[authority]}


def _sentences(evidence: Iterable[Evidence], documents: Iterable[Document]) -> dict[str, dict[str, int]]:
    """Return how many rows of evidence a subject has, by the authority of their documents; denials are none."""
    authority = {document.key: document.authority for document in documents}
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in evidence:
        if row.assertion != "negated":
            found[row.subject][authority[row.document]] += 1
    return found


def _by_authority(evidence: Iterable[Evidence], documents: Iterable[Document]) -> dict[str, int]:
    authority = {document.key: document.authority for document in documents}
    counts = Counter(authority[row.document] for row in evidence if row.assertion != "negated")
    return {name: counts[name] for name in AUTHORITIES if counts[name]}


def primary_depths(edges: Iterable[Edge]) -> dict[str, int]:
    """Return the number of primary edges from its root to each node that has an edge."""
    above = {edge.child: edge.parent for edge in edges if edge.is_primary}
    depth: dict[str, int] = {}
    for node in above:
        path = [node]
        while path[-1] not in depth and path[-1] in above:
            path.append(above[path[-1]])
        start = depth.setdefault(path[-1], 0)
        for step, key in enumerate(reversed(path)):
            depth[key] = start + step
    return depth


def _by_kind(relations: Iterable[Relation]) -> dict[str, list[Relation]]:
    found: dict[str, list[Relation]] = defaultdict(list)
    for relation in relations:
        found[relation.kind].append(relation)
    return {kind: found[kind] for kind in sorted(found)}


def _relations(own: Sequence[Relation]) -> dict[str, Any]:
    from_texts = sum("texts" in relation.provenance for relation in own)
    from_axioms = sum("axiom" in relation.provenance for relation in own)
    return {
        "relations": len(own),
        "from_texts": from_texts,
        "from_ontologies": from_axioms,
        "from_both": from_texts + from_axioms - len(own),
        "mean_confidence": round(statistics.fmean(relation.confidence for relation in own), 4),
    }


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
