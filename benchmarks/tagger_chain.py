"""Fits the linear chain of the tagger: a conditional random field over hashed indicators (Lafferty et al., 2001)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from tagger_recurrent import Sentence

from met.tree.tagger.features import REACH, Chain, Wordlist, place_features, word_of
from met.tree.tagger.network import NO_START, NO_STEP, TAGS

Array = NDArray[np.float64]
RIDGE = 1.0
ROUNDS = 100
BLOCK = 8192  # tokens computed at a time
LEAST = 2  # an indicator seen once says nothing
SMALLEST = 0.02  # weights below this, of either sign, are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One guideline's weights: `weights` (F, 3) of the sorted `hashes`, steps (3, 3), start (3,)."""

    hashes: NDArray[np.uint32]
    weights: Array
    steps: Array
    start: Array


def fit_chain(gold: Sequence[Sentence], known: Wordlist, *, rounds: int = ROUNDS) -> Fitted:
    """Return the weights of highest likelihood under a ridge; deterministic."""
    began = time.monotonic()
    rows = indicators(gold, known)
    hashes, matrix = _matrix(rows)
    lengths = np.array([len(row.tokens) for row in gold])
    tags = np.array([TAGS.index(tag) for row in gold for tag in row.tags])
    target = _Target(matrix, tags, lengths)
    size = matrix.shape[1] * len(TAGS)
    best = minimize(
        target,
        np.zeros(size + 12),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": rounds, "maxcor": 8, "ftol": 1e-5},
    )
    print(f"  {len(hashes)} indicators, {best.nit} rounds, {time.monotonic() - began:.0f} s", flush=True)
    return Fitted(
        hashes=hashes,
        weights=best.x[:size].reshape(-1, 3),
        steps=best.x[size : size + 9].reshape(3, 3),
        start=best.x[size + 9 :],
    )


def indicators(gold: Sequence[Sentence], known: Wordlist) -> list[list[int]]:
    """Return the hashes of every token, those that its word and its neighbours bring included."""
    words = {token: word_of(token, known) for token in {token for row in gold for token in row.tokens}}
    rows = []
    for sentence in gold:
        read = [words[token] for token in sentence.tokens]
        for at, here in enumerate(place_features(read, sentence.hits)):
            row = [*here, *read[at].own]
            for step in range(-REACH, REACH + 1):
                if step and 0 <= at + step < len(read):
                    row += read[at + step].beside[step]
            rows.append(row)
    return rows


def _matrix(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.uint32], Any]:
    flat = np.fromiter((value for row in rows for value in row), dtype=np.uint32)
    hashes, at, counts = np.unique(flat, return_inverse=True, return_counts=True)
    kept = counts >= LEAST
    column = np.where(kept, np.cumsum(kept) - 1, -1)[at]
    row = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    there = column >= 0
    ones = np.ones(int(there.sum()))
    matrix = sp.csr_matrix((ones, (row[there], column[there])), shape=(len(rows), int(kept.sum())))
    return hashes[kept], matrix


class _Target:
    """The negative log likelihood with its ridge, and its slope."""

    def __init__(self, matrix: Any, tags: NDArray[Any], lengths: NDArray[Any]) -> None:
        self.matrix, self.turned = matrix, matrix.T.tocsr()
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self.gold = np.eye(len(TAGS))[tags]
        self.gold_weights = self.turned @ self.gold
        later = np.setdiff1d(np.arange(len(tags)), starts)
        self.gold_steps = np.zeros((3, 3))
        np.add.at(self.gold_steps, (tags[later - 1], tags[later]), 1)
        self.gold_start = np.bincount(tags[starts], minlength=3).astype(float)
        self.blocks = list(_blocks(starts, lengths))

    def __call__(self, point: Array) -> tuple[float, Array]:
        size = self.matrix.shape[1] * 3
        weights, steps, start = point[:size].reshape(-1, 3), point[size : size + 9].reshape(3, 3), point[size + 9 :]
        answers = self.matrix @ weights
        shares = np.zeros_like(answers)
        likelihood = (answers * self.gold).sum() + (self.gold_steps * steps).sum() + (self.gold_start * start).sum()
        taken, begun = np.zeros((3, 3)), np.zeros(3)
        for at, there in self.blocks:
            total, here, pairs = _forward_backward(answers[at], there, steps + NO_STEP, start + NO_START)
            likelihood -= total
            shares[at[there]] = here[there]
            taken += pairs
            begun += here[:, 0].sum(axis=0)
        slope = np.concatenate(
            [
                (self.gold_weights - self.turned @ shares).ravel(),
                (self.gold_steps - taken).ravel(),
                self.gold_start - begun,
            ]
        )
        return RIDGE / 2 * float(point @ point) - float(likelihood), RIDGE * point - slope


def _blocks(starts: NDArray[Any], lengths: NDArray[Any]) -> Any:
    """Yield positions (B, T) of sentences of like length, and which of them are there."""
    order = np.argsort(lengths, kind="stable")
    first = 0
    while first < len(order):
        last = first + 1
        while last < len(order) and lengths[order[last]] * (last + 1 - first) <= BLOCK:
            last += 1
        part = order[first:last]
        along = np.arange(lengths[part].max())[None]
        there = along < lengths[part][:, None]
        yield np.where(there, starts[part][:, None] + along, 0), there
        first = last


def _forward_backward(answers: Array, there: NDArray[Any], steps: Array, start: Array) -> tuple[float, Array, Array]:
    """Return the log of the sum over all paths, the share (B, T, 3) of each tag, and of each step (3, 3)."""
    size, longest, _ = answers.shape
    top = answers.max(axis=2, keepdims=True)
    odds, change = np.exp(answers - top), np.exp(steps)
    ahead, scale = np.empty((longest, size, 3)), np.ones((longest, size))
    for at in range(longest):
        row = odds[:, at] * (np.exp(start) if at == 0 else ahead[at - 1] @ change)
        total = row.sum(axis=1)
        here = there[:, at]
        ahead[at] = np.where(here[:, None], row / total[:, None], ahead[at - 1] if at else row)
        scale[at] = np.where(here, total, 1.0)
    shares, pairs = np.empty_like(answers), np.zeros((3, 3))
    behind = np.ones((size, 3))
    shares[:, -1] = ahead[-1]
    for at in range(longest - 1, 0, -1):
        here = there[:, at, None]
        row = odds[:, at] * behind / scale[at][:, None] * here
        pairs += np.einsum("bi,bj->ij", ahead[at - 1], row) * change
        behind = np.where(here, row @ change.T, behind)
        shares[:, at - 1] = ahead[at - 1] * behind
    return float(np.log(scale).sum() + top[..., 0][there].sum()), shares, pairs


def join_chains(parts: Mapping[str, Fitted]) -> Chain:
    """Return the weights of all guidelines in one table, one byte each; small ones are left out."""
    kept = [fitted.hashes[np.abs(fitted.weights).max(axis=1) >= SMALLEST] for fitted in parts.values()]
    hashes = np.unique(np.concatenate(kept))
    table = np.zeros((len(hashes), 3 * len(parts)))
    for number, fitted in enumerate(parts.values()):
        both, into, source = np.intersect1d(hashes, fitted.hashes, assume_unique=True, return_indices=True)
        del both
        table[into, 3 * number : 3 * number + 3] = fitted.weights[source]
    scale = np.abs(table).max(axis=0) / 127
    return Chain(
        hashes=hashes,
        weights=np.round(table / scale).astype(np.int8),
        scale=scale.astype(np.float32),
    )
