"""Plans of review and judgements in the store. Judgements are only added: a later turn stands in place of an earlier.

What another reviewer said is never part of what `next_item` returns: two reviewers of a plan stay blind to each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_args

from met.errors import BadInput, NotFound
from met.keys import content_key
from met.review import heed
from met.review.corrections import check_correction, spans_of
from met.store.store import Store
from met.types import REVIEW_REASONS, Judgement, Panel, PlanItem, Review, ReviewerKind, ReviewPlan
from met.types.review import CORRECTED

T = TypeVar("T")
NEWEST = "newest"


def put_plan(store: Store, plan: ReviewPlan, items: Sequence[PlanItem]) -> None:
    """The plan stands in the store with its items; one of the same key that is there stays as it is."""
    store.add([plan, *items])


def plans(store: Store) -> list[ReviewPlan]:
    """Return every plan, the newest first."""
    return [_value(ReviewPlan, row) for row in store.query("review_plans")]


def find_plan(store: Store, name: str = NEWEST) -> ReviewPlan:
    """Return the plan of that name or key, or the newest.

    Raises:
        NotFound: there is none.
    """
    known = plans(store)
    for plan in known:
        if name in (NEWEST, plan.name, plan.key):
            return plan
    named = ", ".join(sorted({plan.name for plan in known}))
    raise NotFound(what="plan", name=name, hint=f"; there are {named}" if named else "; run `met review plan` first")


def items_of(store: Store, plan: str) -> list[PlanItem]:
    """Return the items of a plan (its key) in the order in which they are judged."""
    return sorted(store.select(PlanItem, plan=plan), key=lambda item: item.position)


def sizes_of(store: Store, plans: Sequence[str]) -> dict[str, int]:
    """Return how many items these plans (their keys) have."""
    return {row.plan: row.items for row in store.query("plan_sizes", plans=list(plans))}


def next_item(store: Store, plan: str, reviewer: str) -> PlanItem | None:
    """Return the first item of a plan (its key) that this reviewer has still to judge, or None."""
    rows = next_items(store, plan, reviewer, limit=1)
    return rows[0] if rows else None


def next_items(store: Store, plan: str, reviewer: str, *, limit: int) -> list[PlanItem]:
    """Return the next items of a plan (its key) that this reviewer has still to judge, at most `limit`."""
    rows = store.query("next_of_plan", plan=plan, reviewer=reviewer, limit=limit)
    return [_value(PlanItem, row) for row in rows]


def record(
    store: Store,
    *,
    item: str,
    reviewer: str,
    kind: ReviewerKind,
    judgement: Judgement,
    reason: str | None = None,
    note: str = "",
    correction: Mapping[str, Any] | None = None,
    plan: str | None = None,
    build: str | None = None,
) -> Review:
    """Add a judgement of an item (its key) and return it; it stands in place of what this reviewer said of it before.

    `plan` is a plan's key, whose build is then looked at; without both the newest build is. Who accepts or corrects an
    item in which a correction of people is made already confirms that one: it is recorded with what is new.

    Raises:
        NotFound: the build has no such item, or there is no such plan.
        BadInput: judgement, reason, correction or kind do not go together, the correction is none that can be made of
            the item, or the reviewer is known as another kind.
    """
    _check(reviewer, kind, judgement, reason, note, correction)
    place = _build_of(store, plan, build)
    subject = store.query("review_subject", build=place, item=item)
    if not subject:
        raise NotFound(what="item", name=item, hint=" in the build that is reviewed")
    check_correction(subject[0].kind, correction or {})
    facts = {name: getattr(subject[0], name) for name in _SUBJECT}
    said: dict[str, Any] = {"judgement": judgement, "reason": reason, "note": note}
    made, node = _made_already(store, place, subject[0]) if judgement != "reject" and kind != "model" else ({}, None)
    correction = {**made, **(correction or {})}
    said |= {"correction": correction} | ({"judgement": "correct"} if correction else {})
    # A correction of the node speaks of the node that the engine had found.
    facts |= {"node": node} if made.keys() & {"role", "node"} else {}
    return _add(store, {"plan": plan, "build": place, **facts, **said}, reviewer=reviewer, kind=kind)


def undo(store: Store, *, reviewer: str, plan: str | None = None, item: str | None = None) -> Review:
    """Take back what this reviewer said last (in a plan, or of an item, by key) and return the row that does so.

    Raises:
        NotFound: there is nothing to take back.
    """
    last = store.query("last_review", reviewer=reviewer, plan=plan, item=item)
    if not last:
        raise NotFound(what="judgement of", name=reviewer, hint=": nothing is left to take back")
    before = max(store.select(Review, item=last[0].item, reviewer=reviewer), key=lambda review: review.turn)
    facts = {field.name: getattr(before, field.name) for field in fields(Review)}
    facts |= {"judgement": "undo", "reason": None, "note": "", "correction": {}}
    return _add(store, facts, reviewer=reviewer, kind=before.reviewer_kind)


def said_in(store: Store, plan: str) -> list[Review]:
    """Return the last word of each reviewer on each item of a plan (its key), without what was taken back."""
    return [_value(Review, row) for row in store.query("said_in_plan", plan=plan)]


def all_standing(store: Store) -> list[Review]:
    """Return every standing judgement, whatever plan it was in."""
    return [_value(Review, row) for row in store.query("all_standing")]


def standing_of(store: Store, panels: Sequence[str]) -> list[Review]:
    """Return the standing judgements of these panels and of what was made of them."""
    return [_value(Review, row) for row in store.query("standing_of_panels", panels=list(panels))]


def standing_of_figures(store: Store, figures: Sequence[str]) -> list[Review]:
    """Return the standing judgements of all panels of these figures."""
    return [_value(Review, row) for row in store.query("standing_of_figures", figures=list(figures))]


def progress(store: Store, plan: str) -> list[dict[str, Any]]:
    """Return reviewer, kind, and counts done, accepted, rejected, corrected of a plan (its key) by reviewer."""
    return [dict(row._mapping) for row in store.query("plan_progress", plan=plan)]


_SUBJECT = ("item", "kind", "panel", "stage", "kept", "seen", "figure", "panel_digest", "figure_digest", "node")


def _made_already(store: Store, build: str, subject: Any) -> tuple[Mapping[str, Any], str | None]:
    """Return what people have corrected in the item as it is in the build, and the node that their word was about."""
    said = [one for one in standing_of(store, [subject.panel]) if one.item == subject.item]
    standing = heed.standing_of(said)
    if standing is None or not standing.is_by_people:
        return {}, None
    by = [one for one in said if one.reviewer_kind == standing.kind and one.correction]
    fields = set(subject.corrected)
    if any(
        panel.spans == spans_of(standing.correction) for panel in store.select(Panel, build=build, key=subject.panel)
    ):
        fields.add("spans")
    made = {field: value for field, value in standing.correction.items() if field in fields}
    return made, min((one.node for one in by if one.node), default=None)


def _build_of(store: Store, plan: str | None, build: str | None) -> str:
    if build is not None:
        return build
    if plan is not None:
        return find_plan(store, plan).build
    newest = store.query("latest_build")
    if not newest:
        raise NotFound(what="build", name=NEWEST, hint="; run `met build` first")
    return str(newest[0].key)


def _add(store: Store, facts: dict[str, Any], *, reviewer: str, kind: ReviewerKind) -> Review:
    before = store.query("review_turns", reviewer=reviewer, item=facts["item"])[0]
    if before.kind not in (None, kind):
        raise BadInput(what=f"reviewer {reviewer}", why=f"is known as {before.kind}, and kinds are never mixed")
    facts |= {"reviewer": reviewer, "reviewer_kind": kind, "turn": before.turn + 1}
    facts["key"] = content_key("review", *(facts[name] for name in sorted(facts) if name != "key"))
    review = Review(**facts)
    if not store.execute("put_review", **{field.name: getattr(review, field.name) for field in fields(Review)}):
        raise BadInput(what=f"item {review.item}", why=f"{reviewer} has just judged it elsewhere: look again")
    return review


def _check(
    reviewer: str,
    kind: str,
    judgement: str,
    reason: str | None,
    note: str,
    correction: Mapping[str, Any] | None,
) -> None:
    if not reviewer.strip():
        raise BadInput(what="reviewer", why="needs a name")
    if kind not in get_args(ReviewerKind):
        raise BadInput(what=f"reviewer kind {kind!r}", why=f"choose one of {', '.join(get_args(ReviewerKind))}")
    if judgement not in ("accept", "reject", "correct"):
        raise BadInput(what=f"judgement {judgement!r}", why="choose one of accept, reject, correct")
    if judgement == "reject" and reason is None:
        raise BadInput(what="a rejection", why=f"needs a reason, one of {', '.join(REVIEW_REASONS)}")
    if judgement != "reject" and reason is not None:
        raise BadInput(what="reason", why="only a rejection has one")
    if reason is not None and reason not in REVIEW_REASONS:
        raise BadInput(what=f"reason {reason!r}", why=f"choose one of {', '.join(REVIEW_REASONS)}")
    if reason == "other" and not note.strip():
        raise BadInput(what="reason other", why="needs a note that says which")
    if judgement == "correct" and not correction:
        raise BadInput(what="a correction", why=f"needs what is changed, of {', '.join(CORRECTED)}")
    if judgement != "correct" and correction:
        raise BadInput(what="correction", why="only the judgement `correct` has one")
    if unknown := sorted(set(correction or {}) - set(CORRECTED)):
        raise BadInput(what=f"correction of {', '.join(unknown)}", why=f"can change {', '.join(CORRECTED)}")


def _value(kind: type[T], row: Any) -> T:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in names})
