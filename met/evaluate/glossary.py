"""How many terms of a textbook's own glossaries are found as concepts in its running text, and in which facet.

Read is the running text alone: the glossary entries are cut off, and marks of terms are no part of a text as the
readers give it. A term counts as found where the dictionary matches it or discovery proposes it, in the singular or
plural, with or without what stands in brackets, or by the short form in brackets.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.keys import digest
from met.tree.build import build_skeleton
from met.tree.discover import Discovery, discover, running_end
from met.tree.discover.phrases import phrase_key
from met.tree.extract.names import extractor_of
from met.tree.lexicon import Lexicon, names_of
from met.tree.names import normal_form
from met.tree.ontology import read_ontology
from met.tree.texts import Text, read_texts, text_files
from met.types import Drop, Facet, Node

READ: Final = "running text; glossary entries cut off, marks of terms not read"
# Our own reading of the terms, one label a term: `general` words are no entity of any facet. Keys, never the words.
LABELS: Final = Path(__file__).parents[2] / "tests" / "gold" / "glossary.tsv"
_BRACKET: Final = re.compile(r"\(([^()]*)\)")
_KEY_DIGITS: Final = 16


def score_glossary(gold: Sequence[Path], *, options: Mapping[str, Any] | None = None, **_: object) -> dict[str, Any]:
    """Return recall of the glossary's entities as concepts, and whether names of anatomy get that facet.

    `gold` are tables with a column `term`, and tables of labels (columns `term_key` and `label`); without one the
    labels of this project are used where they are there, and a term without a label counts as an entity. `facet` is
    the share of names of anatomy whose facet is right when judged as new terms, their own names left out.

    Raises:
        BadInput: no texts or ontologies were given, or the gold is no such table.
    """
    given = options or {}
    if not given.get("texts") or not given.get("ontologies"):
        raise BadInput(what="score glossary", why="needs --texts and --ontology")
    terms, labels = _gold(gold)
    texts = [item for item in read_texts(text_files(given["texts"])) if not isinstance(item, Drop)]
    if not texts:
        raise BadInput(what="texts", why="hold no readable document")
    nodes = build_skeleton([read_ontology(path) for path in given["ontologies"]]).nodes
    extractor = extractor_of(nodes)
    found = discover(texts, extractor, nodes, told=False)
    return {**_scored(terms, labels, texts, extractor.lexicon, nodes, found), "read": READ}


def _gold(paths: Sequence[Path]) -> tuple[list[str], dict[str, str]]:
    terms: dict[str, None] = {}
    labels: dict[str, str] = {}
    for path in (*paths, *([LABELS] if LABELS.is_file() else [])):
        try:
            rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(what=f"gold {path.name}", why="is no readable table") from error
        if rows and rows[0].keys() >= {"term_key", "label"}:
            labels.update({row["term_key"]: row["label"] for row in rows if row["term_key"] not in labels})
        elif rows and "term" in rows[0]:
            terms.update(dict.fromkeys(row["term"].strip() for row in rows if row["term"]))
        else:
            raise BadInput(what=f"gold {path.name}", why="has neither a column term nor term_key and label")
    if not terms:
        raise BadInput(what="gold", why="holds no term")
    return sorted(terms), labels


def term_key(term: str) -> str:
    """Return the key by which a label names a term."""
    return digest(normal_form(term))[:_KEY_DIGITS]


def spellings(term: str) -> Iterator[str]:
    """Yield the phrase keys that stand for a term of a glossary.

    >>> list(spellings("vertebral (spinal) canals"))
    ['vertebral canal', 'vertebral spinal canal', 'spinal']
    """
    for spelling in (_BRACKET.sub(" ", term), term.replace("(", " ").replace(")", " "), *_BRACKET.findall(term)):
        key = phrase_key(spelling.replace("’", "'").split())
        if key:
            yield key


def _scored(
    terms: Sequence[str],
    labels: Mapping[str, str],
    texts: Sequence[Text],
    lexicon: Lexicon,
    nodes: Sequence[Node],
    found: Discovery,
) -> dict[str, Any]:
    matched = {
        phrase_key(match.surface.replace("’", "'").split())
        for text in texts
        for match in lexicon.find(text.document.text[: running_end(text)])
    }
    proposed = {candidate.key for candidate in found.candidates}
    entities = [term for term in terms if labels.get(term_key(term)) != "general"]
    by_name = [term for term in entities if matched & set(spellings(term))]
    new = [term for term in entities if proposed & set(spellings(term))]
    hits = len({*by_name, *new})
    every = sum(bool((matched | proposed) & set(spellings(term))) for term in terms)
    facets = _facets(nodes)
    named = [keys for term in terms if (keys := [key for key in spellings(term) if "anatomy" in facets.get(key, ())])]
    as_new = sum(any(found.known.get(key) == "anatomy" for key in keys) for keys in named)
    with_names = sum(
        any(facets[key] == {"anatomy"} or found.known.get(key) == "anatomy" for key in keys) for keys in named
    )
    return {
        "n": len(entities),
        "headline": "recall",
        "recall": hits / len(entities),
        "interval": wilson(hits, len(entities)),
        "recall_all_terms": every / len(terms),
        "terms": len(terms),
        "labelled": sum(term_key(term) in labels for term in terms),
        "general": len(terms) - len(entities),
        "by_dictionary": len(by_name) / len(entities),
        "by_discovery_alone": len(set(new) - set(by_name)) / max(1, len(entities) - len(by_name)),
        "facet": as_new / max(1, len(named)),
        "facet_n": len(named),
        "facet_interval": wilson(as_new, len(named)),
        "facet_with_names": with_names / max(1, len(named)),
        "facet_of_other_names": _by_facet(found, facets),
        "candidates": len(found.candidates),
        "documents": len(texts),
    }


def _facets(nodes: Iterable[Node]) -> dict[str, set[Facet]]:
    facets: dict[str, set[Facet]] = defaultdict(set)
    for node in nodes:
        for name in names_of(node):
            facets[phrase_key(name.split())].add(node.facet)
    return facets


def _by_facet(found: Discovery, facets: Mapping[str, set[Facet]]) -> dict[str, Any]:
    """Return, for the names of one facet alone that the texts hold, the share judged right as new terms."""
    right, total = Counter[str](), Counter[str]()
    for key, facet in found.known.items():
        if len(facets[key]) == 1:
            truth = min(facets[key])
            total[truth] += 1
            right[truth] += facet == truth
    return {facet: {"right": right[facet] / total[facet], "n": total[facet]} for facet in sorted(total)}
