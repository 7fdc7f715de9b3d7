"""Attaches new concepts below a frozen skeleton: each gets one primary parent, and others where evidence supports them.

Candidates come from names, definitions, texts and neighbours; a scorer that learnt from ontologies' own edges weighs
them; a maximum spanning arborescence over the new concepts decides, so no cycle and no orphan is possible. Edges of the
skeleton are never changed: what speaks against them is a Conflict.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from met.tree.arborescence import ROOT, maximum_arborescence
from met.tree.attach.candidates import Candidates, Embed, candidates_of, queries_of
from met.tree.attach.features import features
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.places import Conflict, Placement, Places, Weighed, is_wider
from met.tree.attach.scorer import Scorer
from met.tree.attach.vessels import is_of, other_vessel

BESIDE_AT: Final = 0.25
_SHOWN: Final = 5
_NON: Final = re.compile(r"\bnon[- ]?(\w+)")
_WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Placements sorted by child, the primary first, and conflicts sorted by child and refused parent."""

    placements: tuple[Placement, ...]
    conflicts: tuple[Conflict, ...]


def weigh(ground: Ground, concepts: Sequence[Entity], embed: Embed, scorer: Scorer) -> list[Weighed]:
    """Return the scored candidates of each concept. `embed` gives unit vectors of texts, as those of the ground."""
    asked = queries_of(ground, concepts, embed)
    found = candidates_of(ground, asked)
    places: list[list[int]] = []
    parts = []
    for block, rows in features(ground, asked, found):
        places += block
        parts.append(rows)
    scores = scorer.forecast(np.concatenate(parts)) if parts else np.zeros(0)
    ends = np.cumsum([len(near) for near in places])
    weighed = []
    for concept, near, end, each in zip(concepts, places, ends, found, strict=True):
        own = scores[end - len(near) : end].tolist()
        # "Non-Hodgkin lymphoma" is like "Hodgkin lymphoma" in all but the word that says that it is none.
        if denied_words(concept):
            own = [0.0 if denies(concept, ground.entities[at]) else score for at, score in zip(near, own, strict=True)]
        if kinds := other_vessel(concept):
            own = [0.0 if is_of(ground.entities[at], kinds) else score for at, score in zip(near, own, strict=True)]
        weighed.append(_ordered(ground, near, own, each))
    return weighed


def denies(concept: Entity, parent: Entity) -> bool:
    """Say whether a name of `concept` says non- of a word that a name of `parent` says of itself.

    >>> child = Entity(key="a", names=("non-Hodgkin lymphoma",), definition=None)
    >>> denies(child, Entity(key="b", names=("Hodgkin lymphoma",), definition=None))
    True
    >>> denies(child, Entity(key="c", names=("lymphoma",), definition=None))
    False
    """
    words = {word for name in parent.names for word in _WORDS.findall(name.lower())}
    return bool(denied_words(concept) & words - denied_words(parent))


def denied_words(entity: Entity) -> set[str]:
    """Return the words before which a name of `entity` says non-."""
    return {word for name in entity.names for word in _NON.findall(name.lower())}


def _ordered(ground: Ground, places: Sequence[int], scores: Sequence[float], found: Candidates) -> Weighed:
    near = np.asarray(places, np.int64)
    order = np.lexsort((ground.rank[near], -np.asarray(scores)))
    return Weighed(
        parents=tuple(ground.keys[near[order]].tolist()),
        scores=tuple(scores[at] for at in order.tolist()),
        found=found,
    )


Prefer = Callable[[Sequence[Entity], Sequence[Weighed]], Sequence[Weighed]]
"""What orders the candidates of concepts anew; it gets the concepts by key, and their candidates beside them."""


def as_weighed(_concepts: Sequence[Entity], weighed: Sequence[Weighed]) -> Sequence[Weighed]:
    """Leave the candidates as the scorer orders them."""
    return weighed


def attach(
    concepts: Sequence[Entity],
    ground: Ground,
    *,
    root: str,
    embed: Embed,
    scorer: Scorer,
    among: Scorer,
    prefer: Prefer = as_weighed,
) -> Attached:
    """Return where the new `concepts` stand below the ground, in a tree whose top is the node `root` of the ground.

    `scorer` weighs nodes of the ground, `among` the new concepts as parents of each other; `prefer` may put another
    node of the ground first. The order of the concepts does not matter.

    Raises:
        ValueError: a concept has the key of a node, or two have one key.
    """
    ordered = sorted(concepts, key=lambda concept: concept.key)
    if len({concept.key for concept in ordered} - ground.place.keys()) < len(ordered):
        raise ValueError("a concept's key is taken")
    below = prefer(ordered, weigh(ground, ordered, embed, scorer))
    fresh = Ground(ordered, [], embed([concept.names[0] for concept in ordered]))
    beside = weigh(fresh, ordered, embed, among)
    edges = [(place, ROOT, weighed.scores[0] if weighed.scores else 0.0) for place, weighed in enumerate(below)]
    for place, weighed in enumerate(beside):
        # Below another new concept only where that is likely: a poor place in the skeleton says nothing for it.
        likely = [(fresh.place[key], score) for key, score in weighed.best(_SHOWN) if score >= BESIDE_AT]
        edges += [(place, at, score) for at, score in likely if not is_wider(ordered[place], ordered[at])]
    chosen = maximum_arborescence(len(ordered), edges)
    places = Places(ground=ground, fresh=fresh, chosen=chosen, below=below, beside=beside, root=root)
    placements = [placement for place in range(len(ordered)) for placement in places.of(place)]
    conflicts = [conflict for place in range(len(ordered)) for conflict in places.conflicts(place)]
    return Attached(
        placements=tuple(placements),
        conflicts=tuple(sorted(conflicts, key=lambda conflict: (conflict.child, conflict.refused))),
    )
