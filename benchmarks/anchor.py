"""Measure bulk anchoring, vectors given, against the bare matrix product of the same vectors, and print one JSON line.

    python benchmarks/anchor.py [--panels 20000] [--nodes 44000] [--workers CORES] [--passages 0]

Panels have a caption of two sentences about three nodes of a synthetic tree, and `--passages` citing passages of two.
A vector lies near that of one of the nodes. Workers are processes that share the tree, each with one thread, as
several workers of one machine; they take partitions in turn and hold one at a time, so that the memory of a worker
(`worker_mib`, at its peak, what it shares with the others included) is the same for a thousand panels and a million:

    python benchmarks/anchor.py --panels 1000000 --workers 2
"""

import os

# A worker has one core. The libraries of the matrix product read this when they are loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import gc
import multiprocessing
import platform
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from export import harvested
from numpy.typing import NDArray

from met.anchor import NodeIndex, anchor_panels, known_of, spoken_names
from met.embed.products import products_of
from met.evaluate.synthetic import synthetic_tree, write_articles
from met.keys import canonical_json, content_key
from met.tree.lexicon import Lexicon
from met.types import Dossier, Mention

DIMENSIONS = 384
PARTITION = 2048
WARM = 256
# Rows of the bare product: as many at once, and in all.
BLOCK = 256
ROWS = 2048
SEED = 7
MADE: dict[str, Any] = {}
FORMS = (
    "Axial CT image of the {0} shows {1}. There is no evidence of {2}.",
    "Coronal T2-weighted MRI in a 54-year-old woman with {0}. Note the {1} beside the {2}.",
    "Photomicrograph of {0} with {1}. Compared with {2}, the stain is darker.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--panels", type=int, default=20_000)
    parser.add_argument("--nodes", type=int, default=44_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--passages", type=int, default=0)
    options = parser.parse_args()
    nodes, edges = synthetic_tree(options.nodes, seed=SEED)
    generator = np.random.default_rng(SEED)
    matrix = unit(generator.normal(size=(len(nodes), DIMENSIONS)))
    with tempfile.TemporaryDirectory() as folder:
        like = template(Path(folder))
    began = time.monotonic()
    lexicon = Lexicon(spoken_names(nodes))
    guides: dict[str, Any] = {
        "lexicon": lexicon,
        "known": known_of(nodes, edges, lexicon),
        "facets": {node.key: node.facet for node in nodes},
        "index": NodeIndex([node.key for node in nodes], matrix, products_of),
    }
    prepared = time.monotonic() - began
    names = [node.name for node in nodes]
    # What the workers inherit, and never collect as garbage.
    MADE["part"] = lambda start: partition(like, names, matrix, start, options.passages)
    MADE["guides"] = guides
    anchored(0, WARM)
    gc.collect()
    gc.freeze()
    parts = [(start, min(PARTITION, options.panels - start)) for start in range(0, options.panels, PARTITION)]
    with multiprocessing.get_context("fork").Pool(options.workers) as pool:
        done = pool.starmap(anchored, parts, chunksize=1)
        floor = sum(pool.starmap(products, [(matrix, ROWS)] * options.workers)) / options.workers
    panels, anchors, processor = (sum(each) for each in zip(*((n, a, cpu) for n, a, cpu, *_ in done), strict=True))
    # The captions are made by the workers as well, which is not anchoring: a worker's time is that of its partitions.
    wall = sum(seconds for *_, seconds, _ in done) / options.workers
    facts = {
        "what": "anchor",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "panels": panels,
        "nodes": len(nodes),
        "passages": options.passages,
        "anchors_per_panel": round(anchors / panels, 2),
        "workers": options.workers,
        "prepared_s": round(prepared, 1),
        "worker_mib": max(peak for *_, peak in done) // 1024,
        "panels_per_s": round(panels / wall, 1),
        "panels_per_cpu_s": round(panels / processor, 1),
        "product_panels_per_cpu_s": round(ROWS / floor, 1),
        "share_of_product": round(floor / ROWS * panels / processor, 3),
    }
    print(canonical_json(facts))


def anchored(start: int, count: int) -> tuple[int, int, float, float, int]:
    """Anchor `count` panels from `start`, and return (panels, anchors, seconds of the processor, seconds, peak KiB)."""
    dossiers, vectors = MADE["part"](start)
    wall, processor = time.monotonic(), time.process_time()
    anchors = sum(len(row) for row in anchor_panels(dossiers[:count], vectors=vectors[:count], **MADE["guides"]))
    took = time.process_time() - processor, time.monotonic() - wall
    return min(count, len(dossiers)), anchors, *took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def products(matrix: NDArray[np.float32], rows: int) -> float:
    """Return the seconds of the processor that the bare product of so many vectors with the matrix takes."""
    vectors = matrix[:rows]
    began = time.process_time()
    for start in range(0, rows, BLOCK):
        vectors[start : start + BLOCK] @ matrix.T
    return time.process_time() - began


def partition(
    like: Dossier, names: Sequence[str], matrix: NDArray[np.float32], start: int, passages: int
) -> tuple[list[Dossier], NDArray[np.float32]]:
    """Return a partition of panels and the vectors of their captions; they are functions of `start`."""
    generator = np.random.default_rng((SEED, start))
    chosen = generator.integers(0, len(names), (PARTITION, 3))
    dossiers = [
        dossier(like, start + number, [names[at] for at in row], passages) for number, row in enumerate(chosen.tolist())
    ]
    return dossiers, unit(matrix[chosen[:, 0]] + generator.normal(size=(PARTITION, DIMENSIONS)) * 0.06)


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return the rows at length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def template(folder: Path) -> Dossier:
    """Return the dossier of a harvested figure; the panels differ from it in their texts alone."""
    write_articles(folder, n=1, seed=SEED, figures_per_article=1, side=64)
    dossiers, _ = harvested(folder)
    return dossiers[0]


def dossier(like: Dossier, number: int, names: Sequence[str], passages: int) -> Dossier:
    """Return a panel that is a whole figure, with a caption and so many citing passages."""
    caption = FORMS[number % len(FORMS)].format(*names)
    text = f"The patient was admitted with {names[1]} (Fig. {number}). {names[0].capitalize()} was seen on follow-up."
    figure = replace(like.figure, key=content_key("figure", number), caption=caption, title=None)
    panel = replace(
        like.panel, key=content_key("panel", figure.key), figure=figure.key, spans=((0, len(caption)),), letter=None
    )
    mentions = tuple(
        Mention(
            key=content_key("mention", figure.key, position),
            figure=figure.key,
            position=position,
            text=text,
            start_char=text.index("Fig"),
            end_char=text.index(")"),
            panel_letters=(),
        )
        for position in range(passages)
    )
    return replace(like, panel=panel, figure=figure, mentions=mentions)


if __name__ == "__main__":
    main()
