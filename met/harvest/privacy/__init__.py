"""Whether a panel may show or say who a patient is: what looked, what was found, and what was never looked at.

`clean` means that everything that has to look at such a panel has looked and found nothing, `flagged` that something
was found, and `unscreened` that something has not looked. What has to look depends on the kind of image and on where it
comes from. Rows and Drops hold kinds and places, and never the words that were found.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from met.harvest.privacy.drawn import drawn_identifiers
from met.harvest.privacy.text import text_identifiers
from met.keys import content_key
from met.types import Box, Dossier, Drop, Privacy, PrivacyCheck, TextLine

Phi: TypeAlias = Literal["strict"]
FLAGGED: Final = "phi_flagged"
UNSCREENED: Final = "phi_unscreened"
# Kinds that show no body: what is drawn into them names nobody unless a label says so.
DRAWN: Final = frozenset({"chart", "flow_diagram", "illustration", "table_image"})
# Kinds that show the inside of a body, or less of it than a face. In any other, and in what nothing could name, a face
# may be seen.
_INSIDE: Final = """
angiography ct culture_photo dermoscopy ecg_tracing eeg_tracing electron_microscopy endoscopy fluorescence_microscopy
fmri fundus_photo gross_specimen light_microscopy mri oct otoscopy pet radiograph ultrasound
"""
# A kind counts only where it is at least so sure, and where the caption speaks of no photograph.
SURE: Final = 0.6
_PHOTOGRAPH: Final = re.compile(
    r"(?<!fundus )\bphoto(?:graph)?s?\b|\bphotographed\b|\bportraits?\b|\bsnapshots?\b"
    r"|\bclinical (?:pictures?|images?|appearance|view)\b|\bselfies?\b",
    re.IGNORECASE,
)
# Columns of a source under these names hold what their values would not show by themselves. Public datasets number
# their patients, so a column of such numbers is none of them.
_LABEL: Final = re.compile(
    r"mrn|record.?num|birth|dob|phone|surname|(?:patient|first|last|family|given|full).?name", re.IGNORECASE
)
FACELESS: Final = DRAWN | frozenset(_INSIDE.split())
# Scanners write names and numbers into these, so they leave under `strict` only after a look at their pixels.
WRITTEN_ON: Final = frozenset({"ultrasound"})
# A line belongs to the panel in which at least this share of it lies.
SHARE: Final = 0.25


def privacy_of(dossier: Dossier, *, lines: Sequence[TextLine] | None, faces: Sequence[Box] | None) -> PrivacyCheck:
    """Return what is known of a panel's privacy.

    Args:
        lines: the text drawn into the panel's image file, None where nothing has read it.
        faces: boxes of faces in the pixels of the image file, None where nothing has looked for any.
    """
    reasons = [*_in_text(dossier), *_in_pixels(dossier, lines or ()), *_as_faces(faces or ())]
    lacking = tuple(sorted(_needed(dossier) - _looked(dossier, lines, faces)))
    status: Privacy = "flagged" if reasons else "unscreened" if lacking else "clean"
    return PrivacyCheck(
        key=content_key("privacy", dossier.panel.key),
        panel=dossier.panel.key,
        status=status,
        reasons=tuple(reasons),
        looked=tuple(sorted(_looked(dossier, lines, faces))),
        lacking=lacking,
    )


def status_of(dossier: Dossier) -> Privacy:
    """Return the privacy status of a panel: unscreened where nothing has looked."""
    return dossier.privacy.status if dossier.privacy else "unscreened"


def refuse(dossier: Dossier, phi: Phi | None) -> Drop | None:
    """Return the Drop of a panel that may not leave, None where it may.

    A flagged panel never leaves. Under `strict` neither does an unscreened one of a kind in which patients can be
    recognised: photographs, ultrasound, whatever cannot be named, all that comes from DICOM, and all data that is not
    open.
    """
    check, status = dossier.privacy, status_of(dossier)
    if check is not None and status == "flagged":
        kinds = sorted({(str(reason["where"]), str(reason["kind"])) for reason in check.reasons})
        return Drop(item=dossier.panel.key, reason=FLAGGED, detail={"found": [list(kind) for kind in kinds]})
    if phi == "strict" and status == "unscreened" and _delicate(dossier):
        detail = {"modality": _label(dossier), "data_class": dossier.article.data_class}
        return Drop(
            item=dossier.panel.key,
            reason=UNSCREENED,
            detail={**detail, "lacking": list(check.lacking) if check else None},
        )
    return None


def may_show_a_face(dossier: Dossier) -> bool:
    """Return whether a face can be seen in a panel of this kind, or nothing says that none can."""
    told = dossier.modality
    if told is None or told.label not in FACELESS or told.probability < SURE:
        return True
    return told.label not in DRAWN and _PHOTOGRAPH.search(dossier.subcaption) is not None


# ---------------------------------------------------------------- what has to look, and what has


def _needed(dossier: Dossier) -> set[str]:
    needed = {"text", "drawn"}
    if may_show_a_face(dossier):
        needed.add("faces")
    if _is_dicom(dossier):
        needed.add("tags")
    return needed


def _looked(dossier: Dossier, lines: Sequence[TextLine] | None, faces: Sequence[Box] | None) -> set[str]:
    looked = {"text"}
    if lines is not None:
        looked.add("drawn")
    if faces is not None:
        looked.add("faces")
    if _is_dicom(dossier):
        # The harvest refuses an object whose own tags say that its pixels show who the patient is.
        looked.add("tags")
    return looked


def _delicate(dossier: Dossier) -> bool:
    return (
        may_show_a_face(dossier)
        or _label(dossier) in WRITTEN_ON
        or _is_dicom(dossier)
        or dossier.article.data_class != "open"
    )


def _label(dossier: Dossier) -> str:
    return dossier.modality.label if dossier.modality else "unknown"


def _is_dicom(dossier: Dossier) -> bool:
    return "dicom" in dossier.facts


# ---------------------------------------------------------------- what was found


def _in_text(dossier: Dossier) -> Iterator[Mapping[str, Any]]:
    texts = [("caption", dossier.figure.key, dossier.figure.caption)]
    texts += [("mention", mention.key, mention.text) for mention in dossier.mentions]
    texts.append(("title", dossier.article.key, dossier.article.title))
    texts += [("facts", place, text) for place, text in _told("", dossier.facts)]
    for where, key, text in texts:
        for found in text_identifiers(text):
            place = {"start_char": found.start, "end_char": found.end}
            yield {"kind": found.kind, "where": where, "key": key, **place}


def _told(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts in what a source says beside, each with its place; a name that speaks of a patient is a label."""
    if isinstance(value, Mapping):
        for name, part in sorted(value.items()):
            yield from _told(f"{place}/{name}", part)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from _told(f"{place}/{number}", part)
    elif isinstance(value, (str, int)):
        name = place.rpartition("/")[2]
        yield place, f"{re.sub(r'[_-]+', ' ', name)}: {value}" if _LABEL.search(name) else str(value)


def _in_pixels(dossier: Dossier, lines: Sequence[TextLine]) -> Iterator[Mapping[str, Any]]:
    here = [line for line in lines if _share_inside(line.box, dossier.panel.box) >= SHARE]
    for found in drawn_identifiers(here, clinical=_label(dossier) not in DRAWN):
        yield {"kind": found.kind, "where": "image", "box": list(found.box)}


def _as_faces(faces: Sequence[Box]) -> Iterator[Mapping[str, Any]]:
    for box in sorted(faces):
        yield {"kind": "face", "where": "image", "box": list(box)}


def _share_inside(box: Box, panel: Box) -> float:
    width = min(box[2], panel[2]) - max(box[0], panel[0])
    height = min(box[3], panel[3]) - max(box[1], panel[1])
    return max(width, 0) * max(height, 0) / ((box[2] - box[0]) * (box[3] - box[1]))
