"""Search: nodes by name, panels by the words of their texts, by a name of theirs, or by an image that looks alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from met.errors import NotFound
from met.pixels import inspect_image
from met.serve import branches
from met.serve.desk import PAGE, Card, Desk, Scope
from met.types import Image, Panel

# Of 64 bits: unrelated images differ in about 32, copies in fewer than 10.
MOST_BITS: Final = 16
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
    rows = desk.store.query("serve_alike", phash=phash, most=MOST_BITS, limit=PAGE)
    bits = {row.key: row.bits for row in rows}
    notes = {key: "the same picture" if not differ else f"{differ} of 64 bits differ" for key, differ in bits.items()}
    return SearchPage(text="", nodes=(), cards=desk.cards(scope, list(bits), notes), like=like)
