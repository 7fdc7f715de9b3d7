"""The arithmetic of the learned tagger: letters and word vectors, a recurrent layer in both directions, a linear chain.

After Lample et al. (2016) and Ma and Hovy (2016), with one head a guideline over a shared body. benchmarks/
train_tagger.py fits the weights with the same layout; everything here is numpy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from met.tree.tagger.words import NO_LETTER, SPELLED, Hit, case_of, hit_features, letters_of, word_form

Floats = NDArray[np.float32]

TAGS: Final = "OBI"
NEVER: Final = -1e4
# What no tagging does: an I after an O, or at the start.
NO_STEP: Final[Floats] = np.array([[0, 0, NEVER], [0, 0, 0], [0, 0, 0]], dtype=np.float32)
NO_START: Final[Floats] = np.array([0, 0, NEVER], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What one guideline makes of the shared states: 3 tags O, B, I."""

    weight: Floats  # (2H, 3)
    bias: Floats  # (3,)
    steps: Floats  # (3, 3), from, to
    start: Floats  # (3,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Weights of the tagger. V words, D numbers a word vector, C a letter vector, K filters of each width, H states.

    `widths` are those of the letter filters; gates stand in the order input, forget, cell, output.
    """

    row: Mapping[str, int]  # word form -> row of `words` and `stats`
    words: NDArray[np.int8]  # (V, D), times `word_scale`
    word_scale: Floats  # (D,)
    stats: NDArray[np.uint8]  # (V, S), times STAT_SCALE: how often the word stands in names of each facet, and where
    letters: Floats  # (letters, C)
    filters: tuple[Floats, ...]  # each (width, C, K)
    filter_biases: tuple[Floats, ...]  # each (K,)
    cases: Floats  # (CASES, case numbers)
    into: tuple[Floats, Floats]  # forward, backward, each (2K + D + cases + S + 1 + HIT_FEATURES, 4H)
    across: tuple[Floats, Floats]  # each (H, 4H)
    gate_bias: tuple[Floats, Floats]  # each (4H,)
    heads: Mapping[str, Head]

    def states(self, sentences: Sequence[Sequence[str]], hits: Sequence[Sequence[Hit]]) -> list[Floats]:
        """Return the states of the tokens of each sentence, each (length, 2H)."""
        forms = sorted({token for tokens in sentences for token in tokens})
        place = {token: at for at, token in enumerate(forms)}
        types = self._types(forms)
        result: list[Floats] = [np.zeros((0, 2 * len(self.across[0])), dtype=np.float32)] * len(sentences)
        order = sorted((at for at in range(len(sentences)) if sentences[at]), key=lambda at: (-len(sentences[at]), at))
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            inputs = [
                np.concatenate(
                    [types[[place[token] for token in sentences[at]]], hit_features(len(sentences[at]), hits[at])],
                    axis=1,
                )
                for at in batch
            ]
            for at, states in zip(batch, self._scan(inputs), strict=True):
                result[at] = states
        return result

    def _types(self, tokens: Sequence[str]) -> Floats:
        """Return what stands for each token before its neighbours are known: (n, 2K + D + cases + S + 1)."""
        if not tokens:
            return np.zeros((0, len(self.into[0])), dtype=np.float32)
        rows = np.array([self.row.get(word_form(token), -1) for token in tokens])
        known = (rows >= 0).astype(np.float32)[:, None]
        spelled = np.array([letters_of(token) for token in tokens])
        parts = [self._spelling(spelled, width) for width in range(len(self.filters))]
        return np.concatenate(
            [
                *parts,
                self.words[rows] * self.word_scale * known,
                self.cases[[case_of(token) for token in tokens]],
                self.stats[rows] * (STAT_SCALE * known),
                1 - known,
            ],
            axis=1,
            dtype=np.float32,
        )

    def _spelling(self, spelled: NDArray[np.intp], which: int) -> Floats:
        """Return the strongest answer (n, K) of each filter over the letters of each word."""
        filters = self.filters[which]
        half = len(filters) // 2
        vectors = np.pad(self.letters[spelled], ((0, 0), (half, half), (0, 0)))
        answers = sum(vectors[:, shift : shift + SPELLED] @ part for shift, part in enumerate(filters))
        answers = np.maximum(answers + self.filter_biases[which], 0)
        answers[spelled == NO_LETTER] = 0
        return np.asarray(answers.max(axis=1), dtype=np.float32)

    def _scan(self, inputs: Sequence[Floats]) -> list[Floats]:
        """Return the states (length, 2H) of each sentence; `inputs` are sorted by length, the longest first."""
        lengths = np.array([len(rows) for rows in inputs])
        size, longest = len(self.across[0]), int(lengths[0])
        padded = np.zeros((longest, len(inputs), inputs[0].shape[1]), dtype=np.float32)
        for at, rows in enumerate(inputs):
            padded[: len(rows), at] = rows
        states = np.zeros((longest, len(inputs), 2 * size), dtype=np.float32)
        running = [int((lengths > step).sum()) for step in range(longest)]
        for way, steps in enumerate((range(longest), range(longest - 1, -1, -1))):
            gates = padded @ self.into[way] + self.gate_bias[way]
            state = np.zeros((len(inputs), size), dtype=np.float32)
            cell = np.zeros_like(state)
            for step in steps:
                n = running[step]
                gate = gates[step, :n] + state[:n] @ self.across[way]
                opened = _sigmoid(gate[:, : 2 * size])
                fresh = np.tanh(gate[:, 2 * size : 3 * size])
                cell[:n] = opened[:, size:] * cell[:n] + opened[:, :size] * fresh
                state[:n] = _sigmoid(gate[:, 3 * size :]) * np.tanh(cell[:n])
                states[step, :n, way * size : (way + 1) * size] = state[:n]
        return [states[:length, at] for at, length in enumerate(lengths)]


BATCH: Final = 64
STAT_SCALE: Final = np.float32(1 / 64)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x), dtype=np.float32)


def best_path(answers: Floats, steps: Floats, start: Floats) -> str:
    """Return the tags (a letter of TAGS a token) of the best path through `answers` (length, 3) (Viterbi 1967)."""
    if not len(answers):
        return ""
    best = answers[0] + start
    back = []
    for row in answers[1:]:
        reached = best[:, None] + steps
        came = reached.argmax(axis=0)
        back.append(came)
        best = reached[came, np.arange(len(came))] + row
    path = [int(best.argmax())]
    for came in reversed(back):
        path.append(int(came[path[-1]]))
    return "".join(TAGS[tag] for tag in reversed(path))
