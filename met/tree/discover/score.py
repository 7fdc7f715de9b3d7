"""Termhood: how much a phrase behaves like the names that are known already.

A logistic regression is fitted on the texts at hand: phrases that are names of nodes against all others (learning from
positive and unlabelled examples; Elkan and Noto, 2008). Features are the C-value (Frantzi, Ananiadou and Mima, 2000),
boundaries, definitions and the words of known names, the phrase's own name left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.tree.discover.phrases import Phrase
from met.tree.discover.words import WordCounts, stem

FEATURES: Final = (
    "bias", "count", "documents", "c_value", "whole", "left", "right", "determined", "defined", "named", "listed",
    "heading", "noun", "known_words", "known_head", "known_start", "ending", "one_word", "long_word", "capital", "of",
    "digits", "near",
)  # fmt: skip
TOLD: Final = 2.0
_ROUNDS: Final = 30
_RIDGE: Final = 1.0
_NOUN: Final = 0.03
_NO_END: Final = ("ed", "ing", "ly")
_ING: Final = frozenset({"ascending", "descending", "floating", "ring"})
_PLAIN_WORDS: Final = (
    "different certain various specific particular main important example examples type types kind form forms part "
    "parts number amount people person way ways time times thing things lot use term terms name question answer "
    "following common possible able such new old good large small high low long short same similar other many"
)
_PLAIN: Final = frozenset(_PLAIN_WORDS.split())


class NameWords:
    """Words, heads and endings of known names, each with the number of names that hold it."""

    def __init__(self, keys: Iterable[str]) -> None:
        """`keys` are phrase keys of names."""
        self.words: Counter[str] = Counter()
        self.heads: Counter[str] = Counter()
        self.starts: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        for key in keys:
            parts = key.split()
            if not parts:
                continue
            self.words.update({stem(part) for part in parts})
            self.heads[stem(parts[-1])] += 1
            self.starts[parts[0]] += 1
            self.endings[parts[-1][-4:]] += 1


def features(key: str, phrase: Phrase, words: WordCounts, known: NameWords, *, is_known: bool) -> list[float]:
    """Return the values of FEATURES for one phrase; what its own name brought into `known` is taken out."""
    parts = key.split()
    own = int(is_known)
    count = phrase.count
    nested = phrase.longer / len(phrase.hosts) if phrase.hosts else 0.0
    shared = [known.words[stem(part)] - own > 0 for part in parts]
    return [
        1.0,
        log(count),
        log(len(phrase.documents)),
        log2(len(parts) + 1) * log(1 + max(0.0, count - nested)),
        phrase.whole / count,
        phrase.left / count,
        phrase.right / count,
        phrase.determined / count,
        min(3, phrase.defined),
        min(3, phrase.named),
        min(3, phrase.listed) / 3,
        min(2, phrase.headings),
        words.nounness(parts[-1]),
        sum(shared) / len(parts),
        log(1 + max(0, known.heads[stem(parts[-1])] - own)),
        log(1 + max(0, known.starts[parts[0]] - own)),
        log(1 + max(0, known.endings[parts[-1][-4:]] - own)),
        float(len(parts) == 1),
        min(12, len(parts[-1])) / 12,
        float(phrase.surface[:1].isupper()),
        float(" of " in f" {key} "),
        float(any(letter.isdigit() for letter in key)),
        log(1 + phrase.neighbours / count),
    ]


def is_possible(key: str, phrase: Phrase, words: WordCounts) -> bool:
    """Say whether a phrase can be a term at all: it stands alone somewhere, begins and ends in words that terms begin
    and end in, and is seen twice, has several words, or is told to be a term.
    """
    parts = key.split()
    told = bool(phrase.defined or phrase.named or phrase.headings)
    if not phrase.whole or len(key) < 3 or len(key) > 80 or {parts[0], parts[-1], stem(parts[-1])} & _PLAIN:
        return False
    if told:
        return True
    if parts[-1].endswith(_NO_END) or (len(parts) > 1 and parts[0].endswith(("ing", "ly")) and parts[0] not in _ING):
        return False
    return len(parts) > 1 or (phrase.count > 1 and words.nounness(parts[0]) > _NOUN)


def fitted(rows: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the weights of a ridge logistic regression, both classes weighing the same (Newton's method)."""
    weights = np.zeros(rows.shape[1])
    if not known.any() or known.all():
        return weights
    share = np.where(known, 0.5 / known.sum(), 0.5 / (~known).sum()) * len(known)
    penalty = np.eye(rows.shape[1]) * _RIDGE
    for _ in range(_ROUNDS):
        found = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (share * (found - known)) + penalty @ weights
        curve = (rows * (share * found * (1 - found))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curve, gradient)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def termhood(
    phrases: Mapping[str, Phrase], order: Sequence[str], words: WordCounts, names: frozenset[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the score, 0 to 1, of each phrase of `order` at 4 decimals, and which of them are names already."""
    known = NameWords(sorted(names))
    is_known = np.array([key in names for key in order], dtype=np.bool_)
    if not len(order):
        return np.zeros(0), is_known
    each = zip(order, is_known, strict=True)
    rows = np.array([features(key, phrases[key], words, known, is_known=bool(own)) for key, own in each])
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    centre[0], scale[scale == 0] = 0.0, 1.0
    rows = (rows - centre) / scale
    weights = fitted(rows, is_known)
    # An author who defines, names or heads a section with a phrase holds it for a term, known or not.
    told = [int(bool(phrases[key].defined)) + bool(phrases[key].named) + bool(phrases[key].headings) for key in order]
    rows, weights = np.column_stack((rows, told)), np.append(weights, TOLD)
    return np.round(1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30))), 4), is_known
