"""DICOM pixels as they are meant to be seen."""

import io
import logging
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pydicom
import pydicom.encaps
import pydicom.errors
import pydicom.multival
import pydicom.pixels
from pydicom.data import get_testdata_file

from met.errors import NotFound
from met.pixels import DECODER_FAULTS

MAX_OBJECT: Final = 1024 * 1024 * 1024
_LOCK: Final = threading.Lock()
# What pydicom would say on stderr quotes values of the file.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
# Start of frame of JPEG (without DHT, JPG and DAC, which stand among them) and of JPEG-LS.
_FRAME_MARKERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
# All that pydicom and the decoders raise on broken objects.
_FAULTS: Final = (
    *DECODER_FAULTS,
    pydicom.errors.InvalidDicomError,
    pydicom.errors.BytesLengthException,
)


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


class DicomRefused(ValueError):
    """The object gives no picture; `reason` is that of the Drop."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(f"{reason}: {why}")
        self.reason = reason
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame as it is meant to be seen: uint8 (H, W) or (H, W, 3), its number from 0, and how it was made."""

    pixels: npt.NDArray[np.uint8]
    number: int
    facts: dict[str, Any]


def read_object(data: bytes) -> Any:
    """Return the pydicom data set of a DICOM file.

    Raises:
        DicomRefused: `not_dicom`; `too_large` where a deflated file unfolds to more than 1 GiB.
    """
    _check_deflated(data)
    try:
        with _quiet():
            return pydicom.dcmread(io.BytesIO(data))
    except _FAULTS as error:
        raise DicomRefused("not_dicom", type(error).__name__) from error


