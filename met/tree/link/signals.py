"""What speaks for a candidate as the focus of a text: numbers that a person can check, one row a candidate."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from typing import Final

import numpy as np
import numpy.typing as npt

from met.tree.link.mentions import Mentions, Place
from met.tree.names import normal_form
from met.tree.normalise.keys import name_key

SIGNALS: Final = (
    "count", "share", "most", "first", "early", "first_sentence", "opens_text", "opens_block", "blocks",
    "opens_often", "defined", "short_form", "asked", "of_it", "with_it", "listed", "genus", "called",
    "subject", "words", "inside", "below", "above", "wide", "deep", "symptom", "own_name", "shared", "titled",
    "spellings", "contains", "second_opens", "rival", "asked_share", "longest_asked", "near_most", "told",
    "early_called", "first_words", "nested", "extended", "extends", "fewer",
)  # fmt: skip
_OF: Final = re.compile(r"\b(?:of|for|causes?|in)\s+(?:an?\s+|the\s+)?$", re.IGNORECASE)
_WITH: Final = re.compile(r"\b(?:with|have|has|had|having|develop(?:s|ing)?|get(?:ting)?|by)\s+(?:an?\s+)?$", re.I)
_LIST: Final = re.compile(
    r"(?:\b(?:such as|including|include|includes|like|or|and|e\.g\.)|[,;(-])\s*(?:an?\s+)?$", re.I
)
_GENUS: Final = re.compile(
    r"\b(?:(?:type|form|kind|group|class|subtype|variant|one)s? of|is an?|are|a rare|a common|rare|any|several|other|"
    r"related)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(r"\b(?:called|known as|termed|named|referred to as)\s+(?:an?\s+|the\s+)?$", re.IGNORECASE)
_IS: Final = re.compile(
    r"(?:\s*\([^()]{1,80}\))?(?:\s*,[^,.]{1,60},)?\s+(?:is|are|was|refers?|means|describes?|occurs?|happens?|affects?|"
    r"belongs?|includes?|causes?|results?)\b"
)
_TOLD: Final = re.compile(
    r"(?:\s*\([^()]{1,80}\))?(?:\s*,[^.]{1,80},)?\s+(?:is|are)\s+(?:an?|the|one of|any|when|caused|inherited)\b"
)
_VERB: Final = re.compile(r"\s+(?:is|are|can|may|occurs?|affects?|results?|causes?|usually|often|has|have|does)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the candidates stand in the tree: normal forms of their own names, facets, ancestors, number of
    descendants and depth by node key."""

    labels: Mapping[str, frozenset[str]]
    symptom: frozenset[str]
    above: Mapping[str, frozenset[str]]
    below: Mapping[str, int]
    depth: Mapping[str, int]


