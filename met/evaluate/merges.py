"""The score `merges`: terms that are one entity, joined without being told so, against what the ontologies say.

Gold are pairs of live terms: of two releases of one ontology those of one CURIE, the older one's CURIEs masked; of two
ontologies of a facet those that a cross reference ties one to one, all cross references withheld. With J the joins that
the build makes between terms that have gold and G the gold pairs, precision is |J and G| / |J| and recall
|J and G| / |G|. The baseline joins equal own names (normal forms) that are unambiguous.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.tree.build import Skeleton, build_skeleton
from met.tree.merge import ontology_order, with_xrefs
from met.tree.merge.signals import reference
from met.tree.names import normal_form
from met.tree.ontology import read_ontology
from met.tree.ontology.terms import Ontology, Term
from met.tree.roots import ROOT_NAMES
from met.tree.scope import human_scope

MASK: Final = "MASKED"
Pairs = set[tuple[str, str]]


def score_merges(
    gold: Sequence[Path],  # noqa: ARG001
    *,
    images: Path | None,  # noqa: ARG001
    root: Path | None,  # noqa: ARG001
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `merges`; headline recall over all pairs of ontologies, beside its precision.

    `by_pair` has each pair of ontologies: gold, joined, right, precision, recall with their intervals, and the
    baseline `equal_names`.

    Raises:
        BadInput: no two ontologies tell which of their terms are one.
    """
    given, _ = with_xrefs([read_ontology(path) for path in options.get("ontologies") or ()])
    ordered = sorted((human_scope(ontology) for ontology in given), key=ontology_order)
    by_pair = {}
    for one, two in combinations(ordered, 2):
        pairs = _gold(one, two)
        if one.facet == two.facet and pairs:
            by_pair[f"{one.name} {one.version} and {two.name} {two.version}"] = _measured(one, two, pairs, options)
    if not by_pair:
        raise BadInput(
            what="score merges", why="needs --ontology of two releases, or of two that share cross references"
        )
    n, joined, right = (sum(facts[name] for facts in by_pair.values()) for name in ("gold", "joined", "right"))
    return {
        "headline": "recall",
        "n": n,
        "f1": _f1(right, joined, n),
        "interval": wilson(right, n),
        "precision": right / max(1, joined),
        "precision_interval": wilson(right, joined),
        "recall": right / n,
        "by_pair": by_pair,
        "trained_on_gold": False,
    }


def _measured(one: Ontology, two: Ontology, gold: Pairs, options: Mapping[str, Any]) -> dict[str, Any]:
    blind = [_without_xrefs(one), _without_xrefs(_masked(two) if one.name == two.name else two)]
    made = signals_of_joins(build_skeleton(blind, embed=options.get("embed")))
    joined = _judged(made, gold)
    equal = _judged(_equal_names(*blind), gold)
    right = len(joined & gold)
    return {
        "gold": len(gold),
        "joined": len(joined),
        "right": right,
        "precision": right / max(1, len(joined)),
        "precision_interval": wilson(right, len(joined)),
        "recall": right / len(gold),
        "recall_interval": wilson(right, len(gold)),
        "by_signals": _by_signals(made, gold),
        "equal_names": {
            "precision": len(equal & gold) / max(1, len(equal)),
            "recall": len(equal & gold) / len(gold),
            "f1": _f1(len(equal & gold), len(equal), len(gold)),
        },
    }


def _f1(right: int, joined: int, gold: int) -> float:
    return 2 * right / max(1, joined + gold)


def _gold(one: Ontology, two: Ontology) -> Pairs:
    """Return the pairs of CURIEs that are one entity, those of a masked release masked."""
    first, second = _live(one), _live(two)
    if one.name == two.name:
        return {(curie, _mask(curie)) for curie in first.keys() & second.keys()}
    by_reference, by_other = _bearers(first), _bearers(second)
    return {
        (own[0], others[0])
        for xref, own in by_reference.items()
        if len(own) == 1 and len(others := by_other.get(xref, [])) == 1
    }


def _live(ontology: Ontology) -> dict[str, Term]:
    roots = ROOT_NAMES[ontology.facet]
    return {term.curie: term for term in ontology.terms if not term.obsolete and normal_form(term.name) not in roots}


def _bearers(terms: Mapping[str, Term]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for curie, term in terms.items():
        for xref in {curie, *map(reference, term.xrefs)}:
            found[xref].append(curie)
    return found


def _judged(joins: Iterable[tuple[str, str]], gold: Pairs) -> Pairs:
    """Return the joins of which both terms have gold."""
    ends = {end for pair in gold for end in pair}
    return {pair for pair in joins if pair[0] in ends and pair[1] in ends}


def signals_of_joins(skeleton: Skeleton) -> dict[tuple[str, str], str]:
    """Return (CURIE of a node, CURIE of a term that was merged into it) -> the signals that agreed, of all merges."""
    return {
        (node.provenance["terms"][0]["curie"], term["curie"]): "+".join(term["merged"]["signals"])
        for node in skeleton.nodes
        for term in node.provenance["terms"]
        if "merged" in term and "curie" in term and "curie" in node.provenance["terms"][0]
    }


def _by_signals(made: Mapping[tuple[str, str], str], gold: Pairs) -> dict[str, dict[str, Any]]:
    """Return by the signals that agreed how many joins have a term with gold, and how many of these are the gold pair.

    A term that has gold and met another one is wrong here, even where that other one has none.
    """
    ends = {end for pair in gold for end in pair}
    asked = {pair: signals for pair, signals in made.items() if ends.intersection(pair)}
    found = {}
    for signals, n in sorted(Counter(asked.values()).items()):
        right = sum(own == signals and pair in gold for pair, own in asked.items())
        found[signals] = {"joined": n, "precision": right / n, "interval": wilson(right, n)}
    return found


def _equal_names(one: Ontology, two: Ontology) -> Pairs:
    first, second = _by_name(one), _by_name(two)
    return {(first[name], second[name]) for name in first.keys() & second.keys()}


def _by_name(ontology: Ontology) -> dict[str, str]:
    names = [(normal_form(term.name), curie) for curie, term in _live(ontology).items()]
    counts = Counter(name for name, _ in names)
    return {name: curie for name, curie in names if counts[name] == 1}


def _without_xrefs(ontology: Ontology) -> Ontology:
    return replace(ontology, terms=tuple(replace(term, xrefs=()) for term in ontology.terms))


def _masked(ontology: Ontology) -> Ontology:
    terms = (
        replace(
            term,
            curie=_mask(term.curie),
            parents=tuple((_mask(parent), kind) for parent, kind in term.parents),
            alt_ids=tuple(map(_mask, term.alt_ids)),
            replaced_by=_mask(term.replaced_by) if term.replaced_by else None,
        )
        for term in ontology.terms
    )
    return replace(ontology, name=f"{ontology.name}-masked", terms=tuple(terms))


def _mask(curie: str) -> str:
    return f"{MASK}:{curie.replace(':', '_')}"
