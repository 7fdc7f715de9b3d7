"""The words of a text as numbers of a dictionary, found over all letters of the text at once.

A word is hashed to 64 bits: the sum of its letters times the powers of an odd number (Karp and Rabin, 1987), taken
from sums over the text. Which number a hash means is asked once of the dictionary and remembered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.tree.lexicon.trie import PARTED, Ints, Table, Words64
from met.tree.spelling import APOSTROPHES, fold_letters

# A longer word is none of the dictionary.
LONGEST_WORD: Final = 255
NO_WORD: Final = -2
SIGN: Final = 0
CASED: Final = 1
QUOTED: Final = 2
_MARK_BITS: Final = 2
_NEW: Final = -1
_BASE: Final = 0xD6E8FEB86659FD93
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_PIECE: Final = 1 << 16
_REMEMBERED: Final = 1 << 20
_PLANE: Final = 0x10000
_SIGN, _WHITE, _NEWLINE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of a text: where each stands, its number (NO_WORD where the dictionary lacks it), whether it is
    written with capitals (CASED) or quotes (QUOTED), and how many signs stand before it: white space alone is none, a
    blank line is PARTED or more.
    """

    starts: Ints
    ends: Ints
    numbers: Ints
    marks: NDArray[np.int32]
    signs: Ints


class WordNumbers:
    """Numbers of words; `number_of` gives that of a word in any spelling, SIGN for quotes alone, NO_WORD."""

    def __init__(self, number_of: Callable[[str], int]) -> None:
        self._number_of = number_of
        self._told = Table(_NEW)

    def read(self, text: str) -> TextWords:
        """Return the words of `text`, which must begin and end with white space."""
        codes, kinds = _letters(text)
        edges = np.flatnonzero(kinds)
        before = np.flatnonzero(np.diff(edges) > 1)
        told = self._tell(text, codes, edges[before] + 1, edges[before + 1])
        words = told >> _MARK_BITS != SIGN
        if not words.all():
            before, told = before[words], told[words]
        passed = _passed(edges, kinds[edges])
        return TextWords(
            starts=edges[before] + 1,
            ends=edges[before + 1],
            numbers=np.where(told < 0, NO_WORD, told >> _MARK_BITS),
            marks=told & (CASED | QUOTED),
            signs=np.diff(passed[before], prepend=passed[:1]) - 1,
        )

    def _tell(self, text: str, codes: NDArray[Any], starts: Ints, ends: Ints) -> NDArray[np.int32]:
        """Return of each word its number above its marks; NO_WORD."""
        hashes = _hashes(codes, starts, ends)
        told = self._told.get(hashes)
        new = np.flatnonzero(told == _NEW)
        if new.size:
            if self._told.size + new.size > _REMEMBERED:
                self._told = Table(_NEW)
                new = np.arange(len(hashes))
            distinct, first, place = np.unique(hashes[new], return_index=True, return_inverse=True)
            at = new[first]
            said = np.array(
                [self._ask(text[start:end]) for start, end in zip(starts[at], ends[at], strict=True)], np.int32
            )
            self._told.put(distinct, said)
            told[new] = said[place.ravel()]
        return told

    def _ask(self, word: str) -> int:
        number = self._number_of(fold_letters(word)) if len(word) <= LONGEST_WORD else NO_WORD
        marks = CASED * (not word.islower()) | QUOTED * (word != word.strip(APOSTROPHES))
        return number if number < 0 else (number << _MARK_BITS) | marks


# ---------------------------------------------------------------- letters


def _letters(text: str) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return code and kind of every letter of `text`: 0 for what is part of a word, _SIGN, _WHITE, _NEWLINE."""
    if text.isascii():
        data = text.encode()
        return np.frombuffer(data, np.uint8), np.frombuffer(data.translate(_ascii_kinds()), np.uint8)
    codes: NDArray[Any] = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if len(codes) != len(text):
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    kinds: NDArray[np.uint8] = _kinds().take(codes, mode="clip")
    return codes, kinds


@cache
def _kinds() -> NDArray[np.uint8]:
    """Return the kind of every letter of the basic plane, (65536,); signs beyond it separate words."""
    plane = "".join(map(chr, range(_PLANE)))
    kinds = np.frombuffer(fold_letters(plane).encode("utf-32-le", "surrogatepass"), "<u4") == ord(" ")
    made: NDArray[np.uint8] = kinds.astype(np.uint8)
    made[[code for code in range(_PLANE) if chr(code).isspace()]] = _WHITE
    made[ord("\n")] = _NEWLINE
    return made


@cache
def _ascii_kinds() -> bytes:
    return _kinds()[:128].tobytes() + bytes(128)


def _passed(edges: Ints, kinds: NDArray[np.uint8]) -> Ints:
    """Return how many separators stand up to each: a run of white space counts as one, a blank line as very many."""
    white = kinds >= _WHITE
    on = np.zeros(len(edges), np.bool_)
    on[1:] = white[1:] & white[:-1] & (np.diff(edges) == 1)
    weights = (~on).astype(np.int64)
    newlines = np.flatnonzero(kinds == _NEWLINE)
    if on.any() and len(newlines) > 1:
        run = np.cumsum(on)
        blank = newlines[1:][np.diff(run[newlines]) == np.diff(newlines)]
        weights[blank] = PARTED + 1
    return np.cumsum(weights)


# ---------------------------------------------------------------- hashes


@cache
def _powers(base: int) -> Words64:
    """Return the powers of `base` modulo 2**64, for the letters of a piece and its last word."""
    factors = np.full(_PIECE + LONGEST_WORD + 2, base, np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


def _hashes(codes: NDArray[Any], starts: Ints, ends: Ints) -> Words64:
    """Return the hash of each word, of no more than its first LONGEST_WORD + 1 letters."""
    made = np.empty(len(starts), np.uint64)
    powers, inverses = _powers(_BASE), _powers(_INVERSE)
    sums = np.zeros(len(powers) + 1, np.uint64)
    for first, last in _pieces(starts):
        left = int(starts[first])
        begin = starts[first:last] - left
        stop = np.minimum(ends[first:last] - left, begin + LONGEST_WORD + 1)
        count = int(stop[-1])
        np.multiply(codes[left : left + count], powers[:count], out=sums[1 : count + 1], dtype=np.uint64)
        np.cumsum(sums[1 : count + 1], out=sums[1 : count + 1])
        made[first:last] = (sums[stop] - sums[begin]) * inverses[begin]
    return made


def _pieces(starts: Ints) -> Iterator[tuple[int, int]]:
    """Yield runs of words whose beginnings are less than _PIECE apart."""
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(starts, starts[first] + _PIECE))
        yield first, last
        first = last
