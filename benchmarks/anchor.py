"""Measure bulk anchoring, vectors given, against the bare matrix product of the same vectors, and print one JSON line.

    python benchmarks/anchor.py [--panels 20000] [--nodes 44000] [--threads CORES]

Panels have a caption of two sentences about three nodes of a synthetic tree, and a citing passage. A vector lies near
that of one of its nodes. Partitions run as threads, as in a build.
"""

import argparse
import gc
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from export import harvested
from numpy.typing import NDArray

from met.anchor import NodeIndex, anchor_panels
from met.evaluate.synthetic import synthetic_tree, write_articles
from met.keys import canonical_json, content_key
from met.tree.lexicon import Lexicon, names_of
from met.types import Dossier, Mention

DIMENSIONS = 384
PARTITION = 2048
SEED = 7
FORMS = (
    "Axial CT image of the {0} shows {1}. There is no evidence of {2}.",
    "Coronal T2-weighted MRI in a 54-year-old woman with {0}. Note the {1} beside the {2}.",
    "Photomicrograph of {0} with {1}. Compared with {2}, the stain is darker.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--panels", type=int, default=20_000)
    parser.add_argument("--nodes", type=int, default=44_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    nodes, _ = synthetic_tree(options.nodes, seed=SEED)
    generator = np.random.default_rng(SEED)
    matrix = unit(generator.normal(size=(len(nodes), DIMENSIONS)))
    chosen = generator.integers(0, len(nodes), (options.panels, 3))
    with tempfile.TemporaryDirectory() as folder:
        like = template(Path(folder))
    dossiers = [dossier(like, number, [nodes[at].name for at in row]) for number, row in enumerate(chosen.tolist())]
    vectors = unit(matrix[chosen[:, 0]] + generator.normal(size=(options.panels, DIMENSIONS)) * 0.06)
    began = time.monotonic()
    guides: dict[str, Any] = {
        "lexicon": Lexicon((name, node.key) for node in nodes for name in names_of(node)),
        "facets": {node.key: node.facet for node in nodes},
        "index": NodeIndex([node.key for node in nodes], matrix),
    }
    list(anchor_panels(dossiers[:1], vectors=vectors[:1], **guides))
    prepared = time.monotonic() - began

    def anchored(start: int) -> int:
        part = slice(start, start + PARTITION)
        return sum(len(row) for row in anchor_panels(dossiers[part], vectors=vectors[part], **guides))

    # A build never holds all panels; here they would be walked through at every collection of garbage.
    gc.collect()
    gc.freeze()
    starts = range(0, options.panels, PARTITION)
    with ThreadPoolExecutor(options.threads) as pool:
        wall, processor = time.monotonic(), time.process_time()
        anchors = sum(pool.map(anchored, starts))
        wall, processor = time.monotonic() - wall, time.process_time() - processor
        floor = time.process_time()
        for start in range(0, options.panels, 256):
            vectors[start : start + 256] @ matrix.T
        floor = time.process_time() - floor
    print(
        canonical_json(
            {
                "what": "anchor",
                "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
                "panels": options.panels,
                "nodes": len(nodes),
                "anchors_per_panel": round(anchors / options.panels, 2),
                "threads": options.threads,
                "prepared_s": round(prepared, 1),
                "panels_per_s": round(options.panels / wall, 1),
                "panels_per_cpu_s": round(options.panels / processor, 1),
                "product_panels_per_cpu_s": round(options.panels / floor, 1),
                "share_of_product": round(floor / processor, 3),
            }
        )
    )


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return the rows at length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def template(folder: Path) -> Dossier:
    """Return the dossier of a harvested figure; the panels differ from it in their texts alone."""
    write_articles(folder, n=1, seed=SEED, figures_per_article=1, side=64)
    dossiers, _ = harvested(folder)
    return dossiers[0]


def dossier(like: Dossier, number: int, names: Sequence[str]) -> Dossier:
    """Return a panel that is a whole figure, with a caption and one citing passage."""
    caption = FORMS[number % len(FORMS)].format(*names)
    text = f"The patient was admitted with {names[1]} (Fig. {number}). {names[0].capitalize()} was seen on follow-up."
    figure = replace(like.figure, key=content_key("figure", number), caption=caption, title=None)
    panel = replace(
        like.panel, key=content_key("panel", figure.key), figure=figure.key, spans=((0, len(caption)),), letter=None
    )
    mention = Mention(
        key=content_key("mention", figure.key),
        figure=figure.key,
        position=0,
        text=text,
        start_char=text.index("Fig"),
        end_char=text.index(")"),
        panel_letters=(),
    )
    return replace(like, panel=panel, figure=figure, mentions=(mention,))


if __name__ == "__main__":
    main()
