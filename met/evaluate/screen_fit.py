"""Thresholds of stage 1, fitted to labelled panels: one after the other, each where keeping agrees best with people.

The panels are dealt into two halves, no article in both. The first half chooses, the second one measures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any, Final

import numpy as np

from met.align.screen import LIMITS, Signals, dear_signals, free_signals
from met.align.sight import SeenPixels
from met.align.thresholds import Thresholds
from met.errors import BadInput
from met.evaluate.harness import folds
from met.evaluate.intervals import wilson
from met.types import Dossier

ROUNDS: Final = 3
CANDIDATES: Final = 100
# A threshold moves only where it rights more panels than it wrongs by so many standard deviations (McNemar, 1947): of a
# hundred places some fit any handful of labels.
SURELY: Final = 1.96
# What says nothing of whether a panel makes a pair: its keeper does, or somebody's privacy speaks against it.
_APART: Final = ("privacy", "duplicate")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPanel:
    """A panel with all that stage 1 measures of it, and whether it should be kept; `group` stays in one half."""

    signals: Signals
    keep: bool
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Thresholds, and what they keep of the half that did not choose them, before and after."""

    thresholds: Thresholds
    facts: Mapping[str, Any]


def labelled(dossier: Dossier, sight: SeenPixels, limits: Thresholds, *, keep: bool) -> LabelledPanel | None:
    """Return a panel with its label; None where its fate is no matter of thresholds."""
    signals = {**free_signals(dossier, limits), **dear_signals(sight, limits)}
    if not all(signals[name]["passed"] for name in _APART):
        return None
    return LabelledPanel(signals=signals, keep=keep, group=dossier.article.key)


def fit_screen(panels: Sequence[LabelledPanel], start: Thresholds) -> Fitted:
    """Return thresholds that agree best with the labels of one half, beginning with `start`.

    Raises:
        BadInput: the labels are of fewer than two articles, or a half has one kind of label alone.
    """
    if len({panel.group for panel in panels}) < 2:
        raise BadInput(what="fit screen", why="needs labelled panels of two articles at least")
    half = folds([panel.group for panel in panels], 2, [str(panel.keep) for panel in panels])
    chooses, measures = ([panel for panel, at in zip(panels, half, strict=True) if at == which] for which in (0, 1))
    for some in (chooses, measures):
        if len({panel.keep for panel in some}) < 2:
            raise BadInput(
                what="fit screen", why="needs panels to keep and panels to drop in each half of the articles"
            )
    best = start
    for _ in range(ROUNDS):
        before = best
        for name in LIMITS:
            best = _moved(name, best, chooses)
        if best == before:
            break
    return Fitted(
        thresholds=best,
        facts={
            "n": len(panels),
            "chosen_by": len(chooses),
            "before": agreement(measures, start),
            "after": agreement(measures, best),
            "moved": {
                name: [value, asdict(best)[name]]
                for name, value in asdict(start).items()
                if value != asdict(best)[name]
            },
        },
    )


def agreement(panels: Sequence[LabelledPanel], limits: Thresholds) -> dict[str, Any]:
    """Return n, precision and recall of keeping, each with its Wilson interval."""
    kept = [panel.keep for panel in panels if passes(panel.signals, limits)]
    right, wanted = sum(kept), sum(panel.keep for panel in panels)
    return {
        "n": len(panels),
        "precision": round(right / max(1, len(kept)), 4),
        "precision_interval": wilson(right, len(kept)),
        "recall": round(right / max(1, wanted), 4),
        "recall_interval": wilson(right, wanted),
    }


def passes(signals: Signals, limits: Thresholds) -> bool:
    """Say whether stage 1 keeps a panel of these measures under these thresholds."""
    return all(_reaches(name, signals, limits) for name in LIMITS)


def _reaches(name: str, signals: Signals, limits: Thresholds) -> bool:
    limit, threshold = LIMITS[name], getattr(limits, name)
    signal = signals.get(limit.signal)
    # Similarity is missing where no encoder is set. A text that names what is shown may be short.
    if signal is None or (limit.signal == "text" and signal["named"] is not None):
        return True
    measured = signal[limit.measure]
    return measured is not None and (measured >= threshold if name.startswith("min_") else measured <= threshold)


def _moved(name: str, limits: Thresholds, panels: Sequence[LabelledPanel]) -> Thresholds:
    """Return the thresholds with one where it agrees best; where it was, unless the labels gain by a move."""
    now = getattr(limits, name)
    tried = [(_f1(replace(limits, **{name: value}), panels), value) for value in _candidates(name, now, panels)]
    best, value = max(tried, key=lambda one: (one[0], -abs(one[1] - now)), default=(0.0, now))
    moved = replace(limits, **{name: value})
    return moved if best > _f1(limits, panels) and _surely_better(moved, limits, panels) else limits


def _surely_better(new: Thresholds, old: Thresholds, panels: Sequence[LabelledPanel]) -> bool:
    was = [passes(panel.signals, old) == panel.keep for panel in panels]
    now = [passes(panel.signals, new) == panel.keep for panel in panels]
    righted = sum(after and not before for before, after in zip(was, now, strict=True))
    wronged = sum(before and not after for before, after in zip(was, now, strict=True))
    return righted - wronged >= SURELY * sqrt(righted + wronged)


def _candidates(name: str, now: float, panels: Iterable[LabelledPanel]) -> list[Any]:
    """Return values between those that were measured, rounded to 4 decimals, in the type of the threshold."""
    limit = LIMITS[name]
    found = {panel.signals[limit.signal][limit.measure] for panel in panels if limit.signal in panel.signals}
    seen = np.array(sorted(value for value in found if value is not None), dtype=np.float64)
    middles = (seen[:-1] + seen[1:]) / 2
    if len(middles) > CANDIDATES:
        middles = np.quantile(middles, np.linspace(0, 1, CANDIDATES), method="nearest")
    return sorted({type(now)(round(float(value), 4)) for value in middles})


def _f1(limits: Thresholds, panels: Sequence[LabelledPanel]) -> float:
    kept = [panel.keep for panel in panels if passes(panel.signals, limits)]
    wanted = sum(panel.keep for panel in panels)
    return round(2 * sum(kept) / max(1, len(kept) + wanted), 4)
