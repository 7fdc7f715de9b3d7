"""Made figures, on which detectors of panels are trained and measured, are what they say they are."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from met.evaluate.panels import overlap
from met.evaluate.synthetic import picture

MAKER = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "compound_figures.py"))
TILES = [picture((number,), side=96) for number in range(4)]


@pytest.fixture(scope="module")
def figures() -> list[Any]:
    return [MAKER["compound_figure"](TILES, seed) for seed in range(120)]


def test_boxes_lie_inside_and_apart(figures: list[Any]) -> None:
    for figure in figures:
        height, width = figure.pixels.shape[:2]
        assert all(0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for x1, y1, x2, y2 in figure.boxes)
        for at, box in enumerate(figure.boxes):
            assert all(overlap(box, other) == 0 for other in figure.boxes[at + 1 :])


def test_every_kind_is_made(figures: list[Any]) -> None:
    assert {figure.layout for figure in figures} == set(MAKER["LAYOUTS"])
    assert {figure.colour for figure in figures} == set(MAKER["COLOURS"])
    assert {0, 1, 2} < {figure.gutter for figure in figures}
    assert {name for figure in figures for name in figure.features} == {
        "captions", "colour_bars", "inset", "letters_inside", "letters_outside", "margin", "shared_labels",
    }  # fmt: skip


def test_letters_are_those_of_the_boxes_in_some_order(figures: list[Any]) -> None:
    lettered = [figure for figure in figures if figure.letters]
    assert all(sorted(figure.letters) == list("abcdefghijklmnopqrstuvwxyz"[: len(figure.boxes)]) for figure in lettered)
    assert any(list(figure.letters) != sorted(figure.letters) for figure in lettered)


def test_equal_seeds_give_equal_figures() -> None:
    one, other = (MAKER["compound_figure"](TILES, 7, lettered=True) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert (one.boxes, one.letters) == (other.boxes, other.letters)
    assert len(one.letters) == len(one.boxes) > 1
