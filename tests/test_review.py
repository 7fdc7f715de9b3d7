"""Review: plans and judgements in the store, and what later builds make of them."""

from dataclasses import replace
from typing import Any

import pytest
from dossiers import BY_NAME, FACETS, anchored, dossier
from reviews import said_of
from store_rows import build_of, finish

from met.align.screen import screen
from met.errors import BadInput, NotFound
from met.harvest.panels import with_spans
from met.review.corrections import check_correction, corrected_question
from met.review.heed import (
    ACCEPTED,
    REJECTED,
    heard,
    heeded_anchors,
    heeded_modality,
    heeded_spans,
    heeded_texts,
    heeded_verdict,
    holding,
    standing_of,
)
from met.stages import PANELS, SCREEN, STAGES
from met.store import Store, review
from met.store.dossiers import load_dossiers
from met.types import Dossier, ItemKind, Made, Panel, PlanItem, Question, Review, ReviewPlan


@pytest.fixture
def built(store: Store) -> str:
    build = build_of(store, files=3)
    finish(store, build)
    return build


def planned(store: Store, build: str) -> ReviewPlan:
    """A plan of every panel of the build."""
    plan = ReviewPlan(key="plan:1", name="first", build=build, seed=1, size=3)
    panels = store.select(Panel, build=build)
    items = [
        PlanItem(
            plan=plan.key,
            position=position,
            item=panel.key,
            kind="pair",
            panel=panel.key,
            stage="align",
            reason="agrees",
            kept=True,
            stratum="align agrees",
            population=len(panels),
            sampled=len(panels),
        )
        for position, panel in enumerate(panels)
    ]
    review.put_plan(store, plan, items)
    return plan


def judge(store: Store, item: str, reviewer: str = "ann", **changes: object) -> Review:
    facts = {"item": item, "reviewer": reviewer, "kind": "annotator", "judgement": "accept"}
    return review.record(store, **facts | changes)  # type: ignore[arg-type]


def test_reviewers_of_a_plan_are_blind_to_each_other(store: Store, built: str) -> None:
    plan = planned(store, built)
    first, second, third = review.items_of(store, plan.key)
    assert review.next_item(store, plan.key, "ann") == first
    judge(store, first.item, plan=plan.key)
    assert review.next_item(store, plan.key, "ann") == second
    # What Ann said changes nothing of what Bob is asked.
    assert review.next_items(store, plan.key, "bob", limit=5) == [first, second, third]
    for item in (second, third):
        judge(store, item.item, plan=plan.key, judgement="reject", reason="wrong_text")
    assert review.next_item(store, plan.key, "ann") is None
    row = {"reviewer": "ann", "reviewer_kind": "annotator", "done": 3, "accepted": 1, "rejected": 2, "corrected": 0}
    assert review.progress(store, plan.key) == [row]


def test_a_judgement_is_taken_back_by_a_row_of_its_own(store: Store, built: str) -> None:
    plan = planned(store, built)
    first, second, _ = review.items_of(store, plan.key)
    judge(store, first.item, plan=plan.key)
    judge(store, second.item, plan=plan.key)
    judge(store, second.item, plan=plan.key, judgement="correct", correction={"modality": "ct"})
    assert [said.judgement for said in review.said_in(store, plan.key) if said.item == second.item] == ["correct"]
    taken = review.undo(store, reviewer="ann", plan=plan.key)
    assert (taken.item, taken.judgement, taken.turn) == (second.item, "undo", 2)
    assert [said.item for said in review.said_in(store, plan.key)] == [first.item]
    assert review.next_item(store, plan.key, "ann") == second
    assert [turn.judgement for turn in sorted(store.select(Review, item=second.item), key=lambda said: said.turn)] == [
        "accept",
        "correct",
        "undo",
    ]
    assert review.undo(store, reviewer="ann").item == first.item
    with pytest.raises(NotFound):
        review.undo(store, reviewer="ann")
    assert judge(store, second.item, plan=plan.key).turn == 3


