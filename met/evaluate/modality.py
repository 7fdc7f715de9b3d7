"""The score `modality`: shipped weights against labelled images, and the same method refitted with each group held out.

The method is fitted here too, so that weights, refits and the training script (benchmarks/train_modality.py) are one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from met.evaluate.harness import accuracy, f1, folds, macro_f1
from met.evaluate.intervals import bootstrap, wilson
from met.evaluate.modality_gold import GroupBy, LabelledImage, read_gold
from met.harvest.modality import (
    NOT_MEDICAL,
    OTHER_MEDICAL,
    ModalityModel,
    combine,
    decide,
    load_model,
    medical_share,
    standardise,
)

SCORED_ROWS = 8  # classes with fewer rows of gold are not part of macro-F1
SCORED_GROUPS = 3
LEARNT_ROWS = 7  # classes with fewer rows are learnt as one, "other_medical"
MEDICAL_AT = 0.5
FOLDS = 5
# A collection of near-identical images (smears of one laboratory) weighs as this many rows, however many it has.
SOURCE_ROWS = 25
TREES = 200
SEED = 20260101


def score_modality(
    gold: Sequence[Path], *, images: Path | None, root: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the score `modality`; headline macro_f1, of the shipped weights.

    Where the weights saw an image of this gold, `trained_on_gold` is true and `refitted` holds the honest figures:
    every row is judged by a model that saw no row of its group (`options["cv"]`: "article", the default, or "patient").

    Raises:
        BadInput: a gold file has other columns, or an image cannot be found.
    """
    by: GroupBy = "patient" if options.get("cv") == "patient" else "article"
    rows = [row for path in gold for row in read_gold(path, root=images or root, by=by)]
    model = load_model()
    trained = bool(np.isin(np.array([row.seen for row in rows], dtype=np.uint64), model.seen).any())
    facts = measures(rows, model.forecast(np.stack([row.features for row in rows])), model.labels)
    result = {"headline": "macro_f1", "trained_on_gold": trained, **facts}
    if trained or options.get("cv"):
        result["refitted"] = {"by": by, "folds": FOLDS, **measures(rows, *held_out(rows))}
    return result


# ---------------------------------------------------------------- measuring


def measures(rows: Sequence[LabelledImage], forecast: NDArray[np.float64], labels: Sequence[str]) -> dict[str, Any]:
    """Return accuracy, macro_f1, medical_f1, per_class and their intervals, pixels and words combined.

    `macro_f1` is over the classes with at least 8 rows in at least 3 groups; `pixels_only` gives the same without the
    words. Intervals are drawn over groups. `medical_f1_articles` leaves out collections that are not articles: their
    images are alike and flatter.
    """
    classes = scored_classes(rows)
    told = [_told(share, labels, row.text) for share, row in zip(forecast, rows, strict=True)]
    mute = [_told(share, labels, "") for share in forecast]
    table = np.array(
        [
            (row.label, label, str(row.medical), str(medical >= MEDICAL_AT))
            for row, (label, medical) in zip(rows, told, strict=True)
        ]
    )
    groups = [row.group for row in rows]
    in_class = np.isin(table[:, 0], classes)
    in_article = np.array([row.in_article for row in rows])
    scored_groups = [group for group, chosen in zip(groups, in_class, strict=True) if chosen]

    def macro(part: NDArray[Any]) -> float:
        return macro_f1(part[:, 0], part[:, 1], classes)

    def medical(part: NDArray[Any]) -> float:
        return f1(part[:, 2], part[:, 3], "True")

    return {
        "n": len(rows),
        "groups": len(set(groups)),
        "macro_f1": macro(table[in_class]),
        "interval": bootstrap(table[in_class], macro, seed=SEED, groups=scored_groups),
        "accuracy": accuracy(table[in_class, 0], table[in_class, 1]),
        "accuracy_interval": wilson(int((table[in_class, 0] == table[in_class, 1]).sum()), int(in_class.sum())),
        "medical_f1": medical(table),
        "medical_f1_interval": bootstrap(table, medical, seed=SEED, groups=groups),
        "medical_f1_articles": medical(table[in_article]) if in_article.any() else None,
        "pixels_only": {
            "macro_f1": macro_f1(table[in_class, 0], np.array([label for label, _ in mute])[in_class], classes),
            "medical_f1": f1(table[:, 2], [str(share >= MEDICAL_AT) for _, share in mute], "True"),
        },
        "per_class": {label: _per_class(table, label) for label in sorted(set(table[:, 0]))},
        "per_source": {
            source: _per_source(table[np.array([row.source == source for row in rows])])
            for source in sorted({row.source for row in rows})
        },
        "wrong": [
            {"image": row.image, "gold": row.label, "found": label, "medical": share}
            for row, (label, share) in zip(rows, told, strict=True)
            if (row.label in classes and label != row.label) or row.medical != (share >= MEDICAL_AT)
        ],
    }


