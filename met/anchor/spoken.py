"""Names as captions say them, beside those that ontologies list: with articles, turned round, and a few plain words."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from met.tree.lexicon import names_of
from met.types import Node

TABLE: Final = "spoken.tsv"
_OF: Final = re.compile(r" of (?!the |a |an |both )")
# What happens to a part, named behind it ("bronchial wall thickening") or before it ("thickening of the bronchial
# wall").
_PROCESS: Final = re.compile(
    r"(?P<part>\w[\w-]*(?: [\w-]+)*) (?P<what>thickening|enlargement|calcification|dilat(?:at)?ion|narrowing|swelling"
    r"|ulceration|displacement|distension|obstruction|stenosis|perforation)",
    re.IGNORECASE,
)


def spoken_names(nodes: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Yield (name, key of the node) for every name of every node, and for the ways in which captions say them."""
    words = _words()
    for node in nodes:
        names = names_of(node)
        for name in names:
            yield name, node.key
            if node.facet in ("anatomy", "symptom", "disease"):
                yield from ((other, node.key) for other in _turned(name))
        for word in words.get((node.facet, node.name.casefold()), ()):
            yield word, node.key


def _turned(name: str) -> Iterator[str]:
    if _OF.search(name):
        yield _OF.sub(" of the ", name)
    process = _PROCESS.fullmatch(name)
    if process:
        yield f"{process['what'].lower()} of {process['part'].lower()}"
        yield f"{process['what'].lower()} of the {process['part'].lower()}"


@cache
def _words() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the words of spoken.tsv by (facet, name of the node in small letters)."""
    text = (files("met.anchor") / TABLE).read_text(encoding="utf-8")
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        found[row["facet"], row["name"].casefold()] += row["words"].split("|")
    return {key: tuple(words) for key, words in found.items()}
