"""What kinds of containers share: EXIF with the orientation alone, and the fault of a file that does not parse."""

import struct


class NotCleanable(ValueError):
    """The file's structure does not parse, so what rides along in it cannot be told from the pixels."""


def turned(orientation: int) -> bytes:
    """Return an EXIF block (a TIFF header with one entry) that holds the orientation alone."""
    return struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 274, 3, 1, orientation, 0)
