"""What a build makes of the judgements that hold for its items.

The rules, in order:

1. The kind that stands first in `REVIEWER_KINDS` (clinician, annotator, model) and has judged the item decides alone.
   Its correction of a pair is made where the value is made: parts of the caption, modality, then anchors.
2. Within a kind the item is rejected where all say so, accepted where all accept or correct it, and else left to the
   engine: a dispute is settled by people and not by a build.
3. A rejection takes the item away, whoever said it. A model can only take away: what it accepts stays as the engine
   decided, and of its corrections one alone is made, a role that is not `depicted` any more.
4. A person's word brings a dropped pair back, except what was dropped for privacy or as a duplicate.

A judgement holds for the panel as it was seen (`panel_digest`: image, box and texts), and one that gave the panel its
parts of the caption for what it made. One that speaks of the node of a pair holds while the pair is for that node.
What a model says leaves the engine as `model-audited`, never as a person's. `sql/views/review.sql` names, by the same
rules, the reviews that change what a stage makes of an item.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, get_args

from met.harvest.modality.taxonomy import GROUP_OF, NOT_MEDICAL
from met.keys import content_key
from met.review.corrections import corrected_question, spans_of
from met.types import (
    REVIEWER_KINDS,
    Anchor,
    Caption,
    Dossier,
    Drop,
    Modality,
    Panel,
    Question,
    Review,
    ReviewerKind,
    Role,
    Verdict,
    WorkItem,
)

Text = TypeVar("Text", Caption, Question)

REJECTED: Final = "review_rejected"
ACCEPTED: Final = "review_accepted"
BY: Final[Mapping[ReviewerKind, str]] = {"clinician": "clinician", "annotator": "annotator", "model": "model-audited"}
# A judgement of text and image does not weigh against these.
FINAL: Final = frozenset({"phi_flagged", "phi_unscreened", "duplicate"})
ABOUT_THE_NODE: Final = frozenset({"wrong_node", "not_depicted", "wrong_polarity", "wrong_side"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What reviewers say of an item together: accepted, or rejected for `reason`; they agree on `correction`."""

    kind: ReviewerKind
    accepted: bool
    reason: str | None
    correction: Mapping[str, Any]

    @property
    def is_by_people(self) -> bool:
        """Whether people say so, and not a model."""
        return self.kind != "model"

    @property
    def detail(self) -> dict[str, Any]:
        """What a Drop or a signal tells of it."""
        return {"by": BY[self.kind], "because": self.reason, "says": "accept" if self.accepted else "reject"}


def standing_of(said: Iterable[Review]) -> Standing | None:
    """Return what the reviewers of one item say together, or None where they say nothing or differ."""
    reviews = sorted(said, key=lambda review: review.key)
    for kind in REVIEWER_KINDS:
        mine = [review for review in reviews if review.reviewer_kind == kind]
        if mine:
            return _together(kind, mine)
    return None


def _together(kind: ReviewerKind, said: Sequence[Review]) -> Standing | None:
    rejected = [review for review in said if review.judgement == "reject"]
    if rejected and len(rejected) < len(said):
        return None
    if rejected:
        reasons = Counter(str(review.reason) for review in rejected)
        reason = min(reasons, key=lambda one: (-reasons[one], one))
        return Standing(kind=kind, accepted=False, reason=reason, correction={})
    values: defaultdict[str, list[Any]] = defaultdict(list)
    for review in said:
        for field, value in review.correction.items():
            values[field].append(value)
    agreed = {field: found[0] for field, found in values.items() if all(value == found[0] for value in found)}
    return Standing(kind=kind, accepted=True, reason=None, correction=agreed)


def holding(said: Iterable[Review], panel: Panel, figure_digest: str) -> tuple[Review, ...]:
    """Return the judgements that hold for a panel as it is now, those that made it so among them."""
    return tuple(
        review
        for review in said
        if review.panel_digest == panel.digest
        or (review.figure_digest == figure_digest and spans_of(review.correction) == panel.spans)
    )


