"""Image files without what rides along: EXIF, GPS, XMP, thumbnails, comments, trailing data. The pixel stream stays.

What describes the pixels is kept (colour profile, transparency, resolution), and so is the orientation: a file that was
to be shown turned carries one EXIF entry, the orientation, and nothing else.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from met.pixels.containers.bmp import clean_bmp
from met.pixels.containers.chunks import clean_png, clean_webp
from met.pixels.containers.entry import NotCleanable
from met.pixels.containers.gif import clean_gif
from met.pixels.containers.jpeg import check_jpeg, clean_jpeg
from met.pixels.containers.tiff import clean_tiff

_CLEANERS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "image/jpeg": clean_jpeg,
    "image/png": clean_png,
    "image/webp": clean_webp,
    "image/gif": clean_gif,
    "image/tiff": clean_tiff,
    "image/bmp": clean_bmp,
}


def check_container(data: bytes, media_type: str) -> None:
    """Nothing happens where `clean_container` gives a file.

    Raises:
        NotCleanable: it raises that.
    """
    if media_type != "image/jpeg":
        clean_container(data, media_type)
        return
    try:
        check_jpeg(data)
    except (struct.error, IndexError) as error:
        raise NotCleanable(f"{media_type} ends within a part") from error


def clean_container(data: bytes, media_type: str, *, orientation: int = 1) -> bytes:
    """Return the image file `data` without metadata; decoding it gives the same pixels.

    JPEG, PNG, WebP and GIF lose segments, chunks or blocks; TIFF is rebuilt from its pixel strips and layout tags,
    without pages that are thumbnails; BMP ends with its pixels. `orientation` is the EXIF value to keep: 1 is upright.

    Raises:
        NotCleanable: the file does not parse, or is of a kind that is not known here.
    """
    cleaner = _CLEANERS.get(media_type)
    if cleaner is None:
        raise NotCleanable(f"no way to clean {media_type}")
    try:
        return cleaner(data, orientation)
    except (struct.error, IndexError) as error:
        raise NotCleanable(f"{media_type} ends within a part") from error
