"""Lists of items: what a stage kept, what it refused and why, what shows a node. Pages go on behind the last key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from met.errors import NotFound
from met.serve.desk import PAGE, Card, Desk, Scope
from met.serve.nodes import panels_below
from met.serve.render import short, shown
from met.stages import STAGES

ALIGN: Final = "align"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a list holds: items under `node`, or those that `stage` kept, or refused for `reason`."""

    stage: str = ALIGN
    reason: str = ""
    node: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item that is no panel, or none that this build has: its key and what is known of why it was refused."""

    item: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An entry of the filter: what it is called, what it leads to, how many items it holds."""

    name: str
    value: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list; `last` is the key behind which the next page begins, None on the last one."""

    chosen: Chosen
    heading: str
    about: str
    cards: Sequence[Card]
    lines: Sequence[Line]
    last: str | None
    kept: Sequence[Choice]
    refused: Sequence[Choice]


def list_page(desk: Desk, scope: Scope, chosen: Chosen) -> ListPage:
    """Return one page of a list.

    Raises:
        NotFound: there is no such stage or node.
    """
    counts = desk.counts(scope)
    heading, about = _heading(desk, scope, chosen)
    found = _found(desk, scope, chosen)
    keys = [item for item, _ in found[:PAGE]]
    cards = desk.cards(scope, keys, {item: note for item, note in found if note})
    have = {card.key for card in cards}
    return ListPage(
        chosen=chosen,
        heading=heading,
        about=about,
        cards=cards,
        lines=[Line(item=item, detail=note) for item, note in found[:PAGE] if item not in have],
        last=keys[-1] if len(found) > PAGE else None,
        kept=_kept(counts.get("status", ())),
        refused=[
            Choice(name=f"{row.stage}: {row.name.replace('_', ' ')}", value=f"{row.stage}/{row.name}", items=row.items)
            for row in sorted(counts.get("drop", ()), key=lambda row: (_place(row.stage), -row.items, row.name))
        ],
    )


def _kept(rows: Sequence[Any]) -> list[Choice]:
    done = {row.stage: row.items for row in rows if row.name == "done"}
    return [
        Choice(
            name="pairs" if stage.name == ALIGN else f"kept by {stage.name}", value=stage.name, items=done[stage.name]
        )
        for stage in reversed(STAGES)
        if stage.name in done and stage.item == "panel"
    ]


def _place(stage: str) -> int:
    order = [one.name for one in STAGES]
    return order.index(stage) if stage in order else len(order)


def _heading(desk: Desk, scope: Scope, chosen: Chosen) -> tuple[str, str]:
    if chosen.node:
        rows = desk.store.query("serve_nodes", scope=scope.key, tree=scope.tree, keys=[chosen.node])
        if not rows:
            raise NotFound(what="node", name=chosen.node, hint=" in the newest tree")
        return str(rows[0].name), "panels that show it or something under it"
    if chosen.stage not in {*(stage.name for stage in STAGES), "tree", "export"}:
        raise NotFound(what="stage", name=chosen.stage, hint="")
    if chosen.reason:
        return chosen.reason.replace("_", " "), f"refused by the stage {chosen.stage}"
    if chosen.stage == ALIGN:
        return "Pairs", "panels and their texts that both stages of the filter kept"
    return f"Kept by {chosen.stage}", "items that went on from there"


def _found(desk: Desk, scope: Scope, chosen: Chosen) -> list[tuple[str, str]]:
    """Return one item more than a page holds, each with what is to be said of it."""
    if scope.build is None:
        return []
    if chosen.node:
        return [(key, "") for key in panels_below(desk, scope, chosen.node, after=chosen.after, limit=PAGE + 1)]
    where = {"build": scope.build, "stage": chosen.stage, "after": chosen.after, "limit": PAGE + 1}
    if not chosen.reason:
        return [(row.item, "") for row in desk.store.query("serve_kept", **where)]
    rows = desk.store.query("serve_dropped", **where, reason=chosen.reason, tree=scope.tree)
    return [(row.item, said_of(row.detail)) for row in rows]


def said_of(detail: Mapping[str, Any]) -> str:
    """Return the signals of a Drop that spoke against the item, as one line.

    >>> said_of({"size": {"side": 20, "passed": False, "reason": "too_small"}, "text": {"passed": True}, "why": "dark"})
    'size: side 20; why: dark'
    """
    told = []
    for name, value in sorted(detail.items()):
        if isinstance(value, Mapping):
            parts = ", ".join(
                f"{part.replace('_', ' ')} {shown(one)}"
                for part, one in sorted(value.items())
                if part not in ("passed", "reason") and one not in (None, "", [])
            )
            told += [] if value.get("passed") or not parts else [f"{name.replace('_', ' ')}: {parts}"]
        elif value not in (None, "", []):
            told.append(f"{name.replace('_', ' ')}: {shown(value)}")
    return short("; ".join(told), 300)
