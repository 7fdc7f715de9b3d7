"""Measure image hashes against ImageHash, and the search for repeats as it grows, and print JSON lines.

    python benchmarks/duplicates.py [--images FOLDER] [--hashes N] [--panels N,N,...]

Seconds are processor time of one core. The first line is of the JPEGs of FOLDER, decoding included: `file_hash`, the
perceptual hash, `inspect_image`, which the build calls (that hash, sha256, size, and whether the container can be
cleaned), ImageHash's `phash`, and the decoding that nothing can avoid, at an eighth of the size. imagededup is measured
where it is installed. The second line finds all pairs of N random hashes within 3 bits. Further lines propose pairs of
panels: synthetic hashes of 28 windows each, one panel in ten a copy that shares half of its windows, a few bits off.
The last line compares the pixels of pairs: copies at half the size, and different pictures, beside full decoding.
"""

import argparse
import importlib
import importlib.util
import io
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import PIL.Image

from met.evaluate.synthetic import picture
from met.harvest.duplicates import proposed_pairs
from met.harvest.duplicates.confirmation import Sight, same_picture
from met.harvest.duplicates.proposals import near_pairs
from met.keys import canonical_json
from met.pixels import decode_rgb, file_hash, inspect_image, recompressed, resized
from met.types import Panel

ROUNDS = 3
WINDOWS = 28
COPIES = 10
PICTURES = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--images", type=Path, default=None)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--panels", default="100,1000,10000,100000")
    options = parser.parse_args()
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(canonical_json({"what": "hash", "machine": machine, **hashing(options.images)}), flush=True)
    print(canonical_json({"what": "near_pairs", "machine": machine, **all_pairs(options.hashes)}), flush=True)
    for count in (int(part) for part in options.panels.split(",")):
        print(canonical_json({"what": "proposed_pairs", "machine": machine, **proposing(count)}), flush=True)
    print(canonical_json({"what": "same_picture", "machine": machine, **confirming(options.images)}), flush=True)


def hashing(folder: Path | None) -> dict[str, Any]:
    places = sorted(folder.rglob("*.jpg")) if folder else []
    data = [place.read_bytes() for place in places] or [jpeg(picture((number,), side=900)) for number in range(40)]
    facts: dict[str, Any] = {
        "images": len(data),
        "real_images": bool(places),
        "mean_kb": round(sum(map(len, data)) / len(data) / 1000, 1),
    }
    methods: dict[str, Callable[[bytes], object]] = {
        "inspect_image": lambda one: inspect_image(one, max_pixels=200_000_000),
        "file_hash": file_hash,
        "imagehash": lambda one: imagehash.phash(PIL.Image.open(io.BytesIO(one))),
        "decoding": decoded,
    }
    if importlib.util.find_spec("imagededup"):
        peer = importlib.import_module("imagededup.methods").PHash()
        methods["imagededup"] = lambda one: peer.encode_image(image_array=np.asarray(PIL.Image.open(io.BytesIO(one))))
    for name, seconds in fastest(methods, data).items():
        facts[f"{name}_images_per_s"] = round(len(data) / seconds, 1)
    for peer_name in sorted({"imagehash", "imagededup", "decoding"} & methods.keys()):
        facts[f"ratio_to_{peer_name}"] = round(facts["file_hash_images_per_s"] / facts[f"{peer_name}_images_per_s"], 2)
    return facts


def jpeg(pixels: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    PIL.Image.fromarray(pixels).save(out, "JPEG", quality=85)
    return out.getvalue()


def decoded(data: bytes) -> None:
    image = PIL.Image.open(io.BytesIO(data))
    image.draft("L", (64, 64))
    image.load()


def fastest(methods: dict[str, Callable[[bytes], object]], data: Sequence[bytes]) -> dict[str, float]:
    """Return the seconds of each method: of every image the shortest of a few rounds, the methods taking turns."""
    rounds: dict[str, list[list[float]]] = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, method in methods.items():
            took = []
            for one in data:
                start = time.process_time()
                method(one)
                took.append(time.process_time() - start)
            rounds[name].append(took)
    return {name: sum(map(min, zip(*every, strict=True))) for name, every in rounds.items()}


def all_pairs(count: int) -> dict[str, Any]:
    dice = np.random.default_rng(1)
    hashes = dice.integers(0, 2**64, count, dtype=np.uint64)
    # One in ten is a neighbour of another.
    copies = count // COPIES
    hashes[:copies] = hashes[-copies:] ^ (np.uint64(1) << dice.integers(0, 64, copies, dtype=np.uint64))
    start = time.process_time()
    pairs = near_pairs(hashes)
    return {"hashes": count, "pairs": len(pairs), "seconds": round(time.process_time() - start, 3)}


def proposing(count: int) -> dict[str, Any]:
    dice = np.random.default_rng(2)
    windows = dice.integers(-(2**63), 2**63, (count, WINDOWS), dtype=np.int64)
    copies = count // COPIES
    half = WINDOWS // 2
    noise = sum(np.int64(1) << dice.integers(0, 63, (copies, half), dtype=np.int64) for _ in range(4))
    windows[:copies, :half] = windows[-copies:, :half] ^ noise
    hashes = dice.integers(-(2**63), 2**63, count, dtype=np.int64)
    panels = [panel(n, int(hashes[n]), tuple(windows[n].tolist())) for n in range(count)]
    start = time.process_time()
    pairs = set(proposed_pairs(panels))
    seconds = time.process_time() - start
    found = sum((n, count - copies + n) in pairs for n in range(copies))
    return {
        "panels": count,
        "pairs": len(pairs),
        "copies": copies,
        "copies_proposed": found,
        "seconds": round(seconds, 3),
    }


def confirming(folder: Path | None) -> dict[str, Any]:
    places = sorted(folder.rglob("*.jpg"))[:PICTURES] if folder else []
    data = [place.read_bytes() for place in places] or [
        jpeg(picture((number,), side=900)) for number in range(PICTURES)
    ]
    taken: dict[str, float] = {}

    def timed(name: str, works: Iterable[Callable[[], Any]]) -> list[Any]:
        start = time.process_time()
        made = [work() for work in works]
        taken[name] = (time.process_time() - start) / len(made)
        return made

    pixels = timed("decoding", (partial(decode_rgb, one) for one in data))
    sights = timed("sight", (partial(Sight.of, one) for one in pixels))
    copies = [Sight.of(recompressed(resized(one, 0.5), 60)) for one in pixels]
    found = timed("copies", map(partial(partial, same_picture), sights, copies))
    others = timed("others", map(partial(partial, same_picture), sights, [*copies[1:], copies[0]]))
    return {
        "images": len(data),
        "real_images": bool(places),
        "copies_found": sum(found),
        "others_taken_for_copies": sum(others),
        **{f"{name}_ms": round(1000 * seconds, 1) for name, seconds in taken.items()},
        "ratio_of_a_copy_to_decoding": round(taken["copies"] / taken["decoding"], 2),
    }


def panel(number: int, phash: int, windows: tuple[int, ...]) -> Panel:
    return Panel(
        key=f"panel:{number:07}",
        figure=f"figure:{number}",
        image="",
        box=(0, 0, 1, 1),
        phash=phash,
        windows=windows,
        position=0,
        letter=None,
        spans=(),
        method="whole",
        confidence=1.0,
        digest="",
    )


if __name__ == "__main__":
    main()
