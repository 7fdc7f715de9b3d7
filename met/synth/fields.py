"""The fields that names and texts are about: organs with their systems, zones of the body, germs, sorts of tissue. What
has no field in common with an image is not in it.
"""

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, TypeAlias

from met.tree.attach.organs import organs_of, organs_over
from met.tree.names import tokens

TABLE: Final = "fields.tsv"

Sort: TypeAlias = Literal["organ", "zone", "germ", "tissue"]


class _Field(NamedTuple):
    """A field that is no organ: what lies in it, the words that name it, and beginnings of such words."""

    name: str
    sort: str
    organs: frozenset[str]
    words: frozenset[str]
    stems: tuple[str, ...]


@cache
def _table() -> tuple[_Field, ...]:
    text = (files("met.synth") / TABLE).read_text(encoding="utf-8")
    return tuple(
        _Field(
            name=row["field"],
            sort=row["sort"],
            organs=frozenset(row["organs"].split("|")) - {""},
            words=frozenset(row["words"].split()),
            stems=tuple(row["stems"].split()),
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    )


def fields_of(names: Iterable[str], sorts: frozenset[Sort]) -> frozenset[str]:
    """Return the fields of these sorts that the words of `names` are about; an organ brings its systems and zones.

    >>> sorted(fields_of(("left lung",), frozenset({"organ", "zone"})))
    ['lung', 'respiratory system', 'trunk']
    >>> sorted(fields_of(("rubella virus",), frozenset({"organ", "germ"})))
    ['virus']
    """
    words = frozenset(word for name in names for word in tokens(name))
    organs = organs_over(organs_of(words))
    named = (one.name for one in _table() if one.sort in sorts and (one.organs & organs or _names(one, words)))
    return frozenset(named) | (organs if "organ" in sorts else frozenset())


def _names(field: _Field, words: frozenset[str]) -> bool:
    return not field.words.isdisjoint(words) or any(word.startswith(field.stems) for word in words)
