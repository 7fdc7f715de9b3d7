"""Relations read from texts against the axioms of an ontology, which are withheld while the texts are read.

Recall is asked on axioms whose two ends are nodes that stand together in a sentence of the texts. Precision is asked
twice: against the axioms, on diseases that have one of that kind (a disease has more symptoms than its axioms say, so
this is a lower bound), and against labels: relations that were judged one by one by reading their sentences. Labels of
relations that were drawn by lot `after` the last change of the rules are seen by no rule and no weight: they are the
headline, and `judged_with_axioms` are those on diseases that have an axiom. Those drawn `before` led to rules and
calibrate the confidence, so what they say flatters.

Against the axioms, `precision_strict` is the share of relations that are an axiom, end by end. In `precision_closure`
one agrees with an axiom too where its object stands above or below that of the axiom along the edges of the tree
(is_a and part_of), or where a disease above its subject has the axiom.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.evaluate.relations_fit import FOLDS, Axioms, Triple, half_of, rows_of, weights_for
from met.keys import content_key
from met.tree.associate import Associations, relations_in, stated_in
from met.tree.associate.confidence import MIN_CONFIDENCE, probability
from met.tree.build import build_skeleton
from met.tree.lexicon import Lexicon, names_of
from met.tree.ontology import read_ontology
from met.tree.ontology.terms import Ontology
from met.tree.relations import relations_of
from met.tree.texts import read_texts, text_files
from met.types import Drop, Relation, RelationKind

LABELS: Final = Path(__file__).parents[2] / "tests" / "gold" / "relations.tsv"
KINDS: Final[tuple[RelationKind, ...]] = ("has_symptom", "located_in")
_THRESHOLDS: Final = (0.8, MIN_CONFIDENCE, 0.95)
Believed = Mapping[Triple, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a reader said of one relation; `after` where it was drawn after the last change of the rules."""

    right: bool
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the texts state, the axioms that were withheld, and labels by relation key."""

    found: Associations
    axioms: Axioms
    labels: Mapping[str, Label]
    documents: int

    def judged(self, *, after: bool) -> dict[Triple, bool]:
        """Which of the stated relations have a label that was drawn then, and whether they are right."""
        keys = {content_key("relation", *triple): triple for triple in stated_in(self.found)}
        return {keys[key]: label.right for key, label in self.labels.items() if key in keys and label.after == after}


def read(gold: Sequence[Path], options: Mapping[str, Any]) -> Reading:
    """Return what `texts` state of the nodes of `ontologies`; axioms among the ontologies are not read.

    Raises:
        BadInput: no texts or ontologies were given, or the gold holds no axioms.
    """
    if not options.get("texts") or not options.get("ontologies"):
        raise BadInput(what="score relations", why="needs --texts and --ontology")
    axioms, labels = _gold(gold)
    terms = [ontology for path in options["ontologies"] if (ontology := read_ontology(path)).holds != "axioms"]
    skeleton = build_skeleton(terms)
    aliases = {alias.alias: alias.key for alias in skeleton.aliases}
    stated, _lost = relations_of([*terms, *axioms], skeleton.nodes, aliases)
    found = Associations(
        Lexicon((name, node.key) for node in skeleton.nodes for name in names_of(node)), skeleton.nodes
    )
    documents = 0
    for item in read_texts(text_files(options["texts"])):
        if not isinstance(item, Drop):
            documents += 1
            found.add(item.document)
    return Reading(found=found, axioms=Axioms(stated, skeleton.edges), labels=labels, documents=documents)


def score_relations(gold: Sequence[Path], *, options: Mapping[str, Any] | None = None, **_: object) -> dict[str, Any]:
    """Return recall of withheld axioms and both precisions; the headline is the precision of judged relations.

    `gold` are tables of axioms (as DO_relations) and tables of labels (columns `relation_key`, `label`: right or wrong,
    and `drawn`: before or after the last change of the rules, `before` where it is missing); the labels of this project
    are used where they are there. The weights of the confidence saw the axioms and the labels drawn before
    (`seen_labels`), so `refitted` holds the same figures of weights fitted without the half of the diseases that they
    judge.

    Raises:
        BadInput: no texts or ontologies were given, or the gold holds no axioms.
    """
    return scored(read(gold, options or {}))


def scored(reading: Reading) -> dict[str, Any]:
    """Return the figures of `score_relations`."""
    relations, evidence = relations_in(reading.found)
    refits = refitted(reading)
    believed = {(one.subject, one.kind, one.object): one.confidence for one in relations}
    seen, unseen = reading.judged(after=False), reading.judged(after=True)
    kept = {triple: sure for triple, sure in refits.items() if sure >= MIN_CONFIDENCE}
    return {
        "headline": "precision_judged",
        **_judged(believed, unseen),
        "judged_with_axioms": _with_axioms(believed, unseen, reading.axioms),
        "seen_labels": _judged(believed, seen),
        "by_axioms": {kind: _against(kind, believed, reading) for kind in KINDS},
        "trained_on_gold": True,
        "refitted": {
            **_judged(kept, unseen),
            "seen_labels": _judged(kept, seen),
            "by_axioms": {kind: _against(kind, refits, reading) for kind in KINDS},
        },
        "relations": {kind: _of(kind, relations) for kind in sorted({one.kind for one in relations})},
        "least_confidence": MIN_CONFIDENCE,
        "labels": len(reading.labels),
        "evidence": len(evidence),
        "documents": reading.documents,
    }


def _of(kind: RelationKind, relations: Sequence[Relation]) -> int:
    return sum(one.kind == kind for one in relations)


def refitted(reading: Reading) -> dict[Triple, float]:
    """Return the confidence of each stated relation by weights that saw no axiom and no label of its disease's half."""
    believed: dict[Triple, float] = {}
    seen = reading.judged(after=False)
    for kind in sorted({triple[1] for triple in stated_in(reading.found)}):
        keys, rows = rows_of(reading.found, kind)
        for half in range(FOLDS):
            weights = weights_for(reading.found, kind, reading.axioms, seen, without=half).tolist()
            mine = [at for at, key in enumerate(keys) if half_of(key[0]) == half]
            believed |= {keys[at]: probability(rows[at].tolist(), weights) for at in mine}
    return believed


