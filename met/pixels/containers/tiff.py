"""TIFF without metadata: rebuilt from its pixel strips and layout tags, without pages that are thumbnails."""

import struct
from collections.abc import Mapping
from typing import Final

from met.pixels.containers.entry import NotCleanable

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


def clean_tiff(data: bytes, orientation: int) -> bytes:
    """Return the file rebuilt; its orientation is a layout tag of TIFF and is kept as such.

    Raises:
        NotCleanable: it does not parse.
    """
    del orientation
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
