"""What the scorer sees of a (concept, candidate parent): one row of numbers; -1 where there is nothing to say."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from met.tree.attach_candidates import Candidates, Named, Query
from met.tree.attach_ground import Ground
from met.tree.attach_names import core, is_modifier, is_number, series_stem, stems
from met.tree.attach_nearest import Floats

FEATURES: Final = (
    "cosine", "cosine_gap", "cosine_rank", "genus_cosine", "centroid", "child_best", "child_mean", "child_votes",
    "child_share", "under_best", "spelt", "child_spelt", "child_spelt_votes", "named_words", "named_share",
    "named_last", "named_first", "named_longest", "series", "any_series", "genus_words", "genus_share",
    "genus_last", "genus_missing", "defined_at", "said", "covers_concept", "covers_parent", "rarest_missing",
    "rarest_extra", "extra_words", "same_head", "depth", "children", "under", "parents", "inherits",
    "in_name_of_better", "candidates_under", "named_under", "words", "parent_words", "numbered", "has_genus",
    "best_cosine", "any_named", "above", "above_gap", "voted", "voted_gap", "is_core", "covers_core", "core_covers",
    "core_words", "above_rank", "bent", "bent_gap", "bent_rank", "centroid_gap",
    "votes_gap", "under_votes", "genus_gap", "kin", "any_kin", "series_else", "any_said", "any_is_core",
    "any_covers_core", "any_core_covers", "any_named_gap",
    "style",
)  # fmt: skip
_SHARP: Final = 12.0


def features(ground: Ground, asked: Query, found: Candidates) -> tuple[list[int], Floats]:
    """Return the candidates of a concept and their rows, float32 (candidates, len(FEATURES)).

    All cosines are rounded to 4 decimals.
    """
    places = found.places(ground)
    if not places:
        return [], np.zeros((0, len(FEATURES)), np.float32)
    columns = _likeness(ground, asked, places)
    words = stems(asked.concept.names[0])
    own, genus_words = _Words(ground, words), stems(asked.genus)
    votes, spelt = _Votes(ground, found.near), _Votes(ground, found.spelt)
    longest = max((named.length for named in found.named.values()), default=0)
    most, counted = max(found.voted.values(), default=0.0), max(found.series.values(), default=0)
    kin = ground.kin.get(core(words), {}) if series_stem(words) != words else {}
    any_kin, any_said = max(kin.values(), default=0.0), max(found.said.values(), default=0.0)
    under = _under(ground, places, found)
    cast = [votes.of(place) for place in places]
    loudest = max(vote[2] for vote in cast)
    best = float(columns[:, 0].max())
    rows = []
    for position, place in enumerate(places):
        named = found.named.get(place)
        first, gap, rank, said, middle, up, up_gap, up_rank, *bends = columns[position].tolist()
        rows.append(
            (
                *(first, gap, rank, said, middle),
                *cast[position],
                votes.below(place),
                found.spelt.get(place, 0.0),
                *spelt.of(place)[0:3:2],
                *_named(named),
                float(named is not None and named.length == longest),
                found.series.get(place, 0),
                counted,
                *_genus(ground, place, genus_words, found.genus.get(place)),
                found.defined.get(place, -1),
                found.said.get(place, 0.0),
                *own.against(ground.words[place]),
                int(ground.depth[place]),
                float(np.log1p(len(ground.children[place]))),
                float(np.log1p(ground.under[place])),
                len(ground.parents[place]),
                float(ground.inherits[place]),
                *under[place],
                len(words),
                len(ground.words[place]),
                float(bool(words) and is_number(words[-1])),
                float(bool(asked.genus)),
                best,
                longest,
                *(up, up_gap),
                found.voted.get(place, 0.0),
                most - found.voted.get(place, 0.0),
                *own.core(ground.words[place]),
                *(up_rank, *bends[:4]),
                loudest - cast[position][2],
                votes.above(place),
                bends[4],
                kin.get(place, 0.0),
                any_kin,
                float(counted > 0 and place not in found.series),
                any_said,
                *own.best(ground.named(place)),
                longest - (named.length if named else 0),
                ground.style,
            )
        )
    return places, np.array(rows, dtype=np.float32)


def _likeness(ground: Ground, asked: Query, places: Sequence[int]) -> Floats:
    """Return what vectors say of the candidates: cosines of names, genus, children and both ways up; gaps and ranks."""
    vectors = ground.vectors[places]
    cosine, above, bent = np.round(vectors @ np.stack([asked.vector, asked.above, asked.bent], axis=1), 4).T
    has_children = np.array([bool(ground.children[place]) for place in places])
    centroid = np.where(has_children, np.round(ground.centroids[places] @ asked.vector, 4), -1.0)
    told = np.round(vectors @ asked.told, 4) if asked.genus else np.full(len(places), -1.0)
    columns = (
        *(cosine, cosine.max() - cosine, _rank(cosine), told, centroid),
        *(above, above.max() - above, _rank(above)),
        *(bent, bent.max() - bent, _rank(bent), centroid.max() - centroid, told.max() - told),
    )
    found: Floats = np.stack(columns, axis=1)
    return found


def _rank(values: Floats) -> Floats:
    """Return how many values are larger; of equal ones the first counts as larger."""
    rank = np.empty(len(values), np.float32)
    rank[np.argsort(-values, kind="stable")] = np.arange(len(values))
    return rank


def _named(named: Named | None) -> tuple[float, float, float, float]:
    if named is None:
        return 0.0, 0.0, 0.0, 0.0
    return named.length, named.length / named.of, named.last, named.first


def _genus(
    ground: Ground, place: int, words: tuple[str, ...], named: Named | None
) -> tuple[float, float, float, float]:
    """Return words, share and end of the node's name in the genus, and the weight of the node's words not in it."""
    if not words:
        return 0.0, 0.0, 0.0, -1.0
    missing = sum(ground.weight(word) for word in set(ground.words[place]) - set(words))
    if named is None:
        return 0.0, 0.0, 0.0, missing
    return named.length, named.length / named.of, named.last, missing


class _Words:
    """The weighted words of a concept's name, to be held against those of a node's."""

    def __init__(self, ground: Ground, words: tuple[str, ...]) -> None:
        self._ground, self._last = ground, words[-1:]
        self._weights = {word: ground.weight(word) for word in words}
        self._total = sum(self._weights.values()) or 1.0
        self._core = core(words)
        self._heavy = {word: ground.weight(word) for word in self._core if not is_modifier(word)}

    def against(self, words: tuple[str, ...]) -> tuple[float, float, float, float, float, float]:
        """Return the share of the concept's weight that `words` hold, the reverse, the heaviest word that the concept
        lacks, the heaviest that `words` lack, the number of words that the concept lacks, and whether both end alike.
        """
        theirs = {word: self._ground.weight(word) for word in words}
        shared = sum(weight for word, weight in theirs.items() if word in self._weights)
        lacking = [weight for word, weight in theirs.items() if word not in self._weights]
        extra = [weight for word, weight in self._weights.items() if word not in theirs]
        return (
            shared / self._total,
            shared / (sum(theirs.values()) or 1.0),
            max(lacking, default=0.0),
            max(extra, default=0.0),
            len(lacking),
            float(words[-1:] == self._last),
        )

    def core(self, words: tuple[str, ...]) -> tuple[float, float, float, float]:
        """Return the same without modifiers and numbers: whether both cores are one, the share of the concept's core
        that the node's holds, the reverse, and the number of words of the concept's core.
        """
        theirs = {word: self._ground.weight(word) for word in core(words) if not is_modifier(word)}
        shared = sum(weight for word, weight in theirs.items() if word in self._heavy)
        return (
            float(core(words) == self._core),
            shared / (sum(self._heavy.values()) or 1.0),
            shared / (sum(theirs.values()) or 1.0),
            len(self._core),
        )

    def best(self, names: Sequence[tuple[str, ...]]) -> tuple[float, float, float]:
        """Return the first three numbers of `core` for that of a node's names which is most alike."""
        alike = [self.core(words)[:3] for words in names]
        return max(alike, key=lambda found: (found[0], found[1] * found[2], found), default=(0.0, 0.0, 0.0))


