"""What speaks for two terms of two ontologies being one entity, and what forbids it.

Signals belong to families that fail for different reasons: a name, that nothing else bears this name, a second name,
the neighbours in the hierarchy, the definition, a cross reference. Two families must agree before anything is joined.

That own names are equal, and that no other term of either ontology bears that name as its own or as an exact synonym,
are two: an equal name fails where one name stands for two entities, and in ontologies that is where a second term
bears it. It is a count over both whole ontologies, no property of the pair. Joined by these two alone, 311 of 317
terms of DOID 2016 met the term of DOID 2026 that they are (0.96 to 0.99; identifiers masked, cross references
withheld), as against 4,116 of 4,120 where parents and ancestors agree as well; the six are classes whose name was given
to a wider or narrower one since. `met score merges` prints this as `by_signals`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from met.tree.normalise.keys import LITTLE, TAILS, folded_words, name_key
from met.tree.normalise.words import contrast
from met.tree.ontology.terms import Ontology, Term, prefix_of

Family: TypeAlias = Literal["name", "unique", "names", "kin", "definition", "xref"]
# Signal -> what it is evidence of; signals of one family count once.
FAMILIES: Final[Mapping[str, Family]] = {
    "label": "name", "words": "name", "synonym": "name", "letters": "name", "unique": "unique", "names": "names",
    "parent": "kin", "ancestor": "kin", "child": "kin", "definition": "definition", "xref": "xref",
}  # fmt: skip
AGREEING: Final = 2
# Share of the content words of the shorter definition that stand in the longer one, and how many they are at least.
DEFINED_ALIKE: Final = 0.6
DEFINED_WORDS: Final = 4
STEPS_UP: Final = 3
# One database, several names of it in cross references.
_DATABASES: Final = {"UMLS_CUI": "UMLS", "MSH": "MESH", "NCI": "NCIT", "OMIM": "MIM", "ORPHA": "ORDO"}
_RELEASE: Final = re.compile(r"_\d{4}_\d{2}_\d{2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of one entity for comparison: keys of its own names, of all exact names, of the names of its
    parents, of what stands up to STEPS_UP over it and of its children; CURIEs and cross references; releases that hold
    it; its own name as written, first.
    """

    own: frozenset[str]
    names: frozenset[str]
    parents: frozenset[str]
    ancestors: frozenset[str]
    children: frozenset[str]
    xrefs: frozenset[str]
    definitions: tuple[str, ...]
    releases: frozenset[tuple[str, str]]
    labels: tuple[str, ...]

    def with_other(self, other: "Profile") -> "Profile":
        """Return what is known of the one entity that both are; its own names are those of both."""
        return replace(self.with_older(other), own=self.own | other.own, labels=_both(self.labels, other.labels))

    def with_older(self, older: "Profile") -> "Profile":
        """Return what is known of one term in two releases: its own name is the one that it has now."""
        return Profile(
            own=self.own,
            names=self.names | older.names,
            parents=self.parents | older.parents,
            ancestors=self.ancestors | older.ancestors,
            children=self.children | older.children,
            xrefs=self.xrefs | older.xrefs,
            definitions=_both(self.definitions, older.definitions),
            releases=self.releases | older.releases,
            labels=self.labels,
        )


_NONE: Final[frozenset[str]] = frozenset()
BLANK: Final = Profile(
    own=_NONE,
    names=_NONE,
    parents=_NONE,
    ancestors=_NONE,
    children=_NONE,
    xrefs=_NONE,
    definitions=(),
    releases=frozenset(),
    labels=("",),
)


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def profiles_of(ontology: Ontology, *, besides: frozenset[str]) -> dict[str, Profile]:
    """Return the profile of each live term by CURIE; `besides` are keys of names that say nothing as kin (roots)."""
    terms = {term.curie: term for term in ontology.terms if not term.obsolete}
    own = {curie: name_key(term.name) for curie, term in terms.items()}
    above = {curie: [parent for parent, _ in term.parents if parent in terms] for curie, term in terms.items()}
    below: dict[str, set[str]] = {curie: set() for curie in terms}
    for curie, parents in above.items():
        for parent in parents:
            below[parent].add(own[curie])
    named = {curie: frozenset(_exact(term)) for curie, term in terms.items()}
    tops = besides | {own[curie] for curie, parents in above.items() if any(own[one] in besides for one in parents)}
    return {
        curie: Profile(
            own=frozenset({own[curie]}),
            names=named[curie],
            parents=frozenset().union(*(named[parent] for parent in above[curie])) - besides,
            ancestors=_ancestors(curie, above, own) - tops,
            children=frozenset(below[curie]),
            xrefs=frozenset({curie, *map(reference, term.xrefs)}),
            definitions=(term.definition,) if term.definition else (),
            releases=frozenset({(ontology.name, ontology.version)}),
            labels=(term.name,),
        )
        for curie, term in terms.items()
    }


