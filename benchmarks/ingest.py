"""Measure `met ingest` from end to end over folders of growing size, and print one JSON line; each size stands on
stderr as soon as it is measured.

    python benchmarks/ingest.py [--articles FOLDER] [--sizes 100,1000]

The folders hold copies of the articles of FOLDER (synthetic ones without it) under other ids, with a byte string of
their own behind the end of every picture, so that nothing is met twice. Seconds of stages are those of their workers,
added up; wall time has the services running already. Ratios are to the first size.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from met.evaluate.synthetic import write_articles
from met.keys import canonical_json

IDS = re.compile(rb"(<article-id\b[^>]*>)([^<]*)(</article-id>)")
MET = Path(sys.executable).with_name("met")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--articles", type=Path, default=None)
    parser.add_argument("--sizes", default="100,1000")
    options = parser.parse_args()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        originals = options.articles
        if originals is None:
            originals = root / "originals"
            write_articles(originals, n=50, seed=1, figures_per_article=4, side=512)
        for size in map(int, options.sizes.split(",")):
            runs.append(measured(originals, size, root / str(size)))
            print(canonical_json(runs[-1]), file=sys.stderr, flush=True)
    for run in runs:
        run["slower_per_article"] = round(runs[0]["articles_per_s"] / run["articles_per_s"], 3)
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(canonical_json({"what": "ingest", "machine": machine, "real": options.articles is not None, "runs": runs}))


def measured(originals: Path, size: int, place: Path) -> dict[str, Any]:
    """Return what an ingest of so many articles into an empty installation took."""
    copies(originals, size, place / "articles")
    home = str(place / "home")
    met("up", "--home", home)
    try:
        began = time.monotonic()
        summary = json.loads(met("ingest", str(place / "articles"), "--home", home, "--json").splitlines()[-1])
        wall = time.monotonic() - began
    finally:
        met("down", "--home", home)
    read = sum(path.stat().st_size for path in (place / "articles").rglob("*") if path.is_file())
    shutil.rmtree(place)
    return {
        "articles": summary["articles"],
        "figures": summary["figures"],
        "panels": summary["panels"],
        "mib": round(read / 2**20, 1),
        "wall_s": round(wall, 1),
        "articles_per_s": round(summary["articles"] / wall, 2),
        "stage_seconds": summary["stage_seconds"],
    }


def met(*words: str) -> str:
    done = subprocess.run([MET, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"met {words[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def copies(originals: Path, size: int, folder: Path) -> None:
    """Write `size` articles into folders of their own, with all pictures that lie beside their original."""
    found = sorted(path for path in originals.rglob("*") if path.suffix in {".xml", ".nxml"})
    for number in range(size):
        original = found[number % len(found)]
        into = folder / f"{number:06d}"
        into.mkdir(parents=True)
        mark = f"-{number}".encode()
        xml = IDS.sub(rb"\g<1>\g<2>" + mark + rb"\g<3>", original.read_bytes())
        (into / original.name).write_bytes(xml)
        for picture in sorted(path for path in original.parent.iterdir() if path.is_file()):
            if picture != original and picture.suffix not in {".xml", ".nxml"} and picture.stem.encode() in xml:
                (into / picture.name).write_bytes(picture.read_bytes() + mark)


if __name__ == "__main__":
    main()
