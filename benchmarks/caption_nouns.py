"""Count how many nouns and noun phrases of figure captions the dictionary knows: of the ontologies, with our list of
findings, and with the nodes that the texts give.

    python benchmarks/caption_nouns.py ARTICLES [--ontology FILE]... [--text FILE]...

Nouns are what ends a noun phrase (a run of words without function words and verbs, told apart by the captions
themselves); a phrase is covered where a name overlaps it, a noun where a name covers it. Prints one JSON line.
"""

import argparse
import os
import platform
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from met.evaluate.intervals import wilson
from met.harvest.jats import parse_article
from met.keys import canonical_json
from met.tree.build import build_skeleton
from met.tree.discover.words import count_words, runs, words_of
from met.tree.extract.names import lexicon_of
from met.tree.findings import NAME
from met.tree.lexicon import Lexicon
from met.tree.literature import read_literature
from met.tree.ontology import read_ontology
from met.tree.texts import text_files
from met.tree.texts.sentences import sentences
from met.types import Drop, Node

Noun = tuple[int, int, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("articles", type=Path, help="folder of JATS files")
    parser.add_argument("--ontology", type=Path, action="append", default=[])
    parser.add_argument("--text", type=Path, action="append", default=[])
    options = parser.parse_args()
    captions = list(captions_below(options.articles))
    nodes = build_skeleton([read_ontology(path) for path in options.ontology]).nodes
    nouns = nouns_of(captions)
    start = time.process_time()
    after = coverage(captions, nouns, lexicon_of(nodes))
    seconds = time.process_time() - start
    without = [node for node in nodes if not only_ours(node)]
    before = coverage(captions, nouns, lexicon_of(without))
    novel = read_literature(text_files(options.text), nodes).choose(nodes).novel if options.text else ()
    discovered = [each.node for each in novel]
    grown = coverage(captions, nouns, lexicon_of([*nodes, *discovered])) if options.text else None
    facts = {"captions": len(captions), "ours": len(nodes) - len(without), "nodes": len(nodes)}
    facts["discovered"] = len(discovered)
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    print(
        canonical_json(
            {
                "what": "caption_nouns",
                "machine": machine,
                **facts,
                "before": before,
                "after": after,
                **({"after_with_discovered": grown} if grown else {}),
                "seconds": round(seconds, 2),
            }
        )
    )


def captions_below(folder: Path) -> Iterator[str]:
    """Yield the captions of all figures of the JATS files below `folder`, files in the order of their paths."""
    for path in sorted((*folder.rglob("*.xml"), *folder.rglob("*.nxml"))):
        parsed = parse_article(path.read_bytes(), path.name)
        if not isinstance(parsed, Drop):
            yield from (f"{figure.title or ''}\n{figure.caption}" for figure in parsed.figures)


def only_ours(node: Node) -> bool:
    """Say whether a node comes from our list of findings alone."""
    return all(term["ontology"] == NAME for term in node.provenance["terms"])


def nouns_of(captions: Sequence[str]) -> list[list[Noun]]:
    """Return, for each caption, (start of the phrase, start of its last word, end) of every noun phrase."""
    cut = [[words_of(text, *span) for span in sentences(text)] for text in captions]
    counts = count_words(words for parts in cut for words in parts)
    return [
        [
            (words[first][1], words[stop - 1][1], words[stop - 1][2])
            for words in parts
            for first, stop in runs(words, text, counts)
            if any(letter.isalpha() for letter in words[stop - 1][0]) and len(words[stop - 1][0]) > 2
        ]
        for text, parts in zip(captions, cut, strict=True)
    ]


def coverage(captions: Sequence[str], nouns: Sequence[Sequence[Noun]], lexicon: Lexicon) -> dict[str, object]:
    """Return the shares of nouns and of phrases that names cover, each with its 95 % interval."""
    total = covered = touched = 0
    for text, phrases in zip(captions, nouns, strict=True):
        spans = [(match.start, match.end) for match in lexicon.find(text)]
        for first, last, end in phrases:
            total += 1
            covered += any(start <= last and end <= stop for start, stop in spans)
            touched += any(start < end and first < stop for start, stop in spans)
    return {
        "phrases": total,
        "nouns_covered": round(covered / max(1, total), 4),
        "nouns_interval": wilson(covered, total),
        "phrases_touched": round(touched / max(1, total), 4),
        "phrases_interval": wilson(touched, total),
    }


if __name__ == "__main__":
    main()
