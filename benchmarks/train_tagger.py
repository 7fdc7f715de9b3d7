"""Train the tagger of diseases and anatomy, write the shipped weights, print their error on texts that they never saw.

    python benchmarks/train_tagger.py [DATA] [--out FILE] [--work DIR] [--hold]

DATA (default ../shared/data) holds gold/ner, ontologies and texts. Only the train parts of the gold are learnt from.
With --hold the last seventh of them is kept apart and scored, and no weights are written: that is where choices are
made. Without it the weights are written and scored on the devel parts. DIR keeps what is finished, so that a stopped
run goes on.
"""

import argparse
import pickle
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tagger_chain import Fitted, fit_chain, join_chains
from tagger_recurrent import Sentence, Words, fit_recurrent
from tagger_vectors import clusters_of, company, name_stats, principal, vocabulary, words_of

from met.embed import Embedder
from met.evaluate.entities import Tagged, read_iob, score_spans, spans_of, surface_of, surfaces_of
from met.evaluate.harness import line
from met.tree.build import build_skeleton
from met.tree.literature import lexicon_of
from met.tree.ontology import read_ontology
from met.tree.tagger import GUIDELINES, Tagger
from met.tree.tagger.features import Wordlist
from met.tree.tagger.network import Network
from met.tree.tagger.weights import Weights, name_number, sentence_number, write_weights
from met.tree.tagger.words import Find, dictionary_of, word_form
from met.tree.texts import Text, read_texts, text_files
from met.types import Node

ROOT = Path(__file__).resolve().parents[1]
SEED = 20260101
HELD = 7
ONTOLOGIES = (
    "mondo/MONDO-v2026-05-05.json.gz",
    "uberon/UBERON-v2026-04-01.json.gz",
    "doid/HumanDO_2026.tsv.gz",
    "hpo/hp-2025-01-16.obo.gz",
    "symp/symp.obo.gz",
)
TEXTS = ("texts", "articles/text_only", "articles/pmc", "articles/openstax")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "met" / "tree" / "weights" / "tagger.npz")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--hold", action="store_true")
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    nodes = kept(work / "nodes.pickle", lambda: skeleton_nodes(options.data))
    find = find_in(nodes)
    gold = {name: read_gold(options.data, name, "train") for names in GUIDELINES.values() for name in names}
    words = kept(work / "words.pickle", lambda: word_table(options.data, work, nodes, gold))
    learnt, scored = (
        divided(gold) if options.hold else (gold, {name: read_gold(options.data, name, "devel") for name in gold})
    )
    weights = kept(work / f"weights{'-held' * options.hold}.pickle", lambda: fitted(learnt, words, find, work))
    if not options.hold:
        write_weights(weights, options.out)
        print(f"{options.out.name}: {options.out.stat().st_size} bytes")
    report(weights, learnt, scored, find)


def kept(path: Path, make: Callable[[], Any]) -> Any:
    """Return what `make` gives, or gave in a run before."""
    began = time.monotonic()
    if path.exists():
        return pickle.loads(path.read_bytes())
    made = make()
    path.write_bytes(pickle.dumps(made))
    print(f"{path.stem}: {time.monotonic() - began:.0f} s", flush=True)
    return made


# ---------------------------------------------------------------- data


def skeleton_nodes(data: Path) -> tuple[Node, ...]:
    return build_skeleton([read_ontology(data / "ontologies" / name) for name in ONTOLOGIES]).nodes


def find_in(nodes: Sequence[Node]) -> Find:
    return dictionary_of(lexicon_of(nodes), {node.key: node.facet for node in nodes})


def read_gold(data: Path, name: str, part: str) -> list[Tagged]:
    return read_iob(data / "gold" / "ner" / f"{name}-IOB_{part}.tsv.gz")


