"""Values of review: a plan, its items, and what a reviewer judged of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

ReviewerKind: TypeAlias = Literal["clinician", "annotator", "model"]
Judgement: TypeAlias = Literal["accept", "reject", "correct", "undo"]
ItemKind: TypeAlias = Literal["pair", "anchor", "caption", "question", "refused"]
# Whose word stands where several kinds have judged one item, the first of them.
REVIEWER_KINDS: Final[tuple[ReviewerKind, ...]] = ("clinician", "annotator", "model")
# Why an item is rejected, and what it says.
REVIEW_REASONS: Final[Mapping[str, str]] = {
    "not_medical": "no medical image: a chart, a drawing, a table, a photograph of something else",
    "wrong_panel": "the box cuts an image, joins several, or misses one",
    "wrong_text": "the text speaks of another panel or another image",
    "nothing_visible": "the text says nothing that can be seen in the image",
    "wrong_node": "the node is not what the text means",
    "not_depicted": "the node is named but the image does not show it",
    "wrong_polarity": "the text denies it, or only thinks of it",
    "wrong_side": "left, right or the position is wrong",
    "wrong_modality": "another kind of image",
    "duplicate": "repeats another item",
    "privacy": "shows who the patient is",
    "unreadable": "too small or too blurred to see what the text says",
    "unsupported": "says what neither the text nor the image does",
    "badly_written": "not a sentence that a reader would accept",
    "wrong_answer": "the answer is wrong, or another option is right as well",
    "needs_no_image": "can be answered without the image",
    "unclear": "cannot be understood or answered",
    "other": "see the note",
}
# What a correction may change.
CORRECTED: Final = ("role", "node", "modality", "spans", "question")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPlan:
    """A sample of items of a build: the same build, seed, size and settings give the same plan."""

    key: str
    name: str
    build: str
    seed: int
    size: int
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One item of a plan. `population` counts the items of its stratum in the build, `sampled` those in the plan.

    Of a pair, `stage` and `reason` say what became of the panel in the filter: its last verdict. A `refused` item
    never became a panel: `stage` and `reason` are those of its Drop.
    """

    plan: str
    position: int
    item: str
    kind: ItemKind
    panel: str | None
    stage: str
    reason: str
    kept: bool
    stratum: str
    population: int
    sampled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What one reviewer judged of one item; `turn` counts what he or she said of it, and the last turn stands.

    `accept` says that the item belongs into the data as it is, `reject` that it does not, `correct` that it does once
    `correction` ({field: value}, fields of `CORRECTED`) is made, `undo` takes the turn before back. `seen` is the
    digest of the rows that were judged; `panel_digest`, `figure_digest` and `node` are what the judgement holds for.
    """

    key: str
    plan: str | None
    build: str
    item: str
    kind: ItemKind
    panel: str | None
    stage: str
    kept: bool
    reviewer: str
    reviewer_kind: ReviewerKind
    turn: int
    judgement: Judgement
    reason: str | None
    note: str
    correction: Mapping[str, Any]
    seen: str
    figure: str | None
    panel_digest: str | None
    figure_digest: str | None
    node: str | None
