"""What sources bring stands in the store: rows, facts and regions of a build, made anew where a file changes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from met.pixels import encode_png
from met.settings import Settings
from met.sources.kinds import harvest_file, scan_source
from met.stages import HARVEST
from met.store import Store
from met.types import Article, Fact, Figure, KnownRegion

SETTINGS = Settings(image_max_pixels=10**6)


def picture(number: int) -> bytes:
    return encode_png(np.random.default_rng(number).integers(0, 256, (30, 40, 3), dtype=np.uint8))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    mask = np.zeros((30, 40), dtype=np.uint8)
    mask[2:6, 3:9] = 255
    (tmp_path / "nodule").mkdir()
    (tmp_path / "clear").mkdir()
    for name, data in {
        "nodule/a.png": picture(1),
        "nodule/a_mask.png": encode_png(mask),
        "clear/b.png": picture(2),
        "clear/broken.png": b"broken",
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "label_map.json").write_text(json.dumps({"nodule": {"node": "lung nodule", "text": "a nodule"}}))
    return tmp_path


def harvest(store: Store, text: str) -> tuple[str, int]:
    """Return the build of the source and how many of its files were worked on."""
    source, files = scan_source(text, SETTINGS)
    store.put_source(source, files)
    build = store.put_build(sources=[source.key], tree=None, engine="rules", settings={})
    store.plan(build, HARVEST, "1")
    lease = store.lease(build, HARVEST.name, store.pending(build, HARVEST.name), run="run:1")
    rows = {row.item: row for row in store.query("files_of_items", items=[item.item for item in lease.work])}
    made = [harvest_file(rows[item.item], SETTINGS).made for item in lease.work]
    store.commit(lease, made, run="run:1", seconds=0.1)
    return build, len(made)


def test_rows_facts_and_regions_are_those_of_the_build(store: Store, place: Path) -> None:
    build, worked = harvest(store, f"images:{place}")
    assert worked == 3
    figures = {figure.graphic: figure for figure in store.select(Figure, build=build)}
    assert {name: figure.caption for name, figure in figures.items()} == {"a.png": "A nodule.", "b.png": "Clear."}
    (region,) = store.select(KnownRegion, build=build)
    assert (region.figure, region.box, region.concept) == (figures["a.png"].key, (3, 2, 9, 6), "lung nodule")
    facts = {fact.subject: fact.facts for fact in store.select(Fact, build=build)}
    assert facts[figures["a.png"].key]["labels"] == ["nodule"]
    assert {article.data_class for article in store.select(Article, build=build)} == {"restricted"}
    drops: list[Any] = store.query("summary_drops", build=build)
    assert [(row.reason, row.items) for row in drops] == [("unreadable_image", 1)]


def test_a_second_run_does_nothing_and_a_changed_mask_one_file(store: Store, place: Path) -> None:
    build, _ = harvest(store, f"images:{place}")
    assert harvest(store, f"images:{place}") == (build, 0)
    (place / "nodule" / "a_mask.png").write_bytes(encode_png(np.full((30, 40), 255, dtype=np.uint8)))
    assert harvest(store, f"images:{place}") == (build, 1)
    assert [region.box for region in store.select(KnownRegion, build=build)] == [(0, 0, 40, 30)]


def test_what_is_forgotten_is_made_anew(store: Store, place: Path) -> None:
    build, _ = harvest(store, f"images:{place}")
    before = [store.select(kind, build=build) for kind in (Article, Figure, KnownRegion, Fact)]
    items = [row.item for row in scan_source(f"images:{place}", SETTINGS)[1]]
    assert store.reopen(build, [HARVEST.name], items) == 3
    assert [store.select(kind, build=build) for kind in (Article, Figure, KnownRegion, Fact)] == [[]] * 4
    assert harvest(store, f"images:{place}") == (build, 3)
    assert [store.select(kind, build=build) for kind in (Article, Figure, KnownRegion, Fact)] == before


def test_a_run_of_rows_is_many_articles_of_one_item(store: Store, tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(picture(1))
    rows = [{"id": f"r{number}", "image": "i.png", "caption": f"Lung {number}."} for number in range(70)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nbroken\n")
    build, worked = harvest(store, f"dataset:{tmp_path}")
    assert worked == 2
    assert {article.id for article in store.select(Article, build=build)} == {row["id"] for row in rows}
    assert [row.reason for row in store.query("summary_drops", build=build)] == ["malformed_row"]