def _exact(term: Term) -> Iterable[str]:
    yield name_key(term.name)
    yield from (name_key(synonym.text) for synonym in term.synonyms if synonym.scope == "EXACT")


def _ancestors(curie: str, above: Mapping[str, Sequence[str]], own: Mapping[str, str]) -> frozenset[str]:
    level, found = {curie}, set()
    for _ in range(STEPS_UP):
        level = {parent for one in level for parent in above[one]}
        found |= {own[one] for one in level}
    return frozenset(found)


def reference(curie: str) -> str:
    """Return a cross reference with the one name of its database, releases left out.

    >>> reference("UMLS_CUI:C0004096"), reference("SNOMEDCT_US_2025_09_01:195967001")
    ('UMLS:C0004096', 'SNOMEDCT_US:195967001')
    """
    database = _RELEASE.sub("", prefix_of(curie))
    return f"{_DATABASES.get(database, database)}:{curie.partition(':')[2]}"


def signals_of(one: Profile, two: Profile, *, shared_xref: bool, unique: bool) -> tuple[str, ...]:
    """Return the signals that agree, in the order of FAMILIES.

    `shared_xref` says that a cross reference is borne by these two alone; `unique` that a name or its words are.
    """
    label = bool(one.own & two.own)
    words = not label and bool(words_of(one) & words_of(two))
    said = {
        "label": label,
        "words": words,
        "synonym": not label and bool((one.own & two.names) | (one.names & two.own)),
        "unique": unique and (label or words),
        "names": len({_bag(key) for key in one.names & two.names}) >= AGREEING,
        "parent": bool(one.parents & two.parents),
        "ancestor": label and bool(one.ancestors & two.ancestors),
        "child": bool(one.children & two.children),
        "definition": any(_alike(first, second) for first in one.definitions for second in two.definitions),
        "xref": shared_xref,
    }
    return tuple(signal for signal in FAMILIES if said.get(signal))


def families(signals: Iterable[str]) -> frozenset[Family]:
    """Return the families that agree."""
    return frozenset(FAMILIES[signal] for signal in signals)


def forbids(one: Profile, two: Profile) -> str | None:
    """Return why two entities may not be one, whatever agrees; None where nothing forbids it.

    They stand in one release; or, where their own names differ, one stands under what bears the name of the other
    (`broader`), or the names differ in a number, a side, or a word such as "acute" or "benign" (`contrast`).
    """
    if one.releases & two.releases:
        return "one_release"
    if one.own & two.own:
        return None
    if one.parents & two.own or two.parents & one.own:
        return "broader"
    return contrast(one.labels[0], two.labels[0])


@lru_cache(maxsize=1 << 17)
def _bag(key: str) -> str:
    return " ".join(sorted({word for word in key.split() if word not in LITTLE}))


def words_of(profile: Profile) -> frozenset[str]:
    """Return the own names as their words without order and little words."""
    return frozenset(map(_bag, profile.own))


@lru_cache(maxsize=1 << 15)
def _content(text: str) -> frozenset[str]:
    return frozenset(folded_words(text)) - LITTLE - TAILS


def _alike(one: str, two: str) -> bool:
    first, second = _content(one), _content(two)
    shorter = min(len(first), len(second))
    return shorter >= DEFINED_WORDS and len(first & second) >= DEFINED_ALIKE * shorter
