"""Finds what a text is about: ranks the entities of the tree that it names as its focus.

A linear model over signals that can be read one by one (`met.tree.link.signals`): the score of a candidate is the sum
of its signals times their weights, and the probabilities of the candidates of a text add up to one (McFadden 1974). The
weights are fitted by `met.evaluate.links`; they are numbers of signals alone and know no entity.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from met.tree.closure import closure_of
from met.tree.lexicon import Lexicon, names_of
from met.tree.link.mentions import mentions_of
from met.tree.link.signals import SIGNALS, Standing, signals_of
from met.tree.normalise.keys import name_key, spellings
from met.types import Edge, Node

WEIGHTS: Final = "weights/link.json"
MOST_CHARACTERS: Final = 30_000
LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkModel:
    """One weight for each of SIGNALS; `seen` are digests of the texts that the weights were fitted to."""

    weights: tuple[float, ...]
    seen: frozenset[str]

    def probabilities(self, signals: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the probability of each candidate of one text: shape (candidates,), sum 1, rounded to 4 decimals."""
        scores = signals @ np.array(self.weights)
        powers = np.exp(scores - scores.max(initial=0.0))
        shares: npt.NDArray[np.float64] = np.round(powers / max(float(powers.sum()), 1.0), 4)
        return shares


@cache
def shipped_model() -> LinkModel:
    """Return the model with the shipped weights."""
    read = json.loads((files("met.tree") / WEIGHTS).read_text(encoding="utf-8"))
    return LinkModel(weights=tuple(read["weights"][name] for name in SIGNALS), seen=frozenset(read["seen"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A candidate for the focus of a text, and what spoke for it."""

    node: str
    probability: float
    signals: Mapping[str, float]


class Linker:
    """Ranks the `nodes` as the focus of texts."""

    def __init__(self, nodes: Sequence[Node], edges: Sequence[Edge], *, model: LinkModel | None = None) -> None:
        self._model = model
        self._standing = standing_of(nodes, edges)
        self.lexicon = Lexicon(
            (spelling, node.key) for node in nodes for name in names_of(node) for spelling in spellings(name)
        )

    def signals(self, blocks: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
        """Return the candidates of a text given as blocks, sorted, and their signals: (candidates, len(SIGNALS))."""
        return signals_of(mentions_of(blocks, self.lexicon), self._standing)

    def focus(self, blocks: Sequence[str]) -> frozenset[str]:
        """Return what a text is about: the likeliest entity, with those of other facets that bear its own name.

        Nothing where they are less likely than not, or where the text is longer than MOST_CHARACTERS: a chapter speaks
        of many things.
        """
        if sum(map(len, blocks)) > MOST_CHARACTERS:
            return frozenset()
        links = self.rank(blocks)
        own = self._standing.labels[links[0].node] if links else frozenset()
        same = [link for link in links if self._standing.labels[link.node] & own]
        likely = sum(link.probability for link in same) > LIKELY
        return frozenset(link.node for link in same) if likely else frozenset()

    def rank(self, blocks: Sequence[str]) -> tuple[Link, ...]:
        """Return every entity that the blocks of a text name, by falling probability of being its focus, then key."""
        keys, signals = self.signals(blocks)
        model = self._model or shipped_model()
        shares = model.probabilities(signals)
        return tuple(
            Link(
                node=keys[at],
                probability=float(shares[at]),
                signals={name: round(float(value), 4) for name, value in zip(SIGNALS, signals[at], strict=True)},
            )
            for at in ranked(keys, signals, model)
        )


def ranked(keys: Sequence[str], signals: npt.NDArray[np.float64], model: LinkModel) -> list[int]:
    """Return the places of the candidates by falling score (rounded to 4 decimals), then key."""
    scores = np.round(signals @ np.array(model.weights), 4)
    return sorted(range(len(keys)), key=lambda at: (-scores[at], keys[at]))


def standing_of(nodes: Sequence[Node], edges: Iterable[Edge]) -> Standing:
    """Return where `nodes` stand under the `edges` among them."""
    keys = {node.key for node in nodes}
    table = closure_of(sorted(keys), [edge for edge in edges if edge.child in keys and edge.parent in keys])
    above: dict[str, set[str]] = {key: set() for key in keys}
    below: dict[str, int] = dict.fromkeys(above, 0)
    depth: dict[str, int] = dict.fromkeys(above, 0)
    for node, ancestor, far in zip(table.node.tolist(), table.ancestor.tolist(), table.min_depth.tolist(), strict=True):
        one, other = table.keys[node], table.keys[ancestor]
        if one != other:
            above[one].add(other)
            below[other] += 1
            depth[one] = max(depth[one], far)
    return Standing(
        labels={node.key: frozenset({name_key(node.name)}) for node in nodes},
        symptom=frozenset(node.key for node in nodes if node.facet == "symptom"),
        above={key: frozenset(found) for key, found in above.items()},
        below=below,
        depth=depth,
    )
