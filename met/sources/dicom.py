"""DICOM pixels as they are meant to be seen."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pydicom.pixels
from pydicom.data import get_testdata_file

from met.errors import NotFound


def render(path: Path, *, window: tuple[float, float] | None = None) -> npt.NDArray[np.uint8]:
    """Return the first frame of a DICOM file as (H, W) grey or (H, W, 3) RGB, uint8.

    `window` is (centre, width) in the units of the modality, Hounsfield units for CT; without it the 1st to the 99th
    percentile of the values fill the grey scale. Palette and YBR images become RGB (DICOM PS3.3 C.7.6.3).
    """
    dataset = pydicom.dcmread(path)
    # Decoded as RGB whatever the YBR form and the compression.
    pixels = np.asarray(pydicom.pixels.pixel_array(dataset, index=0))
    interpretation = str(dataset.PhotometricInterpretation)
    if interpretation == "PALETTE COLOR":
        return _to_uint8(np.asarray(pydicom.pixels.apply_color_lut(pixels, dataset)))
    if pixels.ndim == 3:
        return _to_uint8(pixels)
    return _windowed(
        np.asarray(pydicom.pixels.apply_modality_lut(pixels, dataset), dtype=np.float64),
        window,
        inverted=interpretation == "MONOCHROME1",
    )


def _to_uint8(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return (pixels // 256 if pixels.dtype == np.uint16 else pixels).astype(np.uint8)


def _windowed(
    values: npt.NDArray[np.float64], window: tuple[float, float] | None, *, inverted: bool
) -> npt.NDArray[np.uint8]:
    low, high = (window[0] - window[1] / 2, window[0] + window[1] / 2) if window else np.percentile(values, [1, 99])
    grey = np.clip((values - low) / max(high - low, 1e-9), 0.0, 1.0)
    return np.rint((1.0 - grey if inverted else grey) * 255).astype(np.uint8)


def test_file(name: str) -> Path:
    """Return the path of a test file that pydicom ships.

    Raises:
        NotFound: the installed pydicom does not ship it.
    """
    path = get_testdata_file(name, download=False)
    if path is None:
        raise NotFound(what="pydicom test file", name=name, hint="")
    return Path(str(path))