def test_a_judgement_holds_what_was_seen(store: Store, built: str) -> None:
    question = store.select(Question, build=built)[0]
    panel = store.select(Panel, build=built, key=question.panel)[0]
    said = judge(store, question.key, judgement="reject", reason="needs_no_image")
    assert (said.kind, said.panel, said.panel_digest) == ("question", panel.key, panel.digest)
    assert said.seen != panel.digest
    assert store.select(Review) == [said]
    refused = judge(store, "0/f2")
    assert (refused.kind, refused.stage, refused.kept, refused.panel) == ("refused", "harvest", False, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"judgement": "reject"},
        {"judgement": "reject", "reason": "ugly"},
        {"judgement": "reject", "reason": "other"},
        {"reason": "wrong_text"},
        {"judgement": "correct"},
        {"judgement": "correct", "correction": {"licence": "CC0"}},
        {"correction": {"modality": "ct"}},
        {"judgement": "undo"},
        {"kind": "robot"},
        {"reviewer": " "},
        {"item": "panel:none"},
        {"plan": "plan:none"},
    ],
    ids=str,
)
def test_a_judgement_that_says_too_much_or_too_little_is_refused(
    store: Store, built: str, changes: dict[str, object]
) -> None:
    panel = store.select(Panel, build=built)[0]
    with pytest.raises(BadInput):
        judge(store, **{"item": panel.key} | changes)  # type: ignore[arg-type]
    assert store.select(Review) == []


def test_a_rejection_without_a_reason_is_told_which_there_are(store: Store, built: str) -> None:
    panel = store.select(Panel, build=built)[0]
    with pytest.raises(BadInput, match="a rejection: needs a reason, one of not_medical, wrong_panel, "):
        judge(store, panel.key, judgement="reject")


def test_kinds_of_reviewers_are_never_mixed(store: Store, built: str) -> None:
    first, second, _ = store.select(Panel, build=built)
    judge(store, first.key, reviewer="reader", kind="model")
    with pytest.raises(BadInput, match="known as model"):
        judge(store, second.key, reviewer="reader", kind="clinician")


def reviewed(one: Dossier, *said: Review) -> Dossier:
    return replace(one, reviews=said)


SEEN = anchored(dossier("Axial CT shows consolidation in the right lung."))
CHART = anchored(dossier("Axial CT shows consolidation in the right lung."), label="chart", medical=0.02)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], None),
        ([("accept", "annotator")], True),
        ([("reject", "model")], False),
        ([("reject", "annotator"), ("accept", "clinician")], True),
        ([("accept", "annotator"), ("accept", "annotator"), ("reject", "model")], True),
        ([("accept", "annotator"), ("reject", "annotator")], None),
        ([("correct", "annotator"), ("accept", "annotator")], True),
    ],
    ids=str,
)
def test_the_first_kind_decides_alone_and_only_with_one_voice(
    said: list[tuple[str, str]], expected: bool | None
) -> None:
    correction = {"correction": {"modality": "ct"}}
    reviews = [
        said_of("panel:1", judgement, who=f"{kind}{at}", by=kind, **correction if judgement == "correct" else {})
        for at, (judgement, kind) in enumerate(said)
    ]
    for order in (reviews, reviews[::-1]):
        standing = standing_of(order)
        assert (standing.accepted if standing else None) is expected


@pytest.mark.parametrize("kind", ["clinician", "annotator", "model"])
def test_a_rejected_pair_is_dropped_and_the_drop_names_who_and_why(kind: str) -> None:
    assert screen(SEEN).keep
    verdict = heeded_verdict(screen(SEEN), reviewed(SEEN, said_of(SEEN.panel.key, "reject", by=kind)))
    assert (verdict.keep, verdict.reason) == (False, REJECTED)
    by = {"model": "model-audited"}.get(kind, kind)
    assert verdict.signals["review"] == {"by": by, "because": "wrong_text", "says": "reject", "passed": False}


@pytest.mark.parametrize(("kind", "back"), [("clinician", True), ("annotator", True), ("model", False)])
def test_people_bring_a_dropped_pair_back_and_a_model_never(kind: str, back: bool) -> None:
    dropped = screen(CHART)
    assert dropped.reason == "not_medical"
    verdict = heeded_verdict(dropped, reviewed(CHART, said_of(CHART.panel.key, "accept", by=kind)))
    assert verdict.keep is back
    assert verdict.reason == (ACCEPTED if back else "not_medical")


def test_a_repeat_stays_out_whatever_is_said_of_its_text() -> None:
    repeat = replace(SEEN, keeper="panel:2")
    said = reviewed(repeat, said_of(repeat.panel.key, "accept", by="clinician"))
    assert heeded_verdict(screen(repeat), said).reason == "duplicate"


def test_what_is_said_of_the_node_holds_while_the_pair_is_for_that_node() -> None:
    verdict = screen(SEEN)
    wrong = said_of(SEEN.panel.key, "reject", reason="wrong_node", node=verdict.node)
    assert not heeded_verdict(verdict, reviewed(SEEN, wrong)).keep
    other = replace(wrong, node="node:other")
    assert heeded_verdict(verdict, reviewed(SEEN, other)) == verdict


