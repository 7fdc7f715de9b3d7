"""Grows a hierarchy over given terms from their names, definitions and texts alone: no skeleton, only a root.

Every term is a candidate parent of every other; a scorer that learnt from parts of ontologies weighs them as in
`met.tree.attach`, and the maximum spanning arborescence is the tree.
"""

from collections.abc import Sequence
from typing import Final

from met.tree.arborescence import ROOT, maximum_arborescence
from met.tree.attach import weigh
from met.tree.attach.candidates import SOURCES, Embed
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.places import Placement, Weighed, is_wider
from met.tree.attach.scorer import Scorer
from met.tree.ontology.kinds import edge_kind

# A term whose best parent is less likely than this stands under the root.
ROOT_SCORE: Final = 0.25
SECONDARY_AT: Final = 0.6
_CANDIDATES: Final = 8


def induce(terms: Sequence[Entity], *, root: str, embed: Embed, scorer: Scorer) -> tuple[Placement, ...]:
    """Return the edges of the tree over `terms`, whose top is `root`, sorted by child, the primary first.

    A second parent is added where its score is at least SECONDARY_AT and it closes no cycle. The order of the terms
    does not matter.

    Raises:
        ValueError: two terms have one key, or one has the root's.
    """
    ordered = sorted(terms, key=lambda term: term.key)
    keys = [term.key for term in ordered]
    if len({*keys, root}) <= len(keys):
        raise ValueError("a term's key is taken")
    ground = Ground(ordered, [], embed([term.names[0] for term in ordered]))
    weighed = weigh(ground, ordered, embed, scorer)
    edges = [(place, ROOT, ROOT_SCORE) for place in range(len(ordered))]
    for place, found in enumerate(weighed):
        best = [
            (key, score)
            for key, score in found.best(_CANDIDATES)
            if not is_wider(ordered[place], ground.entities[ground.place[key]])
        ]
        # A candidate less likely than none at all must not win only because it opens a cycle.
        edges += [(place, ground.place[key], score) for key, score in best if score >= ROOT_SCORE]
    chosen = maximum_arborescence(len(ordered), edges)
    above: list[set[int]] = [set() if parent == ROOT else {parent} for parent in chosen]
    placements: list[Placement] = []
    for place, parent in enumerate(chosen):
        key, score = (root, ROOT_SCORE) if parent == ROOT else (keys[parent], weighed[place].score(keys[parent]))
        placements.append(_placed(ground, weighed[place], place, key, score, is_primary=True))
        placements += _secondary(ground, weighed[place], place, above) if parent != ROOT else []
    return tuple(placements)


def _secondary(ground: Ground, weighed: Weighed, place: int, above: list[set[int]]) -> list[Placement]:
    found = []
    for key, score in zip(weighed.parents, weighed.scores, strict=True):
        if score < SECONDARY_AT:
            break
        other = ground.place[key]
        if is_wider(ground.entities[place], ground.entities[other]):
            continue
        if place not in _reached(other, above) and other not in _reached(place, above):
            above[place].add(other)
            found.append(_placed(ground, weighed, place, key, score, is_primary=False))
    return found


def _reached(place: int, above: Sequence[set[int]]) -> set[int]:
    """Return `place` and everything that stands above it."""
    seen: set[int] = set()
    stack = [place]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            stack.extend(above[current])
    return seen


def _placed(ground: Ground, weighed: Weighed, place: int, parent: str, score: float, *, is_primary: bool) -> Placement:
    term, found = ground.entities[place], weighed.found
    at = ground.place.get(parent, -1)
    name = ground.entities[at].names[0] if at >= 0 else ""
    signals = tuple(source for source in SOURCES if at in getattr(found, source))
    return Placement(
        child=term.key,
        parent=parent,
        kind="is_a"
        if at in found.said
        else edge_kind(curie="", name=term.names[0], definition=term.definition or "", parent=name),
        score=score,
        is_primary=is_primary,
        evidence=tuple(sorted({key for claim in term.said for key in claim.evidence})) if at in found.said else (),
        signals=signals or ("none",),
    )
