"""Names as sets of numbered words, so that what many of them share is one pass over arrays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import numpy as np

from met.tree.attach.names import core, is_modifier
from met.tree.attach.nearest import Ints
from met.tree.attach.structure import Lists, distinct, listed

Stems = tuple[str, ...]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names in numbers: the sets of their stems, and of the stems of their cores that are no modifiers, both sorted;
    the core, and the last stem (-1 where there is none); how many stems there are.
    """

    words: Lists
    heavy: Lists
    core: Ints
    head: Ints
    length: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The numbers of stems and of cores."""

    words: Mapping[str, int] = field(default_factory=dict)
    cores: Mapping[Stems, int] = field(default_factory=dict)

    def read(self, names: Sequence[Stems]) -> "tuple[Names, Vocabulary]":
        """Return the names in numbers, and what they hold that is not known: its numbers follow on the known ones."""
        new, new_cores = dict[str, int](), dict[Stems, int]()
        inner = [core(words) for words in names]
        spoken = self._listed(names, new)
        heavy = self._listed([[word for word in words if not is_modifier(word)] for words in inner], new)
        length = np.diff(spoken.start)
        found = Names(
            words=_sets(spoken),
            heavy=_sets(heavy),
            core=_numbers(inner, self.cores, new_cores),
            head=np.where(length > 0, np.r_[spoken.value, -1][spoken.start[1:] - 1], -1),
            length=length,
        )
        return found, Vocabulary(words=new, cores=new_cores)

    def _listed(self, names: Sequence[Sequence[str]], new: dict[str, int]) -> Lists:
        starts = np.cumsum([0, *map(len, names)])
        return Lists(starts, _numbers(chain.from_iterable(names), self.words, new))


def _numbers(keys: Iterable[Key], known: Mapping[Key, int], new: dict[Key, int]) -> Ints:
    """Return the number of each of `keys`; what is not `known` gets the next one, and is put into `new`."""
    first = len(known)
    return np.fromiter(
        (known[key] if key in known else new.setdefault(key, first + len(new)) for key in keys), np.int64
    )


def _sets(lists: Lists) -> Lists:
    """Return the distinct values of each list, sorted."""
    above = int(lists.value.max(initial=0)) + 1
    owner, value = lists.of(np.arange(len(lists)))
    keys = distinct(owner * above + value)
    return listed(keys // above, keys % above, len(lists))