def test_a_judgement_holds_for_the_panel_that_was_seen() -> None:
    panel, figure = SEEN.panel, SEEN.figure
    said = said_of(panel.key, "reject", panel_digest=panel.digest, figure_digest=figure.digest)
    assert holding([said], panel, figure.digest) == (said,)
    other = with_spans(panel, figure, ((0, 8),))
    assert holding([said], other, figure.digest) == ()
    # Who gave the panel its parts of the caption has spoken of the panel that they make.
    made = replace(said, judgement="correct", reason=None, correction={"spans": [[0, 8]], "modality": "ct"})
    assert holding([made], other, figure.digest) == (made,)
    assert holding([made], other, "another caption") == ()


def test_a_correction_of_role_or_node_reaches_the_anchor() -> None:
    first, lung = SEEN.anchors[0], BY_NAME["left lung"].key
    said = said_of(first.key, "correct", kind="anchor", correction={"node": lung, "role": "mentioned"})
    rows, drops = heeded_anchors(SEEN.anchors, reviewed(SEEN, said), nodes=FACETS.keys())
    (changed,) = [row for row in rows if row.key == first.key]
    assert (changed.node, changed.role, changed.method) == (lung, "mentioned", "review:annotator")
    assert drops == ()
    assert len(rows) == len(SEEN.anchors)


def test_a_correction_of_a_pair_reaches_the_anchor_that_it_is_for() -> None:
    first = SEEN.anchors[0]
    said = said_of(SEEN.panel.key, "correct", node=first.node, correction={"role": "history"})
    rows, _ = heeded_anchors(SEEN.anchors, reviewed(SEEN, said), nodes=FACETS.keys())
    assert [row.key for row in rows if row.role == "history"] == [first.key]


def test_a_model_takes_roles_away_and_gives_none() -> None:
    first, lung = SEEN.anchors[0], BY_NAME["left lung"].key
    away = said_of(first.key, "correct", by="model", kind="anchor", correction={"node": lung, "role": "mentioned"})
    rows, _ = heeded_anchors(SEEN.anchors, reviewed(SEEN, away), nodes=FACETS.keys())
    (changed,) = [row for row in rows if row.key == first.key]
    assert (changed.node, changed.role, changed.method) == (first.node, "mentioned", "review:model-audited")
    history = tuple(replace(anchor, role="history") for anchor in SEEN.anchors)
    given_ = said_of(first.key, "correct", by="model", kind="anchor", correction={"role": "depicted"})
    assert heeded_anchors(history, reviewed(SEEN, given_), nodes=FACETS.keys())[0] == history


def test_a_rejected_anchor_and_an_unknown_node_are_drops() -> None:
    first, second = SEEN.anchors[:2]
    said = (
        said_of(first.key, "reject", reason="wrong_node"),
        said_of(second.key, "correct", kind="anchor", correction={"node": "node:none"}),
    )
    rows, drops = heeded_anchors(SEEN.anchors, reviewed(SEEN, *said), nodes=FACETS.keys())
    assert {drop.item: drop.reason for drop in drops} == {first.key: REJECTED, second.key: "review_unknown"}
    assert {row.key for row in rows} == {anchor.key for anchor in SEEN.anchors} - {first.key, second.key}


def test_a_corrected_modality_lets_the_panel_pass_if_people_say_so() -> None:
    assert CHART.modality is not None
    said = said_of(CHART.panel.key, "correct", correction={"modality": "ct"})
    row = heeded_modality(CHART.modality, reviewed(CHART, said))
    assert (row.label, row.medical, row.method) == ("ct", 1.0, "review:annotator")
    assert screen(replace(CHART, modality=row)).keep
    by_model = replace(said, reviewer_kind="model")
    assert heeded_modality(CHART.modality, reviewed(CHART, by_model)) == CHART.modality
    nonsense = replace(said, correction={"modality": "tea leaves"})
    assert heeded_modality(CHART.modality, reviewed(CHART, nonsense)) == CHART.modality


def test_corrected_parts_of_a_caption_make_another_panel_of_the_same_key() -> None:
    figure, panel = SEEN.figure, SEEN.panel
    said = said_of(panel.key, "correct", correction={"spans": [[0, 8]]}, figure_digest=figure.digest)
    spans = heeded_spans([said], figure_digest=figure.digest, caption=figure.caption)
    assert spans == ((0, 8),)
    changed = with_spans(panel, figure, spans)
    assert (changed.key, changed.spans) == (panel.key, ((0, 8),))
    assert changed.digest != with_spans(panel, figure, panel.spans).digest
    for wrong in ([[8, 0]], [[0, 9999]], [["a", 2]], [[5, 8], [0, 3]], []):
        odd = replace(said, correction={"spans": wrong})
        assert heeded_spans([odd], figure_digest=figure.digest, caption=figure.caption) is None
    assert heeded_spans([said], figure_digest="another caption", caption=figure.caption) is None


