"""Train the scorers that attach new concepts and grow hierarchies, and write the shipped weights.

    python benchmarks/train_attach.py [DATA] [--home DIR] [--out DIR] [--rows DIR [--only FILE]]

DATA is the folder that holds ontologies/ (default ../shared/data). Each ontology's own edges are the lesson: groups of
children, numbered series and single leaves are hidden and asked for. No name or edge goes into the weights, only
thresholds on features. `met score attach` prints the same method fitted without the ontology that is asked about.

With --rows what is learnt from is kept there, a file for each of the ways to hide, so that a run that was stopped goes
on; --only makes the rows of one ontology and stops. They are of the features of today: change these, and begin anew.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flows.cli.vectors import RememberedVectors
from met.embed import DIMENSIONS
from met.evaluate.attach import Terms, terms_of
from met.evaluate.attach_fit import LESSON_QUERIES, Asked, ask, cases_of, fit, flat_cases, varied
from met.tree.attach.candidates import Embed
from met.tree.attach.nearest import Floats
from met.tree.attach.scorer import FLAT_WEIGHTS, WEIGHTS, Scorer, save_scorer
from met.tree.ontology import read_ontology

ROOT = Path(__file__).resolve().parents[1]
BLIND = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is learnt from one file: by `rounds` of ways to hide; `blind` also without vectors; from `flat` branches
    without their edges, of `flat_blind` of them also without vectors.
    """

    file: str
    rounds: int = 1
    blind: bool = False
    flat: int = 0
    flat_blind: int = 0


LESSONS = (
    Lesson(file="doid/HumanDO_2016-06-17_complete.obo.gz", rounds=3, blind=True),
    Lesson(file="symp/symp.obo.gz", blind=True),
    Lesson(file="mondo/MONDO-v2026-05-05.json.gz", flat=8, flat_blind=4),
    Lesson(file="uberon/UBERON-v2026-04-01.json.gz", rounds=0, flat=3),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--home", type=Path, default=None, help="where vectors are kept between runs")
    parser.add_argument("--out", type=Path, default=WEIGHTS.parent)
    parser.add_argument("--rows", type=Path, default=None, help="where the rows of the lessons are kept between runs")
    parser.add_argument("--only", default=None, help="make the rows of this file of DATA/ontologies, and stop")
    options = parser.parse_args()
    embed = RememberedVectors(options.home)
    attached: list[Asked] = []
    flat: list[Asked] = []
    for lesson in LESSONS:
        if options.only in (None, lesson.file):
            whole = terms_of([read_ontology(options.data / "ontologies" / lesson.file)])
            kept = Kept(options.rows, lesson.file)
            attached += hidden_rows(lesson, whole, embed, kept)
            flat += flat_rows(lesson, whole, embed, kept)
            print(
                f"{lesson.file}: {sum(len(part.rows) for part in attached)} and {sum(len(part.rows) for part in flat)}"
            )
    if options.only is None:
        options.out.mkdir(exist_ok=True)
        for path, rows in ((WEIGHTS, attached), (FLAT_WEIGHTS, flat)):
            write(fit(rows), options.out / path.name)


def hidden_rows(lesson: Lesson, whole: Terms, embed: Embed, kept: "Kept") -> list[Asked]:
    """Return the rows of what is hidden in one ontology."""
    cases = cases_of(whole.entities, whole.edges, lesson.rounds)
    # A concept that a text names has often no definition yet.
    found = [
        kept.rows(f"hidden {number}", lambda case=case: ask(varied(case), embed, limit=LESSON_QUERIES)[1])
        for number, case in enumerate(cases)
    ]
    if lesson.blind:
        # Without a model of vectors the words alone must do.
        found.append(kept.rows("blind", lambda: ask(varied(cases[0]), nothing, limit=BLIND)[1]))
    return found


def flat_rows(lesson: Lesson, whole: Terms, embed: Embed, kept: "Kept") -> list[Asked]:
    """Return the rows of branches whose edges are all hidden."""
    branches = flat_cases(whole.entities, whole.edges, lesson.flat)
    return [
        *(kept.rows(f"flat {number}", lambda case=case: ask(case, embed)[1]) for number, case in enumerate(branches)),
        *(
            kept.rows(f"flat blind {number}", lambda case=case: ask(case, nothing)[1])
            for number, case in enumerate(branches[: lesson.flat_blind])
        ),
    ]


class Kept:
    """Keeps the rows of one ontology's lessons in a folder; without one nothing is kept."""

    def __init__(self, folder: Path | None, file: str) -> None:
        self._folder, self._name = folder, Path(file).name.split(".")[0]

    def rows(self, part: str, make: Callable[[], Asked]) -> Asked:
        """Return the rows of a part as they were kept, or made and kept."""
        if self._folder is None:
            return make()
        path = self._folder / f"{self._name} {part}.npz"
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            made = make()
            whole = path.with_suffix(".new.npz")
            np.savez(whole, rows=made.rows, concept=made.concept, place=made.place, right=made.right)
            whole.replace(path)
        with np.load(path, allow_pickle=False) as stored:
            return Asked(**{name: stored[name] for name in ("rows", "concept", "place", "right")})


def nothing(texts: Sequence[str]) -> Floats:
    """Return zero vectors."""
    return np.zeros((len(texts), DIMENSIONS), np.float32)


def write(scorer: Scorer, path: Path) -> None:
    """Write the weights and say how large they are."""
    save_scorer(scorer, path)
    print(f"{path.name}: {path.stat().st_size} bytes, {len(scorer.roots)} trees, {len(scorer.feature)} nodes")


if __name__ == "__main__":
    main()
