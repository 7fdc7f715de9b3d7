"""Measure the reading of drawn text against the reader's own defaults, in one run, and print one JSON line.

    python benchmarks/privacy.py [--images N] [--size 1000]

Images are smooth random fields with four invented identifiers drawn into each. Seconds are processor time of one core,
without decoding; `found` is the share of identifiers that the rules find in what was read. `texts` is the search of
running text: characters a second, over sentences with and without identifiers.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rapidocr import RapidOCR

from met.evaluate.privacy import touch
from met.evaluate.privacy_planted import CLEAN, drawn_texts, planted_into, written_cases
from met.evaluate.synthetic import picture
from met.harvest.privacy.drawn import drawn_identifiers
from met.harvest.privacy.text import text_identifiers
from met.keys import canonical_json
from met.ocr import Reader
from met.pixels import Pixels
from met.types import Box, TextLine

SEED = 20260401
AN_IMAGE = 4
Read = Callable[[Pixels], Sequence[TextLine]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--size", type=int, default=1000)
    options = parser.parse_args()
    texts = [one.text for one in drawn_texts(SEED, options.images * AN_IMAGE)]
    images, boxes = [], []
    for number in range(options.images):
        field = np.asarray(picture((number,), side=options.size))
        wide = field if field.ndim == 3 else np.repeat(field[:, :, None], 3, axis=2)
        planted = texts[number * AN_IMAGE : (number + 1) * AN_IMAGE]
        pixels, places = planted_into(wide[: options.size * 4 // 5], planted, seed=SEED + number)
        images.append(pixels)
        boxes.append(places)
    facts: dict[str, Any] = {
        "what": "privacy",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "images": options.images,
        "size": [options.size, options.size * 4 // 5],
        "texts_characters_per_s": characters_per_second(),
    }
    for name, read in (("ours", Reader().lines), ("defaults", defaults())):
        facts[name] = measured(read, images, boxes)
    facts["ratio"] = round(facts["ours"]["images_per_s"] / facts["defaults"]["images_per_s"], 2)
    print(canonical_json(facts))


def measured(read: Read, images: Sequence[Pixels], boxes: Sequence[Sequence[Box]]) -> dict[str, float]:
    read(images[0])  # Loads the weights.
    began = time.process_time()
    lines = [read(image) for image in images]
    seconds = time.process_time() - began
    hits = [
        any(touch(hit.box, box) for hit in drawn_identifiers(of_image, clinical=True))
        for of_image, places in zip(lines, boxes, strict=True)
        for box in places
    ]
    return {"images_per_s": round(len(images) / seconds, 2), "found": round(sum(hits) / len(hits), 4)}


def defaults() -> Read:
    """Return the reader as its package sets it up, but for the number of threads."""
    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "critical", **threads})

    def read(pixels: Pixels) -> list[TextLine]:
        found = engine(np.ascontiguousarray(pixels[:, :, ::-1]))
        if found.boxes is None:
            return []
        return [
            TextLine(box=upright(corners), text=text, score=float(score))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]

    return read


def upright(corners: Any) -> Box:
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return (int(left), int(top), int(right) + 1, int(bottom) + 1)


def characters_per_second() -> int:
    texts = [*CLEAN, *(case.text for case in written_cases(SEED, 5))]
    began = time.process_time()
    for text in texts:
        text_identifiers(text)
    return round(sum(map(len, texts)) / (time.process_time() - began))


if __name__ == "__main__":
    main()
