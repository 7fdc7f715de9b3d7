"""The score `modality`: shipped weights against labelled images, and the same method refitted with each group held out.

The fit is in met/evaluate/modality_fit.py, the reliability of the probabilities in modality_reliability.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.evaluate.harness import accuracy, f1, macro_f1
from met.evaluate.intervals import bootstrap, wilson
from met.evaluate.modality_fit import FOLDS, SEED, fit, held_out
from met.evaluate.modality_gold import GroupBy, LabelledImage, read_gold
from met.evaluate.modality_reliability import reliability
from met.evaluate.modality_sheet import write_sheet
from met.harvest.modality import ModalityModel, Settled, combine, decide, load_model, medical_share
from met.harvest.modality.taxonomy import GOLD

SCORED_ROWS: Final = 8  # classes with fewer rows of gold are not part of macro-F1
SCORED_GROUPS: Final = 3
MEDICAL_AT: Final = 0.5


def score_modality(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `modality`; headline macro_f1, of the shipped weights.

    Where the weights saw an image of this gold, `trained_on_gold` is true and `refitted` holds the honest figures:
    every row is judged by a model that saw no row of its group (`options["cv"]`: "article", the default, or "patient").
    `options["sheet"]` names a PNG for the confusion matrix of these and the images that were taken for another kind.

    Raises:
        BadInput: a gold file has other columns, or an image cannot be found.
    """
    by: GroupBy = "patient" if options.get("cv") == "patient" else "article"
    rows = [row for path in gold for row in read_gold(path, root=images or root, by=by)]
    model = load_model()
    trained = bool(np.isin(np.array([row.seen for row in rows], dtype=np.uint64), model.seen).any())
    shown = facts = measures(rows, *told_by(model, rows))
    result: dict[str, Any] = {"headline": "macro_f1", "trained_on_gold": trained, **facts}
    if trained or options.get("cv"):
        shown = measures(rows, *held_out(rows))
        result["refitted"] = {"by": by, "folds": FOLDS, **shown}
        result["articles_alone"] = from_articles_alone(rows)
    if options.get("sheet"):
        write_sheet(Path(options["sheet"]), rows, shown)
    return result


def told_by(
    model: ModalityModel, rows: Sequence[LabelledImage]
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[Settled, ...]]:
    """Return what a model forecasts of the rows, its labels, and how sure it is said, row by row."""
    return model.forecast(np.stack([row.features for row in rows])), model.labels, (model.settled,) * len(rows)


# ---------------------------------------------------------------- measuring


def measures(
    rows: Sequence[LabelledImage], forecast: NDArray[np.float64], labels: Sequence[str], settled: Sequence[Settled]
) -> dict[str, Any]:
    """Return accuracy, macro_f1, medical_f1, per_class and their intervals, pixels and words combined.

    `macro_f1` is over the classes with at least 8 rows in at least 3 groups; `pixels_only` gives the same without the
    words. Intervals are drawn over groups. `medical_f1_articles` leaves out collections that are not articles: their
    images are alike and flatter. A class that stands in one article alone (CT) is in `per_class`, apart from the mean.
    """
    classes = scored_classes(rows)

    def told_of(**way: bool) -> list[tuple[str, float, float]]:
        return [_told(row, share, labels, how, **way) for row, share, how in zip(rows, forecast, settled, strict=True)]

    told, mute = told_of(), told_of(mute=True)
    table = np.array(
        [
            (row.label, label, str(row.medical), str(medical >= MEDICAL_AT))
            for row, (label, _, medical) in zip(rows, told, strict=True)
        ]
    )
    groups = np.array([row.group for row in rows])
    in_class = np.isin(table[:, 0], classes)
    in_article = np.array([row.in_article for row in rows])

    def macro(part: NDArray[Any]) -> float:
        return macro_f1(part[:, 0], part[:, 1], classes)

    def medical(part: NDArray[Any]) -> float:
        return f1(part[:, 2], part[:, 3], "True")

    def drawn(part: NDArray[np.bool_], statistic: Any) -> tuple[float, float] | None:
        return bootstrap(table[part], statistic, seed=SEED, groups=groups[part].tolist()) if part.any() else None

    everywhere = np.ones(len(rows), dtype=bool)
    return {
        "n": len(rows),
        "groups": len(set(groups.tolist())),
        "classes": classes,
        "macro_f1": macro(table[in_class]),
        "interval": drawn(in_class, macro) or (0.0, 1.0),
        "accuracy": accuracy(table[in_class, 0], table[in_class, 1]) if in_class.any() else None,
        "accuracy_interval": wilson(int((table[in_class, 0] == table[in_class, 1]).sum()), int(in_class.sum())),
        "medical_f1": medical(table),
        "medical_f1_interval": drawn(everywhere, medical),
        "medical_f1_articles": medical(table[in_article]) if in_article.any() else None,
        "medical_f1_articles_interval": drawn(in_article, medical),
        "pixels_only": {
            "macro_f1": macro_f1(table[in_class, 0], np.array([label for label, _, _ in mute])[in_class], classes),
            "medical_f1": f1(table[:, 2], [str(share >= MEDICAL_AT) for _, _, share in mute], "True"),
        },
        "words_against_pixels": _against(rows, told, mute),
        **reliability(
            told_of(all_named=True),
            [row.label for row in rows],
            unknown_below=float(np.median([how.unknown_below for how in settled])),
        ),
        "per_class": {label: _per_class(table, label) for label in sorted(set(table[:, 0]))},
        "per_source": {
            source: _per_source(table[np.array([row.source == source for row in rows])], classes)
            for source in sorted({row.source for row in rows})
        },
        "wrong": _wrong(rows, told, classes),
    }


