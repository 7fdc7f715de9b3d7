"""Merges the terms of a facet's ontologies into concepts: one concept is one node.

The first ontology is the skeleton. A term of a later one joins a concept that holds its CURIE, or the one with which
two families of signals agree (`met.tree.merge.signals`): equal names that nothing else bears, second names, kin,
definitions, cross references. Otherwise it becomes a concept of its own. An ontology holds each entity once, so no two
terms of one release are joined. What people keep apart is never joined. Releases of one ontology are one list of terms,
the newest first; the later ontologies are taken in an order of their own, so the order in which they were given does
not matter.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final, TypeAlias

from met.tree.merge.match import Refusal, Shelf, counted, match
from met.tree.merge.signals import BLANK, Profile, profiles_of
from met.tree.modalities import LOCAL_PREFIX
from met.tree.names import normal_form
from met.tree.normalise.keys import name_key
from met.tree.normalise.names import Embed
from met.tree.ontology.terms import PREFIXES, Ontology, Term, prefix_of
from met.tree.roots import ROOT_NAMES, FacetRoot
from met.types import Drop

# Pairs of what is kept apart, each sorted: CURIEs, or the normal form of the name of what has none.
Apart: TypeAlias = frozenset[tuple[str, str]]
NOTHING_APART: Final[Apart] = frozenset()
# So many refusals of each reason become Drops; all are counted.
REFUSED_LISTED: Final = 200
_CURIE: Final = re.compile(r"[A-Za-z][\w.]*:\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A term in a concept, and why it is there: `own`, `same_curie`, `facet_root`, or `merged` by `signals`."""

    term: Term
    ontology: Ontology
    reason: str
    signals: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Concept:
    """What becomes one node. The first member is its base; the facet's root has a root and perhaps members."""

    root: FacetRoot | None = None
    members: list[Member] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Concepts:
    """The concepts of a facet, the root first, which of them holds a CURIE, and counts of joins and refusals."""

    root: FacetRoot
    concepts: list[Concept]
    by_curie: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    drops: list[Drop] = field(default_factory=list)
    joined: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class _Unit:
    """The terms of one CURIE in the releases of an ontology, and what is known of them; `first` numbers the release."""

    first: int
    profile: Profile
    members: list[Member]


def identity(term: Term) -> str:
    """Return what tells a term from others in a pair that is kept apart.

    >>> identity(Term(curie="MONDO:1", name="asthma")), identity(Term(curie="MET:air trapping", name="Air-trapping"))
    ('MONDO:1', 'air trapping')
    """
    return identity_of(term.name if prefix_of(term.curie) == LOCAL_PREFIX else term.curie)


def identity_of(curie_or_name: str) -> str:
    """Return a CURIE as it is, and the normal form of a name.

    >>> identity_of("HP:0000001"), identity_of("Crohn's disease, NOS")
    ('HP:0000001', 'crohn s disease nos')
    """
    return curie_or_name if _CURIE.fullmatch(curie_or_name) else normal_form(curie_or_name)


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


def merge_terms(
    root: FacetRoot, ontologies: Sequence[Ontology], *, apart: Apart = NOTHING_APART, embed: Embed | None = None
) -> Concepts:
    """Return the concepts of the ontologies of one facet; `ontologies[0]` is the skeleton, the others are in their
    order.

    `embed` gives unit vectors of names; it is asked for few: those that are alike by their letters alone.
    """
    found = Concepts(root=root, concepts=[Concept(root=root)])
    shelf = Shelf()
    first: dict[str, int] = {}
    for ontology in ontologies:
        first.setdefault(ontology.name, len(first))
    ordered = sorted(ontologies, key=lambda ontology: first[ontology.name])
    for _, releases in groupby(ordered, key=lambda ontology: ontology.name):
        units = _units(found, shelf, list(releases), profiled=profiles_of if len(ordered) > 1 else _unread)
        for _, batch in groupby(sorted(units, key=lambda unit: unit.first), key=lambda unit: unit.first):
            _place(found, shelf, list(batch), apart=apart, embed=embed)
    return found


