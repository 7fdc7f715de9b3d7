"""Image bytes: what they are, their pixels, smaller copies, crops, clean containers.

One rule of orientation: pixels, sizes and boxes are those of the file as stored. An EXIF orientation turns nothing
here; `clean_container` keeps it, so a viewer shows the file as before. Of an animated file the first frame counts.
"""

import hashlib

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from met.pixels import containers
from met.pixels.files import (
    DECODER_FAULTS,
    MEDIA_TYPES,
    ImageRefused,
    Pixels,
    encoded,
    load_image,
    open_image,
    orientation_of,
    to_rgb,
    why_refused,
)
from met.pixels.hashes import dct_hash, file_grey, grey_copy, perceptual_hash
from met.types import Box, Image

__all__ = [
    "DECODER_FAULTS",
    "ImageRefused",
    "Pixels",
    "clean_container",
    "crop_png",
    "dct_hash",
    "decode_rgb",
    "decode_values",
    "encode_png",
    "file_hash",
    "grey_copy",
    "inspect_image",
    "perceptual_hash",
    "recompressed",
    "resized",
    "shrink",
]


def inspect_image(data: bytes, *, max_pixels: int) -> Image:
    """Return what the image file `data` is, having decoded it once.

    `mode` is Pillow's, with `;first-frame` where the file holds several. `phash` compares the 64 lowest frequencies of
    a 32 x 32 grey copy with their median (DCT hash, Zauner 2010), so it survives resizing and recompression.

    Raises:
        ImageRefused: `too_many_pixels` where the header announces more than `max_pixels`; `unreadable_image` where the
            bytes are no image of a known kind, break off, or do not decode.
    """
    try:
        image = open_image(data)
        width, height = image.size
        if width * height > max_pixels:
            raise ImageRefused("too_many_pixels", f"{width} x {height}")
        mode = image.mode + (";first-frame" if getattr(image, "is_animated", False) else "")
        media_type = MEDIA_TYPES[str(image.format)]
        # While the file is in the processor's memory: decoding drives it out.
        containers.check_container(data, media_type)
        sha256 = hashlib.sha256(data).hexdigest()
        grey = file_grey(image)
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", why_refused(error, data)) from error
    return Image(
        sha256=sha256,
        media_type=media_type,
        bytes=len(data),
        width=width,
        height=height,
        mode=mode,
        phash=dct_hash(grey),
    )


def file_hash(data: bytes) -> int:
    """Return the `phash` of `inspect_image` alone, for a file that was inspected before.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    try:
        return dct_hash(file_grey(open_image(data)))
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", why_refused(error, data)) from error


def decode_rgb(data: bytes) -> Pixels:
    """Return the pixels of the image file as uint8 (height, width, 3), as stored.

    Transparent pixels stand on white. Grey of 16 or 32 bits is spread from its own smallest to its largest value. The
    caller has inspected the file before: there is no cap on pixels here.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    return np.asarray(to_rgb(load_image(data)))


def decode_values(data: bytes) -> NDArray[np.int64]:
    """Return the values of a mask as stored: (height, width) of grey, whatever its depth, else colours as 0xRRGGBB.

    Raises:
        ImageRefused: `unreadable_image`.
    """
    image = load_image(data)
    if image.mode in {"1", "L", "I"} or image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.int64)
    red, green, blue = (np.asarray(to_rgb(image))[..., index].astype(np.int64) for index in range(3))
    grey = bool((red == green).all() and (green == blue).all())
    return red if grey else red << 16 | green << 8 | blue


def shrink(data: bytes, *, box: Box, side: int) -> bytes:
    """Return what a model sees: the box as a JPEG whose longer side is at most `side` pixels, never enlarged."""
    panel = to_rgb(load_image(data)).crop(box)
    panel.thumbnail((side, side), PIL.Image.Resampling.LANCZOS)
    return encoded(panel, "JPEG", quality=90)


def resized(pixels: Pixels, scale: float) -> Pixels:
    """Return pixels, uint8 (H, W, 3), with both sides scaled."""
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.LANCZOS))


def recompressed(pixels: Pixels, quality: int) -> Pixels:
    """Return pixels, uint8 (H, W, 3), as a JPEG of that quality (1 to 95) shows them."""
    return decode_rgb(encoded(PIL.Image.fromarray(pixels), "JPEG", quality=quality))


def crop_png(data: bytes, *, box: Box) -> bytes:
    """Return the box as a PNG of the very pixels of the file, in its mode where PNG has that mode, else in RGB.

    The colour profile goes with it; no other metadata does.
    """
    image = load_image(data)
    keeps = image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}
    panel = (image if keeps else to_rgb(image)).crop(box)
    profile = image.info.get("icc_profile") if keeps else None
    panel.info = {key: value for key, value in image.info.items() if key == "transparency"}
    return encoded(panel, "PNG", **({"icc_profile": profile} if profile else {}))


def encode_png(pixels: Pixels) -> bytes:
    """Return the pixels, uint8 (height, width, 3) or (height, width), as a PNG."""
    return encoded(PIL.Image.fromarray(pixels), "PNG")


def clean_container(data: bytes, media_type: str) -> bytes:
    """Return the file without EXIF, GPS, XMP, thumbnails, comments and trailing data; same pixels, same orientation.

    Raises:
        ImageRefused: `unreadable_image`; not for a file that `inspect_image` accepted.
    """
    try:
        return containers.clean_container(data, media_type, orientation=orientation_of(data))
    except DECODER_FAULTS as error:
        raise ImageRefused("unreadable_image", why_refused(error, data)) from error
