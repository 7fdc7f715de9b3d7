"""Where new concepts stand once they are weighed: the primary parent, others beside it, and what speaks against it."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from met.tree.arborescence import ROOT
from met.tree.attach.candidates import SOURCES, Candidates
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.names import stems
from met.tree.ontology.kinds import edge_kind
from met.types import EdgeKind

# A place in the skeleton counts from this probability; below it the concept stands where so much of it comes together.
SURE_AT: Final = 0.5
SECONDARY_AT: Final = 0.6
SECONDARY_PARENTS: Final = 2
_JOINED: Final = re.compile(r"\b(?:and|or)\b|/", re.IGNORECASE)
# Candidates that are compared where none is likely alone.
COMPARED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """`child` stands under `parent` (keys) with the scorer's probability `score`; `evidence` are keys of what says so.

    `kind` is is_a where name, definition or a text says so, and unknown where only likeness speaks. `signals` are the
    sources that named the parent.
    """

    child: str
    parent: str
    kind: EdgeKind
    score: float
    is_primary: bool
    evidence: tuple[str, ...]
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two parents that do not stand on one path were named for `child`; `kept` was chosen, `refused` was not.

    The reason is `other_parent` (the evidence names another place), or `against_skeleton` (a text turns an edge of the
    skeleton round).
    """

    child: str
    kept: str
    refused: str
    reason: str
    kept_score: float
    refused_score: float
    kept_evidence: tuple[str, ...]
    refused_evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The candidates of one concept, best first, ties by key: keys of nodes, their scores, and what named each."""

    parents: tuple[str, ...]
    scores: tuple[float, ...]
    found: Candidates

    def score(self, parent: str) -> float:
        """Return the score of a candidate, 0 for others."""
        return dict(self.best(len(self.parents))).get(parent, 0.0)

    def best(self, most: int) -> list[tuple[str, float]]:
        """Return the first `most` candidates with their scores."""
        return list(zip(self.parents, self.scores, strict=True))[:most]


def ancestors(ground: Ground, key: str) -> frozenset[str]:
    """Return the keys of all nodes above `key`, without itself."""
    return frozenset(ground.entities[place].key for place in ground.above[ground.place[key]])


def is_wider(concept: Entity, other: Entity) -> bool:
    """Say whether the own name of `other` is a name of `concept` with words before it: then it is no parent.

    Of 11,133 edges of MONDO, DOID, UBERON and HPO between two such names 13 lead from the shorter to the longer, but
    for those to "A or B".

    >>> wide, narrow = (Entity(key=name, names=(name,)) for name in ("retinaculum", "flexor retinaculum"))
    >>> is_wider(wide, narrow), is_wider(narrow, wide)
    (True, False)
    """
    name = other.names[0]
    if _JOINED.search(name):
        return False
    words = stems(name)
    return any(len(own) < len(words) and words[-len(own) :] == own for own in map(stems, concept.names) if own)


def stated(weighed: Weighed) -> set[int]:
    """Return the places of the candidates that a text or the whole genus of the definition names."""
    return {*weighed.found.said, *(at for at, named in weighed.found.genus.items() if named.length == named.of)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the new concepts stand: `chosen` is the place of another new concept, or ROOT for the ground."""

    ground: Ground
    fresh: Ground
    chosen: Sequence[int]
    below: Sequence[Weighed]
    beside: Sequence[Weighed]
    root: str

    def of(self, place: int) -> list[Placement]:
        primary, score = self._primary(place)
        found = [self._placement(place, primary, score, is_primary=True)]
        taken = {primary, self.root} | self._over(primary)
        for key, value in zip(self.below[place].parents, self.below[place].scores, strict=True):
            if value < SECONDARY_AT or len(found) > SECONDARY_PARENTS:
                break
            if is_wider(self.fresh.entities[place], self.ground.entities[self.ground.place[key]]):
                continue
            # A parent above or below one that it has already would say nothing new, or too much.
            if key not in taken and not ancestors(self.ground, key) & {placed.parent for placed in found}:
                found.append(self._placement(place, key, value, is_primary=False))
                taken |= {key} | ancestors(self.ground, key)
        return found

    def conflicts(self, place: int) -> list[Conflict]:
        """Return a conflict for each node that a text or the genus names outright, off the path of the primary."""
        primary, score = self._primary(place)
        weighed, concept = self.below[place], self.fresh.entities[place]
        path = self._over(primary) | {primary}
        found = []
        for at in sorted(stated(weighed)):
            key = self.ground.entities[at].key
            if key in path or (primary in self.ground.place and primary in ancestors(self.ground, key)):
                continue
            found.append(
                Conflict(
                    child=concept.key,
                    kept=primary,
                    refused=key,
                    reason="other_parent",
                    kept_score=score,
                    refused_score=weighed.score(key),
                    kept_evidence=self._evidence(concept, primary),
                    refused_evidence=self._evidence(concept, key),
                )
            )
        return found

    def _primary(self, place: int) -> tuple[str, float]:
        parent = self.chosen[place]
        if parent != ROOT:
            key = self.fresh.entities[parent].key
            return key, self.beside[place].score(key)
        weighed = self.below[place]
        if weighed.parents and (
            weighed.scores[0] >= SURE_AT or self.ground.place[weighed.parents[0]] in stated(weighed)
        ):
            return weighed.parents[0], weighed.scores[0]
        return self._common(weighed)

    def _common(self, weighed: Weighed) -> tuple[str, float]:
        """Return the lowest node that holds, with what is below it, at least SURE_AT of the scores, and its share.

        Candidates that are all poor often stand close together: what is above them all is still right.
        """
        ground = self.ground
        total = max(1.0, sum(weighed.scores[:COMPARED]))
        share: dict[int, float] = defaultdict(float)
        for key, score in weighed.best(COMPARED):
            at = ground.place[key]
            for node in (at, *ground.above[at]):
                share[node] += score / total
        likely = [node for node, value in share.items() if value >= SURE_AT] or [ground.place[self.root]]
        lowest = max(likely, key=lambda node: (len(ground.above[node]), ground.entities[node].key))
        return ground.entities[lowest].key, round(share[lowest], 4)

    def _over(self, key: str) -> set[str]:
        """Return the nodes of the ground above `key`, over new concepts' primary parents."""
        above: set[str] = set()
        while key in self.fresh.place:
            key, _ = self._primary(self.fresh.place[key])
            above.add(key)
        return above | ancestors(self.ground, key)

    def _placement(self, place: int, parent: str, score: float, *, is_primary: bool) -> Placement:
        concept = self.fresh.entities[place]
        old = parent in self.ground.place
        entity = (self.ground if old else self.fresh).entities[(self.ground if old else self.fresh).place[parent]]
        found = (self.below if old else self.beside)[place].found
        at = (self.ground if old else self.fresh).place[parent]
        evidence = self._evidence(concept, parent)
        kind: EdgeKind = (
            "is_a"
            if evidence
            else edge_kind(curie="", name=concept.names[0], definition=concept.definition or "", parent=entity.names[0])
        )
        signals = tuple(source for source in SOURCES if at in getattr(found, source))
        return Placement(
            child=concept.key,
            parent=parent,
            kind=kind,
            score=score,
            is_primary=is_primary,
            evidence=evidence,
            signals=signals or ("sibling",),
        )

    def _evidence(self, concept: Entity, parent: str) -> tuple[str, ...]:
        ground = self.ground if parent in self.ground.place else self.fresh
        named = {stems(name) for name in ground.entities[ground.place[parent]].names}
        said = (claim for claim in concept.said if stems(claim.parent) in named)
        return tuple(sorted({key for claim in said for key in claim.evidence}))
