"""Reads OBO graph JSON (https://github.com/geneontology/obographs), the form in which MONDO, UBERON and HPO are
published beside OBO.

Whatever has another shape than the format says is left out; a node that cannot be read is a Drop `bad_term`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from met.tree.ontology.terms import Scope, Synonym, Term
from met.types import Drop, EdgeKind

_IRI: Final = re.compile(r"(?:http://purl\.obolibrary\.org/obo/)?([A-Za-z]+)[_:]([A-Za-z0-9]+)")
_SCOPES: Final[Mapping[str, Scope]] = {
    "hasExactSynonym": "EXACT",
    "hasRelatedSynonym": "RELATED",
    "hasNarrowSynonym": "NARROW",
    "hasBroadSynonym": "BROAD",
}
_KINDS: Final[Mapping[str, EdgeKind]] = {
    "is_a": "is_a",
    "part_of": "part_of",
    "http://purl.obolibrary.org/obo/BFO_0000050": "part_of",
}
_REPLACED_BY: Final = "IAO_0100001"
_ALTERNATIVE: Final = "hasAlternativeId"


def is_obograph(records: Any) -> bool:
    """Say whether this JSON is a document of OBO graphs."""
    graphs = records.get("graphs") if isinstance(records, dict) else None
    return isinstance(graphs, list) and bool(graphs) and all(isinstance(graph, dict) for graph in graphs)


def terms_of_obograph(records: Mapping[str, Any]) -> tuple[list[Term], list[Drop]]:
    """Return the classes of all graphs as terms with their is_a and part_of parents; other edges are no hierarchy."""
    parents: dict[str, list[tuple[str, EdgeKind]]] = defaultdict(list)
    nodes: list[Any] = []
    for graph in records["graphs"]:
        nodes += _listed(graph, "nodes")
        for edge in _listed(graph, "edges"):
            child, parent = (_curie(edge.get(end)) for end in ("sub", "obj")) if isinstance(edge, dict) else ("", "")
            kind = _KINDS.get(str(edge.get("pred"))) if child and parent else None
            if kind is not None:
                parents[child].append((parent, kind))
    terms, drops = [], []
    for node in nodes:
        if not isinstance(node, dict) or not isinstance(node.get("id"), str):
            drops.append(Drop(item=str(node)[:80], reason="bad_term"))
        elif node.get("type", "CLASS") == "CLASS":
            terms.append(_term(node, tuple(dict.fromkeys(parents[_curie(node["id"])]))))
    return terms, drops


def version_of_obograph(records: Mapping[str, Any]) -> str | None:
    """Return what the first graph says of its version."""
    version = _mapping(records["graphs"][0], "meta").get("version")
    return version if isinstance(version, str) else None


def _term(node: Mapping[str, Any], parents: tuple[tuple[str, EdgeKind], ...]) -> Term:
    meta = _mapping(node, "meta")
    properties = list(_properties(meta))
    definition = _mapping(meta, "definition").get("val")
    label = node.get("lbl")
    return Term(
        curie=_curie(node["id"]),
        name=" ".join(label.split()) if isinstance(label, str) else "",
        synonyms=tuple(_synonyms(meta)),
        definition=" ".join(definition.split()) or None if isinstance(definition, str) else None,
        xrefs=tuple(dict.fromkeys(_values(meta, "xrefs"))),
        parents=parents,
        alt_ids=tuple(_curie(value) for name, value in properties if name == _ALTERNATIVE),
        obsolete=meta.get("deprecated") is True,
        replaced_by=next((_curie(value) for name, value in properties if name == _REPLACED_BY), None),
    )


def _curie(identity: Any) -> str:
    """Return the CURIE of an IRI; what is none is returned as it is.

    >>> _curie("http://purl.obolibrary.org/obo/MONDO_0005249")
    'MONDO:0005249'
    """
    match = _IRI.fullmatch(identity) if isinstance(identity, str) else None
    return f"{match.group(1)}:{match.group(2)}" if match else str(identity or "")


def _listed(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _values(meta: Mapping[str, Any], name: str) -> Iterator[str]:
    for entry in _listed(meta, name):
        if isinstance(entry, dict) and isinstance(entry.get("val"), str) and entry["val"].strip():
            yield entry["val"].strip()


def _synonyms(meta: Mapping[str, Any]) -> Iterator[Synonym]:
    for entry in _listed(meta, "synonyms"):
        text = entry.get("val") if isinstance(entry, dict) else None
        scope = _SCOPES.get(str(entry.get("pred")).rpartition("#")[2]) if isinstance(entry, dict) else None
        if isinstance(text, str) and text.strip() and scope:
            yield Synonym(text=" ".join(text.split()), scope=scope)


def _properties(meta: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the annotations of a node by the last part of their predicate."""
    for entry in _listed(meta, "basicPropertyValues"):
        if isinstance(entry, dict) and isinstance(entry.get("val"), str):
            yield re.split(r"[/#]", str(entry.get("pred")))[-1], entry["val"]
