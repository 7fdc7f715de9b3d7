"""Finds the longest names in long texts: all words of a text go through the dictionary at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from met.tree.lexicon.trie import Ints, Trie
from met.tree.lexicon.words import CASED, QUOTED, TextWords, WordNumbers


@dataclass(frozen=True, slots=True)
class Places:
    """Names in a text, left to right: where each starts and ends, the number of its form, and whether a quote stands
    at one of its ends. Arrays of one length.
    """

    start: Ints
    end: Ints
    form: Ints
    quoted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The forms of a dictionary as arrays. Forms that are `doubtful` are names only as some texts write them."""

    words: WordNumbers
    trie: Trie
    doubtful: NDArray[np.bool_]

    def longest(self, text: str, is_meant: Callable[[int, int, int], bool]) -> Places:
        """Return the forms in `text`, leftmost first, the longest of those that start together, without overlap.

        `text` begins and ends with white space. `is_meant` is asked of (start, end, form) where a form is doubtful and
        has capitals; it is none where it has not.
        """
        words = self.words.read(text)
        form = np.full(len(words.starts), -1, np.int64)
        last = np.zeros_like(form)
        for found in self.trie.walk(words.numbers, words.signs):
            sure = self._sure(words, found.first, found.last, found.form, is_meant)
            form[found.first[sure]] = found.form[sure]
            last[found.first[sure]] = found.last[sure]
        first = np.flatnonzero(form >= 0)
        first = first[_apart(first, last[first])]
        last = last[first]
        return Places(
            start=words.starts[first],
            end=words.ends[last],
            form=form[first],
            quoted=((words.marks[first] | words.marks[last]) & QUOTED).astype(np.bool_),
        )

    def _sure(
        self, words: TextWords, first: Ints, last: Ints, form: Ints, is_meant: Callable[[int, int, int], bool]
    ) -> Ints:
        doubtful = self.doubtful[form]
        cased = (words.marks[first] | words.marks[last]) & CASED != 0
        asked = np.flatnonzero(doubtful & cased)
        starts, ends, names = words.starts[first[asked]], words.ends[last[asked]], form[asked]
        rows = zip(asked.tolist(), starts.tolist(), ends.tolist(), names.tolist(), strict=True)
        meant = [at for at, *place in rows if is_meant(*place)]
        return np.concatenate([np.flatnonzero(~doubtful), np.array(meant, np.int64)])


def _apart(first: Ints, last: Ints) -> NDArray[np.bool_]:
    """Return which spans a reader takes who goes from left to right and skips what begins inside the one before."""
    reach = np.maximum.accumulate(last)
    taken = np.ones(len(first), np.bool_)
    taken[1:] = first[1:] > reach[:-1]
    top = -1
    for at in np.flatnonzero(~taken).tolist():
        # What stands before is taken for sure, or was looked at here.
        if taken[at - 1]:
            top = int(last[at - 1])
        if first[at] > top:
            taken[at] = True
            top = int(last[at])
    return taken
