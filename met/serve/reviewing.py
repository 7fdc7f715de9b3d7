"""Review by keyboard: the next item of a plan, what a reviewer says of it, and what all of it says of the filter.

A page shows one item and never what anybody else said of it; what the engine decided stands behind a fold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from met.errors import BadInput, NotFound
from met.harvest.modality.taxonomy import GROUP_OF
from met.review.agreement import Agreement, agreements
from met.review.corrections import CORRECTIONS
from met.review.report import report_of
from met.serve.desk import LINKS, Desk
from met.serve.items import ROLES, ItemPage, item_page
from met.serve.texts import Passage, passages_of, supports_of
from met.store import review
from met.store.nodes import find_node
from met.types import REVIEW_REASONS, REVIEWER_KINDS, Anchor, Caption, PlanItem, Question, ReviewPlan

ASKED: Final[Mapping[str, str]] = {
    "pair": "Does this text say what this medical image shows?",
    "anchor": "Does the text mean this node, in this role, of this image?",
    "caption": "Is everything that this caption says true of this image?",
    "question": "Does the image answer this question, and only so?",
    "refused": "Was it right to refuse this?",
}
# Reasons that are offered first, by the kind of item.
FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "pair": ("not_medical", "wrong_panel", "wrong_text", "nothing_visible", "wrong_node", "not_depicted"),
    "anchor": ("wrong_node", "not_depicted", "wrong_polarity", "wrong_side"),
    "caption": ("unsupported", "badly_written", "wrong_side", "wrong_text"),
    "question": ("wrong_answer", "needs_no_image", "unclear", "badly_written", "unsupported"),
    "refused": ("not_medical", "unreadable", "duplicate", "wrong_panel"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who judges which plan: the plan by key or name, a name, and a kind that is never mixed with another."""

    plan: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """One item to judge. `page` is the panel that it belongs to, None of what never became one.

    `size` is how many items the plan has, `done` how many of them this reviewer has judged.
    """

    plan: ReviewPlan
    size: int
    reviewer: Reviewer
    item: PlanItem
    done: int
    page: ItemPage | None
    row: Anchor | Caption | Question | None
    supports: Sequence[Any]
    texts: Sequence[Passage]
    node: str | None
    detail: Mapping[str, Any]
    corrections: tuple[str, ...]
    reasons: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansPage:
    """All plans, and who has judged how much of each."""

    plans: Sequence[ReviewPlan]
    sizes: Mapping[str, int] = field(default_factory=dict)
    progress: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsPage:
    """What the judgements of a plan say, by kind of reviewer, and how far reviewers agree."""

    plan: ReviewPlan
    progress: Sequence[Mapping[str, Any]]
    by_kind: Mapping[str, Mapping[str, Any]]
    agreement: Sequence[tuple[str, str, Agreement]]


def plans_page(desk: Desk) -> PlansPage:
    """Return all plans."""
    found = review.plans(desk.store)
    sizes = review.sizes_of(desk.store, [plan.key for plan in found])
    return PlansPage(
        plans=found, sizes=sizes, progress={plan.key: review.progress(desk.store, plan.key) for plan in found[:20]}
    )


def results_page(desk: Desk, name: str) -> ResultsPage:
    """Return what the judgements of a plan say.

    Raises:
        NotFound: there is no such plan.
    """
    plan = review.find_plan(desk.store, name)
    items, said = review.items_of(desk.store, plan.key), review.said_in(desk.store, plan.key)
    panels = sorted({item.panel for item in items if item.panel})
    rows = desk.store.query("modalities_of_panels", build=plan.build, panels=panels)
    return ResultsPage(
        plan=plan,
        progress=review.progress(desk.store, plan.key),
        by_kind=report_of(items, said, {row.panel: row.label for row in rows}),
        agreement=[(one, other, found) for (one, other), found in sorted(agreements(said).items())],
    )


def review_page(desk: Desk, reviewer: Reviewer, position: int | None) -> ReviewPage | None:
    """Return the item at a position of a plan, or the next that this reviewer has not judged; None: all is judged.

    Raises:
        NotFound: there is no such plan, or it has no such position.
        BadInput: the reviewer has no name, or a kind that there is not.
    """
    _check(reviewer)
    store = desk.store
    plan = review.find_plan(store, reviewer.plan)
    item = review.next_item(store, plan.key, reviewer.name) if position is None else _at(desk, plan, position)
    if item is None:
        return None
    page = item_page(store, item.panel, build=plan.build) if item.panel else None
    row = _row(page, item.item)
    dropped = [] if page else store.query("serve_drops", build=plan.build, items=[item.item])
    progress = review.progress(store, plan.key)
    return ReviewPage(
        plan=plan,
        size=review.sizes_of(store, [plan.key])[plan.key],
        reviewer=reviewer,
        item=item,
        done=next((told["done"] for told in progress if told["reviewer"] == reviewer.name), 0),
        page=page,
        row=row,
        supports=supports_of(row, page.dossier) if page and isinstance(row, Caption) else (),
        texts=passages_of(page.dossier, page.names, LINKS) if page else (),
        node=_node_of(page, row),
        detail=dropped[0].detail if dropped else {},
        corrections=CORRECTIONS.get(item.kind, ()),
        reasons=_reasons(item.kind),
    )


