"""The score `attach`: nodes are hidden from an ontology and placed again with what is left to see.

`--hide leaves` hides a fifth of the leaves, `groups` whole groups of children, `since=FILE` what the ontology holds and
the older release FILE does not: then the older release alone is seen. Gold are the parents of the hidden node that can
be seen, by CURIE, any of them counts as right; a hidden node without a visible parent is not asked for.

A hidden node comes with its names and, where a file has one, its definition; `names_alone` is the same without any.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.errors import BadInput
from met.evaluate.attach_fit import (
    GROUP_SHARE,
    LESSON_QUERIES,
    MAX_QUERIES,
    Asked,
    Hidden,
    ask,
    cases_of,
    first_of,
    fit,
    groups_of,
    hide,
    leaves_of,
    rows_of,
    some,
    varied,
)
from met.evaluate.intervals import wilson
from met.tree.attach.candidates import Embed
from met.tree.attach.features import FEATURES
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.names import series_stem, stems
from met.tree.attach.scorer import SEEN, load_scorer
from met.tree.ontology import read_ontology
from met.tree.ontology.terms import Ontology, prefix_of
from met.tree.scope import human_scope

LEAVES_HIDDEN: Final = 0.2
_SALT: Final = "score attach"
_SINCE: Final = re.compile(r"since=(.+)")
Forecast = Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The usable terms of one ontology as entities, its edges (child, parent) among them, and which of them the tree
    would take: none of animals.
    """

    entities: tuple[Entity, ...]
    edges: tuple[tuple[str, str], ...]
    in_scope: frozenset[str]


def terms_of(ontologies: Sequence[Ontology]) -> Terms:
    """Return the terms of the first ontology; the others give definitions, and nothing else, to terms of the same
    CURIE that have none.
    """
    first, *others = ontologies
    terms = [term for term in first.terms if not term.obsolete]
    known = {term.curie for term in terms}
    told: dict[str, str] = {}
    for other in others:
        for term in other.terms:
            if term.definition and not term.obsolete:
                told.setdefault(term.curie, term.definition)
    entities = []
    for term in terms:
        names = (term.name, *(synonym.text for synonym in term.synonyms if synonym.scope == "EXACT"))
        definition = term.definition or told.get(term.curie)
        entities.append(Entity(key=term.curie, names=tuple(dict.fromkeys(names)), definition=definition))
    edges = ((term.curie, parent) for term in terms for parent, _ in term.parents if parent in known)
    return Terms(
        entities=tuple(entities),
        edges=tuple(sorted(set(edges))),
        in_scope=frozenset(term.curie for term in human_scope(first).terms),
    )


