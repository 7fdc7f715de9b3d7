"""How the words of concepts' names and of nodes' names overlap, for many pairs in one pass over arrays."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
import numpy.typing as npt

from met.tree.attach.ground import Weights
from met.tree.attach.nearest import Ints
from met.tree.attach.pairs import Column, Pairs

Columns = dict[str, Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bags:
    """Sets of weighted words, one after the other: bag i holds `word[start[i] : start[i] + size[i]]`, sorted."""

    word: Ints
    weight: Column
    start: Ints
    size: Ints
    total: Column

    def of(self, bags: Ints) -> tuple[Ints, Ints]:
        """Return the words of each of `bags`: the number of the entry of `bags`, and the place in `word`."""
        size = self.size[bags]
        entry = np.repeat(np.arange(len(bags)), size)
        within = np.arange(len(entry)) - np.repeat(np.cumsum(size) - size, size)
        return entry, np.repeat(self.start[bags], size) + within


class Words:
    """Numbers for the words of one batch."""

    def __init__(self) -> None:
        self._number: dict[str, int] = defaultdict(count().__next__)

    def bags(self, weighed: Sequence[Mapping[str, float]]) -> Bags:
        size = np.fromiter(map(len, weighed), np.int64, len(weighed))
        numbers = map(self._number.__getitem__, chain.from_iterable(weighed))
        word = np.fromiter(numbers, np.int64, int(size.sum()))
        weight = np.fromiter(chain.from_iterable(each.values() for each in weighed), np.float64, int(size.sum()))
        order = np.lexsort((word, np.repeat(np.arange(len(size)), size)))
        total = np.bincount(np.repeat(np.arange(len(size)), size), weight, len(size))
        return Bags(
            word=word[order],
            weight=weight[order],
            start=np.cumsum(size) - size,
            size=size,
            total=np.where(total > 0, total, 1.0),
        )

    def __len__(self) -> int:
        return len(self._number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Of pairs (a bag of `own`, a bag of `theirs`): the weight that both hold, as a share of either; the heaviest word
    of theirs that own lacks, how many it lacks, and their weight; the heaviest of own that theirs lack.
    """

    of_own: Column
    of_theirs: Column
    lacking: Column
    lacking_words: Column
    lacking_sum: Column
    extra: Column


def overlap(words: int, own: Bags, theirs: Bags, one: Ints, other: Ints) -> Overlap:
    """Return how bag `one[i]` of `own` and bag `other[i]` of `theirs` overlap; `words` is the number of all words."""
    entry, at = theirs.of(other)
    held = _holds(own, words)[one[entry], theirs.word[at]]
    weight = theirs.weight[at]
    shared = np.bincount(entry[held], weight[held], len(one))
    lacking = np.zeros(len(one))
    np.maximum.at(lacking, entry[~held], weight[~held])
    key = np.repeat(np.arange(len(theirs.size)), theirs.size) * words + theirs.word
    mine, place = own.of(one)
    wanted = other[mine] * words + own.word[place]
    found = np.searchsorted(key, wanted)
    missing = np.ones(len(wanted), bool)
    inside = found < len(key)
    missing[inside] = key[found[inside]] != wanted[inside]
    extra = np.zeros(len(one))
    np.maximum.at(extra, mine[missing], own.weight[place[missing]])
    return Overlap(
        of_own=shared / own.total[one],
        of_theirs=shared / theirs.total[other],
        lacking=lacking,
        lacking_words=np.bincount(entry[~held], minlength=len(one)).astype(np.float64),
        lacking_sum=np.bincount(entry[~held], weight[~held], len(one)).astype(np.float64),
        extra=extra,
    )


def _holds(bags: Bags, words: int) -> npt.NDArray[np.bool_]:
    found = np.zeros((len(bags.size), words), bool)
    found[np.repeat(np.arange(len(bags.size)), bags.size), bags.word] = True
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of the nodes of pairs, each node's own first: of pair i `count[i]` names from `first[i]` on."""

    known: Sequence[Weights]
    stems: Sequence[tuple[str, ...]]
    first: Ints
    count: Ints


