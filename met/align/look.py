"""The blind look of stage 2: what an image shows to somebody who has read nothing about it."""

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from met.harvest.modality import LOOKS_LIKE
from met.harvest.modality.taxonomy import NOT_MEDICAL, OTHER_MEDICAL
from met.llm.prompts import load_prompt, panel_ask
from met.llm.reading import parse_reply
from met.types import Ask, Dossier, Drop, Reply

STEP: Final = "look"
PROMPT: Final = load_prompt("met.align", "look")
MAX_TOKENS: Final = 300
# From here on the kind that a looker names counts against a text that names another.
SURE: Final = 0.5

Seen = Literal[
    "angiography", "chart", "clinical_photo", "ct", "culture_photo", "dermoscopy", "ecg_tracing", "eeg_tracing",
    "electron_microscopy", "endoscopy", "flow_diagram", "fluorescence_microscopy", "fmri", "fundus_photo",
    "gross_specimen", "illustration", "light_microscopy", "mri", "oct", "other_medical", "other_photo", "otoscopy",
    "pet", "radiograph", "table_image", "ultrasound", "unknown",
]  # fmt: skip
KINDS: Final[tuple[str, ...]] = get_args(Seen)
Words = Annotated[str, Field(max_length=100)]
MOST_ALIKE: Final = 5
# Kinds of image that captions name in one breath, or take for each other.
ALIKE: Final = (
    {"ct", "radiograph", "angiography", "pet"},
    {"mri", "fmri"},
    {"light_microscopy", "fluorescence_microscopy"},
    {"clinical_photo", "gross_specimen", "endoscopy", "otoscopy", "fundus_photo", "culture_photo"},
)


class Look(BaseModel):
    """The reply of the step. `could_be` are kinds that the looker cannot tell from `modality`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    modality: Seen
    could_be: list[Seen] = Field(max_length=MOST_ALIKE)
    organ: Words
    view: Words
    findings: list[Words] = Field(max_length=6)
    score: float = Field(ge=0, le=1)


def ask(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the engine: the image, and not a word of what was written about it."""
    content = PROMPT.fill(modalities=", ".join(KINDS))
    return panel_ask(dossier, image, step=STEP, content=content, reply=Look, max_tokens=MAX_TOKENS)


def read(_dossier: Dossier, reply: Reply) -> Look | Drop:
    """Return what was seen, or a Drop of what cannot be read."""
    return parse_reply(reply, Look)


def rules(dossier: Dossier) -> dict[str, Any]:
    """Return the look of the engine without eyes: what the classifier of pixels said before it heard a word.

    It knows no organ, no view and no finding. `could_be` are the kinds that it was never taught to tell apart: of those
    that captions take for each other the first alone, and none beside an unnamed kind, which may be any. A drawing
    beside a micrograph looks like a drawing to it, so what it takes for no medical image is unknown here: stage 1
    weighs that, and the judge, who has words beside.
    """
    pixels = dossier.modality.signals.get("pixels") if dossier.modality else None
    label = pixels["label"] if pixels and pixels["label"] in set(KINDS) - NOT_MEDICAL else "unknown"
    return {
        "modality": label,
        "could_be": _could_be(label),
        "organ": "unknown",
        "view": "unknown",
        "findings": [],
        "score": pixels["probability"] if pixels and label != "unknown" else 0.0,
    }


def _could_be(label: str) -> list[str]:
    """Return one kind of each group of `ALIKE` that looks like `label`, but for the group of `label` itself."""
    found: list[str] = []
    for kind in sorted(LOOKS_LIKE):
        known = any({kind, other} <= group for other in (label, *found) for group in ALIKE)
        if label != OTHER_MEDICAL and label in LOOKS_LIKE[kind] and not known:
            found.append(kind)
    return found
