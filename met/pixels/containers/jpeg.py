"""JPEG without metadata: segments that decoding needs stay, every other application segment and comment goes."""

import re
import struct
from collections import deque
from collections.abc import Iterator
from typing import Final

from met.pixels.containers.entry import NotCleanable, turned

# JFIF, ICC profile and Adobe's colour transform are needed to decode.
_PROFILE: Final = b"ICC_PROFILE\0"
_NEXT: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_MARKER: Final = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def clean_jpeg(data: bytes, orientation: int) -> bytes:
    """Return the file without metadata but `orientation`, up to its end marker.

    Raises:
        NotCleanable: it does not parse.
    """
    kept: list[bytes | memoryview] = [b"\xff\xd8"]
    before = b""
    if orientation != 1:
        exif = b"Exif\0\0" + turned(orientation)
        before = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    for marker, part in _parts(data):
        if before and marker != 0xE0:
            kept.append(before)
            before = b""
        name = bytes(part[4 : 4 + len(_PROFILE)])
        if marker == 0xE0 and name.startswith(b"JFIF\0"):
            kept += (b"\xff\xe0\x00\x10", part[4:16], b"\0\0")
        elif marker == 0xEE and name.startswith(b"Adobe") and len(part) >= 16:
            # Twelve bytes say how colours are coded; what stands behind them says nothing of the pixels.
            kept += (b"\xff\xee\x00\x0e", part[4:16])
        elif marker == 0xE2:
            kept.append(part if name == _PROFILE else b"")
        elif not 0xE0 <= marker <= 0xEF and marker != 0xFE:
            kept.append(part)
    return b"".join(kept)


def check_jpeg(data: bytes) -> None:
    """Nothing happens where `clean_jpeg` can clean the file: it is walked through, and nothing is copied.

    Raises:
        NotCleanable: it does not parse.
    """
    deque(_parts(data), maxlen=0)


def _parts(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield (marker, bytes) of each segment up to the end marker; entropy-coded data goes with its scan."""
    at = 2
    if data[:2] != b"\xff\xd8":
        raise NotCleanable("no JPEG")
    whole = memoryview(data)
    while True:
        found = _MARKER.match(data, at)
        if found is None:
            raise NotCleanable("no JPEG segment where one should be")
        marker, start = found[1][0], found.end() - 2
        if marker == 0xD9:
            yield marker, whole[start : start + 2]
            return
        at = start + 2 + struct.unpack_from(">H", data, start + 2)[0]
        if marker == 0xDA:
            # Entropy-coded data ends at a marker that is neither stuffing nor a restart.
            following = _NEXT.search(data, at)
            if following is None:
                raise NotCleanable("JPEG without an end")
            at = following.start()
        yield marker, whole[start:at]