def judge(desk: Desk, reviewer: Reviewer, said: Mapping[str, str]) -> None:
    """Record what a form says of an item: judgement, reason, note, and the corrections that it names.

    Raises:
        NotFound: there is no such plan or item, or the tree has no node of that name.
        BadInput: what is said does not go together.
    """
    _check(reviewer)
    plan = review.find_plan(desk.store, reviewer.plan)
    judgement = said.get("judgement", "")
    review.record(
        desk.store,
        item=said.get("item", ""),
        reviewer=reviewer.name,
        kind=reviewer.kind,  # type: ignore[arg-type]
        judgement=judgement,  # type: ignore[arg-type]
        reason=(said.get("reason") or None) if judgement == "reject" else None,
        note=said.get("note", ""),
        correction=_correction(desk, said) if judgement == "correct" else None,
        plan=plan.key,
    )


def undo(desk: Desk, reviewer: Reviewer) -> int | None:
    """Take back what the reviewer said last in the plan, and return the position of that item.

    Raises:
        NotFound: there is nothing to take back.
    """
    _check(reviewer)
    plan = review.find_plan(desk.store, reviewer.plan)
    taken = review.undo(desk.store, reviewer=reviewer.name, plan=plan.key)
    return next((item.position for item in review.items_of(desk.store, plan.key) if item.item == taken.item), None)


def modalities() -> Sequence[str]:
    """Return the kinds of image that a correction may name."""
    return sorted(GROUP_OF)


def roles() -> Sequence[str]:
    """Return the roles that a correction may name."""
    return ROLES


def kinds() -> Sequence[str]:
    """Return the kinds of reviewers."""
    return REVIEWER_KINDS


def _check(reviewer: Reviewer) -> None:
    if not reviewer.name.strip() or len(reviewer.name) > 100:
        raise BadInput(what="reviewer", why="needs a name of at most 100 characters")
    if reviewer.kind not in REVIEWER_KINDS:
        raise BadInput(what=f"reviewer kind {reviewer.kind!r}", why=f"choose one of {', '.join(REVIEWER_KINDS)}")


def _at(desk: Desk, plan: ReviewPlan, position: int) -> PlanItem:
    found = desk.store.select(PlanItem, plan=plan.key, position=position)
    if not found:
        raise NotFound(what="position", name=position, hint=f" in plan {plan.name}")
    return found[0]


def _row(page: ItemPage | None, key: str) -> Anchor | Caption | Question | None:
    if page is None:
        return None
    rows: Iterable[Anchor | Caption | Question] = (
        *page.dossier.anchors,
        *page.dossier.captions,
        *page.dossier.questions,
    )
    return next((row for row in rows if row.key == key), None)


def _node_of(page: ItemPage | None, row: Anchor | Caption | Question | None) -> str | None:
    """Return the node that the judgement is about: that of the anchor, or the one that the filter kept the pair for."""
    if isinstance(row, Anchor):
        return row.node
    if page is None or row is not None:
        return None
    return next((verdict.node for verdict in page.dossier.verdicts if verdict.node), None)


def _reasons(kind: str) -> list[tuple[str, str]]:
    first = [reason for reason in FIRST.get(kind, ()) if reason in REVIEW_REASONS]
    return [(reason, REVIEW_REASONS[reason]) for reason in (*first, *(r for r in REVIEW_REASONS if r not in first))]


def _correction(desk: Desk, said: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if said.get("role"):
        found["role"] = said["role"]
    if said.get("modality"):
        found["modality"] = said["modality"]
    if said.get("node", "").strip():
        found["node"] = find_node(desk.store, desk.the_scope().tree, said["node"].strip())
    if said.get("spans", "").strip():
        found["spans"] = _spans(said["spans"])
    question = {name: said[f"question_{name}"].strip() for name in ("text", "answer") if said.get(f"question_{name}")}
    if question:
        options = [line.strip() for line in said.get("question_options", "").splitlines() if line.strip()]
        found["question"] = {**question, **({"options": options} if options else {})}
    return found


def _spans(text: str) -> list[list[int]]:
    """Return the spans of a text like `0-12, 30-44`.

    >>> _spans("0-12, 30-44")
    [[0, 12], [30, 44]]
    """
    spans = []
    for part in text.split(","):
        start, _, end = part.strip().partition("-")
        if not (start.isdecimal() and end.isdecimal() and int(start) < int(end)):
            raise BadInput(what=f"span {part.strip()!r}", why="is no start-end, as in 0-12")
        spans.append([int(start), int(end)])
    return spans
