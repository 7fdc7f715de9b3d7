"""Balance: at most so many pairs of a node, at least so many of another, and what is rare before what is common.

A pair counts for every node that it shows, and for all above them, as far as a cap or a quota is named there. What is
kept is a function of the set of pairs: the order in which they come plays no part.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.types import Drop

COLUMNS: Final = ("node", "at_least", "at_most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most and at least so many pairs of a node (a key), those below it counted; None: any number, and none."""

    node: str
    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is asked for: a cap for every node that some panel is anchored at, and quotas of single nodes by key.

    A node's own quota takes the place of the cap for all.
    """

    cap_per_node: int | None = None
    quotas: Mapping[str, Quota] = field(default_factory=dict)

    @property
    def is_asked(self) -> bool:
        """Whether anything is to be balanced."""
        return self.cap_per_node is not None or bool(self.quotas)

    def cap(self, node: str) -> int | None:
        """Return how many pairs of a node may be kept, None where there is no end."""
        return self.quotas[node].at_most if node in self.quotas else self.cap_per_node

    def facts(self) -> dict[str, Any]:
        """Return what is asked for as the manifest says it."""
        return {
            "cap_per_node": self.cap_per_node,
            "quotas": {key: [one.at_least, one.at_most] for key, one in sorted(self.quotas.items())},
        }


EVERY: Final = Balance()
"""No cap and no quota: every pair is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A pair by its panel, the nodes that it counts for, and how surely it shows the surest of them, in [0, 1]."""

    panel: str
    nodes: frozenset[str]
    strength: float


def balanced(pairs: Iterable[Counted], balance: Balance) -> tuple[list[str], list[Drop]]:
    """Return the panels that are kept, by key, and a Drop for each that a cap refuses.

    First every quota is filled, of the node with the fewest pairs first. Then come the others, those first whose rarest
    node has the fewest pairs. Among equals the surer one comes first, then the key. A pair is kept where no node is
    full that it counts for.
    """
    every = sorted(pairs, key=lambda pair: pair.panel)
    there = Counter(node for pair in every for node in pair.nodes)
    kept: dict[str, Counted] = {}
    filled: Counter[str] = Counter()
    refused: dict[str, Drop] = {}
    for pair, node in _in_turn(every, there, balance):
        if pair.panel in kept or (node is not None and filled[node] >= (balance.quotas[node].at_least or 0)):
            continue
        full = _full(pair, filled, balance)
        if full is None:
            kept[pair.panel] = pair
            filled.update(pair.nodes)
        else:
            detail = {"node": full, "at_most": balance.cap(full), "pairs": there[full]}
            refused.setdefault(pair.panel, Drop(item=pair.panel, reason="over_cap", detail=detail))
    return sorted(kept), [refused[panel] for panel in sorted(refused) if panel not in kept]


def unmet(kept: Iterable[Counted], balance: Balance) -> list[dict[str, Any]]:
    """Return the quotas that the kept pairs do not fill: {node, at_least, kept}, by node."""
    filled = Counter(node for pair in kept for node in pair.nodes)
    return [
        {"node": key, "at_least": one.at_least, "kept": filled[key]}
        for key, one in sorted(balance.quotas.items())
        if one.at_least is not None and filled[key] < one.at_least
    ]


def read_quotas(path: Path) -> list[tuple[str, int | None, int | None]]:
    """Return (node as it is written, at least, at most) of each line of a table with these columns; an empty cell is
    None.

    Raises:
        BadInput: the file is no such table, names a node twice, or its numbers are none that can be met.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(what=f"quotas {path}", why="cannot be read as text") from error
    rows = [(number, line.split("\t")) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    if not rows or tuple(cell.strip() for cell in rows[0][1]) != COLUMNS:
        raise BadInput(what=f"quotas {path}", why=f"its first line does not name the columns {', '.join(COLUMNS)}")
    found = [_quota(row, f"{path}:{number}") for number, row in rows[1:]]
    twice = [name for name, count in Counter(name for name, _, _ in found).items() if count > 1]
    if twice:
        raise BadInput(what=f"quotas {path}", why=f"names {twice[0]} twice")
    return found


def _quota(row: Sequence[str], where: str) -> tuple[str, int | None, int | None]:
    cells = [cell.strip() for cell in [*row, "", ""][: len(COLUMNS)]]
    if not cells[0] or not all(cell.isdecimal() for cell in cells[1:] if cell) or not any(cells[1:]):
        raise BadInput(what=where, why="needs a node and a number of pairs at least, at most, or both")
    least, most = (int(cell) if cell else None for cell in cells[1:])
    if least is not None and most is not None and least > most:
        raise BadInput(what=where, why=f"asks for at least {least} and at most {most}")
    return cells[0], least, most


def _in_turn(
    pairs: Sequence[Counted], there: Mapping[str, int], balance: Balance
) -> Iterator[tuple[Counted, str | None]]:
    """Yield pairs in the order in which they are taken, with the node whose quota they are to fill."""

    def rank(pair: Counted) -> tuple[int, float, str]:
        rarest = min((there[node] for node in pair.nodes), default=0)
        return rarest, -round(pair.strength, 4), pair.panel

    ordered = sorted(pairs, key=rank)
    wanted = [key for key, one in balance.quotas.items() if one.at_least]
    for node in sorted(wanted, key=lambda key: (there.get(key, 0), key)):
        yield from ((pair, node) for pair in ordered if node in pair.nodes)
    yield from ((pair, None) for pair in ordered)


def _full(pair: Counted, filled: Mapping[str, int], balance: Balance) -> str | None:
    """Return the first node, by key, that takes no more, or None."""
    for node in sorted(pair.nodes):
        cap = balance.cap(node)
        if cap is not None and filled[node] >= cap:
            return node
    return None
