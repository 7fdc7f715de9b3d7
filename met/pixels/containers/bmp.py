"""BMP without what stands behind its pixels: a profile, or anything else."""

import struct


def clean_bmp(data: bytes, orientation: int) -> bytes:
    """Return the file up to the end of its pixels; BMP knows no orientation.

    Raises:
        struct.error: it ends within its header.
    """
    del orientation
    (start, header) = struct.unpack_from("<II", data, 10)
    if header < 40:
        return data
    width, height = struct.unpack_from("<ii", data, 18)
    bits, coding, size = struct.unpack_from("<HII", data, 28)
    plain = coding in (0, 3, 6)
    end = start + ((abs(width) * bits + 31) // 32 * 4 * abs(height) if plain else size)
    if not start < end <= len(data):
        return data
    return data[:2] + struct.pack("<I", end) + data[6:end]
