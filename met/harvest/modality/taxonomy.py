"""The kinds of image that a panel can be, and what labels of other collections mean among them.

The kinds are those that a caption names and that exclude each other for one panel. A panel that shows several at once
is none of them; what the evidence cannot name is `unknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Group: TypeAlias = Literal["radiology", "photograph", "optical", "microscopy", "signal", "not_medical"]

UNKNOWN: Final = "unknown"
# A class of pixels without a name of its own: medical images of kinds too rare in the gold to be learnt one by one.
OTHER_MEDICAL: Final = "other_medical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of image. `shows` says in a few words what belongs to it."""

    label: str
    group: Group
    shows: str


def _kinds(group: Group, **labels: str) -> tuple[Kind, ...]:
    return tuple(Kind(label=label, group=group, shows=shows) for label, shows in labels.items())


KINDS: Final[tuple[Kind, ...]] = (
    *_kinds(
        "radiology",
        radiograph="X-ray projections, mammograms among them",
        ct="computed tomography, with or without contrast",
        mri="magnetic resonance imaging",
        fmri="activity maps of functional magnetic resonance imaging",
        angiography="vessels filled with contrast, as projections",
        pet="PET, SPECT and scintigrams, fused with CT or not",
        ultrasound="sonograms, echocardiograms, Doppler",
    ),
    *_kinds(
        "photograph",
        clinical_photo="the outside of a patient: skin, wounds, eyes, mouth; dermatology photographs among them",
        dermoscopy="skin through a dermatoscope",
        endoscopy="views through an endoscope of any cavity",
        otoscopy="the ear canal and the eardrum",
        fundus_photo="the back of the eye",
        gross_specimen="organs and specimens outside of the body",
        culture_photo="plates, tubes and colonies",
    ),
    *_kinds("optical", oct="optical coherence tomograms"),
    *_kinds(
        "microscopy",
        light_microscopy="bright field, phase contrast, stained sections and smears",
        fluorescence_microscopy="fluorescence and confocal",
        electron_microscopy="scanning and transmission",
    ),
    *_kinds("signal", ecg_tracing="electrocardiograms", eeg_tracing="electroencephalograms"),
    *_kinds(
        "not_medical",
        chart="plots of numbers of any form",
        flow_diagram="boxes and arrows: study flow, algorithms",
        illustration="drawings, schemes, models, maps",
        table_image="tables as pictures",
        other_photo="photographs of things that are no patient, organ or specimen",
    ),
)
GROUP_OF: Final[Mapping[str, Group]] = {kind.label: kind.group for kind in KINDS}
NOT_MEDICAL: Final = frozenset(kind.label for kind in KINDS if kind.group == "not_medical")

# The labels of the gold, by eye from contact sheets; None: several kinds at once, which no class is scored by.
GOLD: Final[Mapping[str, str | None]] = {
    "chart": "chart",
    "clinical_photo": "clinical_photo",
    "ct": "ct",
    "ct+radiograph": None,
    "culture_photo": "culture_photo",
    "ecg_tracing": "ecg_tracing",
    "electron_microscopy": "electron_microscopy",
    "flow_diagram": "flow_diagram",
    "fluorescence_microscopy": "fluorescence_microscopy",
    "fmri": "fmri",
    "fundus_photo": "fundus_photo",
    "gross_specimen": "gross_specimen",
    "illustration": "illustration",
    "light_microscopy": "light_microscopy",
    "mixed": None,
    "other_photo": "other_photo",
    "otoscopy": "otoscopy",
    "radiograph": "radiograph",
    "table_image": "table_image",
}
