"""Grows the tree: ontologies give the skeleton, texts give evidence, definitions and names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from met.errors import BadOntology
from met.keys import content_key, digest
from met.rights import made_licence
from met.stages import TREE_VERSION
from met.tree.build import build_skeleton
from met.tree.closure import closure_of
from met.tree.digests import with_digests
from met.tree.evidence import Addition, Findings, additions, evidence_of
from met.tree.lexicon import Lexicon, lexicon_digest, names_of
from met.tree.modalities import table_text
from met.tree.names import distinct_names
from met.tree.ontology import read_ontology
from met.tree.roots import FACET_ROOTS
from met.tree.texts import file_sha256, read_texts, text_files
from met.types import Closure, Document, Drop, Edge, Evidence, Node, NodeAlias, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A finished tree: all rows sorted by their keys, `closure` made while it is read. `report` counts what is in
    it.
    """

    key: str
    inputs: Mapping[str, Any]
    lexicon_digest: str
    report: Mapping[str, Any]
    nodes: tuple[Node, ...]
    aliases: tuple[NodeAlias, ...]
    edges: tuple[Edge, ...]
    closure: Sequence[Closure]
    relations: tuple[Relation, ...]
    documents: tuple[Document, ...]
    evidence: tuple[Evidence, ...]
    drops: tuple[Drop, ...]


def tree_key(ontologies: Sequence[Path], texts: Sequence[Path]) -> tuple[str, dict[str, Any]]:
    """Return the key of the tree that these files grow into, and what it stands for: names and sha256 of the files,
    our own table, the version of the code. Where the files lie does not matter; the order of the texts neither.

    Raises:
        BadOntology: an ontology is no readable file.
        BadInput: a text is no readable file or folder.
    """
    inputs = {
        "ontologies": [{"name": path.name, "sha256": _ontology_sha256(path)} for path in ontologies],
        "texts": [{"name": found.path, "sha256": found.sha256} for found in text_files(texts)],
        "modalities": digest(table_text()),
        "version": TREE_VERSION,
    }
    return content_key("tree", inputs), inputs


def _ontology_sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise BadOntology(path=path.name, why=f"cannot be read: {error.strerror}") from error


def grow(ontologies: Sequence[Path], texts: Sequence[Path]) -> Grown:
    """Return the tree of these files. The first ontology of a facet is its skeleton; the order of the others does not
    matter.

    Raises:
        BadOntology: an ontology cannot be used; the message says why.
        BadInput: a text is no readable file or folder.
    """
    key, inputs = tree_key(ontologies, texts)
    skeleton = build_skeleton([read_ontology(path) for path in ontologies])
    findings = Findings(lexicon=lexicon_of(skeleton.nodes), facets={node.key: node.facet for node in skeleton.nodes})
    documents, drops = [], list(skeleton.drops)
    for item in read_texts(text_files(texts)):
        if isinstance(item, Drop):
            drops.append(item)
        else:
            documents.append(item.document)
            findings.add(item)
    made = additions(findings, skeleton.nodes, unaltered=skeleton.unaltered)
    nodes = with_digests([_enriched(node, made.get(node.key)) for node in skeleton.nodes], skeleton.edges)
    evidence = evidence_of(findings, made)
    drops = sorted(drops, key=lambda drop: (drop.reason, drop.item))
    grown = Grown(
        key=key,
        inputs=inputs,
        lexicon_digest=lexicon_digest(nodes),
        report={},
        nodes=nodes,
        aliases=skeleton.aliases,
        edges=skeleton.edges,
        closure=closure_of([node.key for node in nodes], skeleton.edges),
        relations=skeleton.relations,
        documents=tuple(sorted(documents, key=lambda document: document.key)),
        evidence=evidence,
        drops=tuple(drops),
    )
    return replace(grown, report=report_of(grown))


def lexicon_of(nodes: Iterable[Node]) -> Lexicon:
    """Return the dictionary of all names of `nodes`."""
    return Lexicon((name, node.key) for node in nodes for name in names_of(node))


def _enriched(node: Node, addition: Addition | None) -> Node:
    if addition is None:
        return node
    synonyms = distinct_names((*node.synonyms, *addition.synonyms), besides=node.name)
    provenance = (
        {**node.provenance, "text_synonyms": list(addition.synonyms)} if addition.synonyms else dict(node.provenance)
    )
    found = addition.definition
    if found is None:
        return replace(node, synonyms=synonyms, provenance=provenance)
    source = {"document": found.document, "start_char": found.sentence_start, "licence": found.licence}
    licence = made_licence(node.licence, found.licence) or node.licence
    return replace(
        node, synonyms=synonyms, definition=found.said, licence=licence, provenance={**provenance, "definition": source}
    )


def report_of(grown: Grown) -> dict[str, Any]:
    """Return counts of what the tree holds: per facet, by kind of edge, of evidence, and of Drops by reason."""
    facet_of = {node.key: node.facet for node in grown.nodes}
    depth = _primary_depths(grown.edges)
    return {
        "nodes": len(grown.nodes),
        "facets": {root.facet: _facet_report(root.facet, grown.nodes, depth) for root in FACET_ROOTS},
        "edges": _counted(edge.kind for edge in grown.edges),
        "secondary_edges": sum(not edge.is_primary for edge in grown.edges),
        "several_parents": sum(count > 1 for count in Counter(edge.child for edge in grown.edges).values()),
        "closure": len(grown.closure),
        "aliases": len(grown.aliases),
        "relations": _counted(relation.kind for relation in grown.relations),
        "documents": _counted(document.authority for document in grown.documents),
        "evidence": _counted(row.kind for row in grown.evidence),
        "nodes_with_evidence": _counted(facet_of[subject] for subject in {row.subject for row in grown.evidence}),
        "drops": _counted(drop.reason for drop in grown.drops),
    }


def _facet_report(facet: str, nodes: Iterable[Node], depth: Mapping[str, int]) -> dict[str, int]:
    own = [node for node in nodes if node.facet == facet]
    return {
        "nodes": len(own),
        "depth": max((depth.get(node.key, 0) for node in own), default=0),
        "names": sum(len(names_of(node)) for node in own),
        "defined": sum(node.definition is not None for node in own),
    }


def _primary_depths(edges: Iterable[Edge]) -> dict[str, int]:
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


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
