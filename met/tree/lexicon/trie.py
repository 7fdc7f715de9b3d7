"""Names as paths over word numbers, walked by all places of a text at once: arrays in, arrays out."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Words64: TypeAlias = NDArray[np.uint64]

# A step joins the signs before a word and the word's number.
SIGN_BITS: Final = 5
WORD_BITS: Final = 24
MOST_SIGNS: Final = (1 << SIGN_BITS) - 2
# No name goes over a word with so many signs before it.
PARTED: Final = MOST_SIGNS + 1
NO_STEP: Final = -1
_EMPTY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_LEAST_BITS: Final = 6


class Table:
    """A map from uint64 to int32 as two arrays, many keys looked up at once (open addressing, linear probing)."""

    def __init__(self, missing: int, expected: int = 0) -> None:
        self.missing = missing
        self.size = 0
        self._clear(max(_LEAST_BITS, (3 * expected).bit_length()))

    def _clear(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)
        self._last = (1 << bits) - 1
        self._keys: Words64 = np.full(1 << bits, _EMPTY, np.uint64)
        self._values = np.full(1 << bits, self.missing, np.int32)

    def get(self, wanted: Words64) -> NDArray[np.int32]:
        """Return the value of each key, `missing` where there is none."""
        slots = self._slots(wanted)
        met = self._keys[slots]
        values = self._values[slots]
        again = np.flatnonzero((met != wanted) & (met != _EMPTY))
        while again.size:
            slots[again] = (slots[again] + 1) & self._last
            met = self._keys[slots[again]]
            values[again] = self._values[slots[again]]
            again = again[(met != wanted[again]) & (met != _EMPTY)]
        return values

    def put(self, keys: Words64, values: NDArray[np.int32]) -> None:
        """Add keys that are not in the table, each once."""
        if 3 * (self.size + len(keys)) > self._last:
            held = self._keys != _EMPTY
            old = self._keys[held], self._values[held]
            self._clear((3 * (self.size + len(keys))).bit_length() + 1)
            self._place(*old)
        self._place(keys, values)
        self.size += len(keys)

    def _place(self, keys: Words64, values: NDArray[np.int32]) -> None:
        slots = self._slots(keys)
        left = np.arange(len(keys))
        while left.size:
            free = left[self._keys[slots[left]] == _EMPTY]
            # Of several that want one slot, the last written has it.
            self._keys[slots[free]] = keys[free]
            placed = free[self._keys[slots[free]] == keys[free]]
            self._values[slots[placed]] = values[placed]
            left = left[self._keys[slots[left]] != keys[left]]
            slots[left] = (slots[left] + 1) & self._last

    def _slots(self, keys: Words64) -> Ints:
        return ((keys * _SPREAD) >> self._shift).view(np.int64)


@dataclass(frozen=True, slots=True)
class Paths:
    """Names found: from word `first` to word `last`, `form` being the number of the name. Arrays of one length."""

    first: Ints
    last: Ints
    form: Ints


class Trie:
    """All forms of names as paths; `lengths` says how many of `numbers` (0 for a sign between words) each has."""

    def __init__(self, numbers: Ints, lengths: Ints) -> None:
        steps, words = _steps(numbers, lengths)
        first = np.cumsum(words) - words
        state = np.zeros(len(lengths), np.int64)
        keys: list[Ints] = []
        total = 0
        ends = []
        for depth in range(int(words.max(initial=0))):
            going = np.flatnonzero(words > depth)
            key = (state[going] << (SIGN_BITS + WORD_BITS)) | steps[first[going] + depth]
            distinct, place = np.unique(key, return_inverse=True)
            state[going] = total + place.ravel()
            keys.append(distinct)
            here = np.full(len(distinct), NO_STEP, np.int64)
            done = going[words[going] == depth + 1]
            here[state[done] - total] = done
            ends.append(here)
            total += len(distinct)
        self._form = np.concatenate([*ends, np.empty(0, np.int64)]).astype(np.int32)
        roots = keys[0] if keys else np.empty(0, np.int64)
        self._root = np.full(int(numbers.max(initial=0)) + 1, NO_STEP, np.int32)
        self._root[roots] = np.arange(len(roots))
        later = np.concatenate([*keys[1:], np.empty(0, np.int64)])
        self._goes_on = np.zeros(total, np.bool_)
        self._goes_on[later >> (SIGN_BITS + WORD_BITS)] = True
        self._next = Table(NO_STEP, len(later))
        self._next.put(later.view(np.uint64), np.arange(len(roots), total, dtype=np.int32))

    def walk(self, numbers: Ints, signs: Ints) -> list[Paths]:
        """Return the forms of names in a text, the shortest first, by the number of their words.

        `numbers` are those of its words, negative for a word of no name; `signs` count what stands before each.
        """
        steps = np.where((numbers < 0) | (signs >= PARTED), NO_STEP, (signs << WORD_BITS) | numbers)
        steps = np.append(steps, NO_STEP)
        at = np.flatnonzero((numbers >= 0) & (numbers < len(self._root)))
        state = self._root[numbers[at]]
        found = []
        depth = 0
        while at.size:
            known = np.flatnonzero(state >= 0)
            at, state = at[known], state[known]
            form = self._form[state]
            whole = np.flatnonzero(form >= 0)
            found.append(Paths(at[whole], at[whole] + depth, form[whole].astype(np.int64)))
            depth += 1
            on = np.flatnonzero(self._goes_on[state])
            at, state = at[on], state[on]
            # Who goes on ends at the last word at the latest: the step behind it is none.
            step = steps[at + depth]
            said = np.flatnonzero(step >= 0)
            at = at[said]
            key = (state[said].astype(np.int64) << (SIGN_BITS + WORD_BITS)) | step[said]
            state = self._next.get(key.view(np.uint64))
        return found


def _steps(numbers: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """Return the steps of all forms, one form after the other, and how many each has."""
    form = np.repeat(np.arange(len(lengths)), lengths)
    words = np.flatnonzero(numbers)
    signs = np.diff(words, prepend=-1) - 1
    form = form[words]
    signs[np.diff(form, prepend=-1) != 0] = 0
    return (np.minimum(signs, PARTED) << WORD_BITS) | numbers[words], np.bincount(form, minlength=len(lengths))
