"""The score `names`: the concept that a name means, without text, against the UMLS concepts of DOID terms.

Gold are the foci of documents whose UMLS concept is a cross reference (UMLS_CUI) of a term of the DOID release that is
given; any such term is right. The cross references are gold and nothing else: names are found by names, and terms of
other ontologies are joined without them. A node counts as every DOID term that it holds.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.evaluate.links_gold import FocusRow, read_rows
from met.tree.build import Skeleton, build_skeleton
from met.tree.lexicon import names_of
from met.tree.normalise.names import NameIndex, Naming
from met.tree.ontology import read_ontology
from met.tree.ontology.terms import Ontology

CUI: Final = "UMLS_CUI:"
DOID: Final = "DOID:"


def score_names(
    gold: Sequence[Path],
    *,
    images: Path | None,  # noqa: ARG001
    root: Path | None,  # noqa: ARG001
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `names`; headline top1. `same_name` is the baseline: equal normal forms alone.

    `by_method` counts right and all names by how they were found; those found by `part` mean a broader entity, and
    `without_parts` is top1 where they count as wrong. `embed` among the options re-ranks names alike by letters.

    Raises:
        BadInput: gold is no table of foci, or no ontology holds UMLS cross references of DOID terms.
    """
    ontologies = [read_ontology(path) for path in options.get("ontologies") or ()]
    terms_of = doid_of_cui(ontologies)
    rows = [row for row in read_rows(gold) if asked(row, terms_of)]
    if not rows:
        raise BadInput(what="gold", why="no focus has a UMLS concept that a DOID term of the ontologies refers to")
    # Without the cross references, which are the gold.
    skeleton = build_skeleton([_without_cuis(ontology) for ontology in ontologies if ontology.holds == "terms"])
    index, doids = name_index(skeleton)
    found = index.find([row.focus for row in rows], embed=options.get("embed"))
    right = [bool(named and doids[named.node] & asked(row, terms_of)) for row, named in zip(rows, found, strict=True)]
    methods = [named.method if named else "none" for named in found]
    parts = sum(good for good, method in zip(right, methods, strict=True) if method == "part")
    same = sum(good for good, method in zip(right, methods, strict=True) if method == "name")
    n, distinct = len(rows), {row.focus.lower() for row in rows}
    return {
        "headline": "top1",
        "n": n,
        "distinct_names": len(distinct),
        "top1": sum(right) / n,
        "interval": wilson(sum(right), n),
        "without_parts": (sum(right) - parts) / n,
        "same_name": same / n,
        "trained_on_gold": False,
        "by_method": {
            method: [sum(good for good, own in zip(right, methods, strict=True) if own == method), count]
            for method, count in sorted(Counter(methods).items())
        },
        "embedded": "embed" in options,
    }


def doid_of_cui(ontologies: Sequence[Ontology]) -> dict[str, set[str]]:
    """Return UMLS concept -> the DOID terms, none of them obsolete, that refer to it.

    Raises:
        BadInput: there are none.
    """
    doid = [ontology for ontology in ontologies if ontology.name == "doid"]
    # The newest release says which terms there are.
    releases = sorted((ontology for ontology in doid if ontology.holds == "terms"), key=lambda each: each.version)
    live = {term.curie for term in releases[-1].terms if not term.obsolete} if releases else set()
    found: dict[str, set[str]] = defaultdict(set)
    for ontology in (ontology for ontology in doid if ontology.holds == "xrefs"):
        for term in (term for term in ontology.terms if term.curie in live):
            for xref in (xref for xref in term.xrefs if xref.startswith(CUI)):
                found[xref.removeprefix(CUI)].add(term.curie)
    if not found:
        raise BadInput(what="score names", why="needs --ontology with DOID terms and their UMLS cross references")
    return dict(found)


def asked(row: FocusRow, terms_of: Mapping[str, set[str]]) -> set[str]:
    """Return the DOID terms that are right for a focus."""
    return set().union(*(terms_of.get(cui, set()) for cui in row.cuis)) if row.cuis else set()


def _without_cuis(ontology: Ontology) -> Ontology:
    terms = (
        replace(term, xrefs=tuple(xref for xref in term.xrefs if not xref.startswith((CUI, "UMLS:"))))
        for term in ontology.terms
    )
    return replace(ontology, terms=tuple(terms))


def name_index(skeleton: Skeleton) -> tuple[NameIndex, dict[str, frozenset[str]]]:
    """Return the index of the names of nodes that DOID holds, and the DOID terms of each node."""
    nodes = {node.key: node for node in skeleton.nodes}
    doids = {key: {c for c in _curies(node.provenance) if c.startswith(DOID)} for key, node in nodes.items()}
    namings = [
        Naming(node=key, text=name, rank=min(at, 1))
        for key, node in nodes.items()
        if doids[key]
        for at, name in enumerate(names_of(node))
    ]
    return NameIndex(namings), {key: frozenset(found) for key, found in doids.items()}


def _curies(provenance: Mapping[str, Any]) -> list[str]:
    return [str(term["curie"]) for term in provenance.get("terms", ()) if "curie" in term]
