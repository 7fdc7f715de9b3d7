"""What judgements tell: agreement, estimates with intervals, sizes, samples and reports."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviews import said_of

from met.review.agreement import agreements, cohen_kappa
from met.review.estimate import Cell, cells_of, recall_of, share_of
from met.review.report import report_of
from met.review.sample import Candidate, allocation, plan_of
from met.review.size import half_width, items_needed
from met.types import Review

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


def test_denied_anchors_have_rows_of_their_own() -> None:
    denied = [
        replace(
            candidate(0), item=f"anchor:{number}", kind="anchor", stage="anchor", reason="mentioned-negated", kept=False
        )
        for number in range(4)
    ]
    affirmed = [replace(one, item=f"{one.item}a", reason="mentioned", kept=True) for one in denied]
    _, items = plan_of([*denied, *affirmed], build="b", name="a", seed=1, size=8)
    said = [said_of(one.item, "reject" if one.item in ("anchor:0", "anchor:1a") else "accept") for one in items]
    report = report_of(items, said, {})["annotator"]
    assert {name: row["share"] for name, row in report["rows"]["denied anchor"].items()} == {
        "all": 0.75,
        "mentioned": 0.75,
    }
    assert report["rows"]["anchor"]["all"]["judged"] == 4
    assert {one["mistake"] for one in report["mistakes"]} == {"anchor denied: wrong_text", "anchor kept: wrong_text"}


def _right(said: list[Review]) -> int:
    return sum(one.judgement == "accept" for one in said)
