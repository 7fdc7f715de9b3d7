"""A small learned tagger: which tokens of a sentence name a disease or an anatomical structure.

A recurrent network (met.tree.tagger.network) and a linear chain over indicators (met.tree.tagger.features) answer
together. The weights are made by benchmarks/train_tagger.py, which prints their error on texts that they never saw.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from met.tree.tagger.features import Floats
from met.tree.tagger.network import NO_START, NO_STEP, TAGS, best_path
from met.tree.tagger.weights import Weights, load_weights
from met.tree.tagger.words import Find, Hit, word_form
from met.types import Facet, Span

TaggerName: TypeAlias = Literal["disease", "anatomy"]
Tags: TypeAlias = tuple[str, ...]

# The guidelines by which each kind of name is marked. Two for diseases: for texts on genetics, and for texts on drugs.
GUIDELINES: Final[Mapping[TaggerName, tuple[str, ...]]] = {
    "disease": ("NCBI-disease", "BC5CDR-disease"),
    "anatomy": ("AnatEM",),
}
FACET_OF: Final[Mapping[TaggerName, Facet]] = {"disease": "disease", "anatomy": "anatomy"}
CHUNK: Final = 512  # sentences whose states are held at a time
# Words of a text do not come independently, so each counts less than a whole word.
_STYLE_WEIGHT: Final = 0.3
_NETWORK_SHARE: Final = 0.5
_DIGITS: Final = 4
# By likelihood alone the tagger is too careful with names that it never saw: on the devel parts this much less for "no
# name" leaves F1 as it is and finds 3 in 100 more of them.
_OUTSIDE: Final = np.array([0.0 if tag != "O" else -0.3 for tag in TAGS], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagger:
    """Marks one kind of name: `facet` says which. `find` looks names up in a dictionary."""

    name: TaggerName
    weights: Weights
    find: Find

    @property
    def facet(self) -> Facet:
        return FACET_OF[self.name]

    def tag(self, tokens: Sequence[str]) -> Tags:
        """Return an IOB tag for each token: `B-Disease`, `I-Disease`, `O` (or Anatomy)."""
        return self.tag_all([tokens])[0]

    def tag_all(self, sentences: Sequence[Sequence[str]]) -> list[Tags]:
        """Return the tags of the sentences of one text, in their order; many at once are faster.

        Where there are several guidelines, each counts as much as the text reads like the texts that it was made for.
        """
        return self._tagged(sentences, [self._shares(sentences)] * len(sentences))

    def tag_each(self, sentences: Sequence[Sequence[str]]) -> list[Tags]:
        """Return the tags of sentences of many texts, in their order: each is read as a text of its own."""
        return self._tagged(sentences, [self._shares([tokens]) for tokens in sentences])

    def _tagged(self, sentences: Sequence[Sequence[str]], shares: Sequence[Floats]) -> list[Tags]:
        """Return the tags of the sentences, with how much each guideline counts in each of them."""
        every_steps, every_start = (
            self._both(self.weights.chain_steps, "steps"),
            self._both(self.weights.chain_start, "start"),
        )
        tags: list[Tags] = []
        for first in range(0, len(sentences), CHUNK):
            part = sentences[first : first + CHUNK]
            found = self._answers(part, [self.find(tokens) for tokens in part])
            for answers, share in zip(found, shares[first : first + CHUNK], strict=True):
                steps, start = _mixed(share, every_steps) + NO_STEP, _mixed(share, every_start) + NO_START
                # Rounded, because the last digits depend on which sentences are read together.
                mixed = np.round(np.einsum("tgk,g->tk", answers, share) + _OUTSIDE, _DIGITS)
                tags.append(self._named(best_path(mixed, steps, start)))
        return tags

    def _columns(self) -> list[int]:
        return [self.weights.guidelines.index(name) for name in GUIDELINES[self.name]]

    def _shares(self, sentences: Sequence[Sequence[str]]) -> Floats:
        """Return how much each guideline counts; the shares sum to 1 (naive Bayes over groups of words)."""
        columns = self._columns()
        known = self.weights.known
        rows = [row for tokens in sentences for token in tokens if (row := known.row.get(word_form(token))) is not None]
        logs = _STYLE_WEIGHT * self.weights.style[known.clusters[rows, 1]][:, columns].sum(axis=0)
        odds = np.exp(logs - logs.max())
        return np.asarray(odds / odds.sum(), dtype=np.float32)

    def _both(self, chain: Floats, part: Literal["steps", "start"]) -> Floats:
        mine, network = chain[self._columns()], self.weights.network
        if network is None:
            return mine
        heads = [getattr(network.heads[name], part) for name in GUIDELINES[self.name]]
        return _NETWORK_SHARE * np.stack(heads) + (1 - _NETWORK_SHARE) * mine

    def _answers(self, sentences: Sequence[Sequence[str]], hits: Sequence[Sequence[Hit]]) -> list[Floats]:
        """Return what network and chain say together of each tag by each guideline, each (length, guidelines, 3)."""
        columns = self._columns()
        said = [
            row.reshape(len(row), len(self.weights.guidelines), len(TAGS))[:, columns]
            for row in self.weights.chain.answers(sentences, hits, self.weights.known)
        ]
        network = self.weights.network
        if network is None:
            return said
        heads = [network.heads[name] for name in GUIDELINES[self.name]]
        weight = np.concatenate([head.weight for head in heads], axis=1)
        bias = np.concatenate([head.bias for head in heads])
        return [
            _NETWORK_SHARE * (states @ weight + bias).reshape(row.shape) + (1 - _NETWORK_SHARE) * row
            for states, row in zip(network.states(sentences, hits), said, strict=True)
        ]

    def _named(self, path: str) -> Tags:
        kind = self.name.capitalize()
        return tuple("O" if letter == "O" else f"{letter}-{kind}" for letter in path)


def _mixed(shares: Floats, parts: Floats) -> Floats:
    return np.asarray(np.tensordot(shares, parts, axes=(0, 0)), dtype=np.float32)


def marked_in(tags: Sequence[str]) -> Iterator[Span]:
    """Yield the runs of tokens that tags mark: the first and the one after the last.

    >>> list(marked_in(("O", "B-Disease", "I-Disease", "B-Disease")))
    [(1, 3), (3, 4)]
    """
    first = None
    for at, tag in enumerate((*tags, "O")):
        if first is not None and not tag.startswith("I"):
            yield first, at
            first = None
        if tag.startswith("B"):
            first = at


def nothing_found(tokens: Sequence[str]) -> tuple[Hit, ...]:  # noqa: ARG001
    """Find no name: the dictionary of a tagger that goes by itself."""
    return ()


def load_tagger(name: TaggerName, *, find: Find = nothing_found) -> Tagger:
    """Return the shipped tagger of diseases or anatomy; `find` is best `met.tree.tagger.words.dictionary_of`."""
    return Tagger(name=name, weights=load_weights(), find=find)