def heard(dossiers: Iterable[Dossier], work: Iterable[WorkItem]) -> list[Dossier]:
    """Return the dossiers of work items with the judgements alone that their inputs name.

    What is said while a stage runs is for the next plan: else a result would rest on what no input tells of.
    """
    named = {item.item: item.said for item in work}
    return [
        replace(dossier, reviews=tuple(one for one in dossier.reviews if one.key in named[dossier.panel.key]))
        for dossier in dossiers
    ]


def heeded_verdict(verdict: Verdict, dossier: Dossier) -> Verdict:
    """Return the verdict that the judgements of the pair leave: theirs where they overrule it, else the same.

    A pair whose node people have corrected is for that node.
    """
    standing = standing_of(
        review
        for review in dossier.reviews
        if review.item == dossier.panel.key
        # What a model rejects was dropped by stage 1, and no input of stage 2 tells of it.
        and (verdict.stage == "screen" or review.reviewer_kind != "model")
        and (review.reason not in ABOUT_THE_NODE or review.node == verdict.node)
    )
    if standing is None:
        return verdict
    told = {**verdict.signals, "review": {**standing.detail, "passed": standing.accepted}}
    if not standing.accepted:
        # What the engine drops by itself keeps its own reason.
        return replace(verdict, keep=False, reason=REJECTED, signals=told) if verdict.keep else verdict
    if not standing.is_by_people:
        return verdict
    node = standing.correction.get("node")
    if node != verdict.node and node in {anchor.node for anchor in dossier.anchors}:
        verdict = replace(verdict, node=node, signals=told)
    if verdict.keep or verdict.reason in FINAL:
        return verdict
    # A pair is for a node, the one of stage 1 where stage 2 rests on none: without any there is nothing to come back.
    node = verdict.node or next((one.node for one in dossier.verdicts if one.stage == "screen"), None)
    if node is None:
        return verdict
    return replace(verdict, keep=True, reason=ACCEPTED, node=node, signals={**told, "overruled": verdict.reason})


def heeded_modality(row: Modality, dossier: Dossier) -> Modality:
    """Return the modality that people say, or the same; a label that is none of the taxonomy corrects nothing."""
    standing = standing_of(review for review in dossier.reviews if review.item == dossier.panel.key)
    label = standing.correction.get("modality") if standing and standing.is_by_people else None
    if standing is None or not isinstance(label, str) or label not in GROUP_OF:
        return row
    signals = {**row.signals, "review": {**standing.detail, "before": row.label}}
    medical = 0.0 if label in NOT_MEDICAL else 1.0
    return replace(
        row, label=label, probability=1.0, medical=medical, method=f"review:{BY[standing.kind]}", signals=signals
    )


def heeded_anchors(
    anchors: Iterable[Anchor], dossier: Dossier, *, nodes: Collection[str]
) -> tuple[tuple[Anchor, ...], tuple[Drop, ...]]:
    """Return the anchors that the judgements leave, and a Drop for each that they take away.

    A correction of role or node keeps the key of the anchor, so what was said of it still finds it. Of two anchors that
    come to mean one node the corrected one stays. A pair that was for no node gets the anchor that people give it. A
    node that is not among `nodes` of the tree is a Drop.
    """
    kept: dict[str, Anchor] = {}
    corrected: dict[str, Anchor] = {}
    drops: list[Drop] = []
    for anchor in anchors:
        standing = _standing_of(anchor, dossier.reviews)
        made = _corrected(anchor, standing, nodes) if standing else anchor
        if isinstance(made, Drop):
            drops.append(made)
        elif made is anchor:
            kept[anchor.node] = anchor
        else:
            corrected[made.node] = made
    given = _given(dossier)
    if given is not None and given.node in nodes:
        corrected.setdefault(given.node, given)
    elif given is not None:
        drops.append(Drop(item=given.key, reason="review_unknown", detail={"node": given.node, "by": given.method}))
    rows = {**kept, **corrected}
    return tuple(sorted(rows.values(), key=lambda anchor: (-anchor.score, anchor.key))), tuple(drops)


