"""What the linear chain of the tagger looks at: indicators of a token, its neighbours and the dictionary, as hashes.

The words' own indicators are summed once per different word; only pairs of neighbours and dictionary names are looked
at token by token.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from met.tree.tagger.words import Hit, word_form

Floats = NDArray[np.float32]

REACH: Final = 3
OUTSIDE: Final = "#"
_RUN: Final = re.compile(r"(.)\1+")
_SHAPES: Final = ((re.compile(r"[A-Z]"), "A"), (re.compile(r"[a-z]"), "a"), (re.compile(r"\d"), "0"))
_STAT_STEP: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordlist:
    """What is known of words beforehand: V rows."""

    row: Mapping[str, int]
    stats: NDArray[np.uint8]  # (V, S)
    clusters: NDArray[np.uint16]  # (V, 2): a coarse and a fine group of words of like company


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A token's own indicators (hashes), those that it gives its neighbours, and what pairs of words are made of."""

    own: tuple[int, ...]
    beside: Mapping[int, tuple[int, ...]]
    form: str
    shape: str
    cluster: str


def shape_of(token: str) -> str:
    """Return how `token` is written: letters and digits by their kind, runs cut to two.

    >>> [shape_of(token) for token in ("Lung", "BRCA1", "12-year")]
    ['Aaa', 'AA0', '00-aa']
    """
    shape = token
    for pattern, letter in _SHAPES:
        shape = pattern.sub(letter, shape)
    return _RUN.sub(r"\1\1", shape)[:8]


def word_of(token: str, known: Wordlist) -> Word:
    """Return the indicators of `token`."""
    form, shape = word_form(token), shape_of(token)
    row = known.row.get(form)
    groups: list[str] = []
    cluster = OUTSIDE
    if row is not None:
        coarse, fine = known.clusters[row].tolist()
        groups = [f"k0={coarse}", f"k1={fine}"]
        groups += [f"n{at}={value // _STAT_STEP}" for at, value in enumerate(known.stats[row].tolist()) if value]
        cluster = str(coarse)
    own = [f"w={form}", f"W={token}", f"sh={shape}", *groups]
    for length in range(2, 6):
        if len(form) > length:
            own += [f"s={form[-length:]}", f"p={form[:length]}"]
    if len(form) > 4:
        bounded = f"^{form}$"
        own += sorted({f"g={bounded[at : at + 4]}" for at in range(len(bounded) - 3)})
    lite = [f"w={form}", f"sh={shape[:4]}", *groups, *([f"s={form[-3:]}"] if len(form) > 3 else [])]
    beside = {step: _hashes(lite if abs(step) < REACH else lite[:1], step) for step in _steps()}
    return Word(own=_hashes(own, 0), beside=beside, form=form, shape=shape[:4], cluster=cluster)


def _steps() -> Iterator[int]:
    yield from (step for step in range(-REACH, REACH + 1) if step)


def _hashes(features: Sequence[str], step: int) -> tuple[int, ...]:
    return tuple(_hash(f"{step}{feature}") for feature in features)


def _hash(feature: str) -> int:
    return crc32(feature.encode())


def place_features(words: Sequence[Word], hits: Sequence[Hit]) -> list[list[int]]:
    """Return, for each token of a sentence, the indicators that its word alone does not tell (hashes)."""
    names = _names(len(words), hits)
    nothing = Word(own=(), beside={}, form=OUTSIDE, shape=OUTSIDE, cluster=OUTSIDE)
    framed = [nothing, *words, nothing]
    marks = [OUTSIDE, *("|".join(found[:1]) for found in names), OUTSIDE]
    rows = []
    for at in range(len(words)):
        left, here, right = framed[at : at + 3]
        row = [
            f"b-{left.form}|{here.form}",
            f"b+{here.form}|{right.form}",
            f"bs{left.shape}|{here.shape}|{right.shape}",
            f"c-{left.cluster}|{here.cluster}",
            f"c+{here.cluster}|{right.cluster}",
            f"c={left.cluster}|{right.cluster}",
            f"dt{marks[at]}|{marks[at + 1]}|{marks[at + 2]}",
        ]
        for step in range(-REACH, REACH + 1):
            if not 0 <= at + step < len(words):
                row.append(f"{step}{OUTSIDE}")
            elif abs(step) < REACH:
                row += [f"{step}d{name}" for name in names[at + step]] or [f"{step}d"]
        rows.append([_hash(feature) for feature in row])
    return rows


def _names(length: int, hits: Sequence[Hit]) -> list[list[str]]:
    """Return what the dictionary says of each token: all facets with the place first, then each, then the length."""
    names: list[list[str]] = [[] for _ in range(length)]
    for start, end, facets in hits:
        for at in range(start, end):
            place = "S" if end - start == 1 else "B" if at == start else "E" if at == end - 1 else "I"
            each = sorted(facets)
            names[at] = [f"{place}{'+'.join(each)}", *(f"{place}={facet}" for facet in each)]
            names[at].append(f"{min(end - start, 4)}{'+'.join(each)}")
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Weights of indicators: F of them, 3 tags for each of the heads, one head after the other."""

    hashes: NDArray[np.uint32]  # (F,), sorted
    weights: NDArray[np.int8]  # (F, 3 * heads), times `scale`
    scale: Floats  # (3 * heads,)

    def answers(
        self, sentences: Sequence[Sequence[str]], hits: Sequence[Sequence[Hit]], known: Wordlist
    ) -> list[Floats]:
        """Return what the indicators say of the tokens of each sentence, each (length, 3 * heads)."""
        forms = sorted({token for tokens in sentences for token in tokens})
        place = {token: at for at, token in enumerate(forms)}
        words = [word_of(token, known) for token in forms]
        own = self._sums([word.own for word in words])
        beside = {step: self._sums([word.beside[step] for word in words]) for step in _steps()}
        rows = [
            row
            for tokens, names in zip(sentences, hits, strict=True)
            for row in place_features([words[place[token]] for token in tokens], names)
        ]
        here = self._sums(rows)
        result, done = [], 0
        for tokens in sentences:
            at = np.array([place[token] for token in tokens], dtype=np.intp)
            answers = here[done : done + len(at)] + own[at]
            for step, table in beside.items():
                if len(at) > abs(step):
                    to, source = (
                        (slice(None, -step), slice(step, None)) if step > 0 else (slice(-step, None), slice(None, step))
                    )
                    answers[to] += table[at[source]]
            result.append(answers)
            done += len(at)
        return result

    def _sums(self, rows: Sequence[Sequence[int]]) -> Floats:
        """Return the weights of each row's hashes, summed: (rows, 3 * heads)."""
        sizes = [len(row) for row in rows]
        flat = np.fromiter((value for row in rows for value in row), dtype=np.uint32, count=sum(sizes))
        at = np.minimum(np.searchsorted(self.hashes, flat), len(self.hashes) - 1)
        found = np.flatnonzero(self.hashes[at] == flat)
        sums = np.zeros((len(rows), self.weights.shape[1]), dtype=np.float32)
        np.add.at(sums, np.repeat(np.arange(len(rows)), sizes)[found], self.weights[at[found]].astype(np.float32))
        return sums * self.scale
