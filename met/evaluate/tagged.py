"""The score `entities`; of the shipped tagger each gold file by itself, beside the same tagger without its network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from met.errors import BadInput
from met.evaluate.entities import (
    Tagged,
    TokenSpan,
    read_iob,
    score_spans,
    score_untrained,
    spans_of,
    surface_of,
)
from met.tree.lexicon import Lexicon, as_known
from met.tree.ontology import read_ontology
from met.tree.scope import human_scope
from met.tree.tagger import FACET_OF, Tagger, TaggerName, load_tagger, nothing_found
from met.tree.tagger.weights import name_number, sentence_number
from met.tree.tagger.words import Find, dictionary_of

# Of a gold that the weights saw, more sentences than these are theirs; others share a stock phrase or two.
SEEN: Final = 0.5


def score_entities(
    gold: Sequence[Path],
    *,
    images: Path | None,  # noqa: ARG001
    root: Path | None,  # noqa: ARG001
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `entities`; headline f1 of exact spans.

    Raises:
        BadInput: see `score_untrained` and `score_tagged`.
    """
    if options.get("no_tagger"):
        return score_untrained(gold, options=options)
    return score_tagged(gold, options=options)


def score_tagged(gold: Sequence[Path], *, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of the score `entities` for the shipped tagger over all files, and of each under `by_gold`.

    The kind of name is that of the tags, or `options["facet"]`; `options["ontologies"]` give the dictionary that the
    tagger looks into, without which it goes by its weights alone. `unseen` is the recall on names that no training
    text of the weights marks. `baseline` is the linear chain of the tagger alone (a conditional random field).

    Raises:
        BadInput: the facet is none that the tagger knows, or a gold file is none.
    """
    find = _dictionary(options.get("ontologies") or ())
    files = {path.name: read_iob(path) for path in gold}
    taggers = {name: load_tagger(_kind(rows, options.get("facet")), find=find) for name, rows in files.items()}
    spans = {name: _spans(taggers[name], rows) for name, rows in files.items()}
    rows = {name: _facts(taggers[name], part, spans[name]) for name, part in files.items()}
    whole = score_spans(
        [row for part in files.values() for row in part], [found for part in spans.values() for found in part]
    )
    return {
        "way": "tagger",
        **whole,
        "trained_on_gold": any(facts["trained_on_gold"] for facts in rows.values()),
        "by_gold": rows,
    }


def _facts(tagger: Tagger, rows: Sequence[Tagged], found: Sequence[tuple[TokenSpan, ...]]) -> dict[str, Any]:
    seen = _seen_names(tagger, rows)
    chain = replace(tagger, weights=replace(tagger.weights, network=None))
    plain = score_spans(rows, _spans(chain, rows), seen=seen)
    known = np.isin([sentence_number(row.tokens) for row in rows], tagger.weights.sentences)
    return {
        **score_spans(rows, found, seen=seen),
        "facet": tagger.facet,
        "trained_on_gold": bool(np.mean(known) > SEEN),
        "baseline": {"way": "chain", "f1": plain["f1"], "interval": plain["interval"], "unseen": plain["unseen"]},
    }


def _spans(tagger: Tagger, rows: Sequence[Tagged]) -> list[tuple[TokenSpan, ...]]:
    return [spans_of(tags) for tags in tagger.tag_all([row.tokens for row in rows])]


def _kind(rows: Iterable[Tagged], facet: str | None) -> TaggerName:
    kinds = {kind.lower() for row in rows for _, _, kind in spans_of(row.tags)} if facet is None else {facet}
    for name, of in FACET_OF.items():
        if kinds == {of}:
            return name
    raise BadInput(
        what=f"facet {', '.join(sorted(kinds)) or 'none'}", why=f"the tagger knows {', '.join(sorted(FACET_OF))}"
    )


def _seen_names(tagger: Tagger, rows: Sequence[Tagged]) -> frozenset[str]:
    names = sorted({surface_of(row.tokens, span) for row in rows for span in spans_of(row.tags)})
    known = np.isin(np.array([name_number(name) for name in names], np.uint64), tagger.weights.names)
    return frozenset(name for name, is_known in zip(names, known.tolist(), strict=True) if is_known)


def _dictionary(ontologies: Sequence[Path]) -> Find:
    if not ontologies:
        return nothing_found
    read = [human_scope(read_ontology(path)) for path in ontologies]
    terms = [(term, ontology.facet) for ontology in read for term in ontology.terms if not term.obsolete]
    names = (
        (name, term.curie)
        for term, _ in terms
        for name in as_known(term.name, [synonym.text for synonym in term.synonyms])
    )
    return dictionary_of(Lexicon(names), {term.curie: facet for term, facet in terms})
