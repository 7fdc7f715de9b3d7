"""What the scorer sees of concepts and their candidate parents: rows of numbers; -1 where there is nothing to say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from met.tree.attach.candidates import Candidates, Named, Query
from met.tree.attach.ground import Ground
from met.tree.attach.holders import heads, holders
from met.tree.attach.names import core, is_number, series_stem, spelt, stems
from met.tree.attach.nearest import Floats
from met.tree.attach.organs import organs_of, organs_over
from met.tree.attach.overlap import Columns, overlaps
from met.tree.attach.pairs import Column, Pairs, Votes

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
    "style", "wider", "any_wider", "like", "likes", "unlike", "organ", "organ_placed", "organs",
    "head_parent", "head_above", "words_parent", "words_parent_gap", "words_above",
)  # fmt: skip
# Concepts whose candidates are looked at together: enough to make passes over arrays cheap, and little memory.
_BLOCK: Final = 256


def features(
    ground: Ground, asked: Sequence[Query], found: Sequence[Candidates]
) -> Iterator[tuple[list[list[int]], Floats]]:
    """Yield blocks of the concepts in their order: the candidates of each, and the rows of all of these one below the
    other, float32 (candidates, len(FEATURES)). All cosines are rounded to 4 decimals.
    """
    for start in range(0, len(asked), _BLOCK):
        block = [each.places(ground) for each in found[start : start + _BLOCK]]
        yield block, _rows(Pairs(ground, block), asked[start : start + _BLOCK], found[start : start + _BLOCK])


def _rows(pairs: Pairs, asked: Sequence[Query], found: Sequence[Candidates]) -> Floats:
    if not len(pairs):
        return np.zeros((0, len(FEATURES)), np.float32)
    names = [stems(each.concept.names[0]) for each in asked]
    columns = {
        **_likeness(pairs, asked),
        **_votes(pairs, found),
        **_named(pairs, found),
        **_place(pairs),
        **_series(pairs, names, found),
        **overlaps(pairs, names, [stems(each.genus) for each in asked]),
        **_told(pairs, found),
        **_exchanged(pairs, found),
        **_organs(pairs, asked),
        **_held(pairs, names),
        "has_genus": pairs.each([bool(each.genus) for each in asked]),
    }
    return np.stack([columns[name] for name in FEATURES], axis=1).astype(np.float32)


def _likeness(pairs: Pairs, asked: Sequence[Query]) -> Columns:
    """Return what vectors say: cosines of names, genus, children and both ways up; gaps and ranks."""
    ground = pairs.ground
    parts = []
    for query, count, end in zip(asked, pairs.count.tolist(), np.cumsum(pairs.count).tolist(), strict=True):
        places = pairs.place[end - count : end]
        towards = np.stack([query.vector, query.above, query.bent, query.told], axis=1)
        parts.append(np.column_stack([ground.vectors[places] @ towards, ground.centroids[places] @ query.vector]))
    cosine, above, bent, told, centroid = np.round(np.concatenate(parts), 4).astype(np.float64).T
    stated = pairs.each([bool(query.genus) for query in asked]) > 0
    told = np.where(stated, told, -1.0)
    centroid = np.where(pairs.children > 0, centroid, -1.0)
    best = pairs.best(cosine)
    return {
        "cosine": cosine,
        "cosine_gap": best - cosine,
        "cosine_rank": pairs.rank(cosine),
        "best_cosine": best,
        "above": above,
        "above_gap": pairs.best(above) - above,
        "above_rank": pairs.rank(above),
        "bent": bent,
        "bent_gap": pairs.best(bent) - bent,
        "bent_rank": pairs.rank(bent),
        "centroid": centroid,
        "centroid_gap": pairs.best(centroid) - centroid,
        "genus_cosine": told,
        "genus_gap": pairs.best(told) - told,
    }


def _votes(pairs: Pairs, found: Sequence[Candidates]) -> Columns:
    near, like = Votes(pairs, [each.near for each in found]), Votes(pairs, [each.spelt for each in found])
    best, mean, votes, share = near.of()
    like_best, _, like_votes, _ = like.of()
    voted = pairs.column([each.voted for each in found], 0.0)
    return {
        "child_best": best,
        "child_mean": mean,
        "child_votes": votes,
        "child_share": share,
        "under_best": near.below(),
        "under_votes": near.above(),
        "votes_gap": pairs.best(votes) - votes,
        "spelt": pairs.column([each.spelt for each in found], 0.0),
        "child_spelt": like_best,
        "child_spelt_votes": like_votes,
        "voted": voted,
        "voted_gap": pairs.each(_largest([each.voted for each in found])) - voted,
    }


def _named(pairs: Pairs, found: Sequence[Candidates]) -> Columns:
    """Return what the words of the concept's name and genus that name a candidate say of it, and of what is below."""
    named, genus = [each.named for each in found], [each.genus for each in found]
    words = _of_named(pairs, named, "length")
    longest = pairs.each([max((each.length for each in names.values()), default=0) for names in named])
    row, place = pairs.ground.above.of(pairs.place)
    at = pairs.find(pairs.concept[row], place)
    below = pairs.highest(at, words[row], 0.0)
    genus_words = _of_named(pairs, genus, "length")
    return {
        "named_words": words,
        "named_share": words / np.maximum(1, _of_named(pairs, named, "of")),
        "named_last": _of_named(pairs, named, "last"),
        "named_first": _of_named(pairs, named, "first"),
        "named_longest": ((words > 0) & (words == longest)).astype(np.float64),
        "any_named": longest,
        "any_named_gap": longest - words,
        "named_under": below,
        "in_name_of_better": (below >= np.maximum(1, words)).astype(np.float64),
        "candidates_under": np.log1p(pairs.summed(at, np.ones(len(at)))),
        "genus_words": genus_words,
        "genus_share": genus_words / np.maximum(1, _of_named(pairs, genus, "of")),
        "genus_last": _of_named(pairs, genus, "last"),
    }