def names_of(pairs: Pairs) -> Names:
    """Return the names of the nodes of `pairs`."""
    ground = pairs.ground
    unique, row = np.unique(pairs.place, return_inverse=True)
    named = [ground.named(place) for place in unique.tolist()]
    count = np.array([len(each) for each in named], np.int64)
    all_names = [words for each in named for words in each]
    return Names(
        known=[ground.weights(words) for words in all_names],
        stems=all_names,
        first=(np.cumsum(count) - count)[row],
        count=count[row],
    )


def overlaps(
    pairs: Pairs, theirs: Names, names: Sequence[tuple[str, ...]], genera: Sequence[tuple[str, ...]]
) -> Columns:
    """Return what the words of the concepts' names and genera have in common with those of the nodes' names."""
    ground, words = pairs.ground, Words()
    known = [ground.weights(each) for each in names]
    own, whole = words.bags([each.words for each in known]), words.bags([each.words for each in theirs.known])
    own_core, cores = words.bags([each.heavy for each in known]), words.bags([each.heavy for each in theirs.known])
    genus = words.bags([ground.weights(each).words for each in genera])
    found = overlap(len(words), own, whole, pairs.concept, theirs.first)
    missing = overlap(len(words), genus, whole, pairs.concept, theirs.first)
    numbers: dict[tuple[str, ...], int] = defaultdict(count().__next__)
    own_number, numbers_of = (
        _numbers([each.core for each in known], numbers),
        _numbers([each.core for each in theirs.known], numbers),
    )
    entry, name = spread_names(theirs)
    concept = pairs.concept[entry]
    core = overlap(len(words), own_core, cores, concept, name)
    same = (own_number[concept] == numbers_of[name]).astype(np.float64)
    first = np.flatnonzero(np.r_[True, entry[1:] != entry[:-1]])
    # Of several names the one that is most alike speaks.
    order = np.lexsort((core.of_theirs, core.of_own, core.of_own * core.of_theirs, same, entry))
    last = order[np.r_[entry[order][1:] != entry[order][:-1], True]]
    last_words = [each[-1:] for each in theirs.stems]
    heads = _numbers([each[-1:] for each in names], numbers), _numbers(last_words, numbers)
    return {
        "covers_concept": found.of_own,
        "covers_parent": found.of_theirs,
        "rarest_missing": found.lacking,
        "rarest_extra": found.extra,
        "extra_words": found.lacking_words,
        "same_head": (heads[0][pairs.concept] == heads[1][theirs.first]).astype(np.float64),
        "genus_missing": np.where(genus.size[pairs.concept] > 0, missing.lacking_sum, -1.0),
        "words": pairs.each([len(each) for each in names]),
        "parent_words": np.fromiter(map(len, theirs.stems), np.float64, len(theirs.stems))[theirs.first],
        "is_core": same[first],
        "covers_core": core.of_own[first],
        "core_covers": core.of_theirs[first],
        "core_words": pairs.each([len(each.core) for each in known]),
        "any_is_core": same[last],
        "any_covers_core": core.of_own[last],
        "any_core_covers": core.of_theirs[last],
    }


def spread_names(names: Names) -> tuple[Ints, Ints]:
    """Return all names of the nodes of the pairs: the number of the pair, and of the name."""
    entry = np.repeat(np.arange(len(names.count)), names.count)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(names.count) - names.count, names.count)
    return entry, np.repeat(names.first, names.count) + within


def _numbers(found: Sequence[tuple[str, ...]], numbers: dict[tuple[str, ...], int]) -> Ints:
    """Return a number of each, equal for equal ones; `numbers` gives what it does not hold one of its own."""
    return np.fromiter(map(numbers.__getitem__, found), np.int64, len(found))
