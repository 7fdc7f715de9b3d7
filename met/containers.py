"""Image files without what rides along: EXIF, GPS, XMP, thumbnails, comments, trailing data. The pixel stream stays.

What describes the pixels is kept (colour profile, transparency, resolution), and so is the orientation: a file that was
to be shown turned carries one EXIF entry, the orientation, and nothing else.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

# JPEG: JFIF, ICC profile and Adobe's colour transform are needed to decode; every other application segment goes.
_JPEG_PROFILE: Final = b"ICC_PROFILE\0"
_JPEG_NEXT: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JPEG_MARKER: Final = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD hIST cICP mDCV cLLI acTL fcTL fdAT".split()
)
_WEBP_KEPT: Final = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_TIFF_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
# Tags of TIFF 6.0 that say how the pixels are laid out, coloured and turned, and the colour profile.
_TIFF_KEPT: Final = frozenset(
    {
        254,
        255,
        256,
        257,
        258,
        259,
        262,
        266,
        273,
        274,
        277,
        278,
        279,
        282,
        283,
        284,
        292,
        293,
        296,
        297,
        301,
        317,
        318,
        319,
    }
    | {320, 322, 323, 324, 325, 332, 334, 338, 339, 340, 341, 347, 529, 530, 531, 532, 34675}
)
_TIFF_POINTERS: Final = {273: 279, 324: 325}


class NotCleanable(ValueError):
    """The file's structure does not parse, so what rides along in it cannot be told from the pixels."""


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


def _turned(orientation: int) -> bytes:
    """Return an EXIF block (a TIFF header with one entry) that holds the orientation alone."""
    return struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 274, 3, 1, orientation, 0)


# ---------------------------------------------------------------- JPEG


