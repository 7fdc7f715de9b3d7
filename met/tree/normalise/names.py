"""Finds the node that a name means, without any text around it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from met.tree.normalise.candidates import TrigramIndex
from met.tree.normalise.keys import folded_words, loose_keys, name_key

Embed: TypeAlias = Callable[[Sequence[str]], npt.NDArray[np.float32]]
Method: TypeAlias = Literal["name", "words", "equal", "core", "joined", "letters", "part"]
METHODS: Final[tuple[Method, ...]] = ("name", "words", "equal", "core", "joined")
NEAREST: Final = 10
# Cosine of letter triples from which two names are one name misspelt, and from which they are worth a look.
MISSPELT: Final = 0.8
ALIKE: Final = 0.65
_SHORT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """A name of a node; `rank` 0 is its own name, higher ones are synonyms of falling trust."""

    node: str
    text: str
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a name means: `method` says how it was found, `name` is the name of the node that it met.

    By `part` the node is one that a part of the name means: a broader one or a neighbour, never the same.
    """

    node: str
    name: str
    method: Method
    score: float


class NameIndex:
    """All names of nodes by their keys. Equal names in any order give the same index."""

    def __init__(self, names: Iterable[Naming]) -> None:
        ordered = sorted(set(names), key=lambda name: (name.rank, name.node, name.text))
        self._by_key: dict[str, Naming] = {}
        self._whole: dict[str, Naming] = {}
        distinct: dict[tuple[str, str], Naming] = {}
        for naming in ordered:
            key = name_key(naming.text)
            self._whole.setdefault(key, naming)
            distinct.setdefault((key, naming.node), naming)
            for loose in loose_keys(naming.text):
                self._by_key.setdefault(loose, naming)
        self._namings = list(distinct.values())
        self._letters = TrigramIndex([naming.text for naming in self._namings])

    def find(self, names: Sequence[str], *, embed: Embed | None = None) -> list[Named | None]:
        """Return what each of `names` means, None where nothing is near.

        In this order: the same name; the same words in another order; words of equal meaning; the words without a tail
        such as "disease"; the same letters; nearly the same letters; the longest run of its words that is a name; the
        most alike name. `embed` (texts -> unit vectors) re-ranks what is alike by letters.
        """
        found = [self._by_keys(name) for name in names]
        open_names = [at for at, named in enumerate(found) if named is None]
        near = self._near([names[at] for at in open_names], embed)
        for at, alike in zip(open_names, near, strict=True):
            spelt = next((other for other in alike if other.score >= MISSPELT), None)
            found[at] = spelt or self._part(names[at]) or next(iter(alike), None)
        return found

    def _by_keys(self, name: str) -> Named | None:
        whole = self._whole.get(name_key(name))
        if whole:
            return Named(node=whole.node, name=whole.text, method="name", score=1.0)
        for method, key in zip(METHODS[1:], loose_keys(name), strict=True):
            naming = self._by_key.get(key)
            if naming:
                return Named(node=naming.node, name=naming.text, method=method, score=1.0)
        return None

    def _part(self, name: str) -> Named | None:
        words = folded_words(name)
        for length in range(len(words) - 1, 0, -1):
            for start in range(len(words) - length, -1, -1):
                run = " ".join(words[start : start + length])
                naming = self._whole.get(run) if len(run) > _SHORT else None
                if naming:
                    share = round(length / len(words), 4)
                    return Named(node=naming.node, name=naming.text, method="part", score=share)
        return None

    def _near(self, names: Sequence[str], embed: Embed | None) -> list[list[Named]]:
        found = [
            [
                Named(node=naming.node, name=naming.text, method="letters", score=score)
                for naming, score in ((self._namings[place], score) for place, score in places)
                if score >= ALIKE and _same_numbers(name, naming.text)
            ]
            for name, places in zip(names, self._letters.nearest(names, first=NEAREST), strict=True)
        ]
        return found if embed is None else _reranked(names, found, embed)


def _same_numbers(one: str, two: str) -> bool:
    first, second = ({word for word in folded_words(name) if word[0].isdigit()} for name in (one, two))
    return first == second


def _reranked(names: Sequence[str], found: Sequence[Sequence[Named]], embed: Embed) -> list[list[Named]]:
    texts = sorted({text for name, near in zip(names, found, strict=True) if near for text in (name, *_texts(near))})
    vectors = dict(zip(texts, embed(texts), strict=True)) if texts else {}
    return [
        sorted(
            near,
            key=lambda named: (-round((named.score + float(vectors[name] @ vectors[named.name])) / 2, 4), named.node),
        )
        for name, near in zip(names, found, strict=True)
    ]


def _texts(near: Iterable[Named]) -> list[str]:
    return [named.name for named in near]


def namings_of(names: Iterable[tuple[str, Sequence[str]]]) -> list[Naming]:
    """Return the namings of (node, its names, its own first)."""
    found: dict[str, list[str]] = defaultdict(list)
    for node, texts in names:
        found[node] += texts
    return [
        Naming(node=node, text=text, rank=min(at, 1)) for node, texts in found.items() for at, text in enumerate(texts)
    ]
