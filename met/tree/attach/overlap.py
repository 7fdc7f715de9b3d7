"""How the words of concepts' names and of nodes' names overlap, for many pairs in one pass over arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from met.tree.attach.names import core
from met.tree.attach.nearest import Ints
from met.tree.attach.pairs import Column, Pairs
from met.tree.attach.structure import Lists

Columns = dict[str, Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Of pairs of sets of words: the weight that both hold, as a share of either; the heaviest word of theirs that own
    lacks, how many it lacks, and their weight; the heaviest of own that theirs lack.
    """

    of_own: Column
    of_theirs: Column
    lacking: Column
    lacking_words: Column
    lacking_sum: Column
    extra: Column


def overlap(weight: Column, own: Lists, theirs: Lists, one: Ints, other: Ints) -> Overlap:
    """Return how set `one[i]` of `own` and set `other[i]` of `theirs` overlap; `weight` are those of all words."""
    pair, at = theirs.where(other)
    word = theirs.value[at]
    mine, place = own.where(one)
    size = np.diff(own.start)[one]
    first = np.cumsum(size) - size
    number, column = own.positions(len(weight))
    slot = number[one[pair], column[word]]
    held = slot >= 0
    missing = np.ones(len(mine), bool)
    missing[first[pair[held]] + slot[held]] = False
    heavy, own_heavy = weight[word], weight[own.value[place]]
    shared = np.bincount(pair[held], heavy[held], len(one))
    lacking_sum = np.bincount(pair[~held], heavy[~held], len(one))
    own_sum = np.bincount(mine, own_heavy, len(one))
    lacking, extra = np.zeros(len(one)), np.zeros(len(one))
    np.maximum.at(lacking, pair[~held], heavy[~held])
    np.maximum.at(extra, mine[missing], own_heavy[missing])
    return Overlap(
        of_own=shared / np.where(own_sum > 0, own_sum, 1.0),
        of_theirs=shared / np.where(shared + lacking_sum > 0, shared + lacking_sum, 1.0),
        lacking=lacking,
        lacking_words=np.bincount(pair[~held], minlength=len(one)).astype(np.float64),
        lacking_sum=lacking_sum.astype(np.float64),
        extra=extra,
    )


def overlaps(pairs: Pairs, names: Sequence[tuple[str, ...]], genera: Sequence[tuple[str, ...]]) -> Columns:
    """Return what the words of the concepts' names and genera have in common with those of the nodes' names."""
    ground, theirs = pairs.ground, pairs.ground.spoken
    own, new = ground.vocabulary.read([*names, *genera])
    weight = ground.weights_with(new)
    genus, name = pairs.concept + len(names), ground.first_names.start[pairs.place]
    found = overlap(weight, own.words, theirs.words, pairs.concept, name)
    missing = overlap(weight, own.words, theirs.words, genus, name)
    entry, any_name = ground.first_names.of(pairs.place)
    concept = pairs.concept[entry]
    cores = overlap(weight, own.heavy, theirs.heavy, concept, any_name)
    same = (own.core[concept] == theirs.core[any_name]).astype(np.float64)
    first = np.flatnonzero(np.r_[True, entry[1:] != entry[:-1]])
    # Of several names the one that is most alike speaks.
    order = np.lexsort((cores.of_theirs, cores.of_own, cores.of_own * cores.of_theirs, same, entry))
    last = order[np.r_[entry[order][1:] != entry[order][:-1], True]]
    return {
        "covers_concept": found.of_own,
        "covers_parent": found.of_theirs,
        "rarest_missing": found.lacking,
        "rarest_extra": found.extra,
        "extra_words": found.lacking_words,
        "same_head": (own.head[pairs.concept] == theirs.head[name]).astype(np.float64),
        "genus_missing": np.where(own.length[genus] > 0, missing.lacking_sum, -1.0),
        "words": own.length[pairs.concept].astype(np.float64),
        "parent_words": theirs.length[name].astype(np.float64),
        "is_core": same[first],
        "covers_core": cores.of_own[first],
        "core_covers": cores.of_theirs[first],
        "core_words": pairs.each([len(core(words)) for words in names]),
        "any_is_core": same[last],
        "any_covers_core": cores.of_own[last],
        "any_core_covers": cores.of_theirs[last],
    }
