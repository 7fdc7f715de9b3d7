"""Grows the tree: ontologies give the skeleton, texts give evidence, definitions and names."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from met.errors import BadOntology
from met.keys import content_key, digest
from met.rights import made_licence
from met.stages import TREE_VERSION
from met.tree import reading
from met.tree.associate import relations_in
from met.tree.build import build_skeleton
from met.tree.closure import closure_of
from met.tree.digests import with_digests
from met.tree.doubts import doubts
from met.tree.evidence import Addition, additions, evidence_of
from met.tree.findings import findings_text
from met.tree.growing import NO_VECTORS, Vectors, conflict_drops, place_novel
from met.tree.lexicon import lexicon_digest
from met.tree.literature import read_literature
from met.tree.merge import NOTHING_APART, Apart
from met.tree.modalities import table_text
from met.tree.names import distinct_names
from met.tree.ontology import read_ontology
from met.tree.reading import Reader, choosing
from met.tree.relations import joined_relations
from met.tree.report import listed, report_of
from met.tree.texts import file_sha256, text_files
from met.tree.variants import variant_aliases, without_apart
from met.types import Grown, Node


def tree_key(
    ontologies: Sequence[Path],
    texts: Sequence[Path],
    *,
    vectors: Vectors = NO_VECTORS,
    reader: Reader | None = None,
    apart: Apart = NOTHING_APART,
) -> tuple[str, dict[str, Any]]:
    """Return the key of the tree that these files grow into, and what it stands for: names and sha256 of the files,
    our own tables, the models of vectors and reader, what people keep apart, the version of the code. Where the files
    lie does not matter; the order of the texts neither.

    Raises:
        BadOntology: an ontology is no readable file.
        BadInput: a text is no readable file or folder.
    """
    inputs: dict[str, Any] = {
        "ontologies": [{"name": path.name, "sha256": _ontology_sha256(path)} for path in ontologies],
        "texts": [{"name": found.path, "sha256": found.sha256} for found in text_files(texts)],
        "modalities": digest(table_text()),
        "findings": digest(findings_text()),
        "vectors": vectors.name,
        "version": TREE_VERSION,
    }
    if reader is not None:
        prompts = [prompt.digest for prompt in (reading.PROMPT, choosing.PROMPT)]
        inputs["reader"] = {**reader.identity, "sentences": reader.lines, "prompts": prompts}
    if apart:
        inputs["apart"] = sorted(map(list, apart))
    return content_key("tree", inputs), inputs


def _ontology_sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise BadOntology(path=path.name, why=f"cannot be read: {error.strerror}") from error


def grow(
    ontologies: Sequence[Path],
    texts: Sequence[Path],
    *,
    vectors: Vectors = NO_VECTORS,
    reader: Reader | None = None,
    apart: Apart = NOTHING_APART,
) -> Grown:
    """Return the tree of these files. The first ontology of a facet is its skeleton; the order of the others does not
    matter, nor does that of the texts.

    The skeleton is never changed: what texts alone give is attached below it. Memory holds the tree, what the texts say
    of it, and of the texts themselves no more than DISCOVERED_FROM characters. A reader names terms in sentences of the
    texts beside what discovery finds; given the same replies, the tree is the same. What is kept `apart` is never
    joined, whatever speaks for it.

    Raises:
        BadOntology: an ontology cannot be used; the message says why.
        BadInput: a text is no readable file or folder.
        ModelUnavailable: the reader's engine cannot go on.
    """
    key, inputs = tree_key(ontologies, texts, vectors=vectors, reader=reader, apart=apart)
    skeleton = build_skeleton([read_ontology(path) for path in ontologies], apart=apart, embed=vectors.embed)
    with ThreadPoolExecutor(1, "names") as beside:
        # Most names are asked for below. Their vectors are made in a library, which leaves this thread to read texts.
        named = beside.submit(vectors.embed, [node.name for node in skeleton.nodes])
        literature = read_literature(text_files(texts), skeleton.nodes, skeleton.edges)
        named.result()
    said = additions(literature.findings, skeleton.nodes, unaltered=skeleton.unaltered)
    made = without_apart(said, skeleton.nodes, apart)
    known = [_enriched(node, made.get(node.key)) for node in skeleton.nodes]
    chosen = literature.choose(known, reader, apart=apart)
    placed = place_novel(chosen.novel, skeleton, vectors.embed, reader)
    every = known + [each.node for each in chosen.novel]
    edges = tuple(sorted((*skeleton.edges, *placed.edges), key=lambda edge: (edge.child, edge.parent)))
    nodes = with_digests(sorted(every, key=lambda node: node.key), edges)
    stated, places = relations_in(literature.associations)
    evidence = {row.key: row for each in chosen.novel for row in each.evidence}
    evidence |= {row.key: row for row in (*evidence_of(literature.findings, made), *places, *chosen.evidence)}
    conflicts = (*placed.conflicts, *doubts(known, skeleton.edges, evidence.values()))
    drops = [*skeleton.drops, *literature.drops, *chosen.drops, *placed.drops, *conflict_drops(conflicts, nodes)]
    rows: dict[str, Any] = {
        "nodes": nodes,
        "aliases": (*skeleton.aliases, *variant_aliases(nodes)),
        "edges": edges,
        "closure": closure_of([node.key for node in nodes], edges),
        "relations": joined_relations(skeleton.relations, stated),
        "documents": tuple(sorted(literature.documents, key=lambda document: document.key)),
        "evidence": tuple(evidence[row] for row in sorted(evidence)),
        "drops": tuple(sorted(drops, key=lambda drop: (drop.reason, drop.item))),
    }
    report = {**report_of(**rows), "attached": placed.counts, **listed(rows["drops"])}
    report |= {"merges_refused": dict(skeleton.merges.get("refused", {}))}
    report |= {"reading": dict(literature.reading)} if reader is not None else {}
    return Grown(
        key=key, inputs=inputs, version=TREE_VERSION, lexicon_digest=lexicon_digest(nodes), report=report, **rows
    )


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
