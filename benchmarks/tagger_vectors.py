"""Word vectors of the tagger, from texts without labels: how words keep company, and what a sentence encoder makes of
each word alone."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.extmath import randomized_svd

from met.tree.tagger.words import word_form
from met.types import Node

SEED = 20260101
DIMENSIONS = 100
CONTEXTS = 12_000
REACH = 4
CLUSTERS = (200, 1000)
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
STATS = ("disease", "anatomy")


def words_of(text: str) -> list[str]:
    """Return the word forms of running text, cut as the gold is cut: letters, numbers, signs."""
    return [word_form(token) for token in _TOKEN.findall(text.lower())]


def vocabulary(
    texts: Sequence[Sequence[str]], names: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]
) -> list[str]:
    """Return the words that get a vector: three times in texts, twice in names, or once in the training gold."""
    counts = [Counter(word for words in part for word in words) for part in (texts, names, gold)]
    kept = {word for count, least in zip(counts, (3, 2, 1), strict=True) for word, n in count.items() if n >= least}
    return sorted(word for word in kept if len(word) < 40)


def company(vocab: Sequence[str], sentences: Iterable[Sequence[str]]) -> NDArray[np.float32]:
    """Return unit vectors (V, DIMENSIONS): singular vectors of positive pointwise mutual information with the word to
    the left, the word to the right and the words within REACH (Levy, Goldberg and Dagan, 2015)."""
    row = {word: at for at, word in enumerate(vocab)}
    gap = [-1] * REACH
    flat = np.concatenate([np.array([*(row.get(word, -1) for word in words), *gap]) for words in sentences])
    counts = np.bincount(flat[flat >= 0], minlength=len(vocab))
    column = np.full(len(vocab), -1)
    column[np.argsort(-counts, kind="stable")[:CONTEXTS]] = np.arange(min(CONTEXTS, len(vocab)))
    near = sum(
        (_pairs(flat, column, step) + _pairs(flat, column, -step)) * (1 / abs(step)) for step in range(1, REACH + 1)
    )
    joint = sp.hstack([_ppmi(_pairs(flat, column, -1)), _ppmi(_pairs(flat, column, 1)), _ppmi(near)]).tocsr()
    left, values, _ = randomized_svd(joint, DIMENSIONS, n_iter=3, random_state=SEED)
    vectors = left * np.sqrt(values)
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6), dtype=np.float32)


def _pairs(flat: NDArray[Any], column: NDArray[Any], step: int) -> Any:
    word, other = (flat[:-step], flat[step:]) if step > 0 else (flat[-step:], flat[:step])
    both = (word >= 0) & (other >= 0)
    word, context = word[both], column[other[both]]
    word, context = word[context >= 0], context[context >= 0]
    ones = np.ones(len(word), dtype=np.float32)
    return sp.coo_matrix((ones, (word, context)), shape=(len(column), CONTEXTS)).tocsr()


def _ppmi(counts: Any) -> Any:
    cells = counts.tocoo()
    total = cells.data.sum()
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = np.asarray(counts.sum(axis=0)).ravel() ** 0.75
    contexts = contexts / contexts.sum() * total
    said = np.log(np.maximum(cells.data * total / (words[cells.row] * contexts[cells.col]), 1.0))
    return sp.csr_matrix((said.astype(np.float32), (cells.row, cells.col)), shape=cells.shape)


def principal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the first DIMENSIONS principal components, scaled to a spread of one half."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1][:, :DIMENSIONS]
    return np.asarray(turned / (2 * turned.std()), dtype=np.float32)


def name_stats(vocab: Sequence[str], nodes: Iterable[Node]) -> NDArray[np.uint8]:
    """Return (V, 6): per facet, how often a word ends a name, stands in one (both log, in 64ths of 3), is all of one.

    Names under the licence of HPO are left out: nothing derived from them may ship.
    """
    ends, inside, whole = ({facet: Counter[str]() for facet in STATS} for _ in range(3))
    for node in nodes:
        if node.facet not in STATS or node.licence == "HPO":
            continue
        for name in (node.name, *node.synonyms):
            words = words_of(name)
            head = words[: words.index(",")] if "," in words[1:] else words
            if head:
                ends[node.facet][head[-1]] += 1
            inside[node.facet].update(set(words))
            if len(words) == 1:
                whole[node.facet][words[0]] += 1
    table = [
        value
        for word in vocab
        for facet in STATS
        for value in (
            np.log1p(ends[facet][word]) / 3,
            np.log1p(inside[facet][word]) / 3,
            float(whole[facet][word] > 0),
        )
    ]
    scaled = np.round(np.array(table).reshape(len(vocab), -1) * 64)
    return np.asarray(np.clip(scaled, 0, 255), dtype=np.uint8)


def clusters_of(vectors: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return (V, 2): the coarse and the fine group of each word, by k-means of the unit vectors."""
    unit = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6)
    columns = [
        MiniBatchKMeans(number, random_state=SEED, batch_size=4096, n_init=1, max_iter=30).fit_predict(unit)
        for number in CLUSTERS
    ]
    return np.asarray(np.stack(columns, axis=1), dtype=np.uint16)