def _standing_of(anchor: Anchor, said: Sequence[Review]) -> Standing | None:
    """Return what reviewers say of the anchor itself, or by correcting the pair that is for its node."""
    own = standing_of(review for review in said if review.item == anchor.key)
    pair = standing_of(review for review in said if review.kind == "pair" and review.node == anchor.node)
    if pair is None or not pair.correction.keys() & {"role", "node"}:
        return own
    if own is None or REVIEWER_KINDS.index(pair.kind) < REVIEWER_KINDS.index(own.kind):
        return pair
    return own


def _given(dossier: Dossier) -> Anchor | None:
    """Return the anchor that people give a pair which was for no node, or None."""
    standing = standing_of(review for review in dossier.reviews if review.kind == "pair" and review.node is None)
    node = standing.correction.get("node") if standing and standing.is_by_people else None
    if standing is None or not isinstance(node, str):
        return None
    return Anchor(
        key=content_key("anchor", dossier.panel.key, node, "review"),
        panel=dossier.panel.key,
        node=node,
        role=standing.correction.get("role", "depicted"),
        polarity="affirmed",
        certainty="certain",
        score=1.0,
        method=f"review:{BY[standing.kind]}",
        field="subcaption",
        surface="",
        start_char=None,
        end_char=None,
    )


def _corrected(anchor: Anchor, standing: Standing, nodes: Collection[str]) -> Anchor | Drop:
    if not standing.accepted:
        return Drop(item=anchor.key, reason=REJECTED, detail={**standing.detail, "node": anchor.node})
    role = standing.correction.get("role", anchor.role)
    node = standing.correction.get("node", anchor.node)
    if not standing.is_by_people:
        role, node = role if role != "depicted" else anchor.role, anchor.node
    if node not in nodes or role not in get_args(Role):
        return Drop(item=anchor.key, reason="review_unknown", detail={**standing.detail, "node": node, "role": role})
    if (role, node) == (anchor.role, anchor.node):
        return anchor
    return replace(anchor, role=role, node=node, method=f"review:{BY[standing.kind]}")


def heeded_texts(rows: Iterable[Text], dossier: Dossier) -> tuple[tuple[Text, ...], tuple[Drop, ...]]:
    """Return the captions or questions that the judgements leave, and a Drop for each that they take away."""
    kept, drops = [], []
    for row in rows:
        standing = standing_of(review for review in dossier.reviews if review.item == row.key)
        if standing is None or standing.accepted:
            kept.append(_rewritten(row, standing))
        else:
            drops.append(Drop(item=row.key, reason=REJECTED, detail={**standing.detail, "panel": row.panel}))
    return tuple(kept), tuple(drops)


def _rewritten(row: Text, standing: Standing | None) -> Text:
    """Return a question with what people corrected in it; its model says whose word it is."""
    said = standing.correction.get("question") if standing and standing.is_by_people else None
    if standing is None or said is None or not isinstance(row, Question):
        return row
    made = corrected_question(row, said)
    return row if made is None else replace(made, model=f"review:{BY[standing.kind]}")


def heeded_spans(said: Iterable[Review], *, figure_digest: str, caption: str) -> tuple[tuple[int, int], ...] | None:
    """Return the parts of the caption that people give to one panel, or None where they give none that are possible.

    `said` are the judgements of the panel; those hold that saw the figure as it is (`figure_digest`).
    """
    standing = standing_of(review for review in said if review.kind == "pair" and review.figure_digest == figure_digest)
    if standing is None or not standing.is_by_people:
        return None
    spans = spans_of(standing.correction)
    return spans if spans and spans[-1][1] <= len(caption) else None
