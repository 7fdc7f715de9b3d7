"""The values that every reader of an ontology returns, and what is known about each ontology by its prefix."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from met.types import Drop, EdgeKind, Facet, RelationKind

Scope: TypeAlias = Literal["EXACT", "RELATED", "NARROW", "BROAD"]
Holds: TypeAlias = Literal["terms", "xrefs", "axioms"]

# The rank decides whose CURIE names a node that several ontologies hold.
PREFIXES: Final = ("MONDO", "DOID", "UBERON", "HP", "SYMP", "DCM")
FACET_OF: Final[Mapping[str, Facet]] = {
    "MONDO": "disease", "DOID": "disease", "UBERON": "anatomy", "HP": "symptom", "SYMP": "symptom", "DCM": "modality",
}  # fmt: skip
LICENCE_OF: Final = {
    "MONDO": "CC-BY-4.0", "DOID": "CC0-1.0", "UBERON": "CC-BY-3.0", "HP": "HPO", "SYMP": "CC0-1.0", "DCM": "Apache-2.0",
}  # fmt: skip
# Used as published: nothing is added to its terms, and nothing of them goes into the terms of others.
UNALTERED: Final = frozenset({"HP"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Synonym:
    """Another name of a term. Only an EXACT one means the same thing."""

    text: str
    scope: Scope = "EXACT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One class of an ontology. `parents` are (CURIE, kind of the edge); `replaced_by` is known of some obsolete
    terms.
    """

    curie: str
    name: str
    synonyms: tuple[Synonym, ...] = ()
    definition: str | None = None
    xrefs: tuple[str, ...] = ()
    parents: tuple[tuple[str, EdgeKind], ...] = ()
    alt_ids: tuple[str, ...] = ()
    obsolete: bool = False
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Axiom:
    """`subject` (a CURIE) stands in a relation to the entity called `object`."""

    subject: str
    kind: RelationKind
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ontology:
    """What one file holds: terms, cross references of terms (`holds` xrefs), or axioms about them.

    `name` is the prefix of its CURIEs in lower case, `version` what the file says of itself. `drops` are terms refused.
    """

    name: str
    version: str
    licence: str
    facet: Facet
    holds: Holds
    terms: tuple[Term, ...] = ()
    axioms: tuple[Axiom, ...] = ()
    drops: tuple[Drop, ...] = ()

    @property
    def unaltered(self) -> bool:
        """Whether its terms are shown exactly as published."""
        return self.name.upper() in UNALTERED


def prefix_of(curie: str) -> str:
    """Return what stands before the colon.

    >>> prefix_of("MONDO:0005249")
    'MONDO'
    """
    return curie.partition(":")[0]


def main_prefix(curies: Iterable[str]) -> str | None:
    """Return the commonest prefix of `curies`, of equally common ones the first in the alphabet; None where there is
    none.
    """
    counts = Counter(prefix_of(curie) for curie in curies if ":" in curie)
    return min(counts, key=lambda prefix: (-counts[prefix], prefix)) if counts else None


def usable_terms(terms: Iterable[Term], *, prefix: str) -> tuple[tuple[Term, ...], tuple[Drop, ...]]:
    """Return the terms that can become nodes, obsolete ones with a successor among them, and a Drop for each refused
    one.

    Refused are terms of other prefixes (`foreign_term`), without a name (`empty_name`), with an id that an earlier term
    has (`duplicate_id`) and obsolete ones (`obsolete`; they stay in the result only to leave an alias).
    """
    kept: dict[str, Term] = {}
    drops = []
    for term in terms:
        reason = _refusal(term, kept, prefix)
        if reason is not None:
            drops.append(Drop(item=term.curie, reason=reason))
        if reason is None or (reason == "obsolete" and term.replaced_by):
            kept[term.curie] = term
    return tuple(kept.values()), tuple(drops)


def _refusal(term: Term, kept: Mapping[str, Term], prefix: str) -> str | None:
    if term.curie in kept:
        return "duplicate_id"
    if term.obsolete:
        return "obsolete"
    if prefix_of(term.curie) != prefix:
        return "foreign_term"
    return None if term.name.strip() else "empty_name"