def test_a_rejected_question_is_dropped_and_a_corrected_one_says_whose_word_it_is(store: Store, built: str) -> None:
    question = store.select(Question, build=built)[0]
    one = reviewed(SEEN, said_of(question.key, "reject", reason="needs_no_image"))
    rows, drops = heeded_texts([question], one)
    assert (rows, [drop.item for drop in drops]) == ((), [question.key])
    right = {"question": {"answer": "MR", "text": "Which one?"}}
    rows, _ = heeded_texts([question], reviewed(SEEN, said_of(question.key, "correct", correction=right)))
    assert (rows[0].answer, rows[0].text, rows[0].model) == ("MR", "Which one?", "review:annotator")
    wrong = {"question": {"answer": "none of them"}}
    rows, _ = heeded_texts([question], reviewed(SEEN, said_of(question.key, "correct", correction=wrong)))
    assert rows == (question,)


def remade(store: Store, build: str) -> set[str]:
    """The stages that a build makes something anew in."""
    return {stage for stage, worked in finish(store, build).items() if worked}


@pytest.mark.parametrize(
    ("kind", "said", "stages"),
    [
        ("model", {"judgement": "accept"}, ()),
        ("model", {"judgement": "reject", "reason": "wrong_text"}, ("screen",)),
        ("model", {"judgement": "correct", "correction": {"modality": "ct"}}, ()),
        ("model", {"judgement": "correct", "correction": {"role": "history"}}, ("anchor",)),
        ("annotator", {"judgement": "accept"}, ()),
        ("annotator", {"judgement": "reject", "reason": "wrong_text"}, ("screen", "align")),
        ("annotator", {"judgement": "correct", "correction": {"modality": "ct"}}, ("modality",)),
        ("annotator", {"judgement": "correct", "correction": {"role": "history"}}, ("anchor",)),
        ("annotator", {"judgement": "correct", "correction": {"spans": [[0, 3]]}}, ("panels",)),
    ],
    ids=str,
)
def test_what_is_said_is_an_input_of_just_those_stages_and_undo_needs_no_work(
    store: Store, built: str, kind: str, said: dict[str, Any], stages: tuple[str, ...]
) -> None:
    panel = store.select(Panel, build=built)[1]
    assert remade(store, built) == set()
    judge(store, panel.key, kind=kind, **said)
    assert remade(store, built) == set(stages)
    (one,) = load_dossiers(store, built, [panel.key])
    assert [said.item for said in one.reviews] == [panel.key]
    review.undo(store, reviewer="ann")
    assert remade(store, built) == set()
    assert load_dossiers(store, built, [panel.key])[0].reviews == ()


# ------------------------------------------------------------ what may be said


