"""What kind of image a panel is: a small classifier over its appearance, and the words of its caption, combined.

The weights are made by benchmarks/train_modality.py, which prints their error by grouped cross-validation.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from met.errors import BadInput
from met.harvest.modality.appearance import Pixels, appearance
from met.harvest.modality.cues import NAMES, cues_in
from met.harvest.modality.taxonomy import NOT_MEDICAL, OTHER_MEDICAL, UNKNOWN
from met.keys import content_key, digest
from met.types import Modality, Panel

# Kinds that need words to be told apart, and the pixel classes that they look like.
_SCANS = ("ct", "radiograph", "electron_microscopy", OTHER_MEDICAL)
_SCENES = ("clinical_photo", "light_microscopy", "other_photo", OTHER_MEDICAL)
LOOKS_LIKE: Mapping[str, tuple[str, ...]] = {
    "angiography": _SCANS,
    "ct": _SCANS,
    "culture_photo": _SCENES,
    "dermoscopy": _SCENES,
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
_REACH = 4.0  # standardised features beyond this say no more
# The power of what the pixels say of an image being medical or not, over what they say of its kind: a caption names
# what a figure shows, often beside a drawing of it. 0.5 to 0.75 makes forecasts of held-out articles likeliest.
_TRUST = 0.5
_LEAST = 1e-3
# What a citing sentence says counts half: it may speak of other figures beside.
_CITED = 0.5


class Encoder(Protocol):
    """A larger pretrained network that adds its features to those of the appearance. `name` tells its weights."""

    @property
    def name(self) -> str: ...

    def __call__(self, pixels: Pixels, /) -> NDArray[np.float32]:
        """Return the features of an image, uint8 (H, W, 3): (D,), float32."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How probable the most probable kind is in truth: sigmoid(slope * logit + offset) of what the model says (Platt,
    1999); below `unknown_below` of that it is "unknown".
    """

    slope: float = 1.0
    offset: float = 0.0
    unknown_below: float = 0.4

    def probability(self, said: float) -> float:
        """Return the calibrated probability, rounded to 4 decimals; it grows with `said`."""
        inside = min(max(said, 1e-6), 1 - 1e-6)
        logit = self.slope * float(np.log(inside / (1 - inside))) + self.offset
        return round(float(1 / (1 + np.exp(-logit))), 4)


UNSETTLED: Final = Settled()


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
    settled: Settled = UNSETTLED
    encoder: str = "none"  # the name of the encoder whose features follow those of the appearance

    @property
    def identity(self) -> str:
        """The encoder, and 12 hex digits of all numbers of the model."""
        arrays = (getattr(self, name) for name in ("mean", "scale", "slopes", "offsets", "threshold", "shares"))
        parts = [blake2b(array.tobytes(), digest_size=8).hexdigest() for array in arrays]
        return f"{self.encoder}@{digest([*parts, list(self.labels), asdict(self.settled)])[:12]}"

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


def load_model(path: Path | None = None) -> ModalityModel:
    """Return the model of a weights file; without one, the shipped model (met/harvest/weights/modality.npz).

    Raises:
        BadInput: the file is none that benchmarks/train_modality.py wrote.
    """
    place = path or files("met.harvest").joinpath("weights", "modality.npz")
    try:
        with place.open("rb") as stream, np.load(stream) as stored:
            arrays = {name: stored[name] for name in stored.files}
        labels = tuple(str(label) for label in arrays.pop("labels"))
        encoder = str(arrays.pop("encoder"))
        slope, offset, unknown_below = (float(number) for number in arrays.pop("settled"))
        settled = Settled(slope=slope, offset=offset, unknown_below=unknown_below)
        return ModalityModel(labels=labels, settled=settled, encoder=encoder, **arrays)
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise BadInput(what=str(place), why="no weights of the modality classifier") from error


def check_encoder(model: ModalityModel, encoder: Encoder | None) -> None:
    """Nothing happens where the weights were trained with this encoder, or without one and there is none.

    Raises:
        BadInput: they belong to another.
    """
    given = encoder.name if encoder else "none"
    if model.encoder != given:
        why = f"the weights were trained with encoder {model.encoder}; set MET_MODALITY_WEIGHTS to weights of this one"
        raise BadInput(what=f"modality encoder {given}", why=why)


def features_of(pixels: Pixels, encoder: Encoder | None = None) -> NDArray[np.float32]:
    """Return what the model looks at: the features of the appearance, then those of the encoder."""
    own = appearance(pixels)
    return own if encoder is None else np.concatenate([own, encoder(pixels)]).astype(np.float32)


def combine(forecast: Mapping[str, float], text: str, cited: str = "") -> Mapping[str, float]:
    """Return the probability of every kind, from the pixels' forecast and the cues in words; the values sum to 1.

    `text` is the caption's part, `cited` the sentences that cite the figure. A kind that the pixels cannot tell apart
    enters when a cue names it, with a small share of the classes that it looks like. Words tell kinds apart better than
    drawings from photographs: where they speak, how much the pixels look medical or not counts once more.
    """
    cues = words_for(text, cited)
    if not cues:
        return dict(sorted(forecast.items()))
    odds = {label: share * float(np.exp(cues.get(label, 0.0))) for label, share in forecast.items()}
    for label in sorted(cues.keys() & LOOKS_LIKE.keys()):
        alike = sum(forecast.get(other, 0.0) for other in LOOKS_LIKE[label])
        odds[label] = max(odds.get(label, 0.0), _SHARE * alike * float(np.exp(cues[label])))
    backed = {label: value * _backing(label, forecast) ** _TRUST for label, value in odds.items()}
    total = sum(backed.values())
    return {label: value / total for label, value in sorted(backed.items())}


def _backing(label: str, forecast: Mapping[str, float]) -> float:
    """Return the share of the pixels' forecast that is medical as `label` is, or not as it is not.

    A tracing is medical and looks like a chart, so charts back it, too.
    """
    drawn = label in NOT_MEDICAL
    same = sum(share for other, share in forecast.items() if (other in NOT_MEDICAL) == drawn)
    alike = LOOKS_LIKE.get(label, ())
    likened = sum(forecast.get(other, 0.0) for other in alike) if NOT_MEDICAL & set(alike) else 0.0
    return max(same, likened, _LEAST)


def words_for(text: str, cited: str = "") -> Mapping[str, float]:
    """Return the strength of the cues in a caption; where it has none, half that of what citing sentences name."""
    named = {label: strength for label, strength in cues_in(cited).items() if strength >= NAMES}
    return cues_in(text) or {label: _CITED * strength for label, strength in named.items()}


def modality_of(
    panel: Panel, pixels: Pixels, text: str, model: ModalityModel, *, cited: str = "", encoder: Encoder | None = None
) -> Modality:
    """Return what kind of image the panel is, and how probably it is a medical image at all.

    Args:
        pixels: uint8 (H, W, 3) RGB of the panel alone.
        text: the words that speak of this panel: its subcaption, or its figure's caption. May be empty.
        cited: the sentences of the article that cite the figure.
        encoder: the one that `model` was trained with.

    The label is "unknown" where no named kind is probable enough. `signals` keep what pixels and words said, each by
    itself, and whether they agree (None where one of them said nothing).
    """
    forecast = model.forecast(features_of(pixels, encoder)[None, :])[0]
    seen = dict(zip(model.labels, forecast.tolist(), strict=True))
    return modality_told(panel, seen, text, model.settled, cited=cited, encoder=encoder)


def modality_told(
    panel: Panel,
    seen: Mapping[str, float],
    text: str,
    settled: Settled,
    *,
    cited: str = "",
    encoder: Encoder | None = None,
) -> Modality:
    """Return the same as `modality_of` where the pixels' forecast (kind -> probability, sums to 1) is known."""
    kinds = combine(seen, text, cited)
    if shares_its_text(panel):
        kinds = {label: (share + seen.get(label, 0.0)) / 2 for label, share in kinds.items()}
    label, probability = decide(kinds, settled)
    cues = words_for(text, cited)
    return Modality(
        key=content_key("modality", panel.key),
        panel=panel.key,
        label=label,
        probability=probability,
        medical=medical_share(kinds),
        method="+".join(["appearance", *([encoder.name] if encoder else []), *(["words"] if cues else [])]),
        signals=_signals(seen, cues, settled),
    )


