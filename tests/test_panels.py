"""Compound figures fall into their panels, single ones stay whole, and each panel gets its part of the caption."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from met.errors import BadInput
from met.evaluate.panels import average_precision, judge, matches, overlap, score_panels
from met.evaluate.panels_gold import GoldFigure
from met.evaluate.synthetic import picture
from met.harvest.duplicates.windows import window_hashes
from met.harvest.panels import DISAGREE, Found, Gutters, panels_of, reading_order, split_figure
from met.harvest.panels.page import page_of
from met.types import Box, Figure, Image, TextLine

Pixels = NDArray[np.uint8]
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (128, 128, 128)


def scan(seed: int, width: int, height: int) -> Pixels:
    """A textured picture without a border of its own."""
    side = max(width, height) * 2
    return picture((seed,), side=side)[side // 4 : side // 4 + height, side // 4 : side // 4 + width]


def figure_of(
    rows: int, columns: int, *, gutter: int, colour: tuple[int, int, int] = WHITE, strip: int = 0, side: int = 160
) -> tuple[Pixels, list[Box]]:
    """A grid of pictures with gutters, and under each row a strip of paper with a mark in it."""
    wide, high = side + 20, side
    width = columns * (wide + gutter) - gutter
    height = rows * (high + gutter + strip) - gutter
    pixels = np.full((height, width, 3), colour, dtype=np.uint8)
    boxes = []
    for row in range(rows):
        for column in range(columns):
            x, y = column * (wide + gutter), row * (high + gutter + strip)
            pixels[y : y + high, x : x + wide] = scan(row * 7 + column, wide, high)
            if strip:
                pixels[y + high + 6 : y + high + 14, x + wide // 2 : x + wide // 2 + 10] = 0
            boxes.append((x, y, x + wide, y + high))
    return pixels, boxes


def line(text: str, box: Box) -> TextLine:
    return TextLine(box=box, text=text, score=0.9)


def found_in(pixels: Pixels) -> list[Box]:
    return [one.box for one in Gutters()(pixels)]


def of(pixels: Pixels, caption: str) -> tuple[Figure, Image]:
    height, width = pixels.shape[:2]
    image = Image(sha256="aa", media_type="image/png", bytes=1, width=width, height=height, mode="RGB", phash=0)
    figure = Figure(
        key="figure:1", article="article:1", position=0, digest="d", xml_id=None, label="Figure 1", title=None,
        caption=caption, graphic="f.png", image="aa", licence="CC-BY-4.0", licence_url=None, credit=None,
    )  # fmt: skip
    return figure, image


# ---------------------------------------------------------------- cutting


@pytest.mark.parametrize("colour", [WHITE, BLACK, GREY])
@pytest.mark.parametrize(("rows", "columns", "gutter"), [(1, 2, 8), (2, 2, 3), (2, 3, 16), (3, 1, 6), (1, 4, 12)])
def test_gutters_of_every_colour_are_cut(rows: int, columns: int, gutter: int, colour: tuple[int, int, int]) -> None:
    pixels, boxes = figure_of(rows, columns, gutter=gutter, colour=colour)
    found = found_in(pixels)
    assert matches(boxes, found, 0.9) == len(boxes) == len(found)


def test_a_seam_without_gutter_is_cut() -> None:
    pixels, boxes = figure_of(1, 2, gutter=0)
    assert matches(boxes, found_in(pixels), 0.95) == 2


def test_captions_under_the_pictures_stay_out_of_the_boxes() -> None:
    pixels, boxes = figure_of(2, 2, gutter=12, strip=24)
    found = found_in(pixels)
    assert matches(boxes, found, 0.93) == len(boxes) == len(found)


def test_rows_of_different_width_are_cut() -> None:
    above, _ = figure_of(1, 3, gutter=10)
    pixels = np.full((340, above.shape[1], 3), 255, dtype=np.uint8)
    pixels[:160] = above
    below = scan(50, above.shape[1] - 200, 168)
    pixels[172:, :190] = scan(51, 190, 168)
    pixels[172:, 200:] = below
    found = found_in(pixels)
    assert len(found) == 5
    assert matches([(200, 172, above.shape[1], 340), (0, 172, 190, 340)], found, 0.9) == 2


@pytest.mark.parametrize("seed", range(6))
def test_a_single_picture_stays_whole(seed: int) -> None:
    assert found_in(picture((seed,), side=420)) == []


def test_a_chart_is_not_cut_along_its_axes() -> None:
    chart = np.full((400, 600, 3), 255, dtype=np.uint8)
    chart[20:360, 58:60] = 0
    chart[358:360, 60:580] = 0
    for at in range(8):
        chart[60 + (at * 83) % 220 : 358, 75 + at * 55 : 110 + at * 55] = (31, 119, 180)
    assert found_in(chart) == []


def test_a_picture_with_a_legend_beside_it_stays_whole() -> None:
    pixels = np.full((300, 420, 3), 255, dtype=np.uint8)
    pixels[:, :340] = scan(3, 340, 300)
    pixels[60:240, 370:384] = np.linspace(0, 255, 180).astype(np.uint8)[:, None, None]
    assert found_in(pixels) == []


def drawing_beside(*photographs: Box) -> Pixels:
    """Flat shapes on paper, a photograph in each box with an arrow and a bar that run into it, and a label beside."""
    pixels = np.full((520, 760, 3), 255, dtype=np.uint8)
    y, x = np.mgrid[0:520, 0:760]
    pixels[np.hypot(y - 200, x - 160) < 140] = (240, 190, 150)
    pixels[np.hypot(y - 220, x - 150) < 60] = (190, 80, 70)
    for number, (x1, y1, x2, y2) in enumerate(photographs):
        pixels[y1:y2, x1:x2] = scan(90 + number, x2 - x1, y2 - y1)
    for x1, y1, _, _ in photographs:
        pixels[y1 + 12 : y1 + 18, 150 : x1 + 30] = 40
        pixels[y1 + 60 : y1 + 100, 320 : x1 - 16] = 70
        pixels[y1 - 30 : y1 + 8, x1 + 60 : x1 + 90] = 90
    return pixels


def test_a_photograph_beside_a_drawing_is_cut_though_lines_cross() -> None:
    box = (430, 180, 700, 400)
    pixels = drawing_beside(box)
    found = Gutters()(pixels)
    assert len(found) == 2
    assert matches([box], [one.box for one in found], 0.9) == 1
    figure, image = of(pixels, "Bladder. (a) The organ. (b) Its wall.")
    made = split_figure(figure, image, pixels)
    assert [panel.letter for panel in made.rows] == ["a", "b"]
    assert overlap(made.rows[1].box, box) > 0.9
    assert made.rows[0].box[2] <= made.rows[1].box[0] + 4


def test_photographs_alone_are_the_panels_where_the_caption_names_so_many() -> None:
    boxes: list[Box] = [(430, 40, 700, 240), (400, 280, 640, 500)]
    pixels = drawing_beside(*boxes)
    assert len(found_in(pixels)) == 3
    figure, image = of(pixels, "(a) Dense. (b) Loose.")
    made = split_figure(figure, image, pixels)
    assert [panel.letter for panel in made.rows] == ["a", "b"]
    assert matches(boxes, [panel.box for panel in made.rows], 0.9) == 2


def test_labels_beside_a_photograph_are_no_drawing() -> None:
    pixels = np.full((460, 700, 3), 255, dtype=np.uint8)
    pixels[30:430, 200:680] = scan(7, 480, 400)
    for at in range(6):
        pixels[60 + at * 60 : 72 + at * 60, 20:150:9] = 0
        pixels[65 + at * 60, 150:260] = 0
    assert found_in(pixels) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (59, 59), (2, 3), (2400, 40)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_empty_and_tiny_images_are_no_trouble(shape: tuple[int, int], value: int) -> None:
    assert found_in(np.full((*shape, 3), value, dtype=np.uint8)) == []


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 260),
    width=st.integers(1, 260),
    seed=st.integers(0, 99),
    lines=st.lists(st.tuples(st.integers(0, 259), st.integers(1, 12), st.booleans()), max_size=6),
)
def test_boxes_lie_inside_and_apart(height: int, width: int, seed: int, lines: list[tuple[int, int, bool]]) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for at, thick, upright in lines:
        pixels[(slice(None), slice(at, at + thick)) if upright else slice(at, at + thick)] = 255
    found = Gutters()(pixels)
    assert len(found) != 1
    for one in found:
        x1, y1, x2, y2 = one.box
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        assert 0 <= one.confidence <= 1
    for at, one in enumerate(found):
        assert all(overlap(one.box, other.box) < 0.05 for other in found[at + 1 :])
    assert found == Gutters()(pixels)


def test_boxes_are_in_pixels_of_the_image_where_the_page_is_smaller() -> None:
    pixels, boxes = figure_of(2, 2, gutter=16, side=520)
    assert page_of(pixels).scale > 1
    assert matches(boxes, found_in(pixels), 0.95) == 4


def test_reading_order_goes_by_rows() -> None:
    boxes = [(100, 3, 180, 90), (0, 0, 90, 90), (100, 100, 180, 190), (0, 104, 90, 190)]
    assert reading_order(boxes) == [boxes[1], boxes[0], boxes[3], boxes[2]]


# ---------------------------------------------------------------- panels of a figure


def test_each_panel_gets_its_part_of_the_caption() -> None:
    pixels, _ = figure_of(1, 2, gutter=8)
    caption = "A knee. (A) Radiograph. (B) Sagittal MRI."
    figure, image = of(pixels, caption)
    made = split_figure(figure, image, pixels)
    assert [panel.letter for panel in made.rows] == ["a", "b"]
    texts = [" ".join(caption[start:end] for start, end in panel.spans) for panel in made.rows]
    assert texts == ["A knee. Radiograph.", "A knee. Sagittal MRI."]
    assert made.drops == ()
    assert [panel.position for panel in made.rows] == [0, 1]
    assert len({panel.key for panel in made.rows}) == 2


@pytest.mark.parametrize(("caption", "found"), [("(A) One. (B) Two. (C) Three.", 2), ("(A) One. (B) Two.", 3)])
def test_a_figure_whose_caption_disagrees_stays_whole_and_says_so(caption: str, found: int) -> None:
    pixels, _ = figure_of(1, found, gutter=8)
    figure, image = of(pixels, caption)
    made = split_figure(figure, image, pixels)
    assert made.rows == panels_of(figure, image, window_hashes(pixels))
    assert [(drop.reason, drop.item, drop.detail["found"]) for drop in made.drops] == [(DISAGREE, figure.key, found)]


def test_a_caption_without_letters_belongs_to_every_panel() -> None:
    pixels, _ = figure_of(1, 2, gutter=8)
    figure, image = of(pixels, "Two scans of one knee.")
    made = split_figure(figure, image, pixels)
    assert [panel.spans for panel in made.rows] == [((0, len(figure.caption)),)] * 2


def test_a_single_figure_has_one_panel_and_no_drop() -> None:
    pixels = picture((4,), side=300)
    figure, image = of(pixels, "A scan.")
    made = split_figure(figure, image, pixels)
    assert made.rows == panels_of(figure, image, window_hashes(pixels))
    assert made.drops == ()


def test_letters_that_were_read_go_before_the_reading_order() -> None:
    pixels, _ = figure_of(1, 2, gutter=8)
    figure, image = of(pixels, "(A) Radiograph. (B) MRI.")
    high, wide = pixels.shape[:2]
    drawn = [
        line("B", (6, 6, 20, 22)),
        line("A", (wide // 2 + 12, 6, wide // 2 + 26, 22)),
        line("liver", (60, high - 40, 99, high - 24)),
    ]
    made = split_figure(figure, image, pixels, drawn=drawn)
    assert [panel.letter for panel in made.rows] == ["b", "a"]


def test_another_detector_can_be_given() -> None:
    class Halves:
        method = "halves"

        def __call__(self, pixels: Pixels) -> Sequence[Found]:
            height, width = pixels.shape[:2]
            boxes = [(0, 0, width // 2, height), (width // 2, 0, width, height)]
            return [Found(box=box, confidence=0.9) for box in boxes]

    pixels = picture((4,), side=300)
    figure, image = of(pixels, "Left and right.")
    made = split_figure(figure, image, pixels, detector=Halves())
    assert [(panel.method, panel.box) for panel in made.rows] == [
        ("halves", (0, 0, 150, 300)),
        ("halves", (150, 0, 300, 300)),
    ]


# ---------------------------------------------------------------- the score


def test_the_score_counts_pairs_once() -> None:
    box = (0, 0, 10, 10)
    assert overlap(box, (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert matches([box], [box, box], 0.5) == 1
    figure = GoldFigure(place=Path("x"), boxes=(box, (20, 0, 30, 10)), source="x")
    judged = judge(figure, (Found(box=box, confidence=0.9), Found(box=(50, 0, 60, 10), confidence=0.8)))
    assert judged.hits == (1, 1)
    assert average_precision([judged]) == pytest.approx(0.5)


def test_gold_of_another_form_is_one_line(tmp_path: Path) -> None:
    gold = tmp_path / "gold.json"
    gold.write_text('{"a": 1}')
    with pytest.raises(BadInput):
        score_panels([gold], images=None, root=None, options={})


@pytest.mark.shared
def test_real_compound_figures(shared_data: Path) -> None:
    folder = shared_data / "gold" / "panels"
    facts = _scored([folder / "openstax_panels.json", folder / "pmc7003341_panels.json"], shared_data)
    assert facts["per_gold"]["openstax_panels"]["f1"] >= 0.98
    assert facts["per_gold"]["openstax_panels"]["f1_75"] >= 0.9
    assert facts["per_gold"]["pmc7003341_panels"]["f1"] >= 0.96


@pytest.mark.shared
def test_montages(shared_data: Path) -> None:
    facts = _scored([shared_data / "gold" / "panels" / "montages.json"], shared_data)
    assert facts["f1"] >= 0.93
    assert facts["f1_75"] >= 0.85


def _scored(gold: list[Path], root: Path) -> dict[str, Any]:
    return score_panels(gold, images=None, root=root, options={})
