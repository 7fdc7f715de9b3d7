"""Image bytes: what they are, their pixels, smaller copies, crops, clean containers, contact sheets.

One rule of orientation: pixels, sizes and boxes are those of the file as stored. An EXIF orientation turns nothing
here; `clean_container` keeps it, so a viewer shows the file as before. Of an animated file the first frame counts.
"""

import hashlib
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

from met import containers
from met.errors import MetError
from met.types import Box, Image

Pixels: TypeAlias = NDArray[np.uint8]
Tile: TypeAlias = tuple[Pixels | bytes, Sequence[str]]

_FORMATS: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
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

_HASH_SIDE: Final = 32
# The DCT-II matrix, its 8 lowest frequencies (rows) over 32 samples (columns).
_DCT: Final = np.cos(np.pi / _HASH_SIDE * (np.arange(_HASH_SIDE) + 0.5) * np.arange(8)[:, None])


class ImageRefused(MetError):
    """the image is refused: {reason} ({why})"""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(reason=reason, why=why)
        self.reason = reason
        self.why = why

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.why)


def inspect_image(data: bytes, *, max_pixels: int) -> Image:
    """Return what the image file `data` is, having decoded it once.

    `mode` is Pillow's, with `;first-frame` where the file holds several. `phash` compares the 64 lowest frequencies of
    a 32 x 32 grey copy with their median (DCT hash, Zauner 2010), so it survives resizing and recompression.

    Raises:
        ImageRefused: `too_many_pixels` where the header announces more than `max_pixels`; `unreadable_image` where the
            bytes are no image of a known kind, break off, or do not decode.
    """
    try:
        image = _open(data)
        width, height = image.size
        if width * height > max_pixels:
            raise ImageRefused("too_many_pixels", f"{width} x {height}")
        mode = image.mode + (";first-frame" if getattr(image, "is_animated", False) else "")
        media_type = _FORMATS[str(image.format)]
        containers.clean_container(data, media_type)
        grey = _grey(image)
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", _why(error, data)) from error
    return Image(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=media_type,
        bytes=len(data),
        width=width,
        height=height,
        mode=mode,
        phash=dct_hash(grey),
    )


def perceptual_hash(pixels: Pixels) -> int:
    """Return the hash of `inspect_image` for a part of an image, uint8 (H, W, 3)."""
    return dct_hash(_small(PIL.Image.fromarray(pixels).convert("L")))


def file_hash(data: bytes) -> int:
    """Return the hash of `inspect_image` for an image file, and nothing else of it.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    try:
        return dct_hash(_grey(_open(data)))
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", _why(error, data)) from error


def dct_hash(grey: NDArray[np.float64]) -> int:
    """Return the hash of `inspect_image` for grey values, (32, 32)."""
    # Rounded, so that a flat image gives zeros and not the noise of the arithmetic.
    low = np.round(_DCT @ grey @ _DCT.T, 3).ravel()
    bits = low > np.sort(low[1:])[31]
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


def grey_copy(pixels: Pixels, area: int) -> NDArray[np.float32]:
    """Return a grey copy of pixels, uint8 (H, W, 3) or (H, W), in their proportions and with about `area` pixels."""
    height, width = pixels.shape[:2]
    scale = (area / (width * height)) ** 0.5
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    smaller = size[0] < width and size[1] < height
    method = PIL.Image.Resampling.BOX if smaller else PIL.Image.Resampling.BICUBIC
    grey = PIL.Image.fromarray(pixels).convert("L").resize(size, method)
    return np.asarray(grey, dtype=np.float32)


def decode_rgb(data: bytes) -> Pixels:
    """Return the pixels of the image file as uint8 (height, width, 3), as stored.

    Transparent pixels stand on white. Grey of 16 or 32 bits is spread from its own smallest to its largest value. The
    caller has inspected the file before: there is no cap on pixels here.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    return np.asarray(_rgb(_decode(data)))


