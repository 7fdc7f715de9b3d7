"""The score `entities`: exact spans of entities in sentences whose tokens carry IOB tags.

A gold file holds one token and its tag a line, tab between them (`B-Disease`, `I-Disease`, `O`); a blank line ends a
sentence; it may be gzipped. Whatever finds entities is compared by the same function, `score_spans`.
"""

import gzip
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from met.errors import BadInput
from met.evaluate.intervals import bootstrap, wilson
from met.tree.build import build_skeleton
from met.tree.extract import Extractor
from met.tree.extract.names import extractor_of
from met.tree.names import normal_form
from met.tree.ontology import read_ontology
from met.tree.tagger.words import dictionary_of
from met.types import Span

SEED = 20260101
# The gold does not say where a document ends: what stands so many sentences before or behind counts as the same one.
NEARBY = 10
_TIGHT = frozenset("-/'")
_CLOSING = frozenset(",.;:)]%")
_OPENING = frozenset("([")
_GZIP = b"\x1f\x8b"
_PARTING = "\n\n"

# From the first token to the one after the last, and what the span is ("Disease").
TokenSpan: TypeAlias = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """One sentence of gold: as many tags as tokens."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]


# ---------------------------------------------------------------- gold


def read_iob(path: Path) -> list[Tagged]:
    """Return the sentences of an IOB file, in its order.

    Raises:
        BadInput: a line is no token and tag, or there is no sentence.
    """
    data = path.read_bytes()
    try:
        text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(what=str(path), why=f"not a readable IOB file: {error}") from error
    sentences: list[Tagged] = []
    rows: list[list[str]] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        fields = line.rstrip().split("\t")
        if fields == [""]:
            if rows:
                sentences.append(Tagged(tokens=tuple(row[0] for row in rows), tags=tuple(row[1] for row in rows)))
            rows = []
        elif len(fields) == 2 and fields[0] and (fields[1] == "O" or fields[1][:2] in ("B-", "I-")):
            rows.append(fields)
        else:
            raise BadInput(what=str(path), why=f"line {number} is no token, tab, and IOB tag")
    if not sentences:
        raise BadInput(what=str(path), why="no sentence in it")
    return sentences


def spans_of(tags: Sequence[str]) -> tuple[TokenSpan, ...]:
    """Return the spans that IOB tags mark, left to right. An I that continues nothing of its kind begins a span.

    >>> spans_of(["B-Disease", "I-Disease", "O", "I-Disease", "B-Disease"])
    ((0, 2, 'Disease'), (3, 4, 'Disease'), (4, 5, 'Disease'))
    """
    spans: list[TokenSpan] = []
    start, kind = 0, ""
    for at, tag in enumerate([*tags, "O"]):
        if tag == f"I-{kind}":
            continue
        if kind:
            spans.append((start, at, kind))
        start, kind = at, tag[2:]
    return tuple(spans)


def surfaces_of(sentences: Iterable[Tagged]) -> frozenset[str]:
    """Return the names that the gold marks, as `surface_of` writes them: those of a training file are the seen ones."""
    return frozenset(surface_of(row.tokens, span) for row in sentences for span in spans_of(row.tags))


def surface_of(tokens: Sequence[str], span: TokenSpan) -> str:
    """Return the name at `span` in the form that tells seen from unseen names: case and punctuation do not count.

    >>> surface_of(["Non", "-", "Hodgkin", "lymphoma"], (0, 4, "Disease"))
    'non hodgkin lymphoma'
    """
    name = " ".join(tokens[span[0] : span[1]])
    return normal_form(name) or name


# ---------------------------------------------------------------- measuring


def score_spans(
    gold: Sequence[Tagged], predicted: Sequence[Iterable[TokenSpan]], *, seen: Set[str] | None = None
) -> dict[str, Any]:
    """Return exact-span precision, recall, f1 and the 95 % interval of f1, drawn over sentences; headline f1.

    `predicted` has the spans of each sentence of `gold`, in its order; first token, last token and kind must all be
    those of a gold span. `n` counts the gold spans. With `seen` (names, see `surfaces_of`), `unseen` holds the recall
    on gold spans whose name is not in it, their number and the interval (Wilson).

    Raises:
        ValueError: not one list of spans per sentence.
    """
    wanted = [frozenset(spans_of(row.tags)) for row in gold]
    found = [frozenset(spans) for spans in predicted]
    counts = np.array(
        [(len(here & there), len(there), len(here)) for here, there in zip(wanted, found, strict=True)], dtype=np.int64
    ).reshape(-1, 3)
    right, told, there = (int(total) for total in counts.sum(axis=0))
    facts = {
        "n": there,
        "sentences": len(gold),
        "headline": "f1",
        "precision": right / told if told else 0.0,
        "recall": right / there if there else 0.0,
        "f1": _f1(counts),
        "interval": bootstrap(counts, _f1, seed=SEED),
    }
    return facts if seen is None else {**facts, "unseen": _unseen(gold, wanted, found, seen)}


def _f1(counts: NDArray[Any]) -> float:
    """Return F1 of rows (right, predicted, gold)."""
    right, told, there = (int(total) for total in counts.sum(axis=0))
    return 2 * right / (told + there) if told + there else 0.0


def _unseen(
    gold: Sequence[Tagged], wanted: Sequence[Set[TokenSpan]], found: Sequence[Set[TokenSpan]], seen: Set[str]
) -> dict[str, Any]:
    hits = [
        span in there
        for row, here, there in zip(gold, wanted, found, strict=True)
        for span in here
        if surface_of(row.tokens, span) not in seen
    ]
    return {
        "n": len(hits),
        "recall": sum(hits) / len(hits) if hits else 0.0,
        "interval": wilson(sum(hits), len(hits)),
    }


# ---------------------------------------------------------------- without gold training


def score_untrained(gold: Sequence[Path], *, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of the score `entities` for what the build of a tree finds, which no gold has trained.

    `options["ontologies"]` are the files whose skeleton the tree has. Files are scored together, interval over
    sentences. `baseline` is what the dictionary finds by itself.

    Raises:
        BadInput: there is no ontology, the facet is not disease, or a gold file is none.
    """
    if not options.get("ontologies"):
        raise BadInput(what="score entities --no-tagger", why="needs --ontology, the names to look for")
    if options.get("facet", "disease") != "disease":
        raise BadInput(what=f"facet {options['facet']}", why="only disease is found without a tagger")
    extractor = extractor_of(build_skeleton([read_ontology(path) for path in options["ontologies"]]).nodes)
    files = [read_iob(path) for path in gold]
    found = [spans for rows in files for spans in untrained_spans(rows, extractor)]
    every = [row for rows in files for row in rows]
    plain = score_spans(every, [spans for rows in files for spans in dictionary_spans(rows, extractor)])
    baseline = {"way": "dictionary", "f1": plain["f1"], "interval": plain["interval"]}
    return {"way": "build", "trained_on_gold": False, **score_spans(every, found), "baseline": baseline}


