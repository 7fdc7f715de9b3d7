"""The score `tree`: how much of a hierarchy the texts alone give, and how much of an ontology's own our tree keeps.

With `--gold` (OBO files whose terms have definitions, or a glossary of term and definition): a tree is grown over the
terms from names and definitions alone. Gold edges are those between the terms; with `--ontology`, the nearest ancestors
among the terms in that ontology, found by CURIE, in a glossary by name. Edges to the root count on neither side.

Without `--gold`: the recall of "under this node" in the tree that the ontologies give, against their own closure.
"""

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from met.errors import BadInput
from met.evaluate.attach import Terms, terms_of
from met.evaluate.attach_fit import reached
from met.evaluate.intervals import bootstrap
from met.keys import digest
from met.tree.attach.candidates import Embed
from met.tree.attach.ground import Entity
from met.tree.attach.scorer import FLAT_SEEN, FLAT_WEIGHTS, load_scorer
from met.tree.build import Skeleton, build_skeleton
from met.tree.induce import induce
from met.tree.names import normal_form
from met.tree.ontology import read_ontology
from met.tree.ontology.terms import Ontology, prefix_of

ROOT: Final = "root"
NODES: Final = 200
_SEED: Final = 20260101
_GLOSSARY: Final = ("module", "term", "definition")
Edges = frozenset[tuple[str, str]]