def divided(gold: Mapping[str, list[Tagged]]) -> tuple[dict[str, list[Tagged]], dict[str, list[Tagged]]]:
    """Return the first sentences and the last seventh: sentences of one text stand together."""
    at = {name: len(rows) - len(rows) // HELD for name, rows in gold.items()}
    return {name: rows[: at[name]] for name, rows in gold.items()}, {
        name: rows[at[name] :] for name, rows in gold.items()
    }


def marked(rows: Iterable[Tagged], find: Find) -> list[Sentence]:
    """Return the gold with the dictionary's names in it."""
    return [
        Sentence(tokens=row.tokens, tags="".join(tag[0] for tag in row.tags), hits=tuple(find(row.tokens)))
        for row in rows
    ]


def word_table(data: Path, work: Path, nodes: Sequence[Node], gold: Mapping[str, Sequence[Tagged]]) -> Words:
    """Return the vectors of words; no gold tag is looked at."""
    free = [node for node in nodes if node.licence != "HPO"]
    texts = [
        words_of(item.document.text)
        for item in read_texts(text_files([data / name for name in TEXTS]))
        if isinstance(item, Text)
    ]
    texts += [words_of(node.definition) for node in free if node.definition]
    names = [words_of(name) for node in free for name in (node.name, *node.synonyms)]
    read = [[word_form(token) for token in row.tokens] for rows in gold.values() for row in rows]
    vocab = vocabulary(texts, names, read)
    near = company(vocab, [*texts, *names, *read]) * np.float32(5)
    alone = principal(kept(work / "alone.pickle", lambda: Embedder().encode(vocab)))
    return Words(
        row={word: at for at, word in enumerate(vocab)},
        vectors=np.hstack([near, alone]),
        stats=name_stats(vocab, free),
    )


# ---------------------------------------------------------------- fitting


def fitted(gold: Mapping[str, Sequence[Tagged]], words: Words, find: Find, work: Path) -> Weights:
    """Return everything learnt from `gold`."""
    rows = {name: marked(part, find) for name, part in gold.items()}
    held = sum(map(len, gold.values()))
    clusters = kept(work / "clusters.pickle", lambda: clusters_of(words.vectors))
    known = Wordlist(row=words.row, stats=words.stats, clusters=clusters)

    def chain_of(name: str) -> Fitted:
        part: Fitted = kept(work / f"chain-{name}-{held}.pickle", lambda: fit_chain(rows[name], known))
        return part

    chains = {name: chain_of(name) for name in rows}
    network: Network = kept(
        work / f"network-{held}.pickle",
        lambda: fit_recurrent(rows, words, seed=SEED, saved=work / f"network-{held}.torch"),
    )
    return Weights(
        guidelines=tuple(rows),
        known=known,
        network=network,
        chain=join_chains(chains),
        chain_steps=np.stack([part.steps for part in chains.values()]).astype(np.float32),
        chain_start=np.stack([part.start for part in chains.values()]).astype(np.float32),
        style=style_of(gold, known),
        sentences=numbers(sentence_number(row.tokens) for part in gold.values() for row in part),
        names=numbers(
            name_number(surface_of(row.tokens, span))
            for part in gold.values()
            for row in part
            for span in spans_of(row.tags)
        ),
    )


def style_of(gold: Mapping[str, Sequence[Tagged]], known: Wordlist) -> NDArray[np.float32]:
    """Return (clusters, guidelines): the log share of each group of words in the texts of each guideline."""
    size = int(known.clusters[:, 1].max()) + 1
    columns = []
    for rows in gold.values():
        at = [known.row[form] for row in rows for token in row.tokens if (form := word_form(token)) in known.row]
        counts = np.bincount(known.clusters[at, 1], minlength=size) + 1
        columns.append(np.log(counts / counts.sum()))
    return np.stack(columns, axis=1).astype(np.float32)


def numbers(values: Iterable[int]) -> NDArray[np.uint64]:
    return np.array(sorted(set(values)), dtype=np.uint64)


# ---------------------------------------------------------------- report


def report(
    weights: Weights, learnt: Mapping[str, Sequence[Tagged]], scored: Mapping[str, Sequence[Tagged]], find: Find
) -> None:
    """Print F1, recall on names never seen in training, and speed, one JSON line a guideline."""
    for tagger_name, names in GUIDELINES.items():
        tagger = Tagger(name=tagger_name, weights=weights, find=find)
        seen = surfaces_of(row for name in names for row in learnt[name])
        for name in names:
            rows = scored[name]
            began = time.process_time()
            found = tagger.tag_all([row.tokens for row in rows])
            seconds = time.process_time() - began
            facts = score_spans(rows, [spans_of(tags) for tags in found], seen=surfaces_of(learnt[name]))
            single = score_spans(rows, [spans_of(tagger.tag(row.tokens)) for row in rows], seen=seen)
            facts["unseen_by_tagger"] = single["unseen"]
            facts["f1_sentence_by_sentence"] = single["f1"]
            facts["tokens_per_s"] = round(sum(len(row.tokens) for row in rows) / seconds)
            print(line("entities", gold=name, trained_on_gold=False, **facts), flush=True)


if __name__ == "__main__":
    main()
