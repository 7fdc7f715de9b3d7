"""The organs that a name is about: by noun, adjective and classical root (organs.tsv), and what these belong to."""

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

TABLE: Final = "organs.tsv"


class _Known(NamedTuple):
    """Organs by word; what finds the forms in a word, and the organs of each; what an organ belongs to, itself too."""

    words: dict[str, frozenset[str]]
    pattern: re.Pattern[str]
    forms: dict[str, frozenset[str]]
    over: dict[str, frozenset[str]]


@cache
def _known() -> _Known:
    rows = list(csv.DictReader((files("met.tree") / TABLE).read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    words: dict[str, frozenset[str]] = {}
    forms: dict[str, frozenset[str]] = {}
    within = {row["organ"]: {place for place in row["within"].split("|") if place} for row in rows}
    for row in rows:
        organ = frozenset({row["organ"]})
        words |= {word: words.get(word, frozenset()) | organ for word in row["words"].split()}
        forms |= {form: forms.get(form, frozenset()) | organ for form in row["forms"].split()}
    # Short forms stand at the start of a word, or after the o that joins two: elsewhere they are a part of another.
    short = "|".join(sorted((form for form in forms if len(form) < _FREE), key=lambda form: (-len(form), form)))
    long = "|".join(sorted((form for form in forms if len(form) >= _FREE), key=lambda form: (-len(form), form)))
    return _Known(
        words=words,
        pattern=re.compile(f"(?:{long})|(?:(?<=^)|(?<=o))(?:{short})"),
        forms=forms,
        over={organ: _over(organ, within) for organ in within},
    )


_FREE: Final = 5


def _over(organ: str, within: dict[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    stack = [organ]
    while stack:
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            stack.extend(within[current])
    return frozenset(seen)


@cache
def _of_word(word: str) -> frozenset[str]:
    known = _known()
    if word in known.words:
        return known.words[word]
    return frozenset().union(*(known.forms[found] for found in known.pattern.findall(word)))


def organs_of(words: Iterable[str]) -> frozenset[str]:
    """Return the organs and systems that the words of a name are about.

    >>> sorted(organs_of(("gastroenteritis",))), sorted(organs_of(("renal", "failure"))), organs_of(("fever",))
    (['intestine', 'stomach'], ['kidney'], frozenset())
    """
    return frozenset().union(*map(_of_word, words))


def organs_over(organs: Iterable[str]) -> frozenset[str]:
    """Return `organs` with all that they belong to.

    >>> sorted(organs_over({"retina"}))
    ['eye', 'retina', 'sensory system']
    """
    return frozenset().union(*(_known().over[organ] for organ in organs))
