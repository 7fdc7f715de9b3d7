"""What was said of an item, for people who ask why it is as it is: who by kind, what, when, and what it changed.

Names of reviewers are not told. While somebody who works through a plan has still to judge an item of it, what the
others said of that item is withheld, so that reviewers stay blind to each other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from met.review.corrections import spans_of
from met.review.heed import ACCEPTED, BY, REJECTED
from met.types import REVIEWER_KINDS, Dossier, ItemKind, ReviewerKind

NOT_YET = "nothing yet: the next build follows it"
NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One judgement of an item. `stands` is False of what the reviewer said later otherwise, or took back."""

    key: str
    item: str
    kind: ItemKind
    panel: str | None
    reviewer_kind: ReviewerKind
    judgement: str
    reason: str | None
    note: str
    correction: Mapping[str, Any]
    plan: str | None
    at: datetime
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A judgement with what it `changed` in the build, in words."""

    turn: Turn
    changed: str

    @property
    def by(self) -> str:
        """The kind of reviewer: a model's reading is `model-audited`."""
        return BY[self.turn.reviewer_kind]

    @property
    def says(self) -> str:
        """What was judged, in words: `reject, wrong text`."""
        turn = self.turn
        fields = ", ".join(f"{field} = {value}" for field, value in sorted(turn.correction.items()))
        return ", ".join(part for part in (turn.judgement, (turn.reason or "").replace("_", " "), fields) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is told of the judgements of some items, and how many are withheld while they are awaited of others."""

    told: tuple[Told, ...]
    withheld: int


def heard_of(
    turns: Sequence[Turn],
    dossiers: Mapping[str, Dossier],
    *,
    heeded: Collection[str],
    refused: Collection[str],
    awaited: Collection[str],
) -> Heard:
    """Return what is told of these judgements.

    `dossiers` are those of their panels, by key; `heeded` are the keys of the reviews that inputs of the build name,
    `refused` the items that the build refused because of a review, `awaited` those that somebody has still to judge.
    """
    shown = [turn for turn in turns if turn.item not in awaited]
    told = [Told(turn=turn, changed=_changed(turn, turns, dossiers, heeded, refused)) for turn in shown]
    return Heard(told=tuple(told), withheld=len(turns) - len(shown))


def _changed(
    turn: Turn,
    turns: Sequence[Turn],
    dossiers: Mapping[str, Dossier],
    heeded: Collection[str],
    refused: Collection[str],
) -> str:
    if not turn.stands:
        return "nothing any more" if turn.judgement != "undo" else "what was said before is taken back"
    dossier = dossiers.get(turn.panel or "")
    if dossier is None:
        return NOTHING
    if changes := list(_changes(turn, dossier, refused)) if turn.key in heeded else []:
        return "; ".join(changes)
    deciding = _deciding(turn, turns)
    if turn.reviewer_kind != deciding[0].reviewer_kind:
        return f"{NOTHING}: {BY[deciding[0].reviewer_kind]} decides"
    if len({one.judgement == "reject" for one in deciding}) > 1:
        return f"{NOTHING}: reviewers differ"
    return NOTHING if turn.key in heeded or _agrees(turn, dossier) else NOT_YET


def _deciding(turn: Turn, turns: Iterable[Turn]) -> list[Turn]:
    """Return the standing judgements of the item of a turn by the kind of reviewer that decides about it."""
    about = [one for one in turns if one.stands and one.item == turn.item]
    spoke = {one.reviewer_kind for one in about}
    first = next(kind for kind in REVIEWER_KINDS if kind in spoke)
    return [one for one in about if one.reviewer_kind == first]


def _agrees(turn: Turn, dossier: Dossier) -> bool:
    """Say whether a judgement asks for nothing: it repeats what the engine says, or is an acceptance by a model."""
    if turn.reviewer_kind == "model" and turn.judgement == "accept":
        return True
    if turn.kind != "pair" or turn.judgement == "correct":
        return turn.judgement == "accept"
    kept = bool(dossier.verdicts) and all(verdict.keep for verdict in dossier.verdicts)
    return (turn.judgement == "accept") is kept


def _changes(turn: Turn, dossier: Dossier, refused: Collection[str]) -> Iterator[str]:
    by = f"review:{BY[turn.reviewer_kind]}"
    if turn.kind == "pair":
        yield from _of_pair(turn, dossier, by)
    elif turn.judgement == "reject" and turn.item in refused:
        yield f"the {turn.kind} is dropped"
    for anchor in dossier.anchors:
        mine = anchor.key == turn.item or (turn.kind == "pair" and bool(turn.correction.keys() & {"role", "node"}))
        if mine and anchor.method == by:
            name = dossier.nodes[anchor.node].node.name if anchor.node in dossier.nodes else anchor.node
            yield f"the anchor is {name}, {anchor.role}"
    if any(question.key == turn.item and question.model == by for question in dossier.questions):
        yield "the question is rewritten"


def _of_pair(turn: Turn, dossier: Dossier, by: str) -> Iterator[str]:
    # Stage 1, "screen", comes before "align".
    for verdict in sorted(dossier.verdicts, key=lambda verdict: verdict.stage, reverse=True):
        if turn.judgement == "reject" and verdict.reason == REJECTED:
            yield f"the pair is dropped at {verdict.stage}"
        if turn.judgement != "reject" and verdict.reason == ACCEPTED:
            overruled = str(verdict.signals.get("overruled", "")).replace("_", " ")
            yield f"the pair is kept at {verdict.stage} against {overruled}"
    row = dossier.modality
    if row is not None and row.method == by and "modality" in turn.correction:
        yield f"the modality is {row.label}, before {row.signals.get('review', {}).get('before')}"
    if spans_of(turn.correction) == dossier.panel.spans:
        yield "its part of the caption is another"
