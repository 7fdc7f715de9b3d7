"""GIF without metadata: frames, their control blocks and the number of rounds stay."""

from met.pixels.containers.entry import NotCleanable


def clean_gif(data: bytes, orientation: int) -> bytes:
    """Return the file without comments and foreign extensions; GIF knows no orientation.

    Raises:
        NotCleanable: it does not parse.
        IndexError: it ends within a block.
    """
    del orientation
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
