"""Thresholds of stage 1 fitted to labels, and the score of what the filter keeps of labelled images."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dossiers import anchored, dossier
from hypothesis import given
from hypothesis import strategies as st

from met.align.measured import SAVED, measured_error, table_of
from met.align.screen import dear_signals, free_signals, screen
from met.align.sight import SeenPixels
from met.align.thresholds import load_thresholds, shipped
from met.errors import BadInput
from met.evaluate.harness import line
from met.evaluate.screen import Fate, matches, read_labels, score_screen
from met.evaluate.screen_fit import LabelledPanel, agreement, fit_screen, labelled, passes
from met.export.facts import CardFacts
from met.export.judged import judge_section
from met.export.render import render_markdown
from met.stages import ALIGN, version_of
from tasks.doors import NO_ENGINE

SEEN = SeenPixels(filled=0.8, sharpness=0.3)


def panel(number: int, *, keep: bool, medical: float, seen: SeenPixels = SEEN) -> LabelledPanel:
    one = anchored(dossier(f"CT shows tuberculosis of the left lung, patient {number}."), medical=medical)
    one = replace(one, article=replace(one.article, key=f"article:{number % 8}"))
    found = labelled(one, seen, shipped(), keep=keep)
    assert found is not None
    return found


def panels() -> list[LabelledPanel]:
    """Forty panels of eight articles: what is medical by 0.7 should be kept, what is less should not."""
    return [panel(number, keep=number % 2 == 0, medical=0.75 if number % 2 == 0 else 0.65) for number in range(40)]


def test_a_fit_finds_the_threshold_that_the_labels_ask_for() -> None:
    fitted = fit_screen(panels(), shipped())
    assert fitted.thresholds == replace(shipped(), min_medical=0.7)
    before, after = fitted.facts["before"], fitted.facts["after"]
    assert (before["precision"], after["precision"]) == (pytest.approx(0.5, abs=0.1), 1.0)
    assert before["recall"] == after["recall"] == 1.0
    assert after["precision_interval"][0] < 1.0 == after["precision_interval"][1]
    assert fitted.facts["moved"] == {"min_medical": [0.5, 0.7]}
    assert fitted.facts["n"] == 40 == fitted.facts["chosen_by"] + after["n"]


def test_a_fit_does_not_depend_on_the_order() -> None:
    assert fit_screen(panels()[::-1], shipped()) == fit_screen(panels(), shipped())


def test_thresholds_of_which_the_labels_say_nothing_stay() -> None:
    right = [panel(number, keep=number % 2 == 0, medical=0.9 if number % 2 == 0 else 0.1) for number in range(40)]
    assert fit_screen(right, shipped()).thresholds == shipped()


@pytest.mark.parametrize(
    "some",
    [
        [],
        [panel(0, keep=True, medical=0.9), panel(8, keep=False, medical=0.9)],
        [panel(number, keep=True, medical=0.9) for number in range(8)],
    ],
    ids=["none", "one article", "one kind of label"],
)
def test_labels_that_cannot_fit_are_one_clear_line(some: list[LabelledPanel]) -> None:
    with pytest.raises(BadInput, match="fit screen"):
        fit_screen(some, shipped())


def test_a_repeat_says_nothing_of_thresholds() -> None:
    one = replace(anchored(dossier("CT of the heart.")), keeper="panel:0")
    assert labelled(one, SEEN, shipped(), keep=True) is None


CHANGES: dict[str, Callable[..., Any]] = {
    "min_side": lambda value: int(value * 1000),
    "min_chars": lambda value: int(value * 80),
    "min_medical": lambda value: value,
    "min_anchor": lambda value: value,
    "min_filled": lambda value: value,
    "min_sharpness": lambda value: value,
    "max_contradiction": lambda value: value,
}


@given(st.sampled_from(sorted(CHANGES)), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["ct", "light_microscopy"]))
def test_a_fit_keeps_what_the_stage_keeps(name: str, value: float, medical: float, label: str) -> None:
    one = anchored(dossier("Some CT of a left lung."), medical=medical, label=label)
    limits = replace(shipped(), **{name: CHANGES[name](value)})
    measured = {**free_signals(one, shipped()), **dear_signals(SEEN, shipped())}
    assert passes(measured, limits) == screen(one, limits, sight=lambda: SEEN).keep


def test_agreement_counts_what_is_kept() -> None:
    some = [panel(0, keep=True, medical=0.9), panel(1, keep=False, medical=0.9), panel(2, keep=True, medical=0.1)]
    found = agreement(some, shipped())
    assert (found["n"], found["precision"], found["recall"]) == (3, 0.5, 0.5)


# ---------------------------------------------------------------- the score

GOLD = """image\tlabel\tmedical_image\tsource
articles/pmc/PMC1/f1.jpg\tct\tyes\tpmc
articles/pmc/PMC1/f2.jpg\tchart\tno\tpmc
articles/pmc/PMC1/f3.jpg\tmixed\tmixed\tpmc
articles/openstax/m1/f1.jpg\tillustration\tno\topenstax
articles/openstax/m1/f9.jpg\tct\tyes\topenstax
"""


def fate(article: str, graphic: str, refused: str | None, **more: bool) -> Fate:
    return Fate(article=article, graphic=graphic, refused=refused, **{"duplicate": False, **more})


FATES = [
    fate("pmc/PMC1", "f1.jpg", None, learnt=True),
    fate("pmc/PMC1", "f1", "unsure"),
    fate("pmc/PMC1", "f1.jpg", "duplicate", duplicate=True),
    fate("pmc/PMC1", "f2.jpg", "not_medical"),
    fate("pmc/PMC1", "f3.jpg", None),
    fate("publisher/m1", "f1.jpg", None),
]


def test_the_score_counts_panels_by_what_their_figure_is(tmp_path: Path) -> None:
    gold = tmp_path / "labels.tsv"
    gold.write_text(GOLD)
    facts = score_screen([gold], options={"fates": FATES})
    assert facts["headline"] in line("screen", **facts)
    assert (facts["n"], facts["medical_kept"], facts["images_not_in_build"]) == (4, 0.5, 1)
    assert facts["medical"]["refused"] == {"unsure": 1}
    assert facts["by_source"]["pmc"]["not_medical"]["kept"] == 0.0
    assert facts["by_source"]["openstax"]["not_medical"]["kept"] == 1.0
    assert facts["by_label"]["ct"]["n"] == 2
    assert facts["trained_on_gold"] is True
    assert facts["unseen_by_weights"]["medical"]["n"] == 1
    assert len(matches(read_labels(gold), FATES)) == 4


def test_what_is_no_gold_is_one_clear_line(tmp_path: Path) -> None:
    gold = tmp_path / "labels.tsv"
    gold.write_text("image\tlabel\na.jpg\tct\n")
    with pytest.raises(BadInput, match="not a TSV"):
        score_screen([gold], options={"fates": FATES})
    gold.write_text(GOLD)
    with pytest.raises(BadInput, match="needs --home"):
        score_screen([gold], options={})
    with pytest.raises(BadInput, match="none of the images"):
        score_screen([gold], options={"fates": [fate("a", "b", None)]})


# ---------------------------------------------------------------- the judge's own error

RULES = version_of(ALIGN, prompts={}, engine=NO_ENGINE)


def test_the_table_that_ships_is_of_todays_judge(tmp_path: Path) -> None:
    table = measured_error(RULES, tmp_path / SAVED)
    assert table is not None, "measure anew: met score align --home DIR --save met/align/measured.json"
    assert table["here"] is False and table["engine"] == "rules"
    assert table["kinds"]["random_swap"]["auc_interval"][0] <= table["kinds"]["random_swap"]["auc"]
    assert measured_error("5-vllm-abc", tmp_path / SAVED) is None


def test_what_a_home_measured_goes_first(tmp_path: Path) -> None:
    kinds = {"number": {**dict.fromkeys(("n", "auc", "fpr", "fnr"), 1), "detectable": "not detectable", "groups": {}}}
    for name in ("auc", "fpr", "fnr"):
        kinds["number"][f"{name}_interval"] = (0.0, 1.0)
    measured = {"n": 7, "engine": "rules", "articles": 2, "kinds": kinds}
    facts = {**measured, "screened": {"n": 9, "fpr": 0.1, "fpr_interval": (0.0, 0.4)}}
    saved = tmp_path / SAVED
    saved.write_text(json.dumps(table_of(facts, version=RULES, model="none")))
    table = measured_error(RULES, saved)
    assert table is not None
    assert (table["here"], table["pairs"], "groups" in table["kinds"]["number"]) == (True, 7, False)
    saved.write_text("{}")
    with pytest.raises(BadInput, match="met score align --save"):
        measured_error(RULES, saved)


def test_a_home_without_a_table_of_its_own_starts_from_the_one_that_ships() -> None:
    assert load_thresholds(None) is shipped()


def card(error: Any) -> str:
    facts = CardFacts(
        engine="rules", tree="t", inputs={}, tree_report={}, versions={}, funnel=[], drops=[], judge_error=error
    )
    return render_markdown("Data card", (judge_section(facts),))


def test_the_data_card_tells_the_error_of_the_judge(tmp_path: Path) -> None:
    page = card(measured_error(RULES, tmp_path / SAVED))
    assert "the text of another article" in page and "not detectable" in page
    assert "the articles that the engine is developed with" in page
    assert page == card(measured_error(RULES, tmp_path / SAVED))
    assert "Nobody measured the judge" in card(None)