def _of_named(pairs: Pairs, found: Sequence[Mapping[int, Named]], what: str) -> Column:
    return pairs.column([{place: getattr(each, what) for place, each in names.items()} for names in found], 0.0)


def _place(pairs: Pairs) -> Columns:
    """Return where the candidates stand."""
    ground, place = pairs.ground, pairs.place
    return {
        "depth": ground.depth[place].astype(np.float64),
        "under": np.log1p(ground.under[place]),
        "children": np.log1p(pairs.children),
        "parents": ground.parent_count[place].astype(np.float64),
        "inherits": ground.inherits[place],
        "style": np.full(len(pairs), ground.style),
    }


def _series(pairs: Pairs, names: Sequence[tuple[str, ...]], found: Sequence[Candidates]) -> Columns:
    """Return what numbers in names say: of the series itself, and of where its other members stand."""
    series = [each.series for each in found]
    kin = [pairs.ground.kin.get(core(words), {}) if series_stem(words) != words else {} for words in names]
    own, counted = pairs.column(series, 0.0), pairs.each(_largest(series))
    return {
        "series": own,
        "any_series": counted,
        "series_else": ((counted > 0) & (own == 0)).astype(np.float64),
        "kin": pairs.column(kin, 0.0),
        "any_kin": pairs.each(_largest(kin)),
        "numbered": pairs.each([bool(words) and is_number(words[-1]) for words in names]),
    }


def _told(pairs: Pairs, found: Sequence[Candidates]) -> Columns:
    said = [each.said for each in found]
    return {
        "defined_at": pairs.column([each.defined for each in found], -1.0),
        "said": pairs.column(said, 0.0),
        "any_said": pairs.each(_largest(said)),
    }


def _exchanged(pairs: Pairs, found: Sequence[Candidates]) -> Columns:
    alike = [each.alike for each in found]
    return {
        "wider": pairs.column([each.wider for each in found], -1.0),
        "any_wider": pairs.each([len(each.wider) for each in found]),
        "like": pairs.column([each.like for each in alike], 0.0),
        "likes": pairs.column([each.likes for each in alike], 0.0),
        "unlike": pairs.column([each.unlike for each in alike], 0.0),
    }


def _held(pairs: Pairs, names: Sequence[tuple[str, ...]]) -> Columns:
    """Return where nodes stand that share words with the concept's name."""
    head_parent, head_above = heads(pairs, names)
    words_parent, words_above = holders(pairs, names)
    return {
        "head_parent": head_parent,
        "head_above": head_above,
        "words_above": words_above,
        "words_parent": words_parent,
        "words_parent_gap": pairs.best(words_parent) - words_parent,
    }


def _largest(found: Sequence[Mapping[int, float]]) -> list[float]:
    return [max(each.values(), default=0.0) for each in found]


def _organs(pairs: Pairs, asked: Sequence[Query]) -> Columns:
    """Return how the organs of the concept's name go with those of a node's name, and with those of its place."""
    ground, named, placed = pairs.ground, np.full(len(pairs), -1.0), np.full(len(pairs), -1.0)
    all_of = [organs_of(spelt(each.concept.names[0])) for each in asked]
    for own, count, end in zip(all_of, pairs.count.tolist(), np.cumsum(pairs.count).tolist(), strict=True):
        if own:
            above = organs_over(own)
            places = pairs.place[end - count : end].tolist()
            named[end - count : end] = [_fit(own, above, ground.organs(place)) for place in places]
            placed[end - count : end] = [_fit(own, above, ground.organs_above(place)) for place in places]
    return {"organ": named, "organ_placed": placed, "organs": pairs.each([len(own) for own in all_of])}


def _fit(own: frozenset[str], above: frozenset[str], theirs: frozenset[str]) -> float:
    """Return -1 where a node has no organs, 0 where they have nothing in common with the concept's, 1 where they lie in
    these, 2 where these lie in them, 3 where they share one, 4 where the node has no other.
    """
    if not theirs:
        return -1.0
    if theirs & own:
        return 4.0 if theirs <= above else 3.0
    return 2.0 if theirs & above else float(bool(organs_over(theirs) & own))
