"""A trained detector of panels: its file, what its marks mean, and what is said where the file cannot be used."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.detectors import CoreNet, open_detector
from met.detectors.cores import boxes_of_cores, cores_of_boxes, scaled
from met.errors import BadSetting
from met.evaluate.panels import matches
from met.evaluate.synthetic import picture
from met.types import Box

torch = pytest.importorskip("torch")


def untrained(path: Path) -> Path:
    from met.detectors.network import network

    torch.manual_seed(0)
    torch.save({"width": 4, "weights": network(4).state_dict()}, path)
    return path


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 12), st.integers(160, 900), st.integers(160, 900))
def test_cores_give_their_boxes_back(rows: int, columns: int, gutter: int, height: int, width: int) -> None:
    wide, high = (width - (columns - 1) * gutter) // columns, (height - (rows - 1) * gutter) // rows
    boxes: list[Box] = [
        (x * (wide + gutter), y * (high + gutter), x * (wide + gutter) + wide, y * (high + gutter) + high)
        for y in range(rows)
        for x in range(columns)
    ]
    found = boxes_of_cores(cores_of_boxes(boxes, height, width), height, width)
    assert matches(boxes, list(found), 0.8) == len(boxes) == len(found)


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (700, 3), (257, 255), (40, 40)])
def test_any_image_is_scaled(shape: tuple[int, int]) -> None:
    small = scaled(np.full((*shape, 3), 192, dtype=np.uint8))
    assert small.shape == (3, 256, 256)
    assert np.allclose(small, 1.0)


def test_weights_from_a_file_find_boxes(tmp_path: Path) -> None:
    detector = open_detector(untrained(tmp_path / "net.pt"))
    assert detector is not None
    assert detector.method.startswith("core_net@")
    pixels = picture((3,), side=300)
    found = detector(pixels)
    assert len(found) != 1
    assert [one.box for one in found] == [one.box for one in detector(pixels)]


def test_no_file_is_the_classical_method() -> None:
    assert open_detector(None) is None


@pytest.mark.parametrize("content", [None, b"", b"no weights", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_detector_is_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSetting, match="MET_PANEL_DETECTOR"):
        CoreNet(path)


def test_weights_of_another_network_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.save({"width": 8, "weights": {"other": torch.zeros(2)}}, path)
    with pytest.raises(BadSetting, match="no weights of"):
        CoreNet(path)
    torch.save([1, 2], path)
    with pytest.raises(BadSetting, match="no weights of"):
        CoreNet(path)