class _Votes:
    """Near nodes speak for their parents, the nearest loudest; and for what stands above these."""

    def __init__(self, ground: Ground, near: dict[int, float]) -> None:
        self._ground = ground
        self._children: dict[int, list[float]] = {}
        self._grand: dict[int, float] = {}
        highest = max(near.values(), default=0.0)
        weights = {place: float(np.exp(_SHARP * (score - highest))) for place, score in near.items()}
        self._total = sum(weights.values()) or 1.0
        self._weight: dict[int, float] = {}
        self._weight_above: dict[int, float] = {}
        for place, score in near.items():
            for parent in ground.parents[place]:
                self._children.setdefault(parent, []).append(score)
                self._weight[parent] = self._weight.get(parent, 0.0) + weights[place]
                for above in ground.parents[parent]:
                    self._grand[above] = max(self._grand.get(above, -1.0), score)
            for above in ground.over(place):
                self._weight_above[above] = self._weight_above.get(above, 0.0) + weights[place]

    def of(self, place: int) -> tuple[float, float, float, float]:
        """Return the best and the mean of the best three scores of children, their votes, the share of them near."""
        scores = sorted(self._children.get(place, ()), reverse=True)
        if not scores:
            return -1.0, -1.0, 0.0, 0.0
        share = len(scores) / len(self._ground.children[place])
        return scores[0], sum(scores[:3]) / len(scores[:3]), self._weight[place] / self._total, share

    def above(self, place: int) -> float:
        """Return the votes of all that stands anywhere under the node."""
        return self._weight_above.get(place, 0.0) / self._total

    def below(self, place: int) -> float:
        return self._grand.get(place, -1.0)


def _under(ground: Ground, places: Sequence[int], found: Candidates) -> dict[int, tuple[float, float, float]]:
    """Return of each candidate whether a node named in the concept stands under it, how many candidates do, and how
    many words the longest of these names has.
    """
    count = dict.fromkeys(places, 0)
    longest = dict.fromkeys(places, 0)
    for place in places:
        length = found.named[place].length if place in found.named else 0
        seen: set[int] = set()
        stack = list(ground.parents[place])
        while stack:
            above = stack.pop()
            if above in seen:
                continue
            seen.add(above)
            stack.extend(ground.parents[above])
            if above in count:
                count[above] += 1
                longest[above] = max(longest[above], length)
    own = {place: found.named[place].length if place in found.named else 0 for place in places}
    return {
        place: (float(longest[place] >= max(1, own[place])), float(np.log1p(count[place])), longest[place])
        for place in places
    }