def signals_of(found: Mentions, standing: Standing) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Return the candidates of a text, sorted by key, and their signals: shape (candidates, len(SIGNALS))."""
    keys = tuple(sorted(found.places))
    counts = {key: sum(not place.inside for place in found.places[key]) for key in keys}
    order = sorted(keys, key=lambda key: (_first(found.places[key]), key))
    starts = {key: _first(found.places[key]) for key in keys}
    # Several nodes may bear one name: they are at the same place in the order of first mention.
    distinct = {start: rank for rank, start in enumerate(sorted(set(starts.values())))}
    asked = [place for key in keys for place in found.places[key] if place.asked and not place.inside]
    longer, shorter = _within(keys, found)
    text = _Text(
        longer=longer,
        shorter=shorter,
        labels={label: key for key in keys for label in standing.labels[key]},
        asked=len({(place.block, place.sentence) for place in asked}),
        longest_asked=max(map(_words, asked), default=0),
        total=max(1, found.total),
        most=max(counts.values(), default=0),
        blocks=max(1, found.blocks),
        rank={key: distinct[starts[key]] for key in order},
        counts=counts,
        below_of={key: [other for other in keys if key in standing.above[other] and other != key] for key in keys},
    )
    rows = [_row(key, found, standing, text) for key in keys]
    return keys, np.array(rows, dtype=np.float64).reshape(len(keys), len(SIGNALS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    total: int
    most: int
    blocks: int
    rank: Mapping[str, int]
    counts: Mapping[str, int]
    below_of: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    longer: Mapping[str, Sequence[str]]
    shorter: Mapping[str, Sequence[str]]
    asked: int
    longest_asked: int


def _within(keys: Sequence[str], found: Mentions) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    """Return, for each candidate, those whose names hold one of its names and more words, and the reverse."""
    names = {key: {f" {name_key(place.surface)} " for place in found.places[key] if not place.short} for key in keys}
    longer: dict[str, list[str]] = defaultdict(list)
    shorter: dict[str, list[str]] = defaultdict(list)
    for one in keys:
        for other in keys:
            apart = one != other and not names[one] & names[other]
            if apart and any(len(a) < len(b) and a in b for a in names[one] for b in names[other]):
                longer[one].append(other)
                shorter[other].append(one)
    return longer, shorter


def _words(place: Place) -> int:
    return len(normal_form(place.surface).split())


def _first(places: Sequence[Place]) -> tuple[int, int, bool]:
    place = min(places, key=lambda place: (place.block, place.start, place.inside))
    return place.block, place.start, place.inside


def _row(key: str, found: Mentions, standing: Standing, text: _Text) -> list[float]:
    places = found.places[key]
    own = [place for place in places if not place.inside] or places
    first = min(own, key=lambda place: (place.block, place.start))
    n = len(own)
    counted = text.counts[key]
    near = sum(text.counts[other] for other in text.below_of[key])
    far = sum(text.counts.get(other, 0) for other in standing.above[key] if other != key)
    surfaces = {name_key(place.surface) for place in own if not place.short}
    longer = [text.counts[other] for other in text.longer.get(key, ())]
    shorter = [text.counts[other] for other in text.shorter.get(key, ())]
    return [
        log1p(counted),
        counted / text.total,
        float(counted == text.most),
        1.0 / (1 + text.rank[key]),
        -log1p(first.start) if first.block == 0 else -log1p(2000.0),
        float(any(place.sentence == 0 for place in own)),
        float(any(place.sentence == 0 and place.opens for place in own)),
        len({place.block for place in own if place.opens}) / text.blocks,
        len({place.block for place in own}) / text.blocks,
        sum(place.opens for place in own) / n,
        float(any(place.opens and _IS.match(place.right) for place in own)),
        float(any(place.short for place in own)),
        min(3, sum(place.asked for place in own)) / 3,
        sum(bool(_OF.search(place.left)) for place in own) / n,
        sum(bool(_WITH.search(place.left)) for place in own) / n,
        sum(bool(_LIST.search(place.left)) for place in own) / n,
        sum(bool(_GENUS.search(place.left)) for place in own) / n,
        sum(bool(_CALLED.search(place.left)) for place in own) / n,
        sum(bool(_VERB.match(place.right)) for place in own) / n,
        log1p(max(len(normal_form(place.surface).split()) for place in own)),
        1 - n / len(places) if counted else 1.0,
        near / text.total,
        far / text.total,
        log1p(standing.below.get(key, 0)),
        standing.depth.get(key, 0) / 10,
        float(key in standing.symptom),
        float(bool(standing.labels[key] & surfaces)),
        log1p(min(len(found.bearers.get(surface.surface.lower(), (key,))) for surface in own)),
        sum(place.surface[:1].isupper() and not place.opens for place in own) / n,
        log1p(len(surfaces)),
        log1p(len(text.below_of[key])),
        float(any(place.sentence <= 2 and place.opens for place in own)),
        sum(text.labels.get(name_key(place.surface), key) != key for place in own) / n,
        len({(place.block, place.sentence) for place in own if place.asked}) / max(1, text.asked),
        float(any(place.asked and _words(place) == text.longest_asked for place in own)),
        counted / max(1, text.most),
        float(any(_TOLD.match(place.right) and place.opens for place in own)),
        float(any(place.sentence <= 3 and _CALLED.search(place.left) for place in own)),
        float(first.sentence == 0 and first.block == 0) * log1p(_words(first)),
        float(not counted),
        max(longer, default=0) / max(1, counted + max(longer, default=0)),
        counted / max(1, counted + max(shorter)) if shorter else 0.0,
        log1p(max((count for count in longer), default=0)) - log1p(counted) if longer else 0.0,
    ]
