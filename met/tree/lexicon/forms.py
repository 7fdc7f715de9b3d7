"""The forms in which a name stands in the dictionary, and the codes of their words."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.tree.lexicon.trie import MOST_SIGNS
from met.tree.lexicon.words import LONGEST_WORD, NO_WORD
from met.tree.names import GREEK, tokens
from met.tree.patterns import spells
from met.tree.spelling import Vocabulary, fold_letters

_ACRONYM: Final = range(2, 7)
_SPELLED: Final = 4
_WHITE_RUN: Final = re.compile(r"\s{2,}")
# Each word is spelt in letters, those of each place from an alphabet of its own: no match begins inside a word.
_ALPHABET: Final = 64
_CACHED_WORDS: Final = 1 << 20
# "X, acute" is "acute X", but "X, due to" is only itself.
_NO_INVERSION: Final = re.compile(
    r"\b(?:and|or|with|without|due|of|in|to|by|for|from|not|nos)\b|[;:()\[\]]", re.IGNORECASE
)
_INVERTED_PARTS: Final = 4
_DIGIT: Final = re.compile(r"\d")
_GREEK_DIGIT: Final = re.compile(rf"\b({'|'.join((*GREEK, *GREEK.values()))})[ -]?(?=\d)", re.IGNORECASE)
_TOO_MANY_SIGNS: Final = " " * (MOST_SIGNS + 2)


def as_written(name: str, others: Iterable[str]) -> str:
    """Return a name in capitals where it is the acronym of one of `others`: ontologies write some in small letters.

    >>> as_written("rich", ["rapidly involuting congenital hemangioma"]), as_written("gout", ["arthritis urica"])
    ('RICH', 'gout')
    """
    if len(name) not in _ACRONYM or not (name.islower() and name.isalpha()):
        return name
    for other in others:
        initials = "".join(word[0] for word in tokens(other))
        if name == initials or (len(name) <= _SPELLED and " " in other and spells(name.upper(), other)):
            return name.upper()
    return name


def forms_of(name: str) -> Iterator[str]:
    """Yield the folded spellings of a name, words parted by one space; two spaces stand for a sign between words."""
    ordered = (name, *_inversions(name))
    for spelling in dict.fromkeys((*ordered, *(other for given in ordered for other in _greek_digits(given)))):
        form = squeeze(spelling)[0].strip(" '")
        if form and _TOO_MANY_SIGNS not in form and max(map(len, form.split(" "))) <= LONGEST_WORD:
            yield form


def _inversions(name: str) -> Iterator[str]:
    """Yield "X acute" and "acute X" for "X, acute"."""
    parts = name.split(", ")
    if 1 < len(parts) <= _INVERTED_PARTS and not _NO_INVERSION.search(name):
        yield " ".join(parts)
        yield " ".join(reversed(parts))


def _greek_digits(name: str) -> Iterator[str]:
    """Yield "alpha1" for "alpha-1", and the reverse."""
    # Most names have no digit, which is seen sooner.
    if _DIGIT.search(name) and _GREEK_DIGIT.search(name):
        yield _GREEK_DIGIT.sub(r"\1", name)
        yield _GREEK_DIGIT.sub(r"\1-", name)


class Codes(dict[str, str]):
    """The code of every word of a text: `width` letters, equal for all spellings of a word of the dictionary.

    Words are added as they are met; when too many are kept they are forgotten.
    """

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__()
        distinct = {"", *words}
        self._vocabulary = Vocabulary(distinct)
        classes = sorted({self._vocabulary.word_of(word) or "" for word in distinct})
        self.width = next(width for width in range(3, 8) if _ALPHABET**width > len(classes))
        alphabets = [[chr(1 + place * _ALPHABET + at) for at in range(_ALPHABET)] for place in range(self.width)]
        self._code = {word: "".join(letters) for word, letters in zip(classes, product(*alphabets), strict=False)}
        self._unknown = "\0" * self.width
        self.gap = self._code[""]

    def __missing__(self, word: str) -> str:
        if len(self) > _CACHED_WORDS:
            self.clear()
        known = self._vocabulary.word_of(word)
        code = self[word] = self._unknown if known is None else self._code[known]
        return code

    def encode(self, words: Iterable[str]) -> str:
        """Return the codes of `words`, one after the other."""
        return "".join(map(self.__getitem__, words))

    def number_of(self, word: str) -> int:
        """Return the number that the code of `word` spells: SIGN where it is none, NO_WORD where it is unknown."""
        known = self._vocabulary.word_of(word)
        return NO_WORD if known is None else int(self.numbers([self._code[known]])[0])

    def numbers(self, codes: Iterable[str]) -> NDArray[np.int64]:
        """Return the numbers of the words that `codes` spell, one code after the other."""
        letters = np.frombuffer("".join(codes).encode("utf-16-le"), "<u2").astype(np.int64).reshape(-1, self.width)
        places = np.arange(self.width)
        return np.asarray((letters - 1 - places * _ALPHABET) @ (_ALPHABET ** places[::-1]))


def squeeze(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the folded text, and where it was shortened: (offset in it, offset in `text` less that), none if nowhere.

    A run of white space counts as one, so that a name may go on in the next line; a blank line parts words as a sign
    does.
    """
    if not _WHITE_RUN.search(text):
        return fold_letters(text), []
    parts: list[str] = []
    shifts = [(0, 0)]
    done, length = 0, 0
    for run in _WHITE_RUN.finditer(text):
        parts += (text[done : run.start()], "  " if run.group().count("\n") > 1 else " ")
        length += run.start() - done + len(parts[-1])
        done = run.end()
        shifts.append((length, done - length))
    parts.append(text[done:])
    return fold_letters("".join(parts)), shifts