def _gold(paths: Sequence[Path]) -> tuple[list[Ontology], dict[str, Label]]:
    axioms: list[Ontology] = []
    labels: dict[str, Label] = {}
    for path in (*paths, *([LABELS] if LABELS.is_file() else [])):
        found = _labels(path)
        if found is None:
            axioms.append(read_ontology(path))
        else:
            labels.update({key: label for key, label in found.items() if key not in labels})
    if not any(ontology.holds == "axioms" for ontology in axioms):
        raise BadInput(what="gold", why="holds no axioms (a table like DO_relations)")
    return axioms, labels


def _labels(path: Path) -> dict[str, Label] | None:
    """Return the labels by relation key; None where the file is no table of labels."""
    if path.suffix != ".tsv":
        return None
    rows = list(csv.DictReader(path.read_text(encoding="utf-8", errors="replace").splitlines(), delimiter="\t"))
    if not rows or not rows[0].keys() >= {"relation_key", "label"}:
        return None
    return {
        row["relation_key"]: Label(right=row["label"] == "right", after=row.get("drawn") == "after") for row in rows
    }


def _with_axioms(believed: Believed, labels: Mapping[Triple, bool], axioms: Axioms) -> dict[str, Any]:
    """Return precision by kind on the diseases that have an axiom of that kind."""
    asked = {triple: right for triple, right in labels.items() if triple[0] in axioms.subjects(triple[1])}
    return dict(_judged(believed, asked)["judged"])


def _judged(believed: Believed, labels: Mapping[Triple, bool]) -> dict[str, Any]:
    judged = [(triple[1], labels[triple]) for triple in sorted(believed) if triple in labels]
    right = sum(label for _, label in judged)
    by_kind = {
        kind: {"n": len(of := [label for one, label in judged if one == kind]), **_share("precision", sum(of), len(of))}
        for kind in sorted({kind for kind, _ in judged})
    }
    return {
        "n": len(judged),
        "precision_judged": right / max(1, len(judged)),
        "interval": wilson(right, len(judged)),
        "judged": by_kind,
    }


def _share(name: str, hits: int, total: int) -> dict[str, Any]:
    return {name: hits / max(1, total), f"{name}_interval": wilson(hits, total)}


def _against(kind: RelationKind, believed: Believed, reading: Reading) -> dict[str, Any]:
    axioms, subjects = reading.axioms.exact.get(kind, set()), reading.axioms.subjects(kind)
    together = {pair for pair in axioms if reading.found.together[pair]}
    curve = []
    for least in _THRESHOLDS:
        found = {(one[0], one[2]) for one, sure in believed.items() if one[1] == kind and sure >= least}
        asked = sorted(pair for pair in found if pair[0] in subjects)
        agree = sum(reading.axioms.agree(subject, kind, target) for subject, target in asked)
        curve.append(
            {
                "confidence": least,
                "n_asked": len(asked),
                **_share("recall", len(found & together), len(together)),
                **_share("precision_strict", len(set(asked) & axioms), len(asked)),
                **_share("precision_closure", agree, len(asked)),
            }
        )
    return {"axioms": len(axioms), "together": len(together), "curve": curve}