def score_tree(
    gold: Sequence[Path],
    *,
    images: Path | None,  # noqa: ARG001
    root: Path | None,  # noqa: ARG001
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `tree`: headline edge_f1 with gold, subtree_recall without.

    Raises:
        BadInput: neither gold nor ontologies, no vectors, a gold of another shape, or a gold without an edge.
    """
    ontologies = [read_ontology(path) for path in options.get("ontologies") or []]
    if gold:
        return _literature(gold, ontologies, options.get("embed"))
    if not ontologies:
        raise BadInput(what="score tree", why="needs --gold or --ontology")
    return _closure(options["ontologies"], ontologies)


# ---------------------------------------------------------------- from literature alone


def _literature(gold: Sequence[Path], ontologies: Sequence[Ontology], embed: Embed | None) -> dict[str, Any]:
    if embed is None:
        raise BadInput(what="score tree", why="needs vectors")
    facts = {path.name: _one(path, ontologies, embed) for path in gold}
    measured = [each["terms"] for each in facts.values()]
    n = sum(measured)
    counts = np.concatenate([each.pop("counts") for each in facts.values()])
    if not counts[:, 1].any():
        raise BadInput(what="score tree", why="the gold holds no edge")
    return {
        "n": n,
        "headline": "edge_f1",
        "edge_f1": _f1(counts[:, :3]),
        "interval": bootstrap(counts[:, :3], _f1, seed=_SEED),
        "ancestor_f1": _f1(counts[:, 3:]),
        "ancestor_interval": bootstrap(counts[:, 3:], _f1, seed=_SEED),
        "coverage": sum(each["coverage"] * each["terms"] for each in facts.values()) / max(1, n),
        "names_alone": {name: each.pop("names_alone") for name, each in facts.items()},
        "trained_on_gold": any(each.pop("seen") for each in facts.values()),
        "per_gold": facts,
    }


def _one(path: Path, ontologies: Sequence[Ontology], embed: Embed) -> dict[str, Any]:
    entities, edges = _glossary(path, ontologies) if _is_glossary(path) else _slim(path, ontologies)
    told = _grown(entities, embed)
    mute = _grown([Entity(key=entity.key, names=entity.names) for entity in entities], embed)
    counts, bare = _counts(entities, told, edges), _counts(entities, mute, edges)
    parented = {child for child, _ in told}
    with_gold = {child for child, _ in edges}
    return {
        "terms": len(entities),
        "defined": sum(entity.definition is not None for entity in entities),
        "gold_edges": len(edges),
        "edge_f1": _f1(counts[:, :3]),
        "ancestor_f1": _f1(counts[:, 3:]),
        "coverage": len(parented & with_gold) / max(1, len(with_gold)),
        "names_alone": {"edge_f1": _f1(bare[:, :3]), "ancestor_f1": _f1(bare[:, 3:])},
        "seen": any(prefix_of(entity.key) in FLAT_SEEN for entity in entities),
        "counts": counts,
    }


def _grown(entities: Sequence[Entity], embed: Embed) -> Edges:
    placed = induce(entities, root=ROOT, embed=embed, scorer=load_scorer(FLAT_WEIGHTS))
    return frozenset((edge.child, edge.parent) for edge in placed if edge.parent != ROOT)


def _counts(entities: Sequence[Entity], found: Edges, gold: Edges) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return for each term: edges found, gold, in both; then the same of (term, ancestor)."""
    pairs = [(found, gold), (above(found), above(gold))]
    row = {entity.key: place for place, entity in enumerate(entities)}
    counts = np.zeros((len(entities), 6), dtype=np.int64)
    for column, (ours, theirs) in enumerate(pairs):
        for offset, edges in enumerate((ours, theirs, ours & theirs)):
            for child, number in Counter(child for child, _ in edges).items():
                counts[row[child], 3 * column + offset] = number
    return counts


def _f1(counts: np.ndarray[Any, Any]) -> float:
    found, gold, both = counts.sum(axis=0)
    return float(2 * both / (found + gold)) if found + gold else 0.0


def above(edges: Iterable[tuple[str, str]]) -> Edges:
    """Return every (term, ancestor) over `edges`, which may hold cycles; no term is its own ancestor."""
    parents: dict[str, set[str]] = defaultdict(set)
    for child, parent in edges:
        parents[child].add(parent)
    found = set()
    for child in list(parents):
        seen: set[str] = set()
        stack = list(parents[child])
        while stack:
            current = stack.pop()
            if current not in seen and current != child:
                seen.add(current)
                stack.extend(parents.get(current, ()))
        found |= {(child, ancestor) for ancestor in seen}
    return frozenset(found)


def _slim(path: Path, ontologies: Sequence[Ontology]) -> tuple[tuple[Entity, ...], Edges]:
    terms = terms_of([read_ontology(path)])
    if not ontologies:
        return terms.entities, frozenset(terms.edges)
    wanted = {entity.key: entity.key for entity in terms.entities}
    return terms.entities, _nearest(terms_of(ontologies), wanted)


def _is_glossary(path: Path) -> bool:
    return path.name.endswith((".tsv", ".tsv.gz"))


def _glossary(path: Path, ontologies: Sequence[Ontology]) -> tuple[tuple[Entity, ...], Edges]:
    if not ontologies:
        raise BadInput(what=f"gold {path.name}", why="is a glossary, which needs --ontology for its gold")
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or not set(_GLOSSARY[1:]) <= rows[0].keys():
        raise BadInput(what=f"gold {path.name}", why="has no columns term and definition")
    reference = terms_of(ontologies)
    by_name: dict[str, set[str]] = defaultdict(set)
    for entity in reference.entities:
        for name in entity.names:
            by_name[normal_form(name)].add(entity.key)
    chosen: dict[str, Entity] = {}
    for line in rows:
        keys = by_name.get(normal_form(line["term"]), set())
        if len(keys) == 1:
            key = min(keys)
            chosen.setdefault(key, Entity(key=key, names=(line["term"].strip(),), definition=line["definition"]))
    return tuple(chosen[key] for key in sorted(chosen)), _nearest(reference, {key: key for key in chosen})


def _nearest(reference: Terms, wanted: Mapping[str, str]) -> Edges:
    """Return (term, nearest ancestor) among the `wanted` over the reference's edges."""
    parents: dict[str, list[str]] = defaultdict(list)
    for child, parent in reference.edges:
        parents[child].append(parent)
    found = set()
    for key in wanted:
        seen: set[str] = set()
        stack = list(parents[key])
        while stack:
            current = stack.pop()
            if current in wanted:
                found.add((key, current))
            elif current not in seen:
                seen.add(current)
                stack.extend(parents[current])
    return frozenset(found)


# ---------------------------------------------------------------- closure


def _closure(paths: Sequence[Path], ontologies: Sequence[Ontology]) -> dict[str, Any]:
    skeleton = build_skeleton(ontologies)
    facts = {
        f"{ontology.name} {ontology.version}": _recall(_own_closure(path, ontology), skeleton)
        for path, ontology in zip(paths, ontologies, strict=True)
        if ontology.holds == "terms"
    }
    values = np.concatenate([each.pop("values") for each in facts.values()])
    return {
        "n": len(values),
        "headline": "subtree_recall",
        "subtree_recall": float(values[:, 0].mean()),
        "interval": bootstrap(values[:, 0], lambda rows: float(rows.mean()), seed=_SEED),
        "single_parent": float(values[:, 1].mean()),
        "per_ontology": facts,
    }


def _own_closure(path: Path, ontology: Ontology) -> dict[str, set[str]]:
    """Return what stands under each term: as the file itself lists ancestors, where it does, else over its edges."""
    usable = {term.curie for term in ontology.terms if not term.obsolete}
    stated = _stated_ancestors(path)
    pairs = above((term.curie, parent) for term in ontology.terms for parent, _ in term.parents)
    below: dict[str, set[str]] = defaultdict(set)
    for child, ancestor in stated or pairs:
        if child in usable and ancestor in usable and child != ancestor:
            below[ancestor].add(child)
    return below


def _stated_ancestors(path: Path) -> list[tuple[str, str]]:
    data = path.read_bytes()
    text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    if text.lstrip()[:1] != b"{":
        return []
    records: dict[str, Any] = json.loads(text)
    return [
        (curie, ancestor)
        for curie, record in records.items()
        if isinstance(record, dict)
        for ancestor in record.get("ancestors", {})
    ]


def _recall(own: Mapping[str, set[str]], skeleton: Skeleton) -> dict[str, Any]:
    """Return the recall of descendants of NODES inner nodes, by digest, in the tree and over its primary edges alone.

    Terms out of scope are no nodes and not asked for.
    """
    key_of = {node.curie: node.key for node in skeleton.nodes if node.curie}
    key_of |= {alias.alias: alias.key for alias in skeleton.aliases if alias.key}
    ours = _below((edge.child, edge.parent) for edge in skeleton.edges)
    single = _below((edge.child, edge.parent) for edge in skeleton.edges if edge.is_primary)
    values: list[tuple[float, float]] = []
    for curie in sorted(own, key=digest):
        if curie not in key_of or len(values) == NODES:
            continue
        gold = {key_of[other] for other in own[curie] if other in key_of} - {key_of[curie]}
        if gold:
            whole, tree = reached(key_of[curie], ours), reached(key_of[curie], single)
            values.append((len(gold & whole) / len(gold), len(gold & tree) / len(gold)))
    table = np.array(values).reshape(-1, 2)
    return {
        "nodes": len(values),
        "subtree_recall": float(table[:, 0].mean()) if values else 1.0,
        "single_parent": float(table[:, 1].mean()) if values else 1.0,
        "whole_subtrees": int((table[:, 0] == 1.0).sum()),
        "values": table,
    }


def _below(edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = defaultdict(list)
    for child, parent in edges:
        below[parent].append(child)
    return dict(below)
