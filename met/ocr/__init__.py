"""The door to drawn text: RapidOCR on this machine, with the weights that its package ships; nothing is fetched.

It is an extra (`pip install 'met-engine[ocr]'`), so everything of it is imported where a reader is opened.
"""

import hashlib
import queue
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from met.errors import BadSetting
from met.types import Box, TextLine

# Detection sees an image in which the longer side has at most this many pixels, a small one enlarged at most so much.
LONG_SIDE: Final = 1280
ENLARGED: Final = 2.0
# A line that is read with less certainty is none.
SURE: Final = 0.5
_PACKAGES: Final = ("rapidocr", "onnxruntime", "cv2")
_WEIGHTS: Final = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}

ReaderName = Literal["none", "rapidocr"]
Pixels = npt.NDArray[np.uint8]


class Reader:
    """Reads the text that is drawn into images. Threads may share one; `name` tells library and weights.

    The same pixels give the same lines: each reading runs on one thread, whatever else the machine does.
    """

    def __init__(self) -> None:
        """Open the reader; each model is loaded at its first use.

        Raises:
            BadSetting: RapidOCR or what it runs on is not installed.
        """
        missing = [package for package in _PACKAGES if find_spec(package) is None]
        if missing:
            raise BadSetting(name="MET_OCR", why=f"{missing[0]} is not installed: pip install 'met-engine[ocr]'")
        self._weights = {part: _weights(name) for part, name in _WEIGHTS.items()}
        known = hashlib.sha256(b"".join(path.read_bytes() for path in self._weights.values())).hexdigest()[:12]
        self.name = f"rapidocr-{version('rapidocr')}@{known}"
        # One engine holds state while it reads, so each thread that reads takes one for itself.
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def lines(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the lines of text in an image, uint8 (H, W, 3) RGB, from top to bottom, then left to right.

        Boxes are upright, in pixels of the image, and lie inside it; the same text at the same place comes once.
        """
        height, width = pixels.shape[:2]
        scale = min(LONG_SIDE / max(height, width), ENLARGED)
        engine = self._taken()
        try:
            found = engine(_resized(pixels, scale)[:, :, ::-1])
        finally:
            self._idle.put(engine)
        if found.boxes is None or found.txts is None:
            return ()
        read = {
            TextLine(box=box, text=text.strip(), score=round(float(score), 4))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            if text.strip() and (box := _box(corners / scale, width, height)) is not None
        }
        return tuple(sorted(read, key=lambda line: (line.box[1], line.box[0], line.box[3], line.box[2], line.text)))

    def _taken(self) -> Any:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return _engine(self._weights)


def open_reader(name: ReaderName) -> Reader | None:
    """Return the reader of that name, None for `none`.

    Raises:
        BadSetting: it is not installed.
    """
    return Reader() if name == "rapidocr" else None


def _weights(name: str) -> Path:
    spec = find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else Path()
    if not (folder / name).is_file():
        raise BadSetting(name="MET_OCR", why=f"this version of rapidocr does not ship the weights {name}")
    return folder / name


def _engine(weights: dict[str, Path]) -> Any:
    from rapidocr import RapidOCR

    settings: dict[str, Any] = {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Global.text_score": SURE,
        "Global.max_side_len": LONG_SIDE,
        "Det.limit_type": "max",
        "Det.limit_side_len": LONG_SIDE,
        # One thread, so that sums have one order.
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params={**settings, **{f"{part}.model_path": str(path) for part, path in weights.items()}})


def _resized(pixels: Pixels, scale: float) -> Pixels:
    import cv2

    height, width = pixels.shape[:2]
    if scale == 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how), dtype=np.uint8)


def _box(corners: npt.NDArray[np.floating[Any]], width: int, height: int) -> Box | None:
    """Return the upright box around four corners, cut to the image; None where nothing of it lies inside."""
    x1, y1 = (max(0, int(np.floor(corners[:, axis].min()))) for axis in (0, 1))
    x2 = min(width, int(np.ceil(corners[:, 0].max())))
    y2 = min(height, int(np.ceil(corners[:, 1].max())))
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None
