"""Measure how far the modality classifier reads the file instead of the picture, and print one JSON line.

    python benchmarks/modality_reencoded.py [DATA]

Every image of the gold is judged by a model that saw no image of its article, as it is and in other clothes: scaled to
0.6 of its size, compressed as JPEG of quality 40, both, and with a margin of 4 % cut off. What size, compression or
frame of a collection had taught would be lost; what the picture shows stays. DATA is the folder that holds
gold/modality/modality.tsv (default ../shared/data).
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from met.evaluate.harness import folds, line, macro_f1
from met.evaluate.intervals import bootstrap
from met.evaluate.modality import scored_classes
from met.evaluate.modality_fit import ALL_NAMED, FOLDS, SEED, fit
from met.evaluate.modality_gold import LabelledImage, read_gold
from met.harvest.modality import combine, decide
from met.harvest.modality.appearance import appearance
from met.pixels import decode_rgb, recompressed, resized

ROOT = Path(__file__).resolve().parents[1]
Pixels = NDArray[np.uint8]


def trimmed(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return pixels[height // 25 : height - height // 25, width // 25 : width - width // 25]


CLOTHES: Mapping[str, Callable[[Pixels], Pixels]] = {
    "scaled": lambda pixels: resized(pixels, 0.6),
    "compressed": lambda pixels: recompressed(pixels, 40),
    "both": lambda pixels: recompressed(resized(pixels, 0.6), 40),
    "trimmed": trimmed,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    rows = read_gold(options.data / "gold" / "modality" / "modality.tsv", root=options.data)
    classes = scored_classes(rows)
    worn = {
        name: np.stack([appearance(wear(decode_rgb(row.place.read_bytes()))) for row in rows])
        for name, wear in CLOTHES.items()
    }
    worn = {"as it is": np.stack([row.features for row in rows]), **worn}
    told = judged(rows, worn)
    facts: dict[str, Any] = {}
    gold = np.array([row.label for row in rows])
    chosen = np.isin(gold, classes)
    groups = [row.group for row, one in zip(rows, chosen, strict=True) if one]
    for name, found in told.items():
        table = np.stack([gold[chosen], found[chosen]], axis=1)

        def macro(part: NDArray[Any]) -> float:
            return macro_f1(part[:, 0], part[:, 1], classes)

        facts[name] = {
            "macro_f1": macro(table),
            "interval": bootstrap(table, macro, seed=SEED, groups=groups),
            "changed": float(np.mean(found != told["as it is"])),
        }
    whole = facts["as it is"]
    print(line("modality_reencoded", n=len(rows), headline="macro_f1", **whole, clothes=facts))


def judged(rows: list[LabelledImage], worn: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
    """Return the kinds that held-out models name, by clothes."""
    fold = folds([row.group for row in rows], FOLDS, [row.label for row in rows])
    told = {name: np.full(len(rows), "", dtype=object) for name in worn}
    for number in range(FOLDS):
        out = np.flatnonzero(fold == number)
        model = fit([row for row, one in zip(rows, fold.tolist(), strict=True) if one != number])
        for name, features in worn.items():
            for at, share in zip(out.tolist(), model.forecast(features[out]), strict=True):
                kinds = combine(dict(zip(model.labels, share.tolist(), strict=True)), rows[at].text, rows[at].cited)
                told[name][at] = decide(kinds, ALL_NAMED)[0]
    return told


if __name__ == "__main__":
    main()
