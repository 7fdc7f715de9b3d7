"""Finds which terms of an ontology are one with an entity that is known already: those that two families of signals
agree on, each the best of the other. What is not joined for want of agreement is told, too.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from met.tree.merge.signals import AGREEING, Profile, families, forbids, signals_of, words_of
from met.tree.normalise.candidates import TrigramIndex
from met.tree.normalise.names import Embed
from met.tree.normalise.words import inflected

# Cosines of letter triples and of vectors of names from which names are alike.
LETTERS_ALIKE: Final = 0.75
VECTORS_ALIKE: Final = 0.85
NEAREST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What speaks for unit `unit` being one with entity `entity`; `forbidden` says why it may not be."""

    unit: int
    entity: int
    signals: tuple[str, ...]
    forbidden: str | None

    @property
    def strength(self) -> tuple[bool, int, int]:
        """Whether own names are equal, how many families agree, how many signals."""
        return "label" in self.signals, len(families(self.signals)), len(self.signals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Two that look alike and stay two: `one_signal`, `ambiguous`, `kept_apart`, or what forbids it."""

    agreement: Agreement
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Which entity each unit is one with, and what was refused."""

    joined: Mapping[int, Agreement]
    refused: tuple[Refusal, ...]


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The profiles of entities by number, and where their names, words and cross references are found."""

    profiles: dict[int, Profile] = field(default_factory=dict)
    own: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    names: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    words: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    xrefs: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def put(self, number: int, profile: Profile) -> None:
        """The entity is known by all of `profile`, and by what was known of it before."""
        known = self.profiles.get(number)
        self.profiles[number] = profile if known is None else known.with_other(profile)
        for keys, index in (
            (profile.own, self.own),
            (profile.names, self.names),
            (words_of(profile), self.words),
            (profile.xrefs, self.xrefs),
        ):
            for key in keys:
                index[key].add(number)


def match(
    units: Sequence[Profile],
    shelf: Shelf,
    *,
    kept_apart: Callable[[int, int], bool],
    embed: Embed | None,
) -> Matches:
    """Return which of the units, all of one release, are entities of the shelf.

    `kept_apart` (unit, entity) says what people have taken apart; `embed` gives unit vectors of names, and is asked
    for those alone that are alike by letters.
    """
    own = Shelf()
    for number, unit in enumerate(units):
        own.put(number, unit)
    found = [agreement for unit in range(len(units)) for agreement in _agreements(unit, own, shelf)]
    known = {agreement.unit for agreement in found if agreement.forbidden != "one_release"}
    found += _by_letters([unit for unit in range(len(units)) if unit not in known], own, shelf, embed)
    return _decided(found, kept_apart)


def _agreements(unit: int, own: Shelf, shelf: Shelf) -> Iterable[Agreement]:
    profile = own.profiles[unit]
    near = {entity for key in profile.own for entity in shelf.names.get(key, ())}
    near |= {entity for key in profile.names for entity in shelf.own.get(key, ())}
    near |= {entity for key in words_of(profile) for entity in shelf.words.get(key, ())}
    single = {xref for xref in profile.xrefs if len(own.xrefs[xref]) == 1 and len(shelf.xrefs.get(xref, ())) == 1}
    near |= {entity for xref in single for entity in shelf.xrefs[xref]}
    for entity in sorted(near):
        other = shelf.profiles[entity]
        signals = signals_of(
            profile, other, shared_xref=bool(single & other.xrefs), unique=_unique(profile, other, own, shelf)
        )
        if signals:
            yield Agreement(unit=unit, entity=entity, signals=signals, forbidden=forbids(profile, other))


def _unique(unit: Profile, entity: Profile, own: Shelf, shelf: Shelf) -> bool:
    """Say whether a name that is the own one of both is borne by nothing else here or there, or its words are."""
    shared, words = unit.own & entity.own, words_of(unit) & words_of(entity)
    return any(len(own.names[key]) == 1 == len(shelf.names[key]) for key in shared) or any(
        len(own.words[key]) == 1 == len(shelf.words[key]) for key in words if not shared
    )


def _by_letters(units: Sequence[int], own: Shelf, shelf: Shelf, embed: Embed | None) -> Iterable[Agreement]:
    """Yield what speaks for pairs whose own names are nearly spelt the same, by letters and, where given, vectors."""
    releases = frozenset().union(*(own.profiles[unit].releases for unit in units)) if units else frozenset()
    free = [number for number in sorted(shelf.profiles) if not shelf.profiles[number].releases & releases]
    if not units or not free:
        return
    index = TrigramIndex([shelf.profiles[entity].labels[0] for entity in free])
    near = index.nearest([own.profiles[unit].labels[0] for unit in units], first=NEAREST)
    pairs = [
        (unit, free[place])
        for unit, places in zip(units, near, strict=True)
        for place, score in places
        if score >= LETTERS_ALIKE and inflected(own.profiles[unit].labels[0], shelf.profiles[free[place]].labels[0])
    ]
    for (unit, entity), alike in zip(pairs, _alike(pairs, own, shelf, embed), strict=True):
        one, two = own.profiles[unit], shelf.profiles[entity]
        said = signals_of(one, two, shared_xref=False, unique=False)
        if alike:
            yield Agreement(unit=unit, entity=entity, signals=("letters", *said), forbidden=forbids(one, two))


def _alike(pairs: Sequence[tuple[int, int]], own: Shelf, shelf: Shelf, embed: Embed | None) -> list[bool]:
    if embed is None or not pairs:
        return [True] * len(pairs)
    texts = [(own.profiles[unit].labels[0], shelf.profiles[entity].labels[0]) for unit, entity in pairs]
    distinct = sorted({text for pair in texts for text in pair})
    vectors = dict(zip(distinct, embed(distinct), strict=True))
    # Vectors of no model are all zero: then letters alone propose, and two other families decide as everywhere.
    blind = not any(np.any(vector) for vector in vectors.values())
    return [blind or round(float(vectors[one] @ vectors[two]), 4) >= VECTORS_ALIKE for one, two in texts]


def _decided(found: Sequence[Agreement], kept_apart: Callable[[int, int], bool]) -> Matches:
    refused: list[Refusal] = []
    allowed: list[Agreement] = []
    for agreement in found:
        why = _why_not(agreement, kept_apart)
        if why is None:
            allowed.append(agreement)
        elif why != "one_release":
            refused.append(Refusal(agreement=agreement, why=why))
    of_unit, of_entity = _best(allowed, by_unit=True), _best(allowed, by_unit=False)
    joined = {}
    for agreement in allowed:
        if of_unit[agreement.unit] == of_entity[agreement.entity] == agreement:
            joined[agreement.unit] = agreement
    entities = {agreement.entity for agreement in joined.values()}
    refused += [
        Refusal(agreement=agreement, why="ambiguous")
        for agreement in allowed
        if agreement.unit not in joined and agreement.entity not in entities
    ]
    # What is one with another already needs no word about whom it is not.
    left = [
        each
        for each in refused
        if each.why == "kept_apart" or not (each.agreement.unit in joined or each.agreement.entity in entities)
    ]
    return Matches(joined=joined, refused=tuple(left))


def _why_not(agreement: Agreement, kept_apart: Callable[[int, int], bool]) -> str | None:
    if agreement.forbidden:
        return agreement.forbidden
    if len(families(agreement.signals)) < AGREEING:
        return "one_signal"
    return "kept_apart" if kept_apart(agreement.unit, agreement.entity) else None


def _best(allowed: Sequence[Agreement], *, by_unit: bool) -> dict[int, Agreement | None]:
    """Return the strongest agreement of each unit or entity; None where two are equally strong."""
    best: dict[int, Agreement | None] = {}
    strength: dict[int, tuple[bool, int, int]] = {}
    for agreement in allowed:
        key = agreement.unit if by_unit else agreement.entity
        if key not in strength or agreement.strength > strength[key]:
            best[key], strength[key] = agreement, agreement.strength
        elif agreement.strength == strength[key]:
            best[key] = None
    return best


def counted(refusals: Iterable[Refusal]) -> dict[str, int]:
    """Return how many refusals there are of each reason, without the words that follow a colon."""
    return dict(sorted(Counter(refusal.why.partition(":")[0] for refusal in refusals).items()))
