"""How the modality classifier is fitted, held out by groups, and made as sure as it is right.

Weights, refits of the score and the training script (benchmarks/train_modality.py) all come from here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from met.evaluate.harness import folds
from met.evaluate.modality_gold import LabelledImage
from met.harvest.modality import UNSETTLED, ModalityModel, Settled, combine, decide, standardise
from met.harvest.modality.taxonomy import NOT_MEDICAL, OTHER_MEDICAL

LEARNT_ROWS: Final = 7  # classes with fewer rows are learnt as one, "other_medical"
# The kinds that medicine is full of stand by themselves from so few rows on.
COMMON: Final = frozenset(
    {"radiograph", "ct", "mri", "ultrasound", "clinical_photo", "light_microscopy", "electron_microscopy"}
)
FEW: Final = 3
FOLDS: Final = 5
# A collection of near-identical images (smears of one laboratory) weighs as this many rows, however many it has.
SOURCE_ROWS: Final = 25
TREES: Final = 200
SEED: Final = 20260101
THRESHOLDS: Final = tuple(round(0.3 + 0.02 * step, 2) for step in range(26))
# Of the kinds that are named, at most so many may be wrong.
RISK: Final = 0.08
ALL_NAMED: Final = Settled(unknown_below=0.0)


def fit(rows: Sequence[LabelledImage], *, settled: Settled = UNSETTLED, encoder: str = "none") -> ModalityModel:
    """Return the model fitted to `rows`; the same rows in the same order give the same arrays.

    Classes with fewer than LEARNT_ROWS rows, or FEW of the common kinds, are learnt together as "other_medical", or not
    at all where they are not medical. Drawings are learnt a second time by their middles, as panels show them.
    `encoder` names the network whose features the rows hold behind those of the appearance.
    """
    counts = Counter(row.label for row in rows)
    known = {
        label for label in counts if counts[label] >= (FEW if label in COMMON else LEARNT_ROWS) or label in NOT_MEDICAL
    }
    used = [row for row in rows if row.label in known or row.medical]
    used += [replace(row, features=row.middle) for row in used if row.middle is not None]
    labels = np.array([row.label if row.label in known else OTHER_MEDICAL for row in used])
    weight = weights(used)
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
        seen=np.array(sorted({row.seen for row in used}), dtype=np.uint64),
        settled=settled,
        encoder=encoder,
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


def held_out(
    rows: Sequence[LabelledImage],
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[Settled, ...]]:
    """Return the forecast (n, C) of each row by a model that saw no row of its group, the C labels, and for each row
    what was settled on the forecasts of the other folds.
    """
    return _forecasts(rows, *_folded(rows))


def fitted_apart(rows: Sequence[LabelledImage]) -> dict[str, ModalityModel]:
    """Return for each group of the rows the model of `held_out` that saw no row of it, and is settled without it."""
    fold, models = _folded(rows)
    _, _, settled = _forecasts(rows, fold, models)
    by_row = zip(rows, fold.tolist(), settled, strict=True)
    return {row.group: replace(models[number], settled=how) for row, number, how in by_row}


def _folded(rows: Sequence[LabelledImage]) -> tuple[NDArray[np.intp], list[ModalityModel]]:
    """Return the fold of each row, and for each fold a model of the rows outside of it."""
    fold = folds([row.group for row in rows], FOLDS, [row.label for row in rows])
    models = [
        fit([row for row, own in zip(rows, fold.tolist(), strict=True) if own != number]) for number in range(FOLDS)
    ]
    return fold, models


def _forecasts(
    rows: Sequence[LabelledImage], fold: NDArray[np.intp], models: Sequence[ModalityModel]
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[Settled, ...]]:
    labels = tuple(sorted({row.label for row in rows} | {OTHER_MEDICAL}))
    forecast = np.zeros((len(rows), len(labels)))
    features = np.stack([row.features for row in rows])
    for number, model in enumerate(models):
        out = fold == number
        columns = np.array([labels.index(label) for label in model.labels])
        forecast[np.ix_(out, columns)] = model.forecast(features[out])
    by_fold = []
    for number in range(FOLDS):
        others = [row for row, one in zip(rows, fold.tolist(), strict=True) if one != number]
        by_fold.append(settle(others, forecast[fold != number], labels))
    return forecast, labels, tuple(by_fold[number] for number in fold.tolist())


# ---------------------------------------------------------------- settling


def settle(rows: Sequence[LabelledImage], forecast: NDArray[np.float64], labels: Sequence[str]) -> Settled:
    """Return how sure a kind may be said, and the least probability at which at most `RISK` of the named are wrong.

    `forecast` must come from models that did not see the rows. Images of collections weigh as they do in the fit.
    """
    told = [
        decide(combine(dict(zip(labels, share.tolist(), strict=True)), row.text, row.cited), ALL_NAMED)
        for share, row in zip(forecast, rows, strict=True)
    ]
    right = np.array([label == row.label for (label, _), row in zip(told, rows, strict=True)])
    said = np.clip([probability for _, probability in told], 1e-4, 1 - 1e-4)
    weight = weights(rows)
    if right.all() or not right.any():
        return UNSETTLED
    line = LogisticRegression(C=10.0).fit(np.log(said / (1 - said))[:, None], right, sample_weight=weight)
    settled = Settled(slope=round(float(line.coef_[0, 0]), 4), offset=round(float(line.intercept_[0]), 4))
    sure = np.array([settled.probability(float(value)) for value in said])
    risky = [at for at in THRESHOLDS if _risk(right, weight * (sure >= at)) > RISK]
    return replace(settled, unknown_below=THRESHOLDS[min(len(THRESHOLDS) - 1, len(risky))])


def _risk(right: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    """Return the share of what is named that is wrong; 0 where nothing is named."""
    return float((weight * ~right).sum() / weight.sum()) if weight.sum() else 0.0


def weights(rows: Sequence[LabelledImage]) -> NDArray[np.float64]:
    """Return what each row weighs: a collection of near-identical images as SOURCE_ROWS, however many it has."""
    sizes = Counter(row.source for row in rows if not row.in_article)
    return np.array([1.0 if row.in_article else min(1.0, SOURCE_ROWS / sizes[row.source]) for row in rows])
