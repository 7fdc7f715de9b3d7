"""What kind of sight a panel is, as the stage of the modality tells it: which nodes say so, and what it can show.

A photograph of the outside shows a skin disease itself, a radiograph shows findings, and a micrograph of a germ shows
neither the patient nor what ails him.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from met.harvest.modality.taxonomy import GROUP_OF, NOT_MEDICAL
from met.types import Certainty, Dossier

# outside: surfaces and organs as the eye sees them; inside: images of the inner body, signals; small: what a microscope
# or a culture plate shows; none: nothing of a patient; unknown: the stage could not tell.
View: TypeAlias = Literal["outside", "inside", "small", "none", "unknown"]

# The node that says what a kind of image is, by its name in our own table of modalities; other kinds have none.
NODE_OF: Final[Mapping[str, str]] = {
    "angiography": "angiography",
    "clinical_photo": "clinical photography",
    "ct": "computed tomography",
    "dermoscopy": "dermoscopy",
    "ecg_tracing": "electrocardiography",
    "eeg_tracing": "electroencephalography",
    "electron_microscopy": "electron microscopy",
    "endoscopy": "endoscopy",
    "fluorescence_microscopy": "fluorescence microscopy",
    "fmri": "functional magnetic resonance imaging",
    "fundus_photo": "fundus photography",
    "light_microscopy": "light microscopy",
    "mri": "magnetic resonance imaging",
    "oct": "optical coherence tomography",
    "pet": "nuclear medicine imaging",
    "radiograph": "radiography",
    "ultrasound": "ultrasonography",
}
# That an image shows nothing of a patient takes all anchors from it, so it must be plain.
PLAIN: Final = 0.8
CERTAIN: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenKind:
    """The view, and the kind of image with its probability None where the stage did not tell."""

    view: View = "unknown"
    kind: str | None = None
    probability: float = 0.0

    @property
    def certainty(self) -> Certainty:
        """How surely the kind is said."""
        return "certain" if self.probability >= CERTAIN else "hedged"


UNTOLD: Final = SeenKind()


def seen_kind(dossier: Dossier) -> SeenKind:
    """Return what the stage of the modality tells of the panel."""
    told = dossier.modality
    if told is None or told.label not in GROUP_OF:
        return UNTOLD
    if told.label in NOT_MEDICAL:
        return SeenKind(view="none" if told.probability >= PLAIN else "unknown")
    return SeenKind(view=_view(told.label), kind=told.label, probability=told.probability)


def _view(label: str) -> View:
    if label == "culture_photo" or GROUP_OF[label] == "microscopy":
        return "small"
    return "outside" if GROUP_OF[label] == "photograph" else "inside"
