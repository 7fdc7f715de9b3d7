"""Intervals, folds, measures, and the line that a score prints."""

import json
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate import SCORES
from met.evaluate.harness import accuracy, f1, folds, line, macro_f1
from met.evaluate.intervals import bootstrap, wilson


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    # Newcombe 1998, table I, method 3, and the closed form at the ends.
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_wilson_gives_the_published_intervals(k: int, n: int, expected: tuple[float, float]) -> None:
    assert wilson(k, n) == pytest.approx(expected, abs=1e-4)


def test_wilson_knows_nothing_of_no_rows_and_refuses_more_than_all() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="5 of 4"):
        wilson(5, 4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share_and_mirrors(k: int, n: int) -> None:
    k = min(k, n)
    low, high = wilson(k, n)
    assert 0 <= low <= k / n + 1e-4
    assert k / n - 1e-4 <= high <= 1
    assert wilson(n - k, n) == pytest.approx((1 - high, 1 - low), abs=1e-4)


def test_bootstrap_of_a_mean_has_the_width_of_its_standard_error() -> None:
    values = np.arange(400) % 2
    low, high = bootstrap(values, lambda part: float(part.mean()), seed=1)
    assert (low, high) == bootstrap(values, lambda part: float(part.mean()), seed=1)
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.15)


def test_bootstrap_over_groups_is_wider_where_rows_repeat_their_group() -> None:
    groups = [f"article {at // 20}" for at in range(400)]
    values = np.array([at // 20 % 2 for at in range(400)])
    alone = bootstrap(values, lambda part: float(part.mean()), seed=1)
    grouped = bootstrap(values, lambda part: float(part.mean()), seed=1, groups=groups)
    assert grouped[1] - grouped[0] > 3 * (alone[1] - alone[0])


def test_bootstrap_refuses_what_it_cannot_resample() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([], len, seed=0)
    with pytest.raises(ValueError, match="2 groups for 1"):
        bootstrap([1], len, seed=0, groups=["a", "b"])


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("abc")), min_size=5), st.integers(2, 4), st.randoms())
def test_folds_keep_groups_together_in_any_order_of_rows(rows: list[tuple[int, str]], n: int, random: object) -> None:
    groups, strata = [f"g{group}" for group, _ in rows], [kind for _, kind in rows]
    if len(set(groups)) < n:
        with pytest.raises(ValueError, match="cannot make"):
            folds(groups, n, strata)
        return
    fold = folds(groups, n, strata)
    place = dict(zip(groups, fold.tolist(), strict=True))
    assert [place[group] for group in groups] == fold.tolist()
    assert set(fold.tolist()) == set(range(n))
    again = folds(groups[::-1], n, strata[::-1])
    assert again[::-1].tolist() == fold.tolist()


def test_folds_share_out_every_stratum() -> None:
    groups = [f"g{at}" for at in range(60)]
    strata = ["rare" if at < 10 else "common" for at in range(60)]
    fold = folds(groups, 5, strata)
    assert [sum(fold[:10] == number) for number in range(5)] == [2] * 5
    assert [sum(fold == number) for number in range(5)] == [12] * 5


def test_measures_by_hand() -> None:
    gold, found = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    assert accuracy(gold, found) == 0.75
    assert f1(gold, found, "a") == pytest.approx(2 / 3)
    assert isnan(f1(gold, found, "c"))
    assert macro_f1(gold, found, ["a", "b", "c"]) == pytest.approx((2 / 3 + 0.8) / 2)
    assert macro_f1(gold, found, ["c"]) == 0.0


def test_line_is_canonical_json_with_what_it_must_have() -> None:
    text = line("names", n=np.int64(3), headline="top1", top1=np.float64(0.33333), interval=(0.1, 0.9))
    assert text == '{"headline":"top1","interval":[0.1,0.9],"n":3,"top1":0.3333,"what":"names"}'
    assert json.loads(text)["what"] == "names"
    with pytest.raises(ValueError, match="lacks interval"):
        line("names", n=3, headline="top1", top1=0.3)
    with pytest.raises(ValueError, match="lacks top1"):
        line("names", n=3, headline="top1", interval=(0, 1))


def test_scores_are_found_by_name_and_say_what_is_wrong_with_their_gold(tmp_path: Path) -> None:
    assert {"export", "jats", "modality"} <= SCORES.keys()
    gold = tmp_path / "gold.tsv"
    gold.write_text("a\tb\n1\t2\n")
    with pytest.raises(BadInput, match=r"gold\.tsv"):
        SCORES["modality"]([gold], images=None, root=None, options={})
