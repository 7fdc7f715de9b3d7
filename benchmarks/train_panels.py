"""Train a panel detector on made figures, and print what it and the classical one reach on others, as one JSON line.

    python benchmarks/train_panels.py --out panels.pt [--images FOLDER]... [--minutes 10] [--figures 200]

Figures are made (`benchmarks/compound_figures.py`) of the single images of the folders, else of smooth random fields.
Figures with odd seeds train, those with even seeds are scored; of the images every fifth is in scored figures alone.
Use the file with MET_PANEL_DETECTOR=panels.pt. A GPU is used where there is one; `--width 32 --minutes 60` suits it.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from compound_figures import Compound, Pixels, compound_figure
from panels import read

from met.detectors import CoreNet
from met.detectors.cores import cores_of_boxes, scaled
from met.detectors.network import network
from met.evaluate.panels import matches
from met.evaluate.synthetic import picture
from met.harvest.panels import Found, Gutters
from met.keys import canonical_json

SEED = 41_000_001
BATCH = 12
KEPT = 600
EVERY = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--images", type=Path, action="append", default=[])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--figures", type=int, default=200)
    parser.add_argument("--width", type=int, default=12)
    options = parser.parse_args()
    tiles = [tile for folder in options.images for tile in read(folder)] or made_tiles()
    shown = [tile for at, tile in enumerate(tiles) if at % EVERY]
    steps = train(shown, minutes=options.minutes, width=options.width, out=options.out)
    hidden = [tile for at, tile in enumerate(tiles) if not at % EVERY]
    scored = [compound_figure(hidden, SEED + 1 + 2 * number) for number in range(options.figures)]
    table = {
        name: measured(detector, scored)
        for name, detector in (("gutters", Gutters()), ("core_net", CoreNet(options.out)))
    }
    print(canonical_json({"what": "train_panels", "tiles": len(tiles), "steps": steps, "scored": table}))


def made_tiles() -> list[Pixels]:
    return [picture((number,), side=500) for number in range(60)]


def train(tiles: Sequence[Pixels], *, minutes: float, width: int, out: Path) -> int:
    """Write the weights to `out` and return how many steps were made; the learning rate falls over the time given."""
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = network(width).to(device)
    best = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
    start, steps = time.monotonic(), 0
    for images, marks in batches(tiles):
        passed = (time.monotonic() - start) / (60 * minutes)
        if passed >= 1:
            break
        for group in best.param_groups:
            group["lr"] = 3e-3 * min(1.0, (steps + 1) / 50) * (1 - passed) + 1e-5
        logits = net(torch.from_numpy(images).to(device))
        wanted = torch.from_numpy(marks).to(device)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted) + dice(logits.sigmoid(), wanted)
        best.zero_grad()
        loss.backward()
        best.step()
        steps += 1
        if steps % 100 == 0:
            print(f"step {steps}: loss {loss.item():.3f}, {passed:.0%} of the time", flush=True)
    torch.save({"width": width, "weights": {name: value.cpu() for name, value in net.state_dict().items()}}, out)
    return steps


def dice(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return 1 less the overlap of two masks as Milletari (2016) measures it."""
    both = (found * wanted).sum(dim=(1, 2, 3))
    return (1 - (2 * both + 1) / (found.sum(dim=(1, 2, 3)) + wanted.sum(dim=(1, 2, 3)) + 1)).mean()


def batches(tiles: Sequence[Pixels]) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield images (N, 3, 256, 256) and marks (N, 1, 128, 128) without end, each figure seen a few times, mirrored."""
    draw = np.random.default_rng(0)
    pool: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
    number = 0
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(examples, tiles, number)
        while True:
            if coming.done() or len(pool) < BATCH:
                pool = [*pool, *coming.result()][-KEPT:]
                number += BATCH
                coming = maker.submit(examples, tiles, number)
            picked = [pool[at] for at in draw.integers(0, len(pool), BATCH)]
            flips = [tuple(-1 if draw.random() < 0.5 else 1 for _ in range(2)) for _ in picked]
            images = [image[:, ::down, ::across] for (image, _), (down, across) in zip(picked, flips, strict=True)]
            marks = [mark[None, ::down, ::across] for (_, mark), (down, across) in zip(picked, flips, strict=True)]
            yield np.stack(images), np.stack(marks)


def examples(tiles: Sequence[Pixels], first: int) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    found = []
    for number in range(first, first + BATCH):
        figure = compound_figure(tiles, SEED + 2 * number)
        height, width = figure.pixels.shape[:2]
        found.append((scaled(figure.pixels), cores_of_boxes(figure.boxes, height, width)))
    return found


def measured(detector: Callable[[Pixels], Sequence[Found]], figures: Sequence[Compound]) -> dict[str, float]:
    """Return F1 at IoU 0.5 and 0.75 over the figures, the share of single ones cut, and figures a second."""
    hits, sides, cut = np.zeros(2), 0, 0
    start = time.process_time()
    for figure in figures:
        found = [one.box for one in detector(figure.pixels)] or [(0, 0, figure.pixels.shape[1], figure.pixels.shape[0])]
        hits += [matches(figure.boxes, found, least) for least in (0.5, 0.75)]
        sides += len(found) + len(figure.boxes)
        cut += len(figure.boxes) == 1 and len(found) > 1
    spent = time.process_time() - start
    single = sum(len(figure.boxes) == 1 for figure in figures)
    return {
        "f1": round(float(2 * hits[0] / sides), 4),
        "f1_75": round(float(2 * hits[1] / sides), 4),
        "wrongly_cut": round(cut / max(1, single), 4),
        "images_per_s": round(len(figures) / spent, 1),
    }


if __name__ == "__main__":
    main()
