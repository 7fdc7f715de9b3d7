"""Measure the reading of JATS against a bare lxml tree and pubmed_parser, in one run, and print one JSON line.

    python benchmarks/jats.py [FOLDER] [--rounds 7] [--copies 1000]

FOLDER holds JATS files at any depth (default ../shared/data/articles/text_only). All methods start from bytes in
memory, but pubmed_parser, which opens files: its four calls are those for metadata, paragraphs, captions, references.
Seconds are processor time of one core; each file counts with its best round. Growth reads as many copies as it says,
each with other bytes, one by one: 100, then ten times as many up to `--copies` (100,000 take some four minutes).
"""

import argparse
import gc
import os
import platform
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import pubmed_parser
from lxml import etree

from met.harvest.jats import ParsedArticle, parse_article
from met.keys import canonical_json

ROOT: Final = Path(__file__).resolve().parents[1]
# What the speed of articles is stated for.
STATED_BYTES: Final = 91_000
PEER_FAULTS: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
PEER_CALLS: Final = (
    pubmed_parser.parse_pubmed_xml,
    pubmed_parser.parse_pubmed_paragraph,
    pubmed_parser.parse_pubmed_caption,
    pubmed_parser.parse_pubmed_references,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT.parent / "shared/data/articles/text_only")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--copies", type=int, default=1000)
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix in {".xml", ".nxml"})
    files = [(path, path.read_bytes()) for path in paths]
    files = [(path, data) for path, data in files if isinstance(parse_article(data, path.name), ParsedArticle)]
    size = sum(len(data) for _, data in files)
    seconds = best(files, options.rounds)
    rates = {name: len(files) / spent for name, spent in seconds.items()}
    scale = size / len(files) / STATED_BYTES
    facts: dict[str, Any] = {
        "what": "jats",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "articles": len(files),
        "bytes_per_article": round(size / len(files)),
        "figures": sum(len(read(data).figures) for _, data in files),
        **{f"{name}_articles_per_s": round(rate, 1) for name, rate in rates.items()},
        **{f"{name}_mb_per_s": round(rate * size / len(files) / 1e6, 1) for name, rate in rates.items()},
        "met_articles_per_s_of_91_kb": round(rates["met"] * scale, 1),
        "share_of_bare_tree": round(rates["met"] / rates["bare"], 3),
        "ratio_to_pubmed_parser": round(rates["met"] / rates["pubmed_parser"], 2),
        "pubmed_parser_failed_calls": sum(peer(path) for path, _ in files),
        "growth": growth([data for _, data in files], options.copies),
    }
    print(canonical_json(facts))


def best(files: Sequence[tuple[Path, bytes]], rounds: int) -> dict[str, float]:
    """Return the seconds of each method over all files, each file with its best round; methods take turns by rounds."""
    methods: dict[str, Callable[[Path, bytes], Any]] = {
        "bare": lambda _, data: etree.fromstring(data),
        "met": lambda _, data: read(data),
        "pubmed_parser": lambda path, _: peer(path),
    }
    found = {name: [float("inf")] * len(files) for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            gc.collect()  # What one method left behind is not the next one's work.
            for index, (path, data) in enumerate(files):
                start = time.process_time()
                method(path, data)
                found[name][index] = min(found[name][index], time.process_time() - start)
    return {name: sum(each) for name, each in found.items()}


def read(data: bytes) -> ParsedArticle:
    parsed = parse_article(data, "a.xml")
    assert isinstance(parsed, ParsedArticle)
    return parsed


def peer(path: Path) -> int:
    """Make the four calls of pubmed_parser and return how many of them failed."""
    failed = 0
    for call in PEER_CALLS:
        try:
            call(str(path))
        except PEER_FAULTS:
            failed += 1
    return failed


def growth(articles: Sequence[bytes], most: int) -> list[dict[str, Any]]:
    """Return pace and peak memory of reading 100 copies, then ten times as many up to `most`."""
    found = []
    count = min(100, most)
    while count <= most:
        size, start = 0, time.process_time()
        for data in copies(articles, count):
            size += len(data)
            read(data)
        spent = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pace = {"articles_per_s": round(count / spent, 1), "mb_per_s": round(size / spent / 1e6, 1)}
        found.append({"copies": count, **pace, "peak_mib": round(peak)})
        count *= 10
    return found


def copies(articles: Sequence[bytes], count: int) -> Iterator[bytes]:
    """Yield the articles in turn, each copy with a number of its own in its title and at its end."""
    for number, data in enumerate(islice(cycle(articles), count)):
        mark = str(number).encode()
        data = data.replace(b"</article-title>", b" " + mark + b"</article-title>", 1)
        yield data.rstrip() + b"<!-- " + mark + b" -->"


if __name__ == "__main__":
    main()