def _jpeg(data: bytes, orientation: int) -> bytes:
    kept = [b"\xff\xd8"]
    turned = b""
    if orientation != 1:
        exif = b"Exif\0\0" + _turned(orientation)
        turned = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    for marker, part in _jpeg_parts(data):
        if turned and marker != 0xE0:
            kept.append(turned)
            turned = b""
        if marker == 0xE0 and part[4:9] == b"JFIF\0":
            kept.append(b"\xff\xe0\x00\x10" + part[4:16] + b"\0\0")
        elif marker == 0xEE and part[4:9] == b"Adobe" and len(part) >= 16:
            # Twelve bytes say how colours are coded; what stands behind them says nothing of the pixels.
            kept.append(b"\xff\xee\x00\x0e" + part[4:16])
        elif marker == 0xE2:
            kept.append(part if part[4:].startswith(_JPEG_PROFILE) else b"")
        elif not 0xE0 <= marker <= 0xEF and marker != 0xFE:
            kept.append(part)
    return b"".join(kept)


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, bytes) of each segment up to the end marker; entropy-coded data goes with its scan."""
    at = 2
    if data[:2] != b"\xff\xd8":
        raise NotCleanable("no JPEG")
    while True:
        found = _JPEG_MARKER.match(data, at)
        if found is None:
            raise NotCleanable("no JPEG segment where one should be")
        marker, start = found[1][0], found.end() - 2
        if marker == 0xD9:
            yield marker, data[start : start + 2]
            return
        at = start + 2 + struct.unpack_from(">H", data, start + 2)[0]
        if marker == 0xDA:
            end = _next_marker(data, at)
            yield marker, data[start:end]
            at = end
        else:
            yield marker, data[start:at]


def _next_marker(data: bytes, at: int) -> int:
    """Return where entropy-coded data ends: at a marker that is neither stuffing nor a restart."""
    found = _JPEG_NEXT.search(data, at)
    if found is None:
        raise NotCleanable("JPEG without an end")
    return found.start()


# ---------------------------------------------------------------- PNG


def _png(data: bytes, orientation: int) -> bytes:
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
            kept.append(_png_chunk(b"eXIf", _turned(orientation)))
        at = end
    return b"".join(kept)


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


# ---------------------------------------------------------------- WebP


def _webp(data: bytes, orientation: int) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise NotCleanable("no WebP")
    turned = orientation != 1 and any(kind == b"VP8X" for kind, _ in _riff(data))
    kept = b""
    for kind, content in _riff(data):
        if kind in _WEBP_KEPT:
            if kind == b"VP8X":
                content = bytes([content[0] & ~0x0C | (0x08 if turned else 0)]) + content[1:]
            elif kind == b"ANMF":
                # A frame holds chunks of its own behind 16 bytes of place and time.
                inner = _riff(content, at=16, end=len(content))
                content = content[:16] + b"".join(_riff_chunk(*part) for part in inner if part[0] in _WEBP_KEPT)
            kept += _riff_chunk(kind, content)
    if turned:
        kept += _riff_chunk(b"EXIF", _turned(orientation))
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


# ---------------------------------------------------------------- GIF


def _gif(data: bytes, orientation: int) -> bytes:
    del orientation  # GIF has none.
    at = 13 + _gif_table(data[10])
    kept = [data[:at]]
    while data[at] != 0x3B:
        start = at
        if data[at] == 0x2C:
            at = _gif_blocks(data, at + 10 + _gif_table(data[at + 9]) + 1)
            kept.append(data[start:at])
        elif data[at] == 0x21:
            at = _gif_blocks(data, at + 2)
            if data[start + 1] == 0xF9:
                kept.append(data[start:at])
            elif data[start + 1] == 0xFF and data[start + 3 : start + 14] in (b"NETSCAPE2.0", b"ANIMEXTS1.0"):
                kept.append(_gif_loop(data[start:at]))
        else:
            raise NotCleanable("no GIF block where one should be")
    return b"".join([*kept, b"\x3b"])


def _gif_loop(extension: bytes) -> bytes:
    """Return the extension with the number of its rounds alone, if it tells one."""
    return extension[:18] + b"\0" if len(extension) >= 19 and extension[14:16] == b"\x03\x01" else b""


def _gif_table(flags: int) -> int:
    return int(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else 0


def _gif_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


# ---------------------------------------------------------------- TIFF


def _tiff(data: bytes, orientation: int) -> bytes:
    del orientation  # It is a layout tag of TIFF and is kept as such.
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise NotCleanable("no classic TIFF")
    out = bytearray(data[:4] + b"\0" * 4)
    link, following = 4, struct.unpack_from(order + "I", data, 4)[0]
    seen: set[int] = set()
    while following and following not in seen:
        seen.add(following)
        entries, after = _tiff_entries(data, following, order)
        following = after
        if len(seen) > 1 and _is_thumbnail(entries, order):
            continue
        struct.pack_into(order + "I", out, link, len(out) + len(out) % 2)
        link = _tiff_page(out, data, entries, order)
    return bytes(out)


def _is_thumbnail(entries: Mapping[int, tuple[int, int, bytes]], order: str) -> bool:
    """Return whether a page says of itself that it is a smaller copy of another (NewSubfileType, SubfileType)."""
    return any(number & 1 for number in _tiff_numbers(entries.get(254), order)[:1]) or 2 in _tiff_numbers(
        entries.get(255), order
    )


def _tiff_entries(data: bytes, at: int, order: str) -> tuple[dict[int, tuple[int, int, bytes]], int]:
    """Return the kept entries (tag -> type, count, value) of the page at `at`, and where the next page is."""
    (count,) = struct.unpack_from(order + "H", data, at)
    entries: dict[int, tuple[int, int, bytes]] = {}
    for index in range(count):
        entry = at + 2 + 12 * index
        tag, kind, number = struct.unpack_from(order + "HHI", data, entry)
        size = _TIFF_SIZES.get(kind, 1) * number
        start = entry + 8 if size <= 4 else struct.unpack_from(order + "I", data, entry + 8)[0]
        if tag in _TIFF_KEPT:
            if start + size > len(data):
                raise NotCleanable("TIFF ends within a value")
            entries[tag] = (kind, number, data[start : start + size])
    return entries, struct.unpack_from(order + "I", data, at + 2 + 12 * count)[0]


def _tiff_page(out: bytearray, data: bytes, entries: Mapping[int, tuple[int, int, bytes]], order: str) -> int:
    """Append one page to `out`, its pixels behind its entries; return where the link to the next page stands."""
    out += b"\0" * (len(out) % 2)
    at = len(out)
    out += struct.pack(order + "H", len(entries)) + b"\0" * (12 * len(entries) + 4)
    pixels = {tag: _tiff_moved(out, data, entries, tag, order) for tag in _TIFF_POINTERS if tag in entries}
    if not pixels:
        raise NotCleanable("TIFF without strips or tiles")
    for index, tag in enumerate(sorted(entries)):
        kind, number, value = (4, entries[tag][1], pixels[tag]) if tag in pixels else entries[tag]
        if len(value) > 4:
            out += b"\0" * (len(out) % 2)
            value, place = struct.pack(order + "I", len(out)), value
            out += place
        struct.pack_into(order + "HHI4s", out, at + 2 + 12 * index, tag, kind, number, value.ljust(4, b"\0"))
    return at + 2 + 12 * len(entries)


def _tiff_moved(
    out: bytearray, data: bytes, entries: Mapping[int, tuple[int, int, bytes]], tag: int, order: str
) -> bytes:
    """Append the strips or tiles of a page to `out`; return their new offsets."""
    offsets, sizes = (_tiff_numbers(entries.get(name), order) for name in (tag, _TIFF_POINTERS[tag]))
    if len(offsets) != len(sizes):
        raise NotCleanable("TIFF without the sizes of its strips")
    moved = []
    for offset, size in zip(offsets, sizes, strict=True):
        if offset + size > len(data):
            raise NotCleanable("TIFF ends within a strip")
        moved.append(len(out))
        out += data[offset : offset + size]
    return struct.pack(f"{order}{len(moved)}I", *moved)


def _tiff_numbers(entry: tuple[int, int, bytes] | None, order: str) -> tuple[int, ...]:
    if entry is None or entry[0] not in (3, 4):
        return ()
    return struct.unpack(f"{order}{entry[1]}{'H' if entry[0] == 3 else 'I'}", entry[2])


# ---------------------------------------------------------------- BMP


def _bmp(data: bytes, orientation: int) -> bytes:
    """Return the file up to the end of its pixels: a profile or anything else may stand behind them."""
    del orientation  # BMP has none.
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


_CLEANERS: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/tiff": _tiff,
    "image/bmp": _bmp,
}
