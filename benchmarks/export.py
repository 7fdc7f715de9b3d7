"""Measure the export against a plain copy of the same image bytes, in one run, and print one JSON line.

    python benchmarks/export.py [--panels N] [--side PIXELS] [--format F,F]

Panels are whole figures of synthetic articles, each with one written caption and five questions.
"""

import argparse
import hashlib
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from met.evaluate.synthetic import write_articles
from met.export import FORMATS, CardFacts, export_dataset
from met.harvest.article import harvest_article
from met.harvest.panels import panels_of
from met.keys import canonical_json, content_key
from met.types import Article, Caption, Dossier, Figure, Image, Mention, Question

FIGURES = 5
QUESTIONS = 5
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--panels", type=int, default=1000)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--format", default=",".join(FORMATS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_articles(
            folder / "articles", n=options.panels // FIGURES, seed=1, figures_per_article=FIGURES, side=options.side
        )
        dossiers, blobs = harvested(folder / "articles")
        stored = store(blobs, folder / "blobs")
        rows = 0

        def export() -> None:
            nonlocal rows
            rows = export_dataset(
                dossiers,
                read_blob=lambda sha256: (stored / sha256).read_bytes(),
                out=folder / "out",
                formats=options.format.split(","),
                facts=FACTS,
                run={},
            ).rows

        copied = seconds(lambda: copy(stored, folder / "copy"))
        exported = seconds(export)
    print(
        canonical_json(
            {
                "what": "export",
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "panels": len(dossiers),
                "rows": rows,
                "image_mib": round(sum(map(len, blobs.values())) / 2**20, 1),
                "formats": options.format,
                "panels_per_s": round(len(dossiers) / exported, 1),
                "rows_per_s": round(rows / exported, 1),
                "copy_panels_per_s": round(len(dossiers) / copied, 1),
                "share_of_copy": round(copied / exported, 3),
            }
        )
    )


FACTS = CardFacts(engine="rules", tree="tree:none", inputs={}, tree_report={}, versions={}, funnel=[], drops=[])


def seconds(work: Callable[[], None]) -> float:
    """Return the median time of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def store(blobs: dict[str, bytes], folder: Path) -> Path:
    """Write the blobs into a folder, one file each, named by hash."""
    folder.mkdir()
    for sha256, data in blobs.items():
        (folder / sha256).write_bytes(data)
    return folder


def copy(blobs: Path, out: Path) -> None:
    """Read, hash and write every blob: what any dataset of these images must do."""
    out.mkdir(exist_ok=True)
    for path in blobs.iterdir():
        data = path.read_bytes()
        (out / hashlib.sha256(data).hexdigest()).write_bytes(data)


def harvested(folder: Path) -> tuple[list[Dossier], dict[str, bytes]]:
    """Return the dossiers of all panels of the articles, in the order of their keys, and the image files by hash."""
    dossiers: list[Dossier] = []
    blobs: dict[str, bytes] = {}
    for xml in sorted(folder.rglob("*.nxml")):
        graphics = {path.name: path.read_bytes() for path in xml.parent.iterdir() if path.suffix != ".nxml"}
        harvest = harvest_article(
            item=xml.name, path=xml.name, xml=xml.read_bytes(), graphics=graphics, max_pixels=10**8, data_class="open"
        )
        blobs |= harvest.blobs
        dossiers += dossiers_of(harvest.made.rows)
    return sorted(dossiers, key=lambda dossier: dossier.panel.key), blobs


def dossiers_of(rows: tuple[Any, ...]) -> list[Dossier]:
    """Return a dossier for each panel of one article's rows."""
    article = next(row for row in rows if isinstance(row, Article))
    images = {row.sha256: row for row in rows if isinstance(row, Image)}
    return [
        written(
            Dossier(
                panel=panel,
                figure=figure,
                article=article,
                image=images[figure.image],
                mentions=tuple(row for row in rows if isinstance(row, Mention) and row.figure == figure.key),
            )
        )
        for figure in rows
        if isinstance(figure, Figure)
        for panel in panels_of(figure, images[figure.image])
    ]


def written(dossier: Dossier) -> Dossier:
    """Return the dossier with one caption and `QUESTIONS` questions."""
    panel = dossier.panel.key
    made: dict[str, Any] = {"panel": panel, "nodes": (), "licence": "CC-BY-4.0", "engine": "rules", "model": "rules"}
    caption = Caption(key=content_key("caption", panel, "a"), kind="a", text=dossier.subcaption, supports=[], **made)
    questions = tuple(
        Question(
            key=content_key("question", panel, n),
            kind="node",
            text=f"Which of these does the image show ({n})?",
            options=("one thing", "another thing", "a third thing"),
            answer="another thing",
            rationale=dossier.subcaption,
            edges=[],
            needs="image",
            **made,
        )
        for n in range(QUESTIONS)
    )
    return Dossier(
        panel=dossier.panel,
        figure=dossier.figure,
        article=dossier.article,
        image=dossier.image,
        mentions=dossier.mentions,
        captions=(caption,),
        questions=questions,
    )


if __name__ == "__main__":
    main()
