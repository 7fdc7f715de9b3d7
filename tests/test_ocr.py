"""Text that is drawn into images: read by RapidOCR, as lines with boxes, the same every time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from met.errors import BadSetting
from met.harvest.drawn import drawn_texts
from met.ocr import Reader, open_reader
from met.pixels import Pixels
from met.pixels.sheets import with_text
from met.settings import load_settings
from met.types import Box, TextLine

BLOCKED = """
import sys
sys.modules["rapidocr"] = None  # What an import finds where it is not installed.
from met.errors import BadSetting
from met.ocr import open_reader
assert open_reader("none") is None
try:
    open_reader("rapidocr")
except BadSetting as error:
    print(error)
"""


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = open_reader("rapidocr")
    assert found is not None
    return found


def scan(*texts: tuple[str, tuple[int, int]]) -> tuple[Pixels, list[Box]]:
    """A dark image with these texts in it, and their boxes."""
    pixels = np.tile(np.linspace(10, 60, 420, dtype=np.uint8)[None, :, None], (300, 1, 3))
    boxes = []
    for text, at in texts:
        pixels, box = with_text(pixels, text, at=at, size=20, colour=(230, 230, 230))
        boxes.append(box)
    return pixels, boxes


def share_inside(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height) / ((one[2] - one[0]) * (one[3] - one[1]))


def test_lines_are_read_with_their_boxes_from_top_to_bottom(reader: Reader) -> None:
    pixels, boxes = scan(("KOWALSKI, ELUNED", (10, 8)), ("MRN: 4456712", (230, 260)))
    before = pixels.copy()
    lines = reader.lines(pixels)
    assert [line.text.replace(" ", "") for line in lines] == ["KOWALSKI,ELUNED", "MRN:4456712"]
    assert all(share_inside(box, line.box) > 0.8 for box, line in zip(boxes, lines, strict=True))
    assert all(0.5 <= line.score <= 1 for line in lines)
    assert (pixels == before).all()


def test_threads_read_the_same(reader: Reader) -> None:
    pixels, _ = scan(("a", (6, 4)), ("12-MAR-2019", (250, 8)))
    alone = reader.lines(pixels)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(reader.lines, [pixels, pixels])) == [alone, alone]


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 400, 3), (300, 2, 3), (120, 160, 3)])
def test_an_image_without_text_has_no_lines(reader: Reader, shape: tuple[int, int, int]) -> None:
    assert reader.lines(np.full(shape, 128, np.uint8)) == ()


def test_the_name_tells_library_and_weights(reader: Reader) -> None:
    assert reader.name.startswith("rapidocr-3.10.0@")
    assert len(reader.name.partition("@")[2]) == 12


def test_without_the_extra_a_reader_is_a_bad_setting_and_none_is_none() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("setting MET_OCR: rapidocr is not installed: pip install")


def test_a_reader_that_does_not_exist_is_a_bad_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MET_OCR", "tesseract")
    with pytest.raises(BadSetting, match="MET_OCR"):
        load_settings()


def test_rows_keep_the_order_and_tell_equal_lines_apart() -> None:
    line = TextLine(box=(1, 2, 3, 4), text="R", score=0.9)
    rows = drawn_texts("aa", [line, line])
    assert [row.position for row in rows] == [0, 1]
    assert len({row.key for row in rows}) == 2
    assert [row.line for row in rows] == [line, line]


@pytest.mark.shared
def test_letters_of_a_real_figure_are_read(reader: Reader, shared_data: Path) -> None:
    from met.pixels import decode_rgb

    place = shared_data / "articles/pmc/PMC7003341/40779_2020_233_Fig3_HTML.jpg"
    texts = {line.text.lower() for line in reader.lines(decode_rgb(place.read_bytes()))}
    assert {"a", "b"} <= texts
