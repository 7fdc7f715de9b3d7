"""How much of a reference ontology a tree covers, and how much of the tree the reference knows.

A term of the reference and a node of its facet are the same where the term's CURIE is the node's, an alias or a cross
reference of it, else where one of the term's exact names has the normal form of a name that one node alone bears.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from met.tree.closure import ClosureTable
from met.tree.names import normal_form
from met.tree.ontology.terms import Ontology, Term
from met.tree.scope import human_scope
from met.types import Closure, Node, NodeAlias

FORMULAS: Final[Mapping[str, str]] = {
    "forward": "terms of the reference (human, not obsolete) that are a node / all such terms",
    "backward": "nodes of the facet that are a term of the reference / all nodes of the facet",
    "edges": "parent edges of the reference between two covered terms whose parent is an ancestor in the closure / all "
    "such edges",
}


def coverage_of(
    reference: Ontology, *, nodes: Sequence[Node], aliases: Iterable[NodeAlias], closure: Iterable[Closure]
) -> dict[str, Any]:
    """Return the coverage of one reference forward, backward and by edges, each as covered, of, share."""
    terms = [term for term in human_scope(reference).terms if not term.obsolete]
    own = [node for node in nodes if node.facet == reference.facet]
    same = _matched(terms, own, aliases)
    pairs = _ancestor_pairs(closure, set(same.values()))
    edges = [
        (same[term.curie], same[parent])
        for term in terms
        for parent, _ in term.parents
        if term.curie in same and parent in same and same[term.curie] != same[parent]
    ]
    return {
        "reference": f"{reference.name} {reference.version}",
        "facet": reference.facet,
        "forward": _share(len(same), len(terms)),
        "backward": _share(len(set(same.values())), len(own)),
        "edges": _share(sum(edge in pairs for edge in edges), len(edges)),
        "formulas": dict(FORMULAS),
    }


def _matched(terms: Sequence[Term], nodes: Sequence[Node], aliases: Iterable[NodeAlias]) -> dict[str, str]:
    """Return the key of the node that a term is, by the term's CURIE."""
    keys = {node.key for node in nodes}
    by_curie = {alias.alias: alias.key for alias in aliases if alias.key in keys}
    by_curie |= {xref: node.key for node in nodes for xref in node.xrefs}
    by_curie |= {node.curie: node.key for node in nodes if node.curie}
    by_name: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        for name in (node.name, *node.synonyms):
            by_name[normal_form(name)].add(node.key)
    same = {}
    for term in terms:
        exact = (term.name, *(synonym.text for synonym in term.synonyms if synonym.scope == "EXACT"))
        bearers = (by_name.get(normal_form(name), set()) for name in exact)
        found = by_curie.get(term.curie) or next((min(keys) for keys in bearers if len(keys) == 1), None)
        if found:
            same[term.curie] = found
    return same


def _ancestor_pairs(closure: Iterable[Closure], nodes: set[str]) -> set[tuple[str, str]]:
    if isinstance(closure, ClosureTable):
        wanted = {place for place, key in enumerate(closure.keys) if key in nodes}
        columns = zip(closure.node.tolist(), closure.ancestor.tolist(), strict=True)
        return {(closure.keys[node], closure.keys[up]) for node, up in columns if node in wanted and up in wanted}
    return {(row.node, row.ancestor) for row in closure if row.node in nodes and row.ancestor in nodes}


def _share(part: int, whole: int) -> dict[str, Any]:
    return {"covered": part, "of": whole, "share": round(part / whole, 4) if whole else 0.0}
