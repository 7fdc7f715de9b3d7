"""How words are compared: which spellings of a word are one word to the dictionary.

Case, accents, possessives, Greek letters, British spelling and the plural do not count, the last where the dictionary
knows the other number.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.tree.names import GREEK

_SIZE: Final = 0x10000
APOSTROPHES: Final = "'’ʼ`´′"
_KEPT: Final = "+&%"
_LATIN: Final = str.maketrans({symbol: word for word, symbol in GREEK.items()} | {"ς": "sigma"})
_LIGATURE: Final = re.compile(r"(?<=.)(?:ae|oe)(?=.)|^(?:ae|oe)(?=[^r])")
_BRITISH: Final = re.compile(r"(?<=tum|col|hum|fav)our|(?<=behavi)our")
# "Hives" is no plural of "hiv".
_TAKES_ES: Final = ("s", "x", "z", "ch", "sh", "o")
# A plural that is the only form known gives its singular from this length on: "lens" is not many "len".
_SINGULAR_FROM: Final = 6
# A shorter word of the dictionary is mostly an abbreviation: "bes" is not many "be".
_NUMBER_FROM: Final = 4
_ENDINGS: Final = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ses", "sis"), ("xes", "xis"), ("ves", "f"), ("ices", "ix"), ("ices", "ex"),
    ("ae", "a"), ("i", "us"), ("a", "um"), ("ata", "a"), ("ges", "x"),
)  # fmt: skip


# ---------------------------------------------------------------- letters


@cache
def _table() -> NDArray[np.uint32]:
    """Return the folded letter of every letter of the basic plane, (65536,): a space for what separates words."""
    return np.array([ord(_folded(chr(code))) for code in range(_SIZE)], dtype="<u4")


def _folded(letter: str) -> str:
    if letter in APOSTROPHES:
        return "'"
    if letter in _KEPT:
        return letter
    if not letter.isalnum():
        return " "
    plain = unicodedata.normalize("NFD", letter.lower())[0]
    return plain if plain.isalnum() else " "


def fold_letters(text: str) -> str:
    """Return `text` in small letters without accents, as long as it is, a space for each letter that separates words.

    Signs beyond the basic plane separate words.

    >>> fold_letters("Ménière’s disease/vertigo")
    "meniere's disease vertigo"
    """
    if text.isascii():
        return text.encode().translate(_ascii_table()).decode()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return _table().take(codes, mode="clip").tobytes().decode("utf-32-le", "surrogatepass")


@cache
def _ascii_table() -> bytes:
    return _table()[:128].astype(np.uint8).tobytes() + bytes(range(128, 256))


# ---------------------------------------------------------------- words


def plain_spelling(word: str) -> str:
    """Return a folded word without possessive, with Latin names for Greek letters, in American spelling.

    >>> [plain_spelling(word) for word in ("crohn's", "β2", "oedema", "leukaemias", "tumour", "vertebrae")]
    ['crohn', 'beta2', 'edema', 'leukemias', 'tumor', 'vertebrae']
    """
    if "'" in word:
        word = word.strip("'").removesuffix("'s").replace("'", "")
    if not word.isascii():
        word = word.translate(_LATIN)
    if "ae" in word or "oe" in word:
        word = _LIGATURE.sub("e", word)
    return _BRITISH.sub("or", word) if "our" in word else word


def singulars(word: str) -> Iterator[str]:
    """Yield what `word` may be the plural of, words that do not exist among them.

    >>> list(singulars("metastases"))
    ['metastase', 'metastas', 'metastasis']
    """
    for plural, singular in _ENDINGS:
        if word.endswith(plural) and not (plural == "s" and word.endswith(("ss", "us", "is"))):
            stem = word[: len(word) - len(plural)]
            if len(stem) > 1 and (plural != "es" or stem.endswith(_TAKES_ES)):
                yield stem + singular


def plurals(word: str) -> Iterator[str]:
    """Yield what may be the plural of `word`, words that do not exist among them.

    >>> list(plurals("biopsy"))
    ['biopsys', 'biopsies']
    """
    for plural, singular in _ENDINGS:
        if word.endswith(singular) and (plural != "es" or word.endswith(_TAKES_ES)):
            yield word[: len(word) - len(singular)] + plural


class Vocabulary:
    """The words of a dictionary in their plain spellings."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = frozenset(plain_spelling(word) for word in words)

    def word_of(self, word: str) -> str | None:
        """Return the word that stands for a folded `word` and all its spellings; None where the dictionary lacks it."""
        plain = plain_spelling(word)
        if len(plain) < _NUMBER_FROM and plain in self._known:
            return plain
        for singular in singulars(plain):
            if singular in self._known:
                return self.word_of(singular)
        if plain in self._known:
            return plain
        for plural in plurals(plain):
            if len(plural) >= _SINGULAR_FROM and plural in self._known:
                return self.word_of(plural)
        return None