def decode_values(data: bytes) -> NDArray[np.int64]:
    """Return the values of a mask as stored: (height, width) of grey, whatever its depth, else colours as 0xRRGGBB.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    image = _decode(data)
    if image.mode in {"1", "L", "I"} or image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.int64)
    red, green, blue = (np.asarray(_rgb(image))[..., index].astype(np.int64) for index in range(3))
    grey = bool((red == green).all() and (green == blue).all())
    return red if grey else red << 16 | green << 8 | blue


def shrink(data: bytes, *, box: Box, side: int) -> bytes:
    """Return what a model sees: the box as a JPEG whose longer side is at most `side` pixels, never enlarged."""
    panel = _rgb(_decode(data)).crop(box)
    panel.thumbnail((side, side), PIL.Image.Resampling.LANCZOS)
    return _encoded(panel, "JPEG", quality=90)


def resized(pixels: Pixels, scale: float) -> Pixels:
    """Return pixels, uint8 (H, W, 3), with both sides scaled."""
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.LANCZOS))


def recompressed(pixels: Pixels, quality: int) -> Pixels:
    """Return pixels, uint8 (H, W, 3), as a JPEG of that quality (1 to 95) shows them."""
    return decode_rgb(_encoded(PIL.Image.fromarray(pixels), "JPEG", quality=quality))


def crop_png(data: bytes, *, box: Box) -> bytes:
    """Return the box as a PNG of the very pixels of the file, in its mode where PNG has that mode, else in RGB.

    The colour profile goes with it; no other metadata does.
    """
    image = _decode(data)
    keeps = image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}
    panel = (image if keeps else _rgb(image)).crop(box)
    profile = image.info.get("icc_profile") if keeps else None
    panel.info = {key: value for key, value in image.info.items() if key == "transparency"}
    return _encoded(panel, "PNG", **({"icc_profile": profile} if profile else {}))


def encode_png(pixels: Pixels) -> bytes:
    """Return the pixels, uint8 (height, width, 3) or (height, width), as a PNG."""
    return _encoded(PIL.Image.fromarray(pixels), "PNG")


def clean_container(data: bytes, media_type: str) -> bytes:
    """Return the file without EXIF, GPS, XMP, thumbnails, comments and trailing data; same pixels, same orientation.

    Raises:
        ImageRefused: `unreadable_image`; not for a file that `inspect_image` accepted.
    """
    try:
        return containers.clean_container(data, media_type, orientation=_orientation(data))
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", _why(error, data)) from error


def contact_sheet(tiles: Sequence[Tile], path: Path, *, columns: int = 4, side: int = 240) -> None:
    """Write a PNG to `path` with the tiles row by row: a thumbnail of at most `side` pixels over its lines of text."""
    font = PIL.ImageFont.load_default(size=12)
    texts = [[part for line in lines for part in _wrapped(line, font, side)] for _, lines in tiles]
    rows = [range(start, min(start + columns, len(tiles))) for start in range(0, len(tiles), columns)]
    line_height, gap = 15, 8
    heights = [side + gap + line_height * max(len(texts[index]) for index in row) for row in rows]
    sheet = PIL.Image.new("RGB", (columns * (side + gap) + gap, sum(heights) + gap * (len(rows) + 1)), "white")
    draw = PIL.ImageDraw.Draw(sheet)
    top = gap
    for row, height in zip(rows, heights, strict=True):
        for column, index in enumerate(row):
            left = gap + column * (side + gap)
            content = tiles[index][0]
            thumbnail = _rgb(_decode(content)) if isinstance(content, bytes) else PIL.Image.fromarray(content)
            thumbnail.thumbnail((side, side))
            sheet.paste(thumbnail, (left, top))
            draw.multiline_text((left, top + side + 4), "\n".join(texts[index]), fill="black", font=font, spacing=3)
        top += height + gap
    path.write_bytes(_encoded(sheet, "PNG"))


def with_text(
    pixels: Pixels, text: str, *, at: tuple[int, int], size: int, colour: tuple[int, int, int]
) -> tuple[Pixels, Box]:
    """Return a copy with a line of text drawn into it, and the text's box, cut to the image.

    `at` is the upper left corner of its line, `size` the size of the type in pixels.
    """
    image = PIL.Image.fromarray(pixels).convert("RGB")
    draw, font = PIL.ImageDraw.Draw(image), PIL.ImageFont.load_default(size=size)
    left, top, right, bottom = draw.textbbox(at, text, font=font)
    draw.text(at, text, fill=colour, font=font)
    box = (max(0, int(left)), max(0, int(top)), min(image.width, int(right) + 1), min(image.height, int(bottom) + 1))
    return np.asarray(image), box


def _open(data: bytes) -> Any:
    """Return the image with its header read alone."""
    # Pillow warns of odd metadata, which nothing here uses. Filters are global, hence the lock.
    with _HEADER_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PIL.Image.open(io.BytesIO(data), formats=[name for name in _FORMATS if name != "MPO"])


def _decode(data: bytes) -> Any:
    try:
        image = _open(data)
        image.load()
        return image
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", _why(error, data)) from error


def _why(error: BaseException, data: bytes) -> str:
    return "empty file" if not data else str(error).split("<_io")[0].strip() or type(error).__name__


def _rgb(image: Any) -> Any:
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


def _grey(image: Any) -> NDArray[np.float64]:
    """Return a 32 x 32 grey copy, decoding a JPEG at a fraction of its size: an eighth where that is enough."""
    if image.format == "JPEG" and image.mode in {"L", "RGB"}:
        image.draft("L", (2 * _HASH_SIDE, 2 * _HASH_SIDE))
    image.load()
    flat = image if image.mode == "L" and "transparency" not in image.info else _rgb(image).convert("L")
    return _small(flat)


def _small(grey: Any) -> NDArray[np.float64]:
    small = grey.resize((_HASH_SIDE, _HASH_SIDE), PIL.Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(small, dtype=np.float64)


def _orientation(data: bytes) -> int:
    image = _open(data)
    with _HEADER_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _encoded(image: Any, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _wrapped(line: str, font: Any, width: int) -> list[str]:
    parts = [""]
    for word in line.split():
        longer = f"{parts[-1]} {word}".strip()
        if font.getlength(longer) <= width or not parts[-1]:
            parts[-1] = longer
        else:
            parts.append(word)
    return parts
