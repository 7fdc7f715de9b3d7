"""Review: plans and judgements in the store, what later builds make of them, agreement, estimates, samples."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from dossiers import BY_NAME, FACETS, anchored, dossier
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import build_of, finish

from met.align.screen import screen
from met.errors import BadInput, NotFound
from met.harvest.panels import with_spans
from met.keys import content_key
from met.review.agreement import agreements, cohen_kappa
from met.review.estimate import Cell, cells_of, recall_of, share_of
from met.review.heed import (
    ACCEPTED,
    REJECTED,
    heeded_anchors,
    heeded_modality,
    heeded_spans,
    heeded_texts,
    heeded_verdict,
    holding,
    standing_of,
)
from met.review.report import report_of
from met.review.sample import Candidate, allocation, plan_of
from met.review.size import half_width, items_needed
from met.store import Store, review
from met.store.dossiers import load_dossiers
from met.types import Dossier, Panel, PlanItem, Question, Review, ReviewPlan


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
    assert [turn.judgement for turn in review.reviews_of(store, second.item)] == ["accept", "correct", "undo"]
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


def test_kinds_of_reviewers_are_never_mixed(store: Store, built: str) -> None:
    first, second, _ = store.select(Panel, build=built)
    judge(store, first.key, reviewer="reader", kind="model")
    with pytest.raises(BadInput, match="known as model"):
        judge(store, second.key, reviewer="reader", kind="clinician")


def said_of(item: str, judgement: str, *, who: str = "ann", by: str = "annotator", **changes: Any) -> Review:
    """A judgement of a pair, as a rule sees it."""
    facts: dict[str, Any] = {
        "key": content_key("review", item, judgement, who, str(sorted(changes.items(), key=str))),
        "plan": "plan:1",
        "build": "build:1",
        "item": item,
        "kind": "pair",
        "panel": item,
        "stage": "align",
        "kept": True,
        "reviewer": who,
        "reviewer_kind": by,
        "turn": 0,
        "judgement": judgement,
        "reason": "wrong_text" if judgement == "reject" else None,
        "note": "",
        "correction": {},
        "seen": "seen",
        "figure": None,
        "panel_digest": None,
        "figure_digest": None,
        "node": None,
    }
    return Review(**facts | changes)


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
    said = said_of("panel:1", "reject", panel_digest="a")
    assert holding([said], "a") == (said,)
    assert holding([said], "b") == ()


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
    ("kind", "correction", "stages"),
    [
        ("model", None, {"screen"}),
        ("annotator", None, {"screen", "align", "caption", "question"}),
        ("annotator", {"modality": "ct"}, {"modality", "screen", "align", "caption", "question"}),
        ("annotator", {"role": "history"}, {"anchor", "screen", "align", "caption", "question"}),
        ("annotator", {"spans": [[0, 3]]}, {"panels", "screen", "align", "caption", "question"}),
    ],
    ids=["model", "reject", "modality", "role", "spans"],
)
def test_what_is_said_is_an_input_of_just_those_stages_and_undo_needs_no_work(
    store: Store, built: str, kind: str, correction: dict[str, Any] | None, stages: set[str]
) -> None:
    panel = store.select(Panel, build=built)[1]
    assert remade(store, built) == set()
    if correction:
        judge(store, panel.key, kind=kind, judgement="correct", correction=correction)
    else:
        judge(store, panel.key, kind=kind, judgement="reject", reason="wrong_text")
    assert remade(store, built) == stages
    (one,) = load_dossiers(store, built, [panel.key])
    assert [said.item for said in one.reviews] == [panel.key]
    review.undo(store, reviewer="ann")
    assert remade(store, built) == set()
    assert load_dossiers(store, built, [panel.key])[0].reviews == ()


# ------------------------------------------------------------ agreement


def table(*rows: tuple[int, ...]) -> list[tuple[str, str]]:
    return [(str(i), str(j)) for i, row in enumerate(rows) for j, count in enumerate(row) for _ in range(count)]


@pytest.mark.parametrize(
    ("rows", "kappa", "low", "high"),
    [
        # Two dermatologists on 88 patients: the worked example of a widely used statistics package.
        ([(10, 4, 1, 0), (5, 10, 12, 2), (2, 4, 12, 5), (0, 2, 6, 13)], 0.3449, 0.2030, 0.4868),
        ([(20, 5), (10, 15)], 0.4, 0.1511, 0.6489),
        ([(7, 0), (0, 9)], 1.0, 1.0, 1.0),
    ],
)
def test_kappa_is_that_of_published_examples(
    rows: list[tuple[int, ...]], kappa: float, low: float, high: float
) -> None:
    found = cohen_kappa(table(*rows))
    assert (found.kappa, found.low, found.high) == pytest.approx((kappa, low, high), abs=6e-4)


def test_where_chance_alone_agrees_there_is_no_kappa() -> None:
    assert cohen_kappa([("accept", "accept")] * 5).kappa is None
    assert cohen_kappa([]).n == 0


@given(st.lists(st.tuples(st.sampled_from("arc"), st.sampled_from("arc")), min_size=2, max_size=60))
def test_kappa_is_the_same_whoever_comes_first(pairs: list[tuple[str, str]]) -> None:
    one, other = cohen_kappa(pairs), cohen_kappa([(b, a) for a, b in pairs])
    assert one == other
    if one.kappa is not None and one.low is not None and one.high is not None:
        assert -1 <= one.low <= one.kappa <= one.high <= 1


def test_reviewers_are_compared_on_what_both_have_judged() -> None:
    said = [said_of(f"panel:{at}", "accept", who=who) for who in ("ann", "bob") for at in range(4)]
    said += [said_of("panel:9", "reject", who="ann"), said_of("panel:9", "accept", who="cy")]
    found = agreements(said)
    assert {pair: one.n for pair, one in found.items()} == {("ann", "bob"): 4, ("ann", "cy"): 1}


# ------------------------------------------------------------ estimates

cells = st.builds(
    lambda weight, judged, share: Cell(weight=weight, judged=judged, right=round(judged * share)),
    st.floats(1, 5000),
    st.integers(1, 40),
    st.floats(0, 1),
)


@given(st.lists(cells, min_size=1, max_size=12))
def test_a_share_lies_in_its_interval_and_the_interval_in_0_1(strata: list[Cell]) -> None:
    found = share_of(strata)
    assert found.share is not None
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert found.low < found.high
    assert share_of(strata[::-1]) == found


@given(st.lists(cells, min_size=1, max_size=8), st.lists(cells, max_size=8))
def test_recall_lies_in_its_interval(kept: list[Cell], dropped: list[Cell]) -> None:
    found = recall_of(kept, dropped)
    if found.share is not None:
        assert 0 <= found.low <= found.share <= found.high <= 1
    assert recall_of(kept, []).share in (1.0, None)


def test_one_stratum_has_the_interval_of_wilson() -> None:
    found = share_of([Cell(weight=100, judged=10, right=8)])
    assert (found.share, found.low, found.high) == (0.8, 0.4902, 0.9433)


def test_estimates_are_unbiased_and_intervals_cover() -> None:
    draw = random.Random(7)
    strata = [(400, 0.95), (40, 0.6), (1500, 0.85), (8, 0.2), (120, 0.75)]
    drops = [(900, 0.02), (60, 0.4), (15, 0.7)]
    truth = sum(size * share for size, share in strata)
    missed = sum(size * share for size, share in drops)
    precision, recall = truth / sum(size for size, _ in strata), truth / (truth + missed)
    parts = allocation({f"pair {at}": size for at, (size, _) in enumerate(strata)}, 120)
    runs, shares, covered, recalls = 600, 0.0, 0, 0
    for _ in range(runs):
        kept = [_drawn(draw, size, share, parts[f"pair {at}"]) for at, (size, share) in enumerate(strata)]
        found = share_of(kept)
        shares += found.share or 0.0
        covered += found.low <= precision <= found.high
        of_all = recall_of(kept, [_drawn(draw, size, share, 30) for size, share in drops])
        recalls += of_all.low <= recall <= of_all.high
    assert shares / runs == pytest.approx(precision, abs=0.006)
    assert covered / runs >= 0.93
    assert recalls / runs >= 0.93


def _drawn(draw: random.Random, size: int, share: float, judged: int) -> Cell:
    judged = min(judged, size)
    return Cell(weight=size, judged=judged, right=sum(draw.random() < share for _ in range(judged)))


def test_another_modality_lowers_what_a_stratum_stands_for() -> None:
    rows = [("a", 100, True, True), ("a", 100, False, False), ("b", 10, True, False)]
    assert cells_of(rows) == [Cell(weight=50.0, judged=1, right=1), Cell(weight=10.0, judged=1, right=0)]


@pytest.mark.parametrize(("within", "expected"), [(0.03, 0.85), (0.05, 0.5), (0.01, 0.99)])
def test_the_advised_size_is_the_smallest_that_is_enough(within: float, expected: float) -> None:
    items = items_needed(within=within, expected=expected)
    assert half_width(expected, items) <= within < half_width(expected, items - 1)
    assert items_needed(within=within, expected=expected, population=200) <= 200


# ------------------------------------------------------------ samples


def candidate(number: int) -> Candidate:
    kind = ("pair", "anchor", "caption", "question", "refused")[number % 5]
    return Candidate(
        item=f"{kind}:{number}",
        kind=kind,  # type: ignore[arg-type]
        panel=f"panel:{number}",
        stage=("screen", "align")[number % 2],
        reason=("kept", "short_text", "not_medical")[number % 3],
        kept=number % 3 == 0,
        facet=("disease", "anatomy", None)[number % 7 % 3],
        score=(number % 11) / 10,
    )


@settings(max_examples=25)
@given(st.integers(1, 400), st.integers(1, 80), st.integers(0, 5), st.randoms())
def test_a_plan_depends_on_the_set_of_items_and_the_seed(
    count: int, size: int, seed: int, order: random.Random
) -> None:
    candidates = [candidate(number) for number in range(count)]
    plan, items = plan_of(candidates, build="build:1", name="a", seed=seed, size=size)
    order.shuffle(candidates)
    assert plan_of(candidates, build="build:1", name="a", seed=seed, size=size) == (plan, items)
    assert len(items) == min(size, count)
    assert len({item.item for item in items}) == len(items)
    assert [item.position for item in items] == list(range(len(items)))
    held = Counter(one.stratum for one in candidates)
    drawn = Counter(item.stratum for item in items)
    assert all((item.population, item.sampled) == (held[item.stratum], drawn[item.stratum]) for item in items)
    if size >= 5 * len(held):
        assert drawn.keys() == held.keys()


def test_every_item_of_a_stratum_is_drawn_equally_often() -> None:
    candidates = [replace(candidate(0), item=f"pair:{number}") for number in range(10)]
    drawn: Counter[str] = Counter()
    for seed in range(400):
        drawn.update(item.item for item in plan_of(candidates, build="b", name="a", seed=seed, size=3)[1])
    # 120 times each is expected; four standard deviations are 37.
    assert len(drawn) == 10
    assert all(83 <= times <= 157 for times in drawn.values())


@given(st.dictionaries(st.integers(0, 30), st.integers(1, 300), min_size=1), st.integers(1, 200))
def test_an_allocation_gives_what_is_asked_and_no_stratum_more_than_it_has(sizes: dict[int, int], size: int) -> None:
    counts = {f"{('pair', 'dropped', 'anchor')[at % 3]} {at}": held for at, held in sizes.items()}
    parts = allocation(counts, size)
    assert sum(parts.values()) == min(size, sum(counts.values()))
    assert all(0 < part <= counts[stratum] for stratum, part in parts.items())


# ------------------------------------------------------------ reports


@settings(max_examples=10)
@given(st.randoms())
def test_the_order_of_records_changes_nothing_in_a_report(order: random.Random) -> None:
    draw = random.Random(3)
    _, items = plan_of([candidate(number) for number in range(300)], build="b", name="a", seed=1, size=120)
    said = [
        said_of(item.item, draw.choice(["accept", "reject"]), who=who, by=by)
        for item in items
        for who, by in (("ann", "annotator"), ("bob", "annotator"), ("eye", "model"))
        if draw.random() < 0.8
    ]
    modalities = {item.panel: draw.choice(["ct", "mri"]) for item in items if item.panel}
    before = report_of(items, said, modalities)
    order.shuffle(said)
    order.shuffle(items)
    assert report_of(items, said, modalities) == before
    assert set(before) == {"annotator", "model"}
    assert before["model"]["exported_as"] == "model-audited"


def test_a_report_weighs_a_judged_item_by_what_it_stands_for() -> None:
    big = [replace(candidate(0), item=f"pair:{number}", reason="agrees", facet="anatomy") for number in range(90)]
    small = [replace(one, item=f"{one.item}s", facet="disease") for one in big[:10]]
    _, items = plan_of([*big, *small], build="b", name="a", seed=1, size=20)
    said = [said_of(one.item, "reject" if " disease " in one.stratum else "accept") for one in items]
    report = report_of(items, said, {})["annotator"]
    # A tenth of the build is wrong, though the small stratum is more than a tenth of the sample.
    assert report["pairs"]["all"]["share"] == 0.9
    assert report["mistakes"] == [{"mistake": "pair kept: wrong_text", "seen": len(said) - _right(said), "items": 10}]


def _right(said: list[Review]) -> int:
    return sum(one.judgement == "accept" for one in said)
