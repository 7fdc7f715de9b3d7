"""What the filter keeps of labelled images: medical ones, and charts, drawings and tables that must not be pairs.

A gold file is a TSV with the columns `image` (a path that ends in the article's folder and the name of the figure's
file), `medical_image` (yes, no, mixed), `label` and `source` where they are known; `met score modality` reads the same.
Every panel of a figure has the label of its figure. "mixed" rows are left out, and so are panels that repeat another
one: their keeper stands for them.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from met.errors import BadInput
from met.evaluate.intervals import wilson

NEEDED: Final = {"image", "medical_image"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a panel of a build: `refused` is the first reason of the filter against it, None of a pair.

    `learnt` says whether the weights of the kind of image learnt from the panel's file.
    """

    article: str
    graphic: str
    refused: str | None
    duplicate: bool
    learnt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A row of gold that says yes or no."""

    article: str
    name: str
    medical: bool
    label: str
    source: str


def score_screen(gold: Sequence[Path], *, options: Mapping[str, Any], **_: object) -> dict[str, Any]:
    """Return the share of medical panels that became pairs, the headline, and that of panels that are not medical.

    Both come by source, and what is not kept by reason. `unseen_by_weights` leaves out the panels in whose files the
    classifier of the kind learnt.

    Raises:
        BadInput: there is no build, a file is no such gold, or none of its images is in the build.
    """
    fates: Sequence[Fate] = options.get("fates", ())
    if not fates:
        raise BadInput(what="score screen", why="needs --home with a build")
    rows = [row for path in gold for row in read_labels(path)]
    matched = matches(rows, fates)
    if not matched:
        raise BadInput(what="score screen", why="the newest build holds none of the images of the gold")
    found = {(row.article, row.name) for row, _ in matched}
    measured = rates(matched)
    return {
        "n": len(matched),
        "headline": "medical_kept",
        "medical_kept": measured["medical"]["kept"],
        "interval": measured["medical"]["interval"],
        **measured,
        "by_source": {
            source: rates([one for one in matched if one[0].source == source])
            for source in sorted({row.source for row, _ in matched})
        },
        "by_label": {
            label: _share([fate for row, fate in matched if row.label == label])
            for label in sorted({row.label for row, _ in matched})
        },
        "images_not_in_build": len({(row.article, row.name) for row in rows} - found),
        "trained_on_gold": any(fate.learnt for _, fate in matched),
        "unseen_by_weights": rates([one for one in matched if not one[1].learnt]),
    }


def read_labels(path: Path) -> list[Labelled]:
    """Return the rows of a gold file that say yes or no.

    Raises:
        BadInput: the file has other columns or no rows.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream, delimiter="\t"))
    if not table or not table[0].keys() >= NEEDED:
        raise BadInput(what=str(path), why="not a TSV with rows and the columns image, medical_image")
    return [
        Labelled(
            article=Path(row["image"]).parent.name,
            name=Path(row["image"]).stem,
            medical=row["medical_image"] == "yes",
            label=row.get("label") or "unlabelled",
            source=row.get("source") or "unnamed",
        )
        for row in table
        if row["medical_image"] in ("yes", "no")
    ]


def matches(rows: Iterable[Labelled], fates: Iterable[Fate]) -> list[tuple[Labelled, Fate]]:
    """Return each labelled row with every panel of its figure that repeats no other one."""
    by_figure: defaultdict[tuple[str, str], list[Fate]] = defaultdict(list)
    for fate in fates:
        if not fate.duplicate:
            by_figure[fate.article.rpartition("/")[2], Path(fate.graphic).stem].append(fate)
    return [(row, fate) for row in rows for fate in by_figure[row.article, row.name]]


def rates(matched: Sequence[tuple[Labelled, Fate]]) -> dict[str, Any]:
    """Return what was kept of medical panels and of others, with Wilson intervals, and the reasons against the rest."""
    return {
        "medical": _share([fate for row, fate in matched if row.medical]),
        "not_medical": _share([fate for row, fate in matched if not row.medical]),
    }


def _share(fates: Sequence[Fate]) -> dict[str, Any]:
    kept = sum(fate.refused is None for fate in fates)
    return {
        "n": len(fates),
        "kept": round(kept / max(1, len(fates)), 4),
        "interval": wilson(kept, len(fates)),
        "refused": dict(sorted(Counter(fate.refused for fate in fates if fate.refused is not None).items())),
    }
