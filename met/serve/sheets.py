"""A folder to look at without a server: contact sheets, a page an item, and the images, all by relative names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from met.blobs import Blobs
from met.pixels import decode_rgb, encode_png
from met.serve.items import item_page, render_item
from met.serve.links import SHOWN_AS_THEY_ARE, FolderLinks, Links, image_file, item_file
from met.serve.render import render, static_files
from met.store import Store
from met.store.dossiers import load_dossiers
from met.types import Anchor, Caption, Dossier, Image, PlanItem, Question

ITEMS_A_SHEET: Final = 12
AT_ONCE: Final = 200
AROUND: Final = 160


class SheetLinks(FolderLinks):
    """Addresses as the pages of `sheets/` name them."""

    def item(self, key: str) -> str | None:
        """Return the address of the page of a panel."""
        return f"../items/{item_file(key)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One item on a contact sheet: the panel it is of, and the row that is shown where it is not the panel itself.

    `said` is a Drop of what never became a panel. `context` is the text around an anchor: before, surface, after.
    """

    number: int
    kind: str
    key: str
    stage: str
    reason: str
    kept: bool
    dossier: Dossier | None
    row: Anchor | Caption | Question | None = None
    said: Mapping[str, Any] | None = None
    context: tuple[str, str, str] | None = None


def write_folder(store: Store, blobs: Blobs, items: Sequence[PlanItem], folder: Path, *, build: str, title: str) -> int:
    """Fill `folder` with index.html, sheets/, items/, images/ and static/ and return how many sheets there are.

    Only `items` are shown, in their order; every panel of theirs has a page.

    Raises:
        NotFound: the build has no such panel, or its image is gone.
    """
    for part in ("sheets", "items", "images", "static"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, data in static_files().items():
        (folder / "static" / name).write_bytes(data)
    panels = sorted({item.panel for item in items if item.panel})
    images: dict[str, Image] = {}
    for key in panels:
        page = item_page(store, key, build=build)
        images[page.dossier.image.sha256] = page.dossier.image
        (folder / "items" / item_file(key)).write_text(render_item(page, static=True), "utf-8")
    for image in images.values():
        (folder / "images" / image_file(image)).write_bytes(_shown(blobs, image))
    sheets = list(_sheets(store, build, items))
    links: Links = SheetLinks()
    for number, cells in enumerate(sheets, 1):
        page_text = render("sheet.html", links, title=title, cells=cells, number=number, sheets=len(sheets))
        (folder / "sheets" / f"{number:03}.html").write_text(page_text, "utf-8")
    index = render("folder.html", links, title=title, build=build, sheets=sheets, items=len(items))
    (folder / "index.html").write_text(index, "utf-8")
    return len(sheets)


def _shown(blobs: Blobs, image: Image) -> bytes:
    data = blobs.get(image.sha256)
    return data if image.media_type in SHOWN_AS_THEY_ARE else encode_png(decode_rgb(data))


def _sheets(store: Store, build: str, items: Sequence[PlanItem]) -> Iterator[list[Cell]]:
    for start in range(0, len(items), AT_ONCE - AT_ONCE % ITEMS_A_SHEET):
        part = items[start : start + AT_ONCE - AT_ONCE % ITEMS_A_SHEET]
        panels = sorted({item.panel for item in part if item.panel})
        dossiers = {dossier.panel.key: dossier for dossier in load_dossiers(store, build, panels)}
        refused = {item.item for item in part if item.panel is None}
        said = {row.item: row.detail for row in store.query("serve_drops", build=build, items=sorted(refused))}
        cells = [_cell(number, item, dossiers, said) for number, item in enumerate(part, start + 1)]
        yield from (cells[at : at + ITEMS_A_SHEET] for at in range(0, len(cells), ITEMS_A_SHEET))


def _cell(number: int, item: PlanItem, dossiers: Mapping[str, Dossier], said: Mapping[str, Mapping[str, Any]]) -> Cell:
    dossier = dossiers.get(item.panel or "")
    row = _row(item.item, (*dossier.anchors, *dossier.captions, *dossier.questions)) if dossier else None
    return Cell(
        number=number,
        kind=item.kind,
        key=item.item,
        stage=item.stage,
        reason=item.reason,
        kept=item.kept,
        dossier=dossier,
        row=row,
        said=said.get(item.item),
        context=_around(dossier, row) if dossier and isinstance(row, Anchor) else None,
    )


def _row(key: str, rows: Iterable[Anchor | Caption | Question]) -> Anchor | Caption | Question | None:
    return next((row for row in rows if row.key == key), None)


def _around(dossier: Dossier, anchor: Anchor) -> tuple[str, str, str] | None:
    """Return the text around an anchor; None where a vector alone made it, or its text is gone."""
    if anchor.start_char is None or anchor.end_char is None:
        return None
    start, end = anchor.start_char, anchor.end_char
    texts = {"subcaption": [dossier.subcaption], "caption": [dossier.figure.caption], "title": [dossier.article.title]}
    for text in texts.get(anchor.field, [mention.text for mention in dossier.mentions]):
        if text[start:end] == anchor.surface:
            return text[max(0, start - AROUND) : start], anchor.surface, text[end : end + AROUND]
    return None