def scored_classes(rows: Sequence[LabelledImage]) -> list[str]:
    """Return the labels with at least SCORED_ROWS rows in at least SCORED_GROUPS groups, sorted."""
    counts = Counter(row.label for row in rows)
    spread = Counter(label for label, _ in {(row.label, row.group) for row in rows})
    return sorted(label for label in counts if counts[label] >= SCORED_ROWS and spread[label] >= SCORED_GROUPS)


def _told(share: NDArray[np.float64], labels: Sequence[str], text: str) -> tuple[str, float]:
    kinds = combine(dict(zip(labels, share.tolist(), strict=True)), text)
    return decide(kinds)[0], medical_share(kinds)


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


def _per_source(table: NDArray[Any]) -> dict[str, Any]:
    medical, kept = table[:, 2] == "True", table[:, 3] == "True"
    return {
        "n": len(table),
        "accuracy": accuracy(table[:, 0], table[:, 1]),
        "medical_kept": [int((medical & kept).sum()), int(medical.sum())],
        "other_kept": [int((~medical & kept).sum()), int((~medical).sum())],
    }


# ---------------------------------------------------------------- fitting


def fit(rows: Sequence[LabelledImage]) -> ModalityModel:
    """Return the model fitted to `rows`; the same rows in the same order give the same arrays.

    Classes with fewer than LEARNT_ROWS rows are learnt together as "other_medical", or not at all where they are not
    medical.
    """
    counts = Counter(row.label for row in rows)
    known = {label for label in counts if counts[label] >= LEARNT_ROWS or label in NOT_MEDICAL}
    used = [row for row in rows if row.label in known or row.medical]
    labels = np.array([row.label if row.label in known else OTHER_MEDICAL for row in used])
    sizes = Counter(row.source for row in used if not row.in_article)
    weight = np.array([1.0 if row.in_article else min(1.0, SOURCE_ROWS / sizes[row.source]) for row in used])
    features = np.stack([row.features for row in used])
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0).astype(np.float32)
    x = standardise(features, mean=mean, scale=scale)
    linear = LogisticRegression(C=0.03, max_iter=5000, class_weight="balanced").fit(x, labels, sample_weight=weight)
    trees = ExtraTreesClassifier(
        TREES, min_samples_leaf=2, max_features=0.3, class_weight="balanced", random_state=SEED
    ).fit(x, labels, sample_weight=weight)
    return ModalityModel(
        labels=tuple(str(label) for label in linear.classes_),
        mean=mean,
        scale=scale,
        slopes=linear.coef_.astype(np.float32),
        offsets=linear.intercept_.astype(np.float32),
        **_arrays([tree.tree_ for tree in trees.estimators_]),
        seen=np.array(sorted(row.seen for row in used), dtype=np.uint64),
    )


def _arrays(trees: Sequence[Any]) -> dict[str, NDArray[Any]]:
    """Return the nodes of all trees in one array each; children are positions in them, a leaf is its own child."""
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    parts: dict[str, list[NDArray[Any]]] = {"feature": [], "threshold": [], "left": [], "right": [], "shares": []}
    for tree, (start, end) in zip(trees, pairwise(starts), strict=True):
        leaf, here = tree.children_left < 0, np.arange(start, end)
        parts["feature"].append(np.where(leaf, 0, tree.feature).astype(np.int32))
        parts["threshold"].append(np.where(leaf, 0.0, tree.threshold))
        parts["left"].append(np.where(leaf, here, tree.children_left + start).astype(np.int32))
        parts["right"].append(np.where(leaf, here, tree.children_right + start).astype(np.int32))
        value = tree.value[:, 0, :]
        parts["shares"].append((value / value.sum(axis=1, keepdims=True)).astype(np.float32))
    return {"roots": starts[:-1].astype(np.int32), **{name: np.concatenate(part) for name, part in parts.items()}}


def held_out(rows: Sequence[LabelledImage]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the forecast (n, C) of each row by a model that saw no row of its group, and the C labels."""
    labels = tuple(sorted({row.label for row in rows} | {OTHER_MEDICAL}))
    fold = folds([row.group for row in rows], FOLDS, [row.label for row in rows])
    forecast = np.zeros((len(rows), len(labels)))
    features = np.stack([row.features for row in rows])
    for number in range(FOLDS):
        out = fold == number
        model = fit([row for row, held in zip(rows, out.tolist(), strict=True) if not held])
        columns = np.array([labels.index(label) for label in model.labels])
        forecast[np.ix_(out, columns)] = model.forecast(features[out])
    return forecast, labels
