"""Files of chunks without metadata: PNG, and WebP, which is a RIFF file. Chunks that describe the pixels stay."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from met.pixels.containers.entry import NotCleanable, turned

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD hIST cICP mDCV cLLI acTL fcTL fdAT".split()
)
_WEBP_KEPT: Final = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))


def clean_png(data: bytes, orientation: int) -> bytes:
    """Return the file without metadata but `orientation`.

    Raises:
        NotCleanable: it does not parse.
    """
    if data[:8] != _PNG_SIGNATURE:
        raise NotCleanable("no PNG")
    kept = [_PNG_SIGNATURE]
    at, kind = 8, b""
    while kind != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise NotCleanable("PNG ends within a chunk")
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        if kind == b"IHDR" and orientation != 1:
            kept.append(_png_chunk(b"eXIf", turned(orientation)))
        at = end
    return b"".join(kept)


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def clean_webp(data: bytes, orientation: int) -> bytes:
    """Return the file without metadata but `orientation`.

    Raises:
        NotCleanable: it does not parse.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise NotCleanable("no WebP")
    shown_turned = orientation != 1 and any(kind == b"VP8X" for kind, _ in _riff(data))
    kept = b""
    for kind, content in _riff(data):
        if kind in _WEBP_KEPT:
            if kind == b"VP8X":
                content = bytes([content[0] & ~0x0C | (0x08 if shown_turned else 0)]) + content[1:]
            elif kind == b"ANMF":
                # A frame holds chunks of its own behind 16 bytes of place and time.
                inner = _riff(content, at=16, end=len(content))
                content = content[:16] + b"".join(_riff_chunk(*part) for part in inner if part[0] in _WEBP_KEPT)
            kept += _riff_chunk(kind, content)
    if shown_turned:
        kept += _riff_chunk(b"EXIF", turned(orientation))
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + kept


def _riff_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _riff(data: bytes, *, at: int = 12, end: int | None = None) -> Iterator[tuple[bytes, bytes]]:
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0]) if end is None else end
    while at + 8 <= end:
        (length,) = struct.unpack_from("<I", data, at + 4)
        if at + 8 + length > len(data):
            raise NotCleanable("WebP ends within a chunk")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
