"""Privacy on the whole way: text is read once, statuses stand in the store, and strict keeps back what was not seen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest
from command import met
from homes import running_home

from met.pixels import Pixels, encode_png
from met.pixels.sheets import with_text
from met.sources.kinds import scan_source
from met.sources.sample import Sample, write_sample
from met.store import embedded
from met.types import DrawnText, Figure, Panel, PrivacyCheck
from tasks import doors
from tasks.ingest import check_privacy, harvest, read_text, split_panels, tell_modality
from tasks.work import Order

NAME = "KOWALSKI^ELUNED"
FIGURES = {
    "clean.png": "Axial CT of the abdomen. The liver holds a rounded lesion; both kidneys are normal.",
    "named.png": "Axial CT of the abdomen in another patient. The liver is enlarged and of low density.",
    "told.png": "Axial CT of the abdomen of Mrs. Adeyemi, with a lesion of the liver and normal kidneys.",
    "photo.png": "Clinical photograph of a patient with jaundice in disease of the liver: yellow skin and sclera.",
}


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return write_sample(tmp_path / "sample")


@pytest.fixture
def home() -> Iterator[Path]:
    with running_home() as home:
        yield home


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("articles")
    for number, name in enumerate(FIGURES):
        pixels = scan(number)
        if name == "named.png":
            pixels, _ = with_text(pixels, NAME, at=(8, 6), size=18, colour=(235, 235, 235))
        (folder / name).write_bytes(encode_png(pixels))
    figures = "".join(
        f'<fig id="f{number}"><label>Figure {number}</label><caption><p>{caption}</p></caption>'
        f'<graphic xlink:href="{name}"/></fig>'
        for number, (name, caption) in enumerate(FIGURES.items(), 1)
    )
    licence = (
        '<license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>CC BY</license-p></license>'
    )
    (folder / "one.xml").write_text(
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta><title-group><article-title>'
        f"Livers</article-title></title-group><permissions>{licence}</permissions></article-meta></front>"
        f"<body>{figures}</body></article>"
    )
    return folder


def scan(seed: int) -> Pixels:
    """A soft grey blob on black, another one for each seed."""
    y, x = np.mgrid[0:300, 0:380]
    wave = np.sin(x / (17 + 5 * seed)) * np.cos(y / (13 + 4 * seed))
    inside = (x - 190) ** 2 / 150**2 + (y - 150) ** 2 / 110**2 < 1
    grey = np.where(inside, 120 + 60 * wave, 4).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


CACHED = (doors.settings, doors.store, doors.blobs, doors.reader, doors.faces)


@pytest.fixture
def opened(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The doors of this process, opened on the test's own database and folder; settings can be changed before use."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MET_HOME", str(tmp_path / "home"))
    forget()
    yield monkeypatch
    doors.store().close()
    forget()


def forget() -> None:
    for door in CACHED:
        door.cache_clear()


def ingested(articles: Path) -> tuple[str, dict[str, int]]:
    """Run the stages up to the privacy check; return the build, and how many items each stage worked on."""
    source, files = scan_source(str(articles), doors.settings())
    doors.store().put_source(source, files)
    build = doors.store().put_build(sources=[source.key], tree=None, engine="rules", settings={})
    order = Order(build=build, run="run:1", engine="rules")
    worked = {}
    for stage in (harvest, read_text, split_panels, tell_modality, check_privacy):
        doors.store().plan(build, stage.stage, doors.version(stage.stage, "rules"))
        items = doors.store().pending(build, stage.stage.name)
        worked[stage.stage.name] = stage.task.fn(order, items, "all")["worked"]
    return build, worked


def found(build: str) -> dict[str, tuple[str, tuple[str, ...], list[str]]]:
    """Return for each graphic its status, what lacks, and the kinds that were found."""
    store = doors.store()
    graphics = {figure.key: figure.graphic for figure in store.select(Figure, build=build)}
    panels = {panel.key: graphics[panel.figure] for panel in store.select(Panel, build=build)}
    return {
        panels[row.panel]: (row.status, row.lacking, [reason["kind"] for reason in row.reasons])
        for row in store.select(PrivacyCheck, build=build)
    }


def test_text_is_read_once_and_decides_the_status(articles: Path, opened: pytest.MonkeyPatch) -> None:
    build, worked = ingested(articles)
    assert worked["ocr"] == 0
    assert found(build) == {
        "clean.png": ("unscreened", ("drawn",), []),
        "named.png": ("unscreened", ("drawn",), []),
        "told.png": ("flagged", ("drawn",), ["name"]),
        "photo.png": ("unscreened", ("drawn", "faces"), []),
    }
    doors.store().close()
    opened.setenv("MET_OCR", "rapidocr")
    forget()
    build, worked = ingested(articles)
    assert (worked["harvest"], worked["ocr"], worked["privacy"]) == (0, 4, 4)
    assert found(build) == {
        "clean.png": ("clean", (), []),
        "named.png": ("flagged", (), ["name"]),
        "told.png": ("flagged", (), ["name"]),
        "photo.png": ("unscreened", ("faces",), []),
    }
    assert NAME in {row.text for row in doors.store().select(DrawnText, build=build)}
    assert not any(ingested(articles)[1].values())
    doors.store().close()
    opened.setenv("MET_FACES", "face_finder:bright_squares")
    forget()
    build, worked = ingested(articles)
    assert (worked["ocr"], worked["panels"], worked["privacy"]) == (0, 0, 4)
    assert found(build)["photo.png"] == ("clean", (), [])


def build(sample: Sample, home: Path, articles: Path, out: Path, *more: str, **settings: str) -> dict[str, Any]:
    ontologies = [part for path in sample.ontologies for part in ("--ontology", str(path))]
    done = met("build", str(articles), *ontologies, "--out", str(out), "--home", str(home), "--json", *more, **settings)
    summary: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return summary


def statuses(home: Path, build: str) -> dict[str, tuple[str, list[str]]]:
    server = embedded.status(home / "postgres")
    assert server is not None
    with psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "select f.graphic, c.status, c.lacking from build_privacy_check c join build_panel p on p.build = c.build"
            " and p.key = c.panel join build_figure f on f.build = p.build and f.key = p.figure where c.build = %s",
            [build],
        ).fetchall()
    return {graphic: (status, lacking) for graphic, status, lacking in rows}


@pytest.mark.slow
def test_the_way_from_pixels_to_what_leaves(sample: Sample, home: Path, articles: Path, tmp_path: Path) -> None:
    read = build(sample, home, articles, tmp_path / "read", MET_OCR="rapidocr")
    seen = statuses(home, read["build"])
    assert seen["clean.png"] == ("clean", [])
    assert seen["told.png"][0] == "flagged"
    assert seen["named.png"][0] == "flagged"
    assert seen["photo.png"] == ("unscreened", ["faces"])
    assert read["drops"]["phi_flagged"] == 2
    again = build(sample, home, articles, tmp_path / "again", MET_OCR="rapidocr")
    assert (again["work"], again["manifest_sha256"]) == (0, read["manifest_sha256"])

    strict = build(sample, home, articles, tmp_path / "strict", "--phi", "strict", MET_OCR="rapidocr")
    assert strict["drops"]["phi_flagged"] == 2
    assert strict["drops"]["phi_unscreened"] == 1
    rows = pq.read_table(tmp_path / "strict" / "rows.parquet").to_pylist()
    assert {(row["privacy"], tuple(row["privacy_looked"])) for row in rows} <= {("clean", ("drawn", "text"))}
    assert json.loads((tmp_path / "strict" / "manifest.json").read_text())["phi"] == "strict"
    assert strict["manifest_sha256"] != read["manifest_sha256"]
    # Nothing that is printed or exported names the patient.
    told = json.dumps(strict) + met("why", "named.png", "--home", str(home)).stdout
    assert "phi_flagged" in told
    assert "KOWALSKI" not in told
