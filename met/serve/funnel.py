"""The funnel: what every stage kept and dropped, why, with examples; gates, and what models cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from met.serve.desk import Card, Desk, Scope
from met.serve.lists import said_of
from met.stages import STAGES

EXAMPLES: Final = 4
REASONS: Final = 8
_PLURALS: Final = {"corpus": "the corpus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a stage dropped items, and how many; `share` is that of its most frequent reason."""

    name: str
    items: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """A few items that a stage refused for a reason: cards of panels, and (item, what is known) of what is none."""

    stage: str
    reason: str
    cards: Sequence[Card]
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One stage: how many items it kept, dropped and has not worked on yet."""

    stage: str
    of: str
    kept: int
    dropped: int
    waiting: int
    reasons: Sequence[Reason]

    @property
    def items(self) -> int:
        """All items of the stage."""
        return self.kept + self.dropped + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The newest result of a gate; `failed` are the expectations that did not hold."""

    name: str
    passed: bool
    expectations: int
    failed: Sequence[str]
    rows: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPage:
    """What became of everything; `at` is when it was counted, None before the first time."""

    made: Mapping[str, int]
    levels: Sequence[Level]
    gates: Sequence[Gate]
    spent: Sequence[Mapping[str, Any]]
    licences: Sequence[tuple[str, int]]
    modalities: Sequence[tuple[str, int, int]]
    at: str | None


MADE: Final = ("articles", "figures", "panels", "pairs", "regions", "captions", "questions")


def funnel_page(desk: Desk, scope: Scope) -> FunnelPage:
    """Return the funnel of what is shown."""
    counts = desk.counts(scope)
    state = desk.store.query("page_state", scope=scope.key)
    gates = desk.store.query("serve_gates", build=scope.build) if scope.build else []
    pairs = {row.name: row.items for row in counts.get("pair_modality", ())}
    others = {row.name: row.items for row in counts.get("modality", ())}
    made = {row.name: row.items for row in counts.get("made", ())}
    return FunnelPage(
        made={name: made[name] for name in MADE if name in made},
        levels=_levels(counts),
        gates=[_gate(row) for row in gates],
        spent=state[0].spent if state else (),
        licences=[(row.name, row.items) for row in counts.get("licence", ())],
        modalities=sorted(
            ((name, pairs.get(name, 0) + others.get(name, 0), pairs.get(name, 0)) for name in {*pairs, *others}),
            key=lambda row: (-row[2], -row[1], row[0]),
        ),
        at=state[0].at.isoformat(sep=" ", timespec="seconds") if state else None,
    )


def _levels(counts: Mapping[str, Sequence[Any]]) -> list[Level]:
    status: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in counts.get("status", ()):
        status[row.stage][row.name] = row.items
    drops: defaultdict[str, list[Any]] = defaultdict(list)
    for row in counts.get("drop", ()):
        drops[row.stage].append(row)
    items = {stage.name: _PLURALS.get(stage.item, f"{stage.item}s") for stage in STAGES}
    found = []
    for stage in ("tree", *items):
        if stage not in status and stage not in drops:
            continue
        of = status[stage]
        found.append(
            Level(
                stage=stage,
                of=items.get(stage, "terms"),
                kept=of.get("done", 0),
                dropped=of.get("dropped", 0),
                waiting=of.get("pending", 0) + of.get("leased", 0),
                reasons=[
                    Reason(name=row.name, items=row.items, share=row.items / drops[stage][0].items)
                    for row in drops[stage][:REASONS]
                ],
            )
        )
    return found


def examples_of(desk: Desk, scope: Scope, stage: str, reason: str) -> Examples:
    """Return a few of what a stage refused for a reason: cards of panels, lines of what is none."""
    if scope.build is None:
        return Examples(stage=stage, reason=reason, cards=(), lines=())
    where = {"build": scope.build, "tree": scope.tree, "stage": stage, "reason": reason}
    dropped = desk.store.query("serve_dropped", **where, after="", limit=EXAMPLES)
    cards = desk.cards(scope, [one.item for one in dropped if one.item.startswith("panel:")])
    have = {card.key for card in cards}
    lines = [(one.item, said_of(one.detail)) for one in dropped if one.item not in have]
    return Examples(stage=stage, reason=reason, cards=cards, lines=lines)


def _gate(row: Any) -> Gate:
    return Gate(
        name=row.name,
        passed=row.passed,
        expectations=len(row.expectations),
        failed=[str(one["expectation"]) for one in row.expectations if not one["passed"]],
        rows=len(row.failing),
        at=row.at.isoformat(sep=" ", timespec="seconds"),
    )