@pytest.mark.parametrize(
    ("kind", "correction"),
    [
        ("pair", {"role": "hero"}),
        ("pair", {"modality": "tea leaves"}),
        ("pair", {"node": " "}),
        ("pair", {"spans": [[8, 0]]}),
        ("pair", {"spans": [[5, 8], [0, 3]]}),
        ("pair", {"spans": [[0.5, 8]]}),
        ("pair", {"spans": []}),
        ("pair", {"question": {"text": "What?"}}),
        ("anchor", {"modality": "ct"}),
        ("caption", {"role": "history"}),
        ("question", {"question": {}}),
        ("question", {"question": {"licence": "CC0"}}),
        ("question", {"question": {"options": ["a", " "]}}),
        ("refused", {"node": "MONDO:2"}),
    ],
    ids=str,
)
def test_a_correction_that_no_build_could_make_is_refused(kind: ItemKind, correction: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        check_correction(kind, correction)


def test_a_question_stays_one_whatever_is_corrected(store: Store, built: str) -> None:
    question = store.select(Question, build=built)[0]
    made = corrected_question(question, {"options": ["MR", " US "], "answer": "US "})
    assert made is not None and (made.options, made.answer) == (("MR", "US"), "US")
    for said in ({"options": ["CT"]}, {"options": ["CT", "CT"]}, {"answer": "US"}, {"text": " "}, {"answer": 1}, "CT"):
        assert corrected_question(question, said) is None


# ------------------------------------------------------------ who decides


def test_what_the_filter_drops_by_itself_keeps_its_reason() -> None:
    dropped = screen(CHART)
    agreed = reviewed(CHART, said_of(CHART.panel.key, "reject", reason="not_medical"))
    assert heeded_verdict(dropped, agreed) == dropped


def test_a_pair_without_a_node_comes_back_with_one_alone() -> None:
    nowhere = replace(dossier("A bar chart."), modality=CHART.modality)
    dropped = screen(nowhere)
    assert (dropped.keep, dropped.node) == (False, None)
    accepted = reviewed(nowhere, said_of(nowhere.panel.key, "accept", by="clinician"))
    assert heeded_verdict(dropped, accepted) == dropped
    lung = BY_NAME["left lung"].key
    said = reviewed(nowhere, said_of(nowhere.panel.key, "correct", by="clinician", correction={"node": lung}))
    rows, drops = heeded_anchors((), said, nodes=FACETS.keys())
    assert [(row.node, row.role, row.method) for row in rows] == [(lung, "depicted", "review:clinician")]
    assert drops == ()
    anchored_now = replace(said, anchors=rows)
    verdict = heeded_verdict(screen(anchored_now), anchored_now)
    assert (verdict.keep, verdict.reason, verdict.node) == (True, ACCEPTED, lung)
    unknown = reviewed(nowhere, said_of(nowhere.panel.key, "correct", correction={"node": "node:none"}))
    assert [drop.reason for drop in heeded_anchors((), unknown, nodes=FACETS.keys())[1]] == ["review_unknown"]


def test_a_first_kind_that_accepts_leaves_no_correction_to_the_next() -> None:
    first = SEEN.anchors[0]
    pair = {"node": first.node, "kind": "pair"}
    said = (
        said_of(SEEN.panel.key, "accept", by="clinician", **pair),
        said_of(SEEN.panel.key, "correct", correction={"role": "history", "modality": "mri"}, **pair),
    )
    assert SEEN.modality is not None
    for order in (said, said[::-1]):
        assert heeded_modality(SEEN.modality, reviewed(SEEN, *order)) == SEEN.modality
        assert heeded_anchors(SEEN.anchors, reviewed(SEEN, *order), nodes=FACETS.keys())[0] == SEEN.anchors


def test_the_word_of_a_lower_kind_is_no_input(store: Store, built: str) -> None:
    panel = store.select(Panel, build=built)[1]
    judge(store, panel.key, reviewer="cora", kind="clinician", judgement="reject", reason="wrong_text")
    assert remade(store, built) == {"screen", "align"}
    judge(store, panel.key, judgement="correct", correction={"modality": "ct"})
    assert remade(store, built) == set()
    review.undo(store, reviewer="cora")
    assert remade(store, built) == {"modality"}


def test_only_what_the_plan_names_is_heard(store: Store, built: str) -> None:
    panel = store.select(Panel, build=built)[1]
    early = judge(store, panel.key, judgement="reject", reason="wrong_text")
    store.plan(built, SCREEN, str(SCREEN.code))
    judge(store, panel.key, reviewer="bob")
    lease = store.lease(built, SCREEN.name, [panel.key], run="run:1")
    assert [work.said for work in lease.work] == [(early.key,)]
    (one,) = heard(load_dossiers(store, built, [panel.key]), lease.work)
    assert one.reviews == (early,)
    store.release(lease)


def test_who_accepts_a_corrected_item_confirms_the_correction(store: Store, built: str) -> None:
    panel = store.select(Panel, build=built)[1]
    before = judge(store, panel.key, judgement="correct", correction={"spans": [[0, 3]]})
    # Nothing is made of it yet: to accept the item as it is takes the correction back.
    assert judge(store, panel.key).judgement == "accept"
    again = judge(store, panel.key, judgement="correct", correction={"spans": [[0, 3]]})
    with_other_parts(store, built, panel)
    confirmed = judge(store, panel.key)
    assert (confirmed.judgement, confirmed.correction) == ("correct", {"spans": [[0, 3]]})
    assert confirmed.panel_digest != again.panel_digest == before.panel_digest
    further = judge(store, panel.key, judgement="correct", correction={"modality": "ct"})
    assert further.correction == {"spans": [[0, 3]], "modality": "ct"}


def with_other_parts(store: Store, build: str, panel: Panel) -> None:
    """The panel is made anew with the part of the caption that somebody gave it."""
    store.plan(build, PANELS, str(PANELS.code))
    lease = store.lease(build, PANELS.name, [panel.figure], run="run:1")
    changed = replace(panel, spans=((0, 3),), digest="another")
    store.commit(lease, [Made(item=panel.figure, rows=(changed,))], run="run:1", seconds=1.0)
    finish(store, build, STAGES[STAGES.index(PANELS) + 1 :])
