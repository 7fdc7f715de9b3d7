"""Letters drawn into figures find their panels, wherever authors put them, and nothing else that is drawn does."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.evaluate.panels_gold import GoldFigure
from met.evaluate.panels_letters import letter_facts
from met.harvest.subcaptions.letters import completed, letters_at
from met.types import Box, TextLine

FOUR: list[Box] = [(0, 40, 200, 240), (220, 40, 420, 240), (0, 300, 200, 500), (220, 300, 420, 500)]
NAMES = ["a", "b", "c", "d"]
SHUFFLED = ["c", "a", "d", "b"]
# Where the middle of a letter is, for a box.
PLACES: dict[str, Callable[[Box], tuple[int, int]]] = {
    "inside, above left": lambda box: (box[0] + 14, box[1] + 14),
    "inside, above right": lambda box: (box[2] - 14, box[1] + 14),
    "inside, below left": lambda box: (box[0] + 14, box[3] - 14),
    "on paper above": lambda box: (box[0] + 8, box[1] - 14),
    "on paper below": lambda box: ((box[0] + box[2]) // 2, box[3] + 16),
}


def line(text: str, middle: tuple[int, int], *, wide: int = 16, score: float = 0.9) -> TextLine:
    x, y = middle
    return TextLine(box=(max(0, x - wide // 2), max(0, y - 8), x + wide // 2, y + 8), text=text, score=score)


@pytest.mark.parametrize("form", ["{}", "({})", "{})", "{}."])
@pytest.mark.parametrize("place", PLACES)
def test_letters_are_found_wherever_they_stand(place: str, form: str) -> None:
    lines = [line(form.format(letter.upper()), PLACES[place](box)) for letter, box in zip(SHUFFLED, FOUR, strict=True)]
    assert letters_at(lines, FOUR, NAMES) == tuple(SHUFFLED)


def test_a_letter_before_words_counts() -> None:
    lines = [line("(b) Class Monogenea", (90, 256), wide=170), line("(a) Class Cestoda", (310, 256), wide=170)]
    assert letters_at(lines, FOUR[:2], NAMES[:2]) == ("b", "a")


def test_letters_that_the_reader_joined_are_parted() -> None:
    lines = [TextLine(box=(170, 44, 250, 60), text="b)a)", score=0.9)]
    boxes: list[Box] = [(0, 40, 204, 240), (206, 40, 420, 240)]
    assert letters_at(lines, boxes, NAMES[:2]) == ("b", "a")


def test_a_letter_in_one_box_is_not_beside_its_neighbour() -> None:
    boxes: list[Box] = [(0, 0, 200, 200), (0, 202, 200, 402)]
    assert letters_at([line("B", (12, 190))], boxes, ["a", "b"]) == ("b", None)


def test_of_two_readings_of_a_letter_the_one_in_the_form_of_the_others_counts() -> None:
    lines = [line("C", (14, 54)), line("a)", (234, 54)), line("c)", (14, 314)), line("d)", (234, 314))]
    assert letters_at(lines, FOUR, NAMES) == (None, "a", "c", "d")


def test_what_else_is_drawn_names_no_panel() -> None:
    lines = [
        line("L", (14, 54)),
        line("5 cm", (180, 228), wide=40),
        line("A", (100, 140)),
        line("b", (320, 140)),
        line("a", (14, 54), score=0.2),
        line("Abscess", (120, 60), wide=60),
    ]
    assert letters_at(lines, FOUR, NAMES) == (None,) * 4


def test_a_letter_that_is_read_as_a_digit_counts_where_it_is_named() -> None:
    lines = [line("8", (14, 54)), line("A", (234, 54))]
    assert letters_at(lines, FOUR[:2], NAMES[:2]) == ("b", "a")
    assert letters_at(lines[:1], FOUR[:2], ["a", "c"]) == (None, None)


def test_no_letter_is_given_twice() -> None:
    lines = [line("A", (14, 54)), line("A", (242, 62))]
    assert letters_at(lines, FOUR[:2], NAMES[:2]) == ("a", None)


def test_letters_down_the_columns() -> None:
    assert completed(["a", "c", None, None], FOUR, NAMES) == ("a", "c", "b", "d")


@given(
    st.lists(st.sampled_from([*NAMES, None]), min_size=4, max_size=4).filter(
        lambda read: len([one for one in read if one]) == len({one for one in read if one})
    )
)
def test_every_panel_has_a_letter_of_its_own(read: list[str | None]) -> None:
    found = completed(read, FOUR, NAMES)
    assert sorted(found) == NAMES
    if sum(letter is not None for letter in read) >= 2:
        assert all(letter in (None, given) for letter, given in zip(read, found, strict=True))


@given(st.lists(st.tuples(st.text(max_size=4), st.integers(0, 500), st.integers(0, 600)), max_size=12))
def test_any_text_is_no_trouble(texts: list[tuple[str, int, int]]) -> None:
    found = letters_at([line(text, (x, y)) for text, x, y in texts], FOUR, NAMES)
    named = [letter for letter in found if letter]
    assert len(found) == 4
    assert len(set(named)) == len(named)


def test_the_score_tells_reading_from_order(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("figures") / "figure.png"
    figure = GoldFigure(place=place, boxes=tuple(FOUR), source="made", letters=tuple(SHUFFLED))
    pixels = np.zeros((520, 440, 3), dtype=np.uint8)
    lines = [line(letter, (box[0] + 14, box[1] + 14)) for letter, box in zip(SHUFFLED, FOUR, strict=True)]
    facts = letter_facts([figure], lambda _: pixels, lambda _: lines)
    assert (facts["n"], facts["by_order"], facts["by_reading"], facts["was_read"]) == (4, 0.0, 1.0, 1.0)
    assert "by_reading" not in letter_facts([figure], lambda _: pixels, None)
