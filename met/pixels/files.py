"""Image files opened and decoded, and the refusal of one that cannot be."""

import io
import struct
import threading
import warnings
import zlib
from typing import Any, Final, TypeAlias

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from met.errors import MetError

Pixels: TypeAlias = NDArray[np.uint8]

MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
_FORMATS: Final = [name for name in MEDIA_TYPES if name != "MPO"]
_ORIENTATION: Final = 274
_WHITE: Final = (255, 255, 255, 255)
# All that Pillow's decoders raise on broken bytes, found by fuzzing them.
DECODER_FAULTS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    AssertionError,
    MemoryError,
    struct.error,
    zlib.error,
)
# Our cap counts pixels from the header, before anything is decoded; Pillow's own would only warn.
PIL.Image.MAX_IMAGE_PIXELS = None
_HEADER_LOCK: Final = threading.Lock()


class ImageRefused(MetError):
    """the image is refused: {reason} ({why})"""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(reason=reason, why=why)
        self.reason = reason
        self.why = why

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.why)


def open_image(data: bytes) -> Any:
    """Return the image (`PIL.Image.Image`) with its header read alone.

    Raises:
        DECODER_FAULTS: the bytes are no image of a known kind, or its header breaks off.
    """
    # Pillow warns of odd metadata, which nothing here uses. Filters are global, hence the lock.
    with _HEADER_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = PIL.Image.open(io.BytesIO(data), formats=_FORMATS)
    # The bytes are in memory already: decoded in one piece they are not copied piece by piece.
    image.decodermaxblock = max(image.decodermaxblock, len(data)) if image.format == "JPEG" else image.decodermaxblock
    return image


def load_image(data: bytes) -> Any:
    """Return the decoded image.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    try:
        image = open_image(data)
        image.load()
        return image
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", why_refused(error, data)) from error


def why_refused(error: BaseException, data: bytes) -> str:
    """Return what a decoder's fault says of the file, in one line."""
    return "empty file" if not data else str(error).split("<_io")[0].strip() or type(error).__name__


def to_rgb(image: Any) -> Any:
    """Return the image in RGB as `met.pixels.decode_rgb` describes it."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return PIL.Image.fromarray(_spread(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        opaque = image.convert("RGBA")
        return PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, _WHITE), opaque).convert("RGB")
    return image.convert("RGB")


def _spread(values: NDArray[np.float64]) -> Pixels:
    values = np.nan_to_num(values)
    low, high = float(values.min()), float(values.max())
    scale = 255 / (high - low) if high > low else 0.0
    return np.rint((values - low) * scale).astype(np.uint8)


def orientation_of(data: bytes) -> int:
    """Return the EXIF orientation of the file, 1 (upright) where it says none."""
    image = open_image(data)
    with _HEADER_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def encoded(image: Any, kind: str, **options: Any) -> bytes:
    """Return the image as a file of Pillow's format `kind`."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