def _wrong(
    rows: Sequence[LabelledImage], told: Sequence[tuple[str, float, float]], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the images that were taken for another kind, or for medical where they are not, or the reverse."""
    return [
        {"image": row.image, "gold": row.label, "found": label, "medical": share}
        for row, (label, _, share) in zip(rows, told, strict=True)
        if (row.label in classes and label != row.label) or row.medical != (share >= MEDICAL_AT)
    ]


def scored_classes(rows: Sequence[LabelledImage]) -> list[str]:
    """Return the kinds with at least SCORED_ROWS rows in at least SCORED_GROUPS groups, sorted."""
    counts = Counter(row.label for row in rows)
    spread = Counter(label for label, _ in {(row.label, row.group) for row in rows})
    return sorted(
        label
        for label in counts
        if counts[label] >= SCORED_ROWS and spread[label] >= SCORED_GROUPS and GOLD.get(label, label) is not None
    )


def from_articles_alone(rows: Sequence[LabelledImage]) -> dict[str, Any]:
    """Return what a model that saw figures of articles alone makes of the images of other collections.

    `radiograph` is told from all other rows by the pixels. Rows of articles are judged with their article held out.
    """
    articles = [row for row in rows if row.in_article]
    others = [row for row in rows if not row.in_article]
    if not articles or not others:
        return {}
    model = fit(articles)
    forecast = model.forecast(np.stack([row.features for row in others]))
    own, labels, _ = held_out(articles)
    found = [model.labels[at] for at in forecast.argmax(axis=1)] + [labels[at] for at in own.argmax(axis=1)]
    table = np.array([(row.label, label) for row, label in zip([*others, *articles], found, strict=True)])
    groups = [row.group for row in (*others, *articles)]
    kept = int(sum(medical_share(dict(zip(model.labels, share, strict=True))) >= MEDICAL_AT for share in forecast))

    def radiograph(part: NDArray[Any]) -> float:
        return f1(part[:, 0], part[:, 1], "radiograph")

    return {
        "radiographs_seen": sum(row.label == "radiograph" for row in articles),
        "radiograph_f1": radiograph(table),
        "interval": bootstrap(table, radiograph, seed=SEED, groups=groups),
        "found_as": dict(sorted(Counter(table[table[:, 0] == "radiograph", 1].tolist()).items())),
        "taken_for_one": int(((table[:, 0] != "radiograph") & (table[:, 1] == "radiograph")).sum()),
        "medical_kept": [kept, len(others)],
    }


def _told(
    row: LabelledImage,
    share: NDArray[np.float64],
    labels: Sequence[str],
    settled: Settled,
    *,
    mute: bool = False,
    all_named: bool = False,
) -> tuple[str, float, float]:
    """Return kind, probability, and how probably medical; `mute` without the words, `all_named` never unknown."""
    words = ("", "") if mute else (row.text, row.cited)
    kinds = combine(dict(zip(labels, share.tolist(), strict=True)), *words)
    how = Settled(slope=settled.slope, offset=settled.offset, unknown_below=0.0) if all_named else settled
    return *decide(kinds, how), medical_share(kinds)


def _against(rows: Sequence[LabelledImage], told: Sequence[Any], mute: Sequence[Any]) -> dict[str, int]:
    """Return how often words changed what the pixels alone said, to what is right and away from it."""
    changed = [
        (row.label, one[0], other[0]) for row, one, other in zip(rows, told, mute, strict=True) if one[0] != other[0]
    ]
    return {
        "changed": len(changed),
        "to_right": sum(gold == one for gold, one, _ in changed),
        "from_right": sum(gold == other for gold, _, other in changed),
    }


def _per_class(table: NDArray[Any], label: str) -> dict[str, Any]:
    gold, found = table[:, 0] == label, table[:, 1] == label
    right = int((gold & found).sum())
    return {
        "n": int(gold.sum()),
        "f1": f1(table[:, 0], table[:, 1], label),
        "precision": right / int(found.sum()) if found.any() else None,
        "recall": right / int(gold.sum()),
        "recall_interval": wilson(right, int(gold.sum())),
        "found_as": dict(sorted(Counter(table[gold, 1].tolist()).items())),
    }


def _per_source(table: NDArray[Any], classes: Sequence[str]) -> dict[str, Any]:
    medical, kept = table[:, 2] == "True", table[:, 3] == "True"
    in_class = np.isin(table[:, 0], classes)
    right = int((table[:, 0] == table[:, 1]).sum())
    return {
        "n": len(table),
        "accuracy": accuracy(table[:, 0], table[:, 1]),
        "accuracy_interval": wilson(right, len(table)),
        "macro_f1": macro_f1(table[in_class, 0], table[in_class, 1], sorted(set(table[in_class, 0]))),
        "medical_kept": [int((medical & kept).sum()), int(medical.sum())],
        "other_kept": [int((~medical & kept).sum()), int((~medical).sum())],
    }