def _unread(ontology: Ontology, *, besides: frozenset[str]) -> dict[str, Profile]:  # noqa: ARG001
    """Return profiles that say nothing: those of an ontology with which no other is compared."""
    return dict.fromkeys((term.curie for term in ontology.terms), BLANK)


def _units(
    found: Concepts, shelf: Shelf, releases: Sequence[Ontology], *, profiled: Callable[..., Mapping[str, Profile]]
) -> list[_Unit]:
    """Return the terms that no concept holds yet, by CURIE; the others join the concept that holds their CURIE."""
    names = ROOT_NAMES[found.root.facet]
    units: dict[str, _Unit] = {}
    for number, ontology in enumerate(releases):
        profiles = profiled(ontology, besides=frozenset(map(name_key, names)))
        for term in sorted(ontology.terms, key=lambda term: term.curie):
            if term.obsolete:
                found.replaced[term.curie] = term.replaced_by or ""
                continue
            member, profile = Member(term=term, ontology=ontology, reason="same_curie"), profiles[term.curie]
            if normal_form(term.name) in names:
                found.concepts[0].members.append(replace(member, reason="facet_root"))
                found.by_curie.setdefault(term.curie, 0)
            elif term.curie in found.by_curie:
                index = found.by_curie[term.curie]
                found.concepts[index].members.append(member)
                shelf.put(index, profile)
            elif term.curie in units:
                unit = units[term.curie]
                unit.members.append(member)
                unit.profile = unit.profile.with_older(profile)
            else:
                units[term.curie] = _Unit(first=number, profile=profile, members=[replace(member, reason="own")])
        for term in ontology.terms:
            for curie in term.alt_ids:
                if term.curie in found.by_curie:
                    found.by_curie.setdefault(curie, found.by_curie[term.curie])
                elif term.curie in units:
                    units.setdefault(curie, units[term.curie])
    return [unit for curie, unit in sorted(units.items()) if curie == unit.members[0].term.curie]


def _place(found: Concepts, shelf: Shelf, units: Sequence[_Unit], *, apart: Apart, embed: Embed | None) -> None:
    """Each unit joins the concept that it is one with, or becomes one."""

    def kept_apart(unit: int, index: int) -> bool:
        own = {identity(member.term) for member in units[unit].members}
        others = {identity(member.term) for member in found.concepts[index].members}
        return any((min(one, two), max(one, two)) in apart for one in own for two in others)

    matches = match([unit.profile for unit in units], shelf, kept_apart=kept_apart, embed=embed)
    found.refused.update(counted(matches.refused))
    found.drops += _refusals(found, units, matches.refused)
    for number, unit in enumerate(units):
        index, members = len(found.concepts), unit.members
        if number in matches.joined:
            agreement = matches.joined[number]
            index = agreement.entity
            found.joined["+".join(agreement.signals)] += 1
            members = [replace(members[0], reason="merged", signals=agreement.signals), *members[1:]]
        else:
            found.concepts.append(Concept())
        found.concepts[index].members += members
        shelf.put(index, unit.profile)
        for curie in (curie for member in members for curie in (member.term.curie, *member.term.alt_ids)):
            found.by_curie.setdefault(curie, index)


def _refusals(found: Concepts, units: Sequence[_Unit], refused: Sequence[Refusal]) -> list[Drop]:
    """Return a Drop `merge_refused` for the refusals of each reason that most speaks for, REFUSED_LISTED at most."""
    drops: dict[str, list[tuple[tuple[bool, int, int], Drop]]] = defaultdict(list)
    for refusal in refused:
        one = units[refusal.agreement.unit].members[0].term
        two = found.concepts[refusal.agreement.entity].members[0].term
        detail: dict[str, Any] = {"why": refusal.why, "signals": list(refusal.agreement.signals)}
        detail |= {"names": [one.name, two.name], "facet": found.root.facet}
        drop = Drop(item=f"{identity(one)} = {identity(two)}", reason="merge_refused", detail=detail)
        drops[refusal.why.partition(":")[0]].append((refusal.agreement.strength, drop))
    listed = []
    for why in sorted(drops):
        strongest = sorted(drops[why], key=lambda row: (*(-part for part in row[0]), row[1].item))
        listed += [drop for _, drop in strongest[:REFUSED_LISTED]]
    return listed


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
