"""Image bytes for a browser: the stored file itself where browsers show its format, else a PNG of its pixels."""

import re
from typing import Final

from met.blobs import Blobs
from met.errors import NotFound
from met.pixels import decode_rgb, encode_png, shrink
from met.serve.links import SHOWN_AS_THEY_ARE
from met.types import Box, Image

THUMBNAIL: Final = 320
_BOX: Final = re.compile(r"(\d{1,6})-(\d{1,6})-(\d{1,6})-(\d{1,6})")


def picture(blobs: Blobs, image: Image) -> tuple[bytes, str]:
    """Return what a browser shows of an image file, and its media type. Stored pixels are never altered.

    Raises:
        NotFound: its bytes are not kept here.
        ImageRefused: its format needs another one, and it does not decode.
    """
    data = blobs.get(image.sha256)
    if image.media_type in SHOWN_AS_THEY_ARE:
        return data, image.media_type
    return encode_png(decode_rgb(data)), "image/png"


def thumbnail(blobs: Blobs, image: Image, box: Box) -> bytes:
    """Return a small JPEG of a box of an image.

    Raises:
        NotFound: its bytes are not kept here, or the box does not lie in it.
        ImageRefused: it does not decode.
    """
    left, top, right, bottom = box
    if not (left < right <= image.width and top < bottom <= image.height):
        raise NotFound(what="box", name=box_name(box), hint=f" in image {image.sha256}")
    return shrink(blobs.get(image.sha256), box=box, side=THUMBNAIL)


def box_name(box: Box) -> str:
    """Return a box as a part of an address.

    >>> box_name((0, 1, 20, 30))
    '0-1-20-30'
    """
    return "-".join(map(str, box))


def box_named(name: str) -> Box:
    """Return the box that `box_name` names so.

    Raises:
        NotFound: it is no such name.
    """
    found = _BOX.fullmatch(name)
    if found is None:
        raise NotFound(what="box", name=name, hint="")
    left, top, right, bottom = (int(number) for number in found.groups())
    return left, top, right, bottom
