"""What kind of image a panel is: a small classifier over its appearance, and the words of its caption, combined.

The weights are made by benchmarks/train_modality.py, which prints their error by grouped cross-validation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from met.harvest.appearance import Pixels, appearance
from met.harvest.cues import cues_in
from met.keys import content_key
from met.types import Modality, Panel

# A pixel class without a name of its own: medical images of kinds too rare in the gold to learn one by one.
OTHER_MEDICAL = "other_medical"
UNKNOWN = "unknown"
NOT_MEDICAL = frozenset({"chart", "flow_diagram", "illustration", "table_image", "other_photo"})

# Kinds that need words to be told apart, and the pixel classes that they look like.
_SCANS = ("ct", "radiograph", "electron_microscopy", OTHER_MEDICAL)
_SCENES = ("clinical_photo", "light_microscopy", "other_photo", OTHER_MEDICAL)
LOOKS_LIKE: Mapping[str, tuple[str, ...]] = {
    "angiography": _SCANS,
    "ct": _SCANS,
    "culture_photo": _SCENES,
    "ecg_tracing": ("chart", OTHER_MEDICAL),
    "eeg_tracing": ("chart", OTHER_MEDICAL),
    "endoscopy": _SCENES,
    "fluorescence_microscopy": ("light_microscopy", "electron_microscopy", OTHER_MEDICAL),
    "fmri": _SCANS,
    "fundus_photo": _SCENES,
    "gross_specimen": _SCENES,
    "mri": _SCANS,
    "oct": _SCANS,
    "otoscopy": _SCENES,
    "pet": _SCANS,
    "radiograph": _SCANS,
    "ultrasound": _SCANS,
}
# Prior share of a kind among the images that look like it, before any word speaks for it.
_SHARE = 0.1
_SURE_ENOUGH = 0.4
_REACH = 4.0  # standardised features beyond this say no more


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalityModel:
    """A multinomial logistic regression and an ensemble of trees over standardised features; forecasts are their mean.

    F features, C labels, N nodes of all trees together. A leaf is its own left and right child.
    """

    labels: tuple[str, ...]
    mean: NDArray[np.float32]  # (F,)
    scale: NDArray[np.float32]  # (F,)
    slopes: NDArray[np.float32]  # (C, F)
    offsets: NDArray[np.float32]  # (C,)
    roots: NDArray[np.int32]  # (trees,)
    feature: NDArray[np.int32]  # (N,)
    threshold: NDArray[np.float64]  # (N,)
    left: NDArray[np.int32]  # (N,)
    right: NDArray[np.int32]  # (N,)
    shares: NDArray[np.float32]  # (N, C), rows sum to 1
    seen: NDArray[np.uint64]  # digests of the training images, so that a score can tell

    def forecast(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability of each label for each row of `features` (n, F): (n, C), rows sum to 1."""
        x = standardise(features, mean=self.mean, scale=self.scale)
        logits = x.astype(np.float64) @ self.slopes.T.astype(np.float64) + self.offsets
        linear = np.exp(logits - logits.max(axis=1, keepdims=True))
        linear /= linear.sum(axis=1, keepdims=True)
        return np.asarray((linear + np.stack([self._vote(row) for row in x])) / 2)

    def _vote(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        at = self.roots
        while True:
            below = np.where(row[self.feature[at]] <= self.threshold[at], self.left[at], self.right[at])
            if np.array_equal(below, at):
                return np.asarray(self.shares[at].mean(axis=0, dtype=np.float64))
            at = below


def standardise(
    features: NDArray[np.float32], *, mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return `features` in standard deviations from the training mean, cut off where no more can be learnt."""
    return np.asarray(np.clip((features - mean) / scale, -_REACH, _REACH), dtype=np.float32)


def load_model() -> ModalityModel:
    """Return the shipped model (met/harvest/weights/modality.npz)."""
    with files("met.harvest").joinpath("weights", "modality.npz").open("rb") as stream, np.load(stream) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return ModalityModel(labels=tuple(str(label) for label in arrays.pop("labels")), **arrays)


def combine(forecast: Mapping[str, float], text: str) -> Mapping[str, float]:
    """Return the probability of every kind, from the pixels' forecast and the cues in `text`; the values sum to 1.

    A kind that the pixels cannot tell apart enters when a cue names it, with a small share of the classes that it looks
    like.
    """
    cues = cues_in(text)
    odds = {label: share * float(np.exp(cues.get(label, 0.0))) for label, share in forecast.items()}
    for label in sorted(cues.keys() & LOOKS_LIKE.keys()):
        alike = sum(forecast.get(other, 0.0) for other in LOOKS_LIKE[label])
        odds[label] = max(odds.get(label, 0.0), _SHARE * alike * float(np.exp(cues[label])))
    total = sum(odds.values())
    return {label: value / total for label, value in sorted(odds.items())}


def modality_of(panel: Panel, pixels: Pixels, text: str, model: ModalityModel) -> Modality:
    """Return what kind of image the panel is, and how probably it is a medical image at all.

    Args:
        pixels: uint8 (H, W, 3) RGB of the panel alone.
        text: the words that speak of this panel: its subcaption, or its figure's caption. May be empty.

    The label is "unknown" where no named kind reaches a probability of 0.4.
    """
    forecast = model.forecast(appearance(pixels)[None, :])[0]
    kinds = combine(dict(zip(model.labels, forecast.tolist(), strict=True)), text)
    label, probability = decide(kinds)
    return Modality(
        key=content_key("modality", panel.key),
        panel=panel.key,
        label=label,
        probability=round(probability, 4),
        medical=medical_share(kinds),
        method="appearance+words" if cues_in(text) else "appearance",
    )


def decide(kinds: Mapping[str, float]) -> tuple[str, float]:
    """Return the most probable named kind with its probability, ties to the first by name, or "unknown"."""
    named = {label: round(value, 4) for label, value in kinds.items() if label != OTHER_MEDICAL}
    label = min(named, key=lambda name: (-named[name], name))
    return (label, named[label]) if named[label] >= _SURE_ENOUGH else (UNKNOWN, named[label])


def medical_share(kinds: Mapping[str, float]) -> float:
    """Return the probability that the image is medical, rounded to 4 decimals."""
    return min(1.0, round(sum(value for label, value in kinds.items() if label not in NOT_MEDICAL), 4))
