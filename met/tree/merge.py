"""Merges the terms of a facet's ontologies into concepts: one concept is one node.

The first ontology is the skeleton. A term of a later one joins a concept that (1) holds its CURIE, else (2) is the
only one that it cross-references, or that cross-references it, by exact CURIE, else (3) is the only one whose primary
name has the same normal form, if the name is unambiguous in its own ontology too. Otherwise it becomes a concept of
its own. At most one term of an ontology joins a concept by (2) or (3). The later ontologies are taken in an order of
their own, so the order in which they were given does not matter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from met.tree.names import normal_form
from met.tree.roots import ROOT_NAMES, FacetRoot
from met.tree.terms import PREFIXES, Ontology, Term
from met.types import Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A term in a concept, and why it is there."""

    term: Term
    ontology: Ontology
    reason: str


@dataclass(slots=True, kw_only=True)
class Concept:
    """What becomes one node. The first member is its base; the facet's root has a root and perhaps members."""

    root: FacetRoot | None = None
    members: list[Member] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Concepts:
    """The concepts of a facet, the root first, and which of them holds a CURIE."""

    root: FacetRoot
    concepts: list[Concept]
    by_curie: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    drops: list[Drop] = field(default_factory=list)


def ontology_order(ontology: Ontology) -> tuple[int, str, str, int]:
    """Return the rank of an ontology among the later ones of its facet: by prefix, then newest version, then size."""
    prefix = ontology.name.upper()
    newest_first = "".join(chr(0x10FFFF - ord(letter)) for letter in ontology.version)
    return (
        PREFIXES.index(prefix) if prefix in PREFIXES else len(PREFIXES),
        newest_first,
        ontology.name,
        -len(ontology.terms),
    )


def merge_terms(root: FacetRoot, ontologies: Sequence[Ontology]) -> Concepts:
    """Return the concepts of the ontologies of one facet; `ontologies[0]` is the skeleton, the others are in their
    order.
    """
    found = Concepts(root=root, concepts=[Concept(root=root)])
    references: dict[str, set[int]] = defaultdict(set)
    names: dict[str, set[int]] = defaultdict(set)
    for rank, ontology in enumerate(ontologies):
        _merge_ontology(found, ontology, references=references, names=names if rank else defaultdict(set))
        for index, concept in enumerate(found.concepts):
            if concept.members and concept.members[-1].ontology is ontology:
                _index(index, concept.members[-1], references=references, names=names, is_new=len(concept.members) == 1)
    return found


def _merge_ontology(
    found: Concepts, ontology: Ontology, *, references: dict[str, set[int]], names: dict[str, set[int]]
) -> None:
    spelled = Counter(normal_form(term.name) for term in ontology.terms)
    taken: set[int] = set()
    before = dict(found.by_curie)
    for term in sorted(ontology.terms, key=lambda term: term.curie):
        if term.obsolete:
            found.replaced[term.curie] = term.replaced_by or ""
            continue
        name = normal_form(term.name)
        index, reason = _match(
            found, term, name if spelled[name] == 1 else "", before=before, references=references, names=names
        )
        if index is None or (reason in ("xref", "name") and index in taken):
            index, reason = len(found.concepts), "own"
            found.concepts.append(Concept())
        taken.add(index)
        found.concepts[index].members.append(Member(term=term, ontology=ontology, reason=reason))
        found.by_curie.setdefault(term.curie, index)
    for term in ontology.terms:
        for curie in term.alt_ids:
            if term.curie in found.by_curie:
                found.by_curie.setdefault(curie, found.by_curie[term.curie])


def _match(
    found: Concepts,
    term: Term,
    name: str,
    *,
    before: dict[str, int],
    references: dict[str, set[int]],
    names: dict[str, set[int]],
) -> tuple[int | None, str]:
    if normal_form(term.name) in ROOT_NAMES[found.root.facet]:
        return 0, "facet_root"
    if term.curie in before:
        return before[term.curie], "same_curie"
    by_xref = {before[xref] for xref in term.xrefs if xref in before} | references.get(term.curie, set())
    if len(by_xref) == 1:
        return min(by_xref), "xref"
    by_name = names.get(name, set()) if name else set()
    if len(by_name) == 1:
        return min(by_name), "name"
    return None, "own"


def _index(
    index: int, member: Member, *, references: dict[str, set[int]], names: dict[str, set[int]], is_new: bool
) -> None:
    for xref in member.term.xrefs:
        references[xref].add(index)
    if is_new:
        names[normal_form(member.term.name)].add(index)


def with_xrefs(ontologies: Iterable[Ontology]) -> tuple[list[Ontology], list[Drop]]:
    """Return the ontologies that hold terms, each with the cross references that tables among `ontologies` add to it.

    A table's row about a term that no ontology holds is a Drop `unknown_term`.
    """
    given = list(ontologies)
    tables = sorted((ontology for ontology in given if ontology.holds == "xrefs"), key=ontology_order)
    extra: dict[str, dict[str, None]] = defaultdict(dict)
    for table in tables:
        for term in table.terms:
            extra[term.curie].update(dict.fromkeys(term.xrefs))
    terms = [_extended(ontology, extra) for ontology in given if ontology.holds == "terms"]
    known = {term.curie for ontology in terms for term in ontology.terms}
    known |= {drop.item for ontology in terms for drop in ontology.drops}
    return terms, [Drop(item=curie, reason="unknown_term") for curie in sorted(extra) if curie not in known]


def _extended(ontology: Ontology, extra: dict[str, dict[str, None]]) -> Ontology:
    if not any(term.curie in extra for term in ontology.terms):
        return ontology
    terms = tuple(
        replace(term, xrefs=tuple(dict.fromkeys((*term.xrefs, *extra[term.curie])))) if term.curie in extra else term
        for term in ontology.terms
    )
    return replace(ontology, terms=terms)