def dictionary_spans(rows: Sequence[Tagged], extractor: Extractor) -> list[tuple[TokenSpan, ...]]:
    """Return the spans of names that the dictionary gives to diseases and symptoms in each sentence."""
    find = dictionary_of(extractor.lexicon, extractor.facets)
    return [tuple((first, last, "Disease") for first, last, _ in find(row.tokens)) for row in rows]


def untrained_spans(rows: Sequence[Tagged], extractor: Extractor) -> list[tuple[TokenSpan, ...]]:
    """Return the spans of diseases and symptoms that the build of a tree would find in each sentence of one file.

    Where a document ends is not told, so a sentence is read in one with those around it.
    """
    texts = [joined_text(row.tokens) for row in rows]
    found: list[tuple[TokenSpan, ...]] = []
    for first in range(0, len(texts), NEARBY):
        around = range(max(0, first - NEARBY), min(len(texts), first + 2 * NEARBY))
        lines = [texts[at][0] for at in around]
        begins = dict(zip(around, accumulate((len(line) + len(_PARTING) for line in lines), initial=0), strict=False))
        mentions = extractor.read(_PARTING.join(lines)).mentions
        for at in range(first, min(len(texts), first + NEARBY)):
            start_of = {start + begins[at]: token for token, (start, _) in enumerate(texts[at][1])}
            end_of = {end + begins[at]: token + 1 for token, (_, end) in enumerate(texts[at][1])}
            spans = [
                (start_of[mention.start], end_of[mention.end], "Disease")
                for mention in mentions
                if mention.start in start_of and mention.end in end_of
            ]
            found.append(tuple(spans))
    return found


def joined_text(tokens: Sequence[str]) -> tuple[str, list[Span]]:
    """Return the tokens as one would write them, and the offsets of each in that text.

    >>> joined_text(["Crohn", "'", "s", "disease", "(", "CD", ")"])[0]
    "Crohn's disease (CD)"
    """
    text, offsets = "", []
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else ""
        tight = not at or token in _CLOSING or token in _TIGHT or before in _TIGHT or before in _OPENING
        if before == "'" and token != "s":
            tight = False
        text += token if tight else f" {token}"
        offsets.append((len(text) - len(token), len(text)))
    return text, offsets
