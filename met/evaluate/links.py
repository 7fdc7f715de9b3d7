"""The score `links`: the focus of a document from its answers alone, against the names of ontologies.

The weights are fitted here too (a conditional logit, McFadden 1974), on one half of the document families; the other
half is looked at for the score alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from met.evaluate.intervals import wilson
from met.evaluate.links_gold import (
    FocusDocument,
    chosen,
    read_answers,
    read_rows,
    skeleton_of,
    without_questions,
)
from met.keys import digest
from met.tree.link import Linker, LinkModel, ranked, shipped_model
from met.tree.link.signals import SIGNALS

PENALTY: Final = 20.0
FIRST: Final = SIGNALS.index("first")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A document with the candidates that its answers name, their signals, and which of them are right."""

    document: FocusDocument
    keys: tuple[str, ...]
    signals: Floats
    right: npt.NDArray[np.bool_]


def score_links(
    gold: Sequence[Path],
    *,
    images: Path | None,  # noqa: ARG001
    root: Path | None,  # noqa: ARG001
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `links`; headline top1, of the shipped weights over all chosen documents.

    `unseen` are the same figures over documents of no family that the weights saw; `refitted` those of weights fitted
    anew without the source and the family of each document; `without_questions` those where sentences of the answers
    that ask are left out too; `first_mention` is the baseline that takes what is named first.

    Raises:
        BadInput: gold lacks its table or its archive, no document is chosen, or no ontology is given.
    """
    linker, documents, left_out = linker_and_documents(gold, options.get("ontologies") or ())
    cases = cases_of(linker, documents, lambda document: document.answers)
    model = shipped_model()
    seen = {case.document.family for case in cases if case.document.digest in model.seen}
    facts: dict[str, Any] = {
        "headline": "top1",
        **measures(cases, lambda _: model),
        "ceiling": sum(bool(case.right.any()) for case in cases) / max(1, len(cases)),
        "chosen_by": "group Disorders, has an answer, focus is a name by met.tree.names.normal_form",
        "left_out": left_out,
        "first_mention": measures(cases, lambda _: _first_mention()),
        "trained_on_gold": bool(seen),
        "per_source": _per_source(cases, model),
        "without_questions": measures(
            cases_of(linker, documents, lambda document: without_questions(document.answers)), lambda _: model
        ),
    }
    if seen:
        facts["unseen"] = measures([case for case in cases if case.document.family not in seen], lambda _: model)
        facts["refitted"] = {"by": "source and family", **measures(cases, refits(cases))}
    return facts


def linker_and_documents(
    gold: Sequence[Path], ontologies: Sequence[Path]
) -> tuple[Linker, list[FocusDocument], dict[str, int]]:
    """Return the linker over the diseases and findings of the ontologies, the chosen documents, and who is left out."""
    rows, answers = read_rows(gold), read_answers(gold)
    skeleton, nodes = skeleton_of(ontologies)
    linker = Linker(nodes, skeleton.edges)
    documents, left_out = chosen(rows, answers, nodes)
    return linker, documents, left_out


def cases_of(
    linker: Linker, documents: Sequence[FocusDocument], text: Callable[[FocusDocument], Sequence[str]]
) -> list[Case]:
    """Return the cases of the documents; `text` says which blocks of a document are read."""
    cases = []
    for document in documents:
        keys, signals = linker.signals(text(document))
        right = np.array([key in document.gold for key in keys], dtype=np.bool_)
        cases.append(Case(document=document, keys=keys, signals=signals, right=right))
    return cases


def measures(cases: Sequence[Case], model_for: Callable[[Case], LinkModel]) -> dict[str, Any]:
    """Return n, top1 and top5 with Wilson intervals: the share of documents with a right entity among the first."""
    places = [_place(case, model_for(case)) for case in cases]
    top1, top5 = (sum(place is not None and place < first for place in places) for first in (1, 5))
    n = len(cases)
    return {
        "n": n,
        "top1": top1 / max(1, n),
        "interval": wilson(top1, n),
        "top5": top5 / max(1, n),
        "top5_interval": wilson(top5, n),
    }


def _place(case: Case, model: LinkModel) -> int | None:
    order = ranked(case.keys, case.signals, model)
    return next((place for place, at in enumerate(order) if case.right[at]), None)


def _first_mention() -> LinkModel:
    return LinkModel(weights=tuple(float(at == FIRST) for at in range(len(SIGNALS))), seen=frozenset())


def _per_source(cases: Sequence[Case], model: LinkModel) -> dict[str, list[int]]:
    """Return source -> (right at the first place, documents)."""
    sources = sorted({case.document.source for case in cases})
    own = {source: [case for case in cases if case.document.source == source] for source in sources}
    return {source: [sum(_place(case, model) == 0 for case in found), len(found)] for source, found in own.items()}


# ---------------------------------------------------------------- fitting


def in_open_half(document: FocusDocument) -> bool:
    """Say whether the family of a document belongs to the half that weights may be fitted to and errors looked at."""
    return int(digest(document.family), 16) % 2 == 0


def refits(cases: Sequence[Case]) -> Callable[[Case], LinkModel]:
    """Return what gives each case a model fitted to the other sources, without any family of its source."""
    models = {}
    for source in sorted({case.document.source for case in cases}):
        held = {case.document.family for case in cases if case.document.source == source}
        models[source] = fit([case for case in cases if case.document.family not in held])
    return lambda case: models[case.document.source]


def fit(cases: Sequence[Case]) -> LinkModel:
    """Return the weights that make the right candidates likeliest, with an L2 penalty on standardised signals.

    Cases without a right candidate teach nothing and are left out.
    """
    used = [case for case in cases if case.right.any()]
    rows = np.concatenate([case.signals for case in used])
    right = np.concatenate([case.right for case in used]).astype(np.float64)
    scale = rows.std(axis=0) + 1e-9
    rows = (rows - rows.mean(axis=0)) / scale
    sizes = np.array([len(case.keys) for case in used])
    starts, of = np.cumsum(sizes) - sizes, np.repeat(np.arange(len(used)), sizes)

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = rows @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        all_of, right_of = np.add.reduceat(powers, starts), np.add.reduceat(powers * right, starts)
        gradient = rows.T @ (powers / all_of[of] - powers * right / right_of[of]) + PENALTY * weights
        return float(-np.log(right_of / all_of).sum() + PENALTY * weights @ weights / 2), gradient

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights = tuple(round(float(weight), 4) for weight in found.x / scale)
    return LinkModel(weights=weights, seen=frozenset(case.document.digest for case in cases))
