"""What is asked for when panels of a node are looked for: its names, its short forms, and what stands around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from met.anchor.spoken import spoken_names
from met.anchor.surfaces import GENERIC
from met.tree.names import is_abbreviation, normal_form, tokens
from met.tree.stops import is_stop_name
from met.types import PlacedNode

# The first names are the ones that people use; a search that asks for more finds no more and takes longer.
MOST_NAMES: Final = 32
# Names on the path that still tell of the node: further up they tell of everything.
NEAR_ON_PATH: Final = 2
MOST_AROUND: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How panels are looked for.

    Any of `names` speaks for a panel by itself; one of `short`, which mean other things elsewhere, only beside one of
    `around`: the names on the path and those of related nodes, typical modalities among them. `text` is what is
    embedded, `node` the key of the node whose anchors count, None for a free text.
    """

    node: str | None
    text: str
    names: tuple[str, ...]
    short: tuple[str, ...] = ()
    around: tuple[str, ...] = ()


def plan_of(placed: PlacedNode, related: Iterable[str] = ()) -> Plan:
    """Return the plan for a node; `related` are the names of what stands in a relation to it, the surest first."""
    node = placed.node
    own = _distinct(name for name, _ in spoken_names([node]))
    names = [name for name in own if name == node.name or not (is_abbreviation(name) or _says_little(name))]
    around = _distinct([*reversed(placed.path[-NEAR_ON_PATH:]), *related])
    known = {normal_form(name) for name in own}
    telling = [name for name in around if normal_form(name) not in known and not _says_little(name)]
    return Plan(
        node=node.key,
        text=node.name,
        names=tuple(names[:MOST_NAMES]),
        short=tuple(name for name in own if is_abbreviation(name) and name not in names)[:MOST_NAMES],
        around=tuple(telling[:MOST_AROUND]),
    )


def plan_of_text(text: str) -> Plan:
    """Return the plan for words that mean no one node: all of them together, or what is near in meaning.

    >>> plan_of_text(" air  bronchogram ").names
    ('air bronchogram',)
    """
    plain = " ".join(text.split())
    return Plan(node=None, text=plain, names=(plain,))


def _says_little(name: str) -> bool:
    return is_stop_name(name) or GENERIC.issuperset(tokens(name))


def _distinct(names: Iterable[str]) -> Sequence[str]:
    """Return the names in their order, of those of one normal form and case of an abbreviation the first."""
    found: dict[tuple[str, bool], str] = {}
    for name in names:
        found.setdefault((normal_form(name), is_abbreviation(name)), name)
    return [name for (form, _), name in found.items() if form]