def shares_its_text(panel: Panel) -> bool:
    """Return whether the caption says nothing of this panel apart: as likely as not its words speak of another one."""
    return panel.is_cut and panel.letter is None and len(panel.spans) == 1 and panel.spans[0][0] == 0


def _signals(seen: Mapping[str, float], cues: Mapping[str, float], settled: Settled) -> dict[str, Any]:
    label, probability = decide(seen, settled)
    named = sorted(kind for kind, strength in cues.items() if strength == max(cues.values()))
    return {
        "pixels": {
            "label": label,
            "probability": probability,
            "medical": medical_share(seen),
            "shares": {kind: round(share, 4) for kind, share in sorted(seen.items())},
        },
        "words": {kind: round(strength, 4) for kind, strength in sorted(cues.items())},
        "agree": None if label == UNKNOWN or not named else any(_alike(label, kind) for kind in named),
    }


def _alike(seen: str, named: str) -> bool:
    """Say whether pixels that look like `seen` may be of the kind `named`."""
    return seen == named or seen in LOOKS_LIKE.get(named, ())


def decide(kinds: Mapping[str, float], settled: Settled = UNSETTLED) -> tuple[str, float]:
    """Return the most probable named kind, ties to the first by name, or "unknown", with its calibrated probability."""
    named = {label: round(value, 4) for label, value in kinds.items() if label != OTHER_MEDICAL}
    label = min(named, key=lambda name: (-named[name], name))
    probability = settled.probability(named[label])
    return (label, probability) if probability >= settled.unknown_below else (UNKNOWN, probability)


def medical_share(kinds: Mapping[str, float]) -> float:
    """Return the probability that the image is medical, rounded to 4 decimals."""
    return min(1.0, round(sum(value for label, value in kinds.items() if label not in NOT_MEDICAL), 4))
