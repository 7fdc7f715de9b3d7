"""Fit the weights that find the focus of a text, print their error by sources left out, write them; time the linker.

    python benchmarks/linking.py [DATA] [--out FILE]

DATA is the folder that holds texts/medquad.tar.gz and gold/entities/medquad_focus.tsv (default ../shared/data). Weights
are fitted to one half of the document families; the other half is not looked at here. The time of the linker stands
beside that of its dictionary alone over the same texts, that of joining the terms of the ontologies beside that of
folding each of their names once, and that of finding names, as one JSON line.
"""

import argparse
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from met.evaluate.links import cases_of, fit, in_open_half, linker_and_documents, measures, refits
from met.tree.build import build_skeleton
from met.tree.link import WEIGHTS
from met.tree.link.signals import SIGNALS
from met.tree.normalise.keys import folded_words
from met.tree.normalise.names import NameIndex, namings_of
from met.tree.ontology import read_ontology
from met.tree.ontology.terms import Term

ROOT = Path(__file__).resolve().parents[1]
ONTOLOGIES = (
    "mondo/MONDO-v2026-05-05.json.gz",
    "doid/HumanDO_2026.tsv.gz",
    "doid/HumanDO_2016-06-17_complete.obo.gz",
    "hpo/hp-2025-01-16.obo.gz",
)


def normalising(paths: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Return the times of joining the terms of these ontologies, of its floor, and of finding `names` among them."""
    ontologies = [read_ontology(path) for path in paths]
    start = process_time()
    texts = [text for each in ontologies for term in each.terms for text in (term.name, *_synonyms(term))]
    for text in texts:
        folded_words(text)
    folding, start = process_time() - start, process_time()
    skeleton = build_skeleton(ontologies)
    merging, start = process_time() - start, process_time()
    index = NameIndex(namings_of((node.key, (node.name, *node.synonyms)) for node in skeleton.nodes))
    indexing, start = process_time() - start, process_time()
    found = index.find(names)
    finding = process_time() - start
    return {
        "names": len(texts),
        "merged": sum(skeleton.merges["joined"].values()),
        "refused": sum(skeleton.merges["refused"].values()),
        "fold_cpu_s": round(folding, 2),
        "build_cpu_s": round(merging, 2),
        "build_to_fold": round(merging / folding, 2),
        "index_cpu_s": round(indexing, 2),
        "find_cpu_s": round(finding, 2),
        "asked": len(names),
        "found": sum(each is not None for each in found),
    }


def _synonyms(term: Term) -> list[str]:
    return [synonym.text for synonym in term.synonyms]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "met" / "tree" / WEIGHTS)
    options = parser.parse_args()
    gold = [options.data / "texts" / "medquad.tar.gz", options.data / "gold" / "entities" / "medquad_focus.tsv"]
    ontologies = [options.data / "ontologies" / name for name in ONTOLOGIES]
    start = perf_counter()
    linker, documents, left_out = linker_and_documents(gold, ontologies)
    loaded = perf_counter() - start
    start = perf_counter()
    cases = cases_of(linker, documents, lambda document: document.answers)
    ranking = perf_counter() - start
    start = perf_counter()
    for document in documents:
        for block in document.answers:
            linker.lexicon.find(block)
    finding = perf_counter() - start
    open_half = [case for case in cases if in_open_half(case.document)]
    print(f"{len(documents)} documents, left out {left_out}; open half {len(open_half)}")
    print("sources and families left out:", json.dumps(measures(open_half, refits(open_half))))
    model = fit(open_half)
    weights = dict(zip(SIGNALS, model.weights, strict=True))
    options.out.write_text(json.dumps({"weights": weights, "seen": sorted(model.seen)}, indent=0) + "\n")
    print(
        json.dumps(
            {
                "what": "linking",
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "characters": sum(len(answer) for document in documents for answer in document.answers),
                "documents": len(documents),
                "load_s": round(loaded, 1),
                "rank_s": round(ranking, 2),
                "dictionary_s": round(finding, 2),
                "ratio_to_dictionary": round(ranking / finding, 2),
                **normalising(ontologies, [document.focus for document in documents]),
            }
        )
    )


if __name__ == "__main__":
    main()
