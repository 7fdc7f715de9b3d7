"""Finds names that texts spell without their accents, or without the letters that bore them ("Mnire's disease")."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from met.tree.names import normal_form
from met.tree.spelling import fold_letters

# Letters that a word may have lost, of words of so many letters.
_LOST: Final = 2
_LONG_ENOUGH: Final = 4
_ABBREVIATION: Final = re.compile(r"\S*[A-Z]\S*[A-Z]\S*")
_NO_BONE: Final = re.compile(r"[aeiouy\W\d_]+")
_GENITIVE: Final = re.compile(r"['’]s\b")


class LostLetters:
    """Names by their consonants, which are what is left of a name whose vowels were lost."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """`names` are (name, node). Abbreviations ("CrDI") have no letters to lose."""
        self._by_bones: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, node in sorted(set(names)):
            if not _ABBREVIATION.fullmatch(name):
                self._by_bones[_bones(name)].append((node, name))

    def find(self, name: str) -> str | None:
        """Return the node of the name that `name` is with letters lost, the first by key; None where there is none.

        >>> LostLetters([("Meniere's disease", "a"), ("Cantu syndrome", "b")]).find("Mnire disease")
        'a'
        >>> LostLetters([("CrDI", "a")]).find("cardia")
        """
        return min(
            (node for node, known in self._by_bones.get(_bones(name), ()) if misspelt(name, known)), default=None
        )


def misspelt(one: str, other: str) -> bool:
    """Say whether two names are one but for up to two letters that a word of either lacks.

    >>> misspelt("Mnire's disease", "Meniere's disease"), misspelt("lateral crest", "medial crest")
    (True, False)
    """
    words = [normal_form(_plain(name)).split() for name in (one, other)]
    unlike = [pair for pair in zip(*words, strict=False) if pair[0] != pair[1]]
    if len(words[0]) != len(words[1]) or len(unlike) > 1:
        return False
    return all(_lacks(*sorted(pair, key=len)) for pair in unlike)


def _plain(name: str) -> str:
    return _GENITIVE.sub("", fold_letters(name))


def _bones(name: str) -> str:
    return _NO_BONE.sub("", _plain(name))


def _lacks(short: str, long: str) -> bool:
    letters = iter(long)
    few = len(long) - len(short) <= _LOST and len(short) >= _LONG_ENOUGH
    return few and all(letter in letters for letter in short)
