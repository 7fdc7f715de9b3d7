"""Train the scorers that attach new concepts and grow hierarchies, and write the shipped weights.

    python benchmarks/train_attach.py [DATA] [--home DIR] [--out DIR]

DATA is the folder that holds ontologies/ (default ../shared/data). Each ontology's own edges are the lesson: groups of
children, numbered series and single leaves are hidden and asked for. No name or edge goes into the weights, only
thresholds on features. `met score attach` prints the same method fitted without the ontology that is asked about.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flows.cli.vectors import RememberedVectors
from met.embed import DIMENSIONS
from met.evaluate.attach import Terms, terms_of
from met.evaluate.attach_fit import LESSON_QUERIES, Asked, ask, cases_of, fit, flat_cases, varied
from met.tree.attach_nearest import Floats
from met.tree.attach_scorer import FLAT_WEIGHTS, WEIGHTS, Scorer, save_scorer
from met.tree.ontology import read_ontology

ROOT = Path(__file__).resolve().parents[1]
BLIND = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is learnt from one file: by `rounds` of ways to hide, from the whole or, where there are `parts`, from all
    that stands under these names, part by part; `blind` also without vectors; from `flat` branches without their edges,
    of `flat_blind` of them also without vectors.
    """

    file: str
    parts: tuple[tuple[str, ...], ...] = ()
    rounds: int = 1
    blind: bool = False
    flat: int = 0
    flat_blind: int = 0


LESSONS = (
    Lesson(file="doid/HumanDO_2016-06-17_complete.obo.gz", rounds=3, blind=True),
    Lesson(file="symp/symp.obo.gz", blind=True),
    Lesson(
        file="mondo/MONDO-v2026-05-05.json.gz",
        parts=(
            (
                *("nervous system disorder", "immune system disorder", "metabolic disease"),
                *("digestive system disorder", "infectious disease"),
            ),
            (
                *("musculoskeletal system disorder", "integumentary system disorder", "endocrine system disorder"),
                *("reproductive system disorder", "disorder of visual system", "hematologic disorder"),
                *("cardiovascular disorder", "urinary system disorder", "neoplasm"),
            ),
        ),
        flat=8,
        flat_blind=4,
    ),
    Lesson(file="uberon/UBERON-v2026-04-01.json.gz", rounds=0, flat=3),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--home", type=Path, default=None, help="where vectors are kept between runs")
    parser.add_argument("--out", type=Path, default=WEIGHTS.parent)
    options = parser.parse_args()
    embed = RememberedVectors(options.home)
    attached: list[Asked] = []
    flat: list[Asked] = []
    for lesson in LESSONS:
        whole = terms_of([read_ontology(options.data / "ontologies" / lesson.file)])
        parts = [under(whole, tops) for tops in lesson.parts] or [whole]
        cases = [case for terms in parts for case in cases_of(terms.entities, terms.edges, lesson.rounds)]
        # A concept that a text names has often no definition yet.
        attached += [ask(varied(case), embed, limit=LESSON_QUERIES)[1] for case in cases]
        if lesson.blind:
            # Without a model of vectors the words alone must do.
            attached.append(ask(varied(cases[0]), nothing, limit=BLIND)[1])
        branches = flat_cases(whole.entities, whole.edges, lesson.flat)
        flat += [ask(case, embed)[1] for case in branches]
        flat += [ask(case, nothing)[1] for case in branches[: lesson.flat_blind]]
        print(f"{lesson.file}: {sum(len(part.rows) for part in attached)} and {sum(len(part.rows) for part in flat)}")
    options.out.mkdir(exist_ok=True)
    for path, rows in ((WEIGHTS, attached), (FLAT_WEIGHTS, flat)):
        write(fit(rows), options.out / path.name)


def under(terms: Terms, tops: Sequence[str]) -> Terms:
    """Return the terms of these names and all that stands under them."""
    below: dict[str, list[str]] = {}
    for child, parent in terms.edges:
        below.setdefault(parent, []).append(child)
    stack = [entity.key for entity in terms.entities if entity.names[0] in tops]
    kept: set[str] = set()
    while stack:
        key = stack.pop()
        if key not in kept:
            kept.add(key)
            stack.extend(below.get(key, ()))
    return Terms(
        entities=tuple(entity for entity in terms.entities if entity.key in kept),
        edges=tuple(edge for edge in terms.edges if kept.issuperset(edge)),
        in_scope=terms.in_scope & kept,
    )


def nothing(texts: Sequence[str]) -> Floats:
    """Return zero vectors."""
    return np.zeros((len(texts), DIMENSIONS), np.float32)


def write(scorer: Scorer, path: Path) -> None:
    """Write the weights and say how large they are."""
    save_scorer(scorer, path)
    print(f"{path.name}: {path.stat().st_size} bytes, {len(scorer.roots)} trees, {len(scorer.feature)} nodes")


if __name__ == "__main__":
    main()
