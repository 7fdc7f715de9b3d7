"""Contact sheets and pages of items as a folder that stands by itself."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from store_rows import build_of, finish

from met.blobs import Blobs
from met.errors import NotFound
from met.pixels import encode_png
from met.serve.sheets import ITEMS_A_SHEET, write_folder
from met.store import Store
from met.types import Anchor, Caption, Panel, PlanItem, Question

HOSTILE = "<script>alert(1)</script> \u202e“<b>”"


class Addresses(HTMLParser):
    """Everything that a page leads to or loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        self.found += [value for name, value in facts.items() if name in ("href", "src") and value]
        if tag == "script":
            self.scripts.append(facts)


def planned(key: str, kind: Any, panel: str | None, position: int) -> PlanItem:
    return PlanItem(
        plan="plan:1",
        position=position,
        item=key,
        kind=kind,
        panel=panel,
        stage="align",
        reason="agrees",
        kept=kind != "refused",
        stratum="s",
        population=9,
        sampled=1,
    )


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Path:
    """The folder of a small build: each kind of item, and panels beside each other."""
    build = build_of(store, files=9)
    finish(store, build)
    blobs = Blobs(str(tmp_path / "blobs"))
    panels = store.select(Panel, build=build)
    items = [planned(panel.key, "pair", panel.key, at) for at, panel in enumerate(panels)]
    for kind, name in ((Anchor, "anchor"), (Caption, "caption"), (Question, "question")):
        row: Any = store.select(kind, build=build)[0]
        items.append(planned(row.key, name, row.panel, len(items)))
    items.append(planned("0/f2", "refused", None, len(items)))
    with pytest.raises(NotFound):
        write_folder(store, blobs, items, tmp_path / "none", build=build, title="Pairs")
    stored = _Images(tmp_path / "blobs")
    out = tmp_path / "look"
    assert write_folder(store, stored, items, out, build=build, title=HOSTILE) == -(-len(items) // ITEMS_A_SHEET)
    return out


class _Images(Blobs):
    """A door to one picture under every name: the rows of these tests name images that nobody has."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._picture = encode_png(np.zeros((48, 64, 3), dtype=np.uint8))

    def get(self, sha256: str) -> bytes:
        assert len(sha256) == 64
        return self._picture


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_address_leads_to_a_file_of_the_folder(folder: Path) -> None:
    assert len(pages(folder)) == 1 + 2 + 9
    for page in pages(folder):
        parser = Addresses()
        parser.feed(page.read_text("utf-8"))
        assert parser.found
        for address in parser.found:
            assert not re.match(r"[a-z]+:|/", address), (page.name, address)
            target = (page.parent / unquote(address.split("#")[0])).resolve()
            assert target.is_file() or not address.split("#")[0], (page.name, address)
            assert target.is_relative_to(folder.resolve())


def test_a_sheet_shows_each_kind_of_item(folder: Path) -> None:
    text = "".join(page.read_text("utf-8") for page in sorted((folder / "sheets").iterdir()))
    for said in ("pair", "Which?", "A chest radiograph.", "pneumonia", "f2.png", "refused"):
        assert said in text, said
    assert text.count('<article class="cell">') == 13
    assert len(re.findall(r"<mark>Pneumonia</mark>", text)) == 1


def test_a_hostile_title_is_text(folder: Path) -> None:
    for page in pages(folder):
        parser = Addresses()
        parser.feed(page.read_text("utf-8"))
        assert "<script>alert" not in page.read_text("utf-8")
        assert all(script.get("src") for script in parser.scripts)


def test_the_index_leads_to_every_sheet(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["images", "index.html", "items", "sheets", "static"]
    index = (folder / "index.html").read_text("utf-8")
    assert "13 items" in index
    assert index.count("<li>") == 2
