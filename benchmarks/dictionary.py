"""Speed and memory of the dictionary: MB/s of text beside the floor, bare iteration of an automaton over the letters.

    python benchmarks/dictionary.py --texts PATH... --ontology FILE... [--names 400000]

The names are those of the ontologies, and, to reach the number asked for, the same names behind a qualifier. Prints
one JSON line. The ways run over the same texts, one after the other, each as often as `ROUNDS`; the best counts:
`find_all` (all texts at once; cold is its first pass, which asks of every new word), `find` (one by one), the floor.
"""

import argparse
import json
import os
import platform
import resource
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import ahocorasick

from met.tree.lexicon import Lexicon
from met.tree.ontology import read_ontology
from met.tree.texts import read_texts, text_files
from met.types import Drop

ROUNDS = 3
QUALIFIERS = ("", "acute ", "severe ", "familial ", "left ", "chronic ", "atypical ", "right ", "early ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--ontology", type=Path, nargs="+", required=True)
    parser.add_argument("--names", type=int, default=400_000)
    parser.add_argument("--megabytes", type=float, default=5.0)
    given = parser.parse_args()
    texts = list(_texts(given.texts, given.megabytes))
    size = sum(len(text.encode()) for text in texts) / 1e6
    names = _names(given.ontology, given.names)
    before = _rss()
    start = time.perf_counter()
    lexicon = Lexicon(names)
    # The arrays are made when the first text comes.
    lexicon.find_all([""])
    build = time.perf_counter() - start
    cold = _cpu_seconds(lambda: lexicon.find_all(texts))
    memory = _rss()
    matches = sum(map(len, lexicon.find_all(texts)))
    # The floor's own automaton is built afterwards, so that it is no part of the memory.
    floor = ahocorasick.Automaton(ahocorasick.STORE_INTS)
    for at, (name, _) in enumerate(names):
        floor.add_word(name.lower(), at)
    floor.make_automaton()
    lower = [text.lower() for text in texts]
    found, singly, bare = [], [], []
    for _ in range(ROUNDS):
        found.append(_cpu_seconds(lambda: lexicon.find_all(texts)))
        singly.append(_cpu_seconds(lambda: [lexicon.find(text) for text in texts]))
        bare.append(_cpu_seconds(lambda: [deque(floor.iter(text), maxlen=0) for text in lower]))
    result = {
        "what": "dictionary",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
        "names": len(names),
        "texts": len(texts),
        "mb": round(size, 1),
        "matches": matches,
        "build_s": round(build, 1),
        "mb_per_cpu_s": round(size / min(found), 1),
        "cold_mb_per_cpu_s": round(size / cold, 1),
        "one_by_one_mb_per_cpu_s": round(size / min(singly), 1),
        "floor_mb_per_cpu_s": round(size / min(bare), 1),
        "of_floor": round(min(bare) / min(found), 2),
        "rss_before_mb": round(before),
        "rss_peak_mb": round(memory),
    }
    print(json.dumps(result))


def _texts(paths: Sequence[Path], megabytes: float) -> Iterator[str]:
    left = megabytes * 1e6
    for item in read_texts(text_files(paths)):
        if left <= 0:
            return
        if not isinstance(item, Drop):
            left -= len(item.document.text)
            yield item.document.text


def _names(ontologies: Sequence[Path], count: int) -> list[tuple[str, str]]:
    terms = [term for path in ontologies for term in read_ontology(path).terms if not term.obsolete]
    pairs = sorted(
        {(name, term.curie) for term in terms for name in (term.name, *(other.text for other in term.synonyms))}
    )
    return list(islice(((qualifier + name, key) for qualifier in QUALIFIERS for name, key in pairs), count))


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