def score_attach(
    gold: Sequence[Path],  # noqa: ARG001
    *,
    images: Path | None,  # noqa: ARG001
    root: Path | None,  # noqa: ARG001
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `attach`; headline hit1, of the shipped weights.

    `refitted` are the same of weights fitted to the edges that can be seen alone, with whole groups hidden from them.
    `reach` is the share of concepts with a true parent among the candidates. `baselines` learn nothing: `nearest` takes
    the nodes whose names are nearest as vectors; `named` those whose names are the longest part of the concept's, and
    of these the nearest; `neighbours` those that are near and have near children; `baseline` is the best of them.
    `unnumbered` leaves out members of a numbered series ("type 12"), `defined` those without a definition, `in_scope`
    those that the tree would not take (animals' diseases). `kept_names` are leaves whose parents are called in the
    visible terms as in those that are asked for: no new term that has children, and none with a renamed parent.

    Raises:
        BadInput: no ontology, no vectors, or an unknown way to hide.
    """
    terms, case, embed = case_of(options)
    ground, asked = ask(case, embed, limit=MAX_QUERIES)
    order = first_of(case, MAX_QUERIES)
    mute = rows_of(ground, [(replace(entity, definition=None), gold) for entity, gold in order], embed)
    shipped, seen = load_scorer().forecast, {prefix_of(entity.key) for entity, _ in case.asked}
    lessons = [varied(part) for part in cases_of(case.visible, case.edges)]
    refitted = fit([ask(part, embed, limit=LESSON_QUERIES)[1] for part in lessons]).forecast
    plain = np.array([series_stem(words) == words for words in (stems(entity.names[0]) for entity, _ in order)])
    childless = np.array(
        [all(not ground.children[ground.place[key]] for key in parents) for _, parents in order], dtype=bool
    )
    every, defined = np.ones(len(order), dtype=bool), np.array([entity.definition is not None for entity, _ in order])

    human = np.array([entity.key in terms.in_scope for entity, _ in order], dtype=bool)
    kept = _kept_names(terms, ground, order)
    masks = {"defined": defined, "in_scope": human, "no_visible_child": childless, "kept_names": kept}

    def row(rows: Asked, forecast: Forecast, **more: npt.NDArray[np.bool_]) -> dict[str, Any]:
        scores = forecast(rows.rows)
        parts = {"unnumbered": plain, **more}
        return {**hits(rows, scores, every), **{name: hits(rows, scores, mask) for name, mask in parts.items()}}

    simple = {name: row(mute, forecast, kept_names=kept) for name, forecast in BASELINES.items()}
    return {
        "headline": "hit1",
        **row(asked, shipped, **masks),
        "baseline": max(simple, key=lambda name: simple[name]["hit1"]),
        "baselines": simple,
        "names_alone": row(mute, shipped, kept_names=kept),
        "visible": len(case.visible),
        "hidden": len(terms.entities) - len(case.visible) if "since" not in options["hide"] else len(case.asked),
        "trained_on_gold": bool(seen & set(SEEN)),
        "refitted": {**row(asked, refitted), "names_alone": row(mute, refitted)},
        "gold": "any true parent that can be seen, by CURIE",
    }


def case_of(options: Mapping[str, Any]) -> tuple[Terms, Hidden, Embed]:
    """Return the terms, what is hidden of them, and the embedder, as the options of the command say.

    Raises:
        BadInput: no ontology, no vectors, an unknown way to hide, or nothing to ask for.
    """
    paths, way, embed = options.get("ontologies") or [], options.get("hide") or "leaves", options.get("embed")
    if not paths:
        raise BadInput(what="score attach", why="needs --ontology")
    if embed is None:
        raise BadInput(what="score attach", why="needs vectors")
    terms = terms_of([read_ontology(path) for path in paths])
    since = _SINCE.fullmatch(way)
    if since and not Path(since.group(1)).is_file():
        raise BadInput(what=f"--hide {way}", why="no such file")
    if since:
        case = newer(terms, terms_of([read_ontology(Path(since.group(1)))]))
    elif way == "leaves":
        leaves = leaves_of(terms.entities, terms.edges)
        case = hide(terms.entities, terms.edges, some(leaves, LEAVES_HIDDEN, _SALT))
    elif way == "groups":
        hidden = groups_of(terms.entities, terms.edges, GROUP_SHARE, _SALT)
        case = hide(terms.entities, terms.edges, hidden)
    else:
        raise BadInput(what=f"--hide {way}", why="is none of leaves, groups, since=FILE")
    if not case.asked:
        raise BadInput(what="score attach", why="nothing is hidden that has a visible parent")
    return terms, case, embed


def newer(terms: Terms, older: Terms) -> Hidden:
    """Return the case where `older` is seen and the terms that it lacks are asked for: gold are their parents that it
    holds.
    """
    known = {entity.key for entity in older.entities}
    above: dict[str, set[str]] = {}
    for child, parent in terms.edges:
        if parent in known:
            above.setdefault(child, set()).add(parent)
    asked = (
        (entity, frozenset(above[entity.key]))
        for entity in terms.entities
        if entity.key not in known and entity.key in above
    )
    return Hidden(visible=older.entities, edges=older.edges, asked=tuple(asked))


def _kept_names(terms: Terms, ground: Ground, asked: Sequence[tuple[Entity, frozenset[str]]]) -> npt.NDArray[np.bool_]:
    above = {parent for _, parent in terms.edges}
    now = {entity.key: entity.names[0] for entity in terms.entities}
    return np.array(
        [
            entity.key not in above
            and all(ground.entities[ground.place[parent]].names[0] == now.get(parent) for parent in parents)
            for entity, parents in asked
        ],
        dtype=bool,
    )


def _column(rows: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = rows[:, FEATURES.index(name)]
    return found


BASELINES: Final[Mapping[str, Forecast]] = {
    "nearest": lambda rows: _column(rows, "cosine"),
    "named": lambda rows: _column(rows, "named_words") + _column(rows, "cosine"),
    "neighbours": lambda rows: _column(rows, "child_votes") + _column(rows, "cosine"),
}


def hits(asked: Asked, scores: npt.NDArray[Any], chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return n, hit1, hit5 and reach over the `chosen` concepts, with Wilson intervals; `scores` are those of the rows;
    ties by place.
    """
    order = np.lexsort((asked.place, -scores, asked.concept))
    concept, right = asked.concept[order], asked.right[order]
    starts = np.searchsorted(concept, np.arange(len(chosen)))
    rank = np.arange(len(concept)) - starts[concept]
    first = np.full(len(chosen), len(asked.rows))
    np.minimum.at(first, concept[right], rank[right])
    first, n = first[chosen], int(chosen.sum())
    one, five, reached = int((first < 1).sum()), int((first < 5).sum()), int((first < len(asked.rows)).sum())
    return {
        "n": n,
        "hit1": one / max(1, n),
        "interval": wilson(one, n),
        "hit5": five / max(1, n),
        "hit5_interval": wilson(five, n),
        "reach": reached / max(1, n),
    }
