"""Which file a figure means: JATS names graphics with or without extension, as a path or as a DOI."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

# In this order where a name leaves it open: what PMC serves in full size first, GIF (its thumbnails) late.
EXTENSIONS: Final = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif")
_HREF: Final = re.compile(rb"""<(?:\w+:)?(?:graphic|media)\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def graphic_hrefs(xml: bytes) -> tuple[str, ...]:
    """Return the addresses of all `graphic` and `media` elements, read from the bytes without parsing the document.

    >>> graphic_hrefs(b'<fig><graphic id="g" xlink:href="a.jpg"/></fig>')
    ('a.jpg',)
    """
    from_quotes = (found[1] if found[1] is not None else found[2] for found in _HREF.finditer(xml))
    return tuple(dict.fromkeys(_unescaped(value) for value in from_quotes))


def resolve_graphic(href: str, names: Mapping[str, str]) -> str | None:
    """Return the file that `href` means, None where there is none.

    `names` maps each file name in small letters to the name. The name itself comes first, then the name with each of
    `EXTENSIONS`, then its stem with each.

    >>> resolve_graphic("info:doi/10.1371/journal.pone.1.g001", {"journal.pone.1.g001.png": "journal.pone.1.g001.PNG"})
    'journal.pone.1.g001.PNG'
    """
    return next((names[candidate] for candidate in _candidates(href) if candidate in names), None)


def by_small_letters(names: Iterable[str]) -> dict[str, str]:
    """Return the names by their small letters; of names that differ in case alone, the first in sorted order."""
    return {name.lower(): name for name in sorted(names, reverse=True)}


def _candidates(href: str) -> Iterable[str]:
    base = PurePosixPath(unquote(href.strip()).replace("\\", "/")).name.lower()
    if not base:
        return
    yield base
    yield from (base + extension for extension in EXTENSIONS)
    stem, dot, last = base.rpartition(".")
    if dot and "." + last in EXTENSIONS:
        yield from (stem + extension for extension in EXTENSIONS)


def _unescaped(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(name, character)
    return text
