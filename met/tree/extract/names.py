"""The extractor of a tree: the names of all its nodes, and what names of diseases and symptoms are made of."""

from collections.abc import Iterable, Sequence

from met.tree.extract import Extractor
from met.tree.extract.words import DISEASES
from met.tree.lexicon import Lexicon, names_of
from met.types import Node


def extractor_of(nodes: Sequence[Node]) -> Extractor:
    """Return the extractor that knows the names of `nodes`, in whatever order they come."""
    return Extractor(
        lexicon_of(nodes),
        {node.key: node.facet for node in nodes},
        (name for node in nodes if node.facet in DISEASES for name in names_of(node)),
    )


def lexicon_of(nodes: Iterable[Node]) -> Lexicon:
    """Return the dictionary of all names of `nodes`."""
    return Lexicon((name, node.key) for node in nodes for name in names_of(node))
