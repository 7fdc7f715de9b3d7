"""Search: nodes by name, panels by the words of their texts, by a name of theirs, or by an image that looks alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from met.errors import NotFound
from met.pixels import inspect_image
from met.serve import branches
from met.serve.desk import PAGE, Card, Desk, Scope
from met.types import Image, Panel

# Of each of the four bands of a hash so many bits may differ: hashes that differ in at most 4 n + 3 of their 64 bits
# differ in at most n of those of one band (pigeonhole; Norouzi, Punjani and Fleet, 2012). Unrelated images differ in
# about 32 bits, copies in fewer than 10.
BAND_BITS: Final = 3
BAND: Final = 16
NODES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """What was found. `like` says what images were compared with, where they were."""

    text: str
    nodes: Sequence[Any]
    cards: Sequence[Card]
    like: str


def search_text(desk: Desk, scope: Scope, text: str) -> SearchPage:
    """Return the nodes and panels that a text names; panels by their key or source first, then by their words."""
    words = text.strip()
    named = [row.key for row in desk.store.query("serve_named", text=words, limit=PAGE)] if words else []
    found = named or (
        [row.panel for row in desk.store.query("serve_texts_like", build=scope.build, text=words, limit=PAGE)]
        if words
        else []
    )
    return SearchPage(
        text=words,
        nodes=branches.find(desk, scope, words)[:NODES],
        cards=desk.cards(scope, list(dict.fromkeys(found))[:PAGE]),
        like="",
    )


def search_like(desk: Desk, scope: Scope, key: str) -> SearchPage:
    """Return the panels whose pixels are most like those of a panel, itself first.

    Raises:
        NotFound: there is no such panel.
    """
    panels = desk.store.select(Panel, key=key)
    if not panels:
        raise NotFound(what="item", name=key, hint=" in any build")
    return _alike(desk, scope, panels[0].phash, key)


def search_image(desk: Desk, scope: Scope, data: bytes) -> SearchPage:
    """Return the panels that look most like an image file that somebody brought; nothing of it is kept.

    Raises:
        ImageRefused: it is no image of a known kind, or has too many pixels.
    """
    image: Image = inspect_image(data, max_pixels=desk.max_pixels)
    return _alike(desk, scope, image.phash, f"an image of {image.width} × {image.height} pixels")


def _alike(desk: Desk, scope: Scope, phash: int, like: str) -> SearchPage:
    bits = nearest_hashes(desk, scope, phash)
    notes = {key: "the same picture" if not differ else f"{differ} of 64 bits differ" for key, differ in bits.items()}
    return SearchPage(text="", nodes=(), cards=desk.cards(scope, list(bits), notes), like=like)


def nearest_hashes(desk: Desk, scope: Scope, phash: int, *, limit: int = PAGE) -> dict[str, int]:
    """Return the panels whose hash differs in at most 15 of 64 bits from `phash`, with how many, the nearest first.

    It is looked for close by first, and farther away only where too few are found: what is found is exact either way.
    """
    found: dict[str, int] = {}
    for within in range(BAND_BITS + 1):
        first, second, third, fourth = bands_near(phash, within)
        bands = {"first": first, "second": second, "third": third, "fourth": fourth}
        most = 4 * within + 3
        rows = desk.store.query("serve_alike", build=scope.build, phash=phash, most=most, limit=limit, **bands)
        found = {row.key: row.bits for row in rows}
        if len(found) == limit:
            break
    return found


def bands_near(phash: int, within: int) -> tuple[list[int], ...]:
    """Return for each band of 16 bits, the highest first, the numbers that differ from it in at most `within` bits.

    >>> [len(numbers) for numbers in bands_near(-1, 1)]
    [17, 17, 17, 17]
    """
    masks = [sum(1 << bit for bit in bits) for many in range(within + 1) for bits in combinations(range(BAND), many)]
    bands = [phash >> shift & 0xFFFF for shift in (48, 32, 16, 0)]
    return tuple(sorted(band ^ mask for mask in masks) for band in bands)
