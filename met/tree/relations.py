"""Relations of nodes across facets, as axioms of ontologies state them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from met.keys import content_key
from met.tree.merge import ontology_order
from met.tree.names import normal_form
from met.tree.ontology.terms import Ontology
from met.types import Drop, Facet, Node, Relation


def relations_of(
    ontologies: Sequence[Ontology], nodes: Sequence[Node], aliases: Mapping[str, str]
) -> tuple[tuple[Relation, ...], tuple[Drop, ...]]:
    """Return the relations of axioms whose two ends are nodes; an axiom whose object is no node by name is a Drop."""
    keys = {**aliases, **{node.curie: node.key for node in nodes if node.curie}}
    targets = {
        "has_symptom": _by_name(nodes, "symptom"),
        "located_in": _by_name(nodes, "anatomy"),
        "part_of": _by_name(nodes, "anatomy"),
    }
    found: dict[str, Relation] = {}
    drops = []
    for ontology in sorted((other for other in ontologies if other.holds == "axioms"), key=ontology_order):
        for axiom in ontology.axioms:
            subject, objects = (
                keys.get(axiom.subject),
                targets.get(axiom.kind, {}).get(normal_form(axiom.object), set()),
            )
            if subject is None or len(objects) != 1:
                drops.append(Drop(item=f"{axiom.subject} {axiom.kind} {axiom.object}", reason="unknown_relation_end"))
                continue
            target = min(objects)
            key = content_key("relation", subject, axiom.kind, target)
            origin = {
                "ontology": ontology.name,
                "version": ontology.version,
                "axiom": f"{axiom.subject} {axiom.kind} {axiom.object}",
            }
            relation = Relation(
                key=key, subject=subject, kind=axiom.kind, object=target, confidence=1.0, provenance=origin
            )
            found.setdefault(key, relation)
    return tuple(found[key] for key in sorted(found)), tuple(drops)


def joined_relations(axioms: Sequence[Relation], stated: Sequence[Relation]) -> tuple[Relation, ...]:
    """Return the relations of ontologies and of texts, sorted by key; one that both state has the provenance of both
    and the confidence of the axiom.
    """
    found = {relation.key: relation for relation in stated}
    for axiom in axioms:
        said = found.get(axiom.key)
        provenance = {**axiom.provenance, "texts": said.provenance["texts"]} if said else axiom.provenance
        found[axiom.key] = replace(axiom, provenance=provenance)
    return tuple(found[key] for key in sorted(found))


def _by_name(nodes: Sequence[Node], facet: Facet) -> dict[str, set[str]]:
    """Return which nodes of a facet bear a name: as their own, else as a synonym."""
    own: dict[str, set[str]] = defaultdict(set)
    other: dict[str, set[str]] = defaultdict(set)
    for node in (node for node in nodes if node.facet == facet):
        own[normal_form(node.name)].add(node.key)
        for synonym in node.synonyms:
            other[normal_form(synonym)].add(node.key)
    return {**other, **own}