def frames_of(dataset: Any, *, most: int, max_pixels: int) -> tuple[list[Frame], int]:
    """Return up to `most` frames, evenly spread over all, and how many there are.

    Grey values are those of the modality (Hounsfield units for CT) through the window of the file; without one CT has
    the window of soft tissue (centre 40, width 400), and other grey images the 1st to the 99th percentile. Palette and
    YBR images become RGB. Overlays are not drawn.

    Raises:
        DicomRefused: `no_pixels`, `too_many_pixels` (from the header, or that of the compressed frame), or
            `unsupported_syntax` and `unreadable_image` with the transfer syntax. The message has no value of the file.
    """
    try:
        with _quiet():
            rows, columns, total = _shape(dataset)
            if rows * columns > max_pixels:
                raise DicomRefused("too_many_pixels", f"{columns} x {rows}")
            numbers = sorted({round(index * (total - 1) / max(most - 1, 1)) for index in range(min(most, total))})
            if total > 1 and most == 1:
                numbers = [total // 2]
            return [_frame(dataset, number, total, max_pixels) for number in numbers], total
    except DicomRefused:
        raise
    except _FAULTS as error:
        # Decoders that lack a library or a feature say so by this error or by one made of it.
        words = ("plugins", "decoder", "supported", "supports")
        lacking = isinstance(error, RuntimeError) and any(word in str(error) for word in words)
        reason = "unsupported_syntax" if lacking else "unreadable_image"
        raise DicomRefused(reason, f"{_syntax(dataset)}: {type(error).__name__}") from error


def _shape(dataset: Any) -> tuple[int, int, int]:
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise DicomRefused("no_pixels", "the object holds no image")
    return int(dataset.Rows), int(dataset.Columns), max(1, int(dataset.get("NumberOfFrames", 1) or 1))


def _frame(dataset: Any, number: int, total: int, max_pixels: int) -> Frame:
    _check_claim(dataset, number, total, max_pixels)
    pixels = np.asarray(pydicom.pixels.pixel_array(dataset, index=number))
    interpretation = str(dataset.PhotometricInterpretation)
    facts: dict[str, Any] = {"frame": number, "frames": total, "photometric": interpretation}
    if interpretation == "PALETTE COLOR":
        return Frame(
            pixels=_eight(np.asarray(pydicom.pixels.apply_color_lut(pixels, dataset))), number=number, facts=facts
        )
    if pixels.ndim == 3:
        return Frame(pixels=_eight(pixels), number=number, facts=facts)
    values = np.asarray(pydicom.pixels.apply_modality_lut(pixels, dataset))
    seen, window = _seen(dataset, values)
    grey = 255 - seen if interpretation == "MONOCHROME1" else seen
    return Frame(pixels=grey, number=number, facts={**facts, "window": window})


def _seen(dataset: Any, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], dict[str, Any]]:
    """Return grey values (H, W) as the file wants them seen, and the window."""
    centre, width = (_first(dataset.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if "VOILUTSequence" in dataset and values.dtype.kind in "iu":
        table = np.asarray(pydicom.pixels.apply_voi_lut(values, dataset, prefer_lut=True), dtype=np.float64)
        low, high = float(table.min()), float(table.max())
        return _grey(table, low, high), {"by": "table of the file"}
    if centre is not None and width is not None and width >= 1:
        # PS3.3 C.11.2.1.2: the linear function reaches from centre - 0.5 by (width - 1) / 2 to both sides.
        half = max(width - 1, 1e-9) / 2
        made = _grey(values, centre - 0.5 - half, centre - 0.5 + half)
        return made, {"centre": centre, "width": width, "by": "file"}
    if str(dataset.get("Modality", "")) == "CT" and "RescaleSlope" in dataset:
        return _grey(values, -160.0, 240.0), {"centre": 40.0, "width": 400.0, "by": "soft tissue"}
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [1, 99]) if finite.size else (0.0, 1.0)
    window = {"centre": round(float(low + high) / 2, 4), "width": round(float(high - low), 4), "by": "percentiles 1-99"}
    return _grey(values, float(low), float(high)), window


def _grey(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    spread = np.clip((np.nan_to_num(values.astype(np.float64)) - low) / max(high - low, 1e-9), 0.0, 1.0)
    return np.rint(spread * 255).astype(np.uint8)


def _first(value: Any) -> float | None:
    if isinstance(value, (list, tuple, pydicom.multival.MultiValue)):
        value = value[0] if len(value) else None
    number = None if value is None or str(value) == "" else float(value)
    return number if number is None or np.isfinite(number) else None


def _eight(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return (
        (pixels >> 8 * (pixels.dtype.itemsize - 1)).astype(np.uint8) if pixels.dtype.kind == "u" else _to_uint8(pixels)
    )


def _check_claim(dataset: Any, number: int, total: int, max_pixels: int) -> None:
    """A compressed frame says its own size, and the decoder believes it: more than is allowed is refused before.

    Raises:
        DicomRefused: `too_many_pixels`.
    """
    if not dataset.file_meta.TransferSyntaxUID.is_compressed or dataset.file_meta.TransferSyntaxUID.is_deflated:
        return
    frame = pydicom.encaps.get_frame(dataset.PixelData, number, number_of_frames=total)
    size = claimed_size(frame[:65536])
    if size is not None and size[0] * size[1] > max_pixels:
        raise DicomRefused("too_many_pixels", f"the compressed frame says {size[0]} x {size[1]}")


def claimed_size(frame: bytes) -> tuple[int, int] | None:
    """Return (width, height) that a JPEG, JPEG-LS or JPEG 2000 stream claims; None where it claims none.

    >>> claimed_size(bytes.fromhex("ffd8ffc0000b08001000200101110000"))
    (32, 16)
    """
    at = frame.find(b"\xff\x4f\xff\x51")
    if at >= 0 and len(frame) >= at + 24:
        x, y, x0, y0 = struct.unpack_from(">4I", frame, at + 8)
        return max(x - x0, 0), max(y - y0, 0)
    at = 2 if frame[:2] == b"\xff\xd8" else len(frame)
    # Marker by marker: a thumbnail within a segment claims a size of its own.
    while at + 9 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">2H", frame, at + 5)
            return width, height
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", frame, at + 2)[0]
    return None


def _check_deflated(data: bytes) -> None:
    """A deflated file unfolds into memory at once, so its size is told before.

    Raises:
        DicomRefused: `too_large`.
    """
    if data[128:132] != b"DICM" or len(data) < 144:
        return
    end = 144 + struct.unpack_from("<I", data, 140)[0]
    if b"1.2.840.10008.1.2.1.99" not in data[132:end]:
        return
    unfolding, size, rest = zlib.decompressobj(-15), 0, data[end:]
    try:
        while rest and size <= MAX_OBJECT:
            size += len(unfolding.decompress(rest, 1 << 24))
            rest = unfolding.unconsumed_tail
    except zlib.error as error:
        raise DicomRefused("not_dicom", type(error).__name__) from error
    if size > MAX_OBJECT:
        raise DicomRefused("too_large", f"unfolds to more than {MAX_OBJECT} bytes")


def _syntax(dataset: Any) -> str:
    uid = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    return str(getattr(uid, "name", "no transfer syntax"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Within, pydicom warns of nothing: odd values are Drops or not used. Filters are global, hence the lock."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
