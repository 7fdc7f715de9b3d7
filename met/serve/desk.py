"""What every page needs: the store, the images, and what there is to look at."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from met.blobs import Blobs
from met.errors import NotFound
from met.serve.links import ServerLinks
from met.serve.pictures import box_name
from met.serve.render import render, short
from met.store import Store

PAGE: Final = 24
LINKS: Final = ServerLinks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is shown: the newest build over a tree, or the newest tree where there is no build. `tree` is its number."""

    key: str
    build: str | None
    tree: int
    engine: str | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a list shows of a panel. `fate` is what its last verdict said."""

    key: str
    title: str
    text: str
    thumb: str
    to: str
    modality: str | None
    fate: str | None
    kept: bool
    node: str | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The store and the image bytes. Images of more than `max_pixels` that people bring are refused."""

    store: Store
    blobs: Blobs
    max_pixels: int = 64_000_000

    def scope(self) -> Scope | None:
        """Return what there is to look at, or None before the first tree."""
        rows = self.store.query("page_scope")
        if not rows:
            return None
        row = rows[0]
        return Scope(key=row.scope, build=row.build, tree=row.tree, engine=row.engine, created_at=row.created_at)

    def the_scope(self) -> Scope:
        """Return what there is to look at.

        Raises:
            NotFound: nothing was built yet.
        """
        found = self.scope()
        if found is None:
            raise NotFound(what="build", name="the newest", hint="; run `met build` or `met demo` first")
        return found

    def counts(self, scope: Scope) -> Mapping[str, Sequence[Any]]:
        """Return the counts of a scope by what they count: rows of (stage, name, items)."""
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for row in self.store.query("serve_counts", scope=scope.key):
            found[row.what].append(row)
        return found

    def cards(self, scope: Scope, keys: Sequence[str], notes: Mapping[str, str] | None = None) -> list[Card]:
        """Return the cards of those panels that the build has, in the order of the keys."""
        if not keys or scope.build is None:
            return []
        rows = {
            row.key: row for row in self.store.query("serve_cards", build=scope.build, tree=scope.tree, keys=list(keys))
        }
        return [_card(rows[key], (notes or {}).get(key, "")) for key in keys if key in rows]

    def page(self, template: str, **values: Any) -> str:
        """Return a page of the server."""
        return render(template, LINKS, **values)


def _card(row: Any, note: str) -> Card:
    letter = f", {row.letter}" if row.letter else ""
    text = " ".join(row.caption[start:end] for start, end in row.spans) or row.caption
    kept = row.stage == "align" and bool(row.keep)
    fate = "pair" if kept else f"{row.stage}: {row.reason}" if row.stage else None
    return Card(
        key=row.key,
        title=short(f"{row.label or 'Figure'}{letter}", 40),
        text=short(text, 150),
        thumb=f"/thumb/{row.image}/{box_name(tuple(row.box))}",
        to=LINKS.item(row.key) or "",
        modality=row.modality,
        fate=fate,
        kept=kept,
        node=row.node,
        note=note,
    )
