"""What leaves a DICOM object: the basic confidentiality profile of PS3.15 Annex E, as a list of all that is kept.

The profile removes or replaces every attribute that identifies. Here nothing is kept but what this module names: terms
of closed lists, numbers, and keys made with a secret salt. So free text (descriptions, comments, protocol names),
dates, names, ages, sex, institutions, devices, private attributes, overlays and what nobody thought of stay behind.

| attributes | here |
|---|---|
| Patient ID; Study, Series and SOP Instance UID | replaced by a keyed hash: HMAC-SHA256 with the salt, 16 hex digits |
| Modality, Body Part Examined, Anatomic Region, View Position, Laterality | kept where the lists know the value |
| Image Orientation (Patient) | kept as a plane: axial, coronal, sagittal |
| Rows, Columns, frames, Pixel Spacing, Slice Thickness, KVP, TE, TR, field strength, window | kept as numbers |
| Burned In Annotation, Recognizable Visual Features | YES refuses the object: pixels are not cleaned |
| everything else | removed |
"""

import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from typing import Any, Final

PROFILE: Final = "PS3.15 basic profile, allow-list 1"
MODALITIES: Final[Mapping[str, str]] = {
    "CR": "radiograph", "DX": "radiograph", "RG": "radiograph", "IO": "intraoral radiograph",
    "PX": "panoramic dental radiograph", "MG": "mammogram", "CT": "CT", "MR": "MRI", "US": "ultrasound",
    "BDUS": "bone densitometry ultrasound", "IVUS": "intravascular ultrasound", "NM": "nuclear medicine scan",
    "PT": "PET", "XA": "X-ray angiogram", "RF": "fluoroscopy", "ES": "endoscopy", "OP": "ophthalmic photograph",
    "OPT": "optical coherence tomography", "OCT": "optical coherence tomography", "IVOCT": "intravascular OCT",
    "GM": "microscopy", "SM": "slide microscopy", "XC": "clinical photograph", "DMS": "dermoscopy",
}  # fmt: skip
# Objects with pixel data that are measurements or drawings and no pictures.
NO_PICTURES: Final = frozenset(
    {"SEG", "RTDOSE", "RTIMAGE", "RTSTRUCT", "RTPLAN", "REG", "PR", "KO", "SR", "DOC", "ECG"}
)
# PS3.16 Annex L; what they are called in a sentence.
_PLAIN_PARTS: Final = """
ABDOMEN ADRENAL ANKLE AORTA APPENDIX ARM AXILLA BACK BLADDER BRAIN BREAST BRONCHUS BUTTOCK CALCANEUS CALF CHEEK CHEST
CLAVICLE COCCYX COLON CORNEA DUODENUM EAR ELBOW ESOPHAGUS EYE EYELID FACE FEMUR FIBULA FINGER FOOT FOREARM GALLBLADDER
HAND HEAD HEART HIP HUMERUS ILEUM ILIUM JAW JEJUNUM KIDNEY KNEE LARYNX LEG LIVER LUNG MANDIBLE MAXILLA MEDIASTINUM MOUTH
NECK NOSE ORBIT OVARY PANCREAS PATELLA PELVIS PENIS PHARYNX PLACENTA PROSTATE RADIUS RECTUM RETINA RIB SACRUM SCALP
SCAPULA SCROTUM SHOULDER SKIN SKULL SPINE SPLEEN STERNUM STOMACH TESTIS THIGH THUMB THYMUS THYROID TIBIA TOE TONGUE
TRACHEA ULNA URETER URETHRA UTERUS VAGINA VULVA WRIST ZYGOMA
"""
_PARTS: Final[Mapping[str, str]] = {
    **{part: part.lower() for part in _PLAIN_PARTS.split()},
    "CSPINE": "cervical spine", "TSPINE": "thoracic spine", "LSPINE": "lumbar spine", "SSPINE": "sacral spine",
    "LUMBOSACRAL": "lumbosacral spine", "WHOLEBODY": "whole body", "WHOLE BODY": "whole body",
    "NECKCHEST": "neck and chest",
    "CHESTABDOMEN": "chest and abdomen", "ABDOMENPELVIS": "abdomen and pelvis", "ABD": "abdomen",
    "CHESTABDPELVIS": "chest, abdomen and pelvis", "HEADNECK": "head and neck", "CAROTID": "carotid artery",
    "EXTREMITY": "extremity", "LEXTREMITY": "lower extremity", "UEXTREMITY": "upper extremity", "GI": "digestive tract",
    "THORAX": "chest", "IAC": "internal auditory canal", "SINUS": "paranasal sinus", "TMJ": "temporomandibular joint",
    "SIJOINT": "sacroiliac joint", "CARDIAC": "heart", "TESTICLE": "testis",
}  # fmt: skip
_VIEWS: Final[Mapping[str, str]] = {
    "AP": "anteroposterior", "PA": "posteroanterior", "LL": "left lateral", "RL": "right lateral", "LAT": "lateral",
    "LATERAL": "lateral", "LLO": "left lateral oblique", "RLO": "right lateral oblique",
    "LPO": "left posterior oblique",
    "RPO": "right posterior oblique", "LAO": "left anterior oblique", "RAO": "right anterior oblique",
    "RLD": "right lateral decubitus", "LLD": "left lateral decubitus", "CC": "craniocaudal", "ML": "mediolateral",
    "MLO": "mediolateral oblique", "LM": "lateromedial", "LMO": "lateromedial oblique",
    "XCCL": "exaggerated craniocaudal",
    "FB": "caudocranial",
}  # fmt: skip
_SIDES: Final[Mapping[str, str]] = {"L": "left", "R": "right"}
_SCHEMES: Final = frozenset({"SRT", "SCT", "SNM3", "99SDM"})
_NUMBERS: Final = ("Rows", "Columns", "SliceThickness", "KVP", "EchoTime", "RepetitionTime", "MagneticFieldStrength")
_PLANES: Final = ("sagittal", "coronal", "axial")
# Within 30 degrees of a plane of the body: the gantry of a head CT is tilted by up to so much.
_NEAR: Final = math.cos(math.radians(30))


def keyed(salt: bytes, kind: str, value: str) -> str | None:
    """Return the pseudonym of an identifier: the same for the same salt, nothing without it; None for an empty one.

    >>> keyed(b"salt", "patient", "4711") == keyed(b"salt", "patient", " 4711 ")
    True
    """
    stripped = value.strip()
    if not stripped:
        return None
    return hmac.new(salt, f"{kind}\0{stripped}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]


def kept_of(dataset: Any, salt: bytes) -> dict[str, Any]:
    """Return all that leaves of a DICOM data set; what is missing there is missing here."""
    modality = _term(dataset, "Modality")
    facts: dict[str, Any] = {
        "profile": PROFILE,
        "patient": keyed(salt, "patient", f"{_text(dataset, 'PatientID')}"),
        "study": keyed(salt, "uid", _text(dataset, "StudyInstanceUID")),
        "series": keyed(salt, "uid", _text(dataset, "SeriesInstanceUID")),
        "modality": modality if modality in MODALITIES else None,
        "body_part": _part(dataset),
        "view": _VIEWS.get(_term(dataset, "ViewPosition")),
        "side": _SIDES.get(_term(dataset, "ImageLaterality")) or _SIDES.get(_term(dataset, "Laterality")),
        "plane": _plane(dataset),
        "pixel_spacing_mm": _numbers(getattr(dataset, "PixelSpacing", None)),
    }
    for name in _NUMBERS:
        found = _numbers([getattr(dataset, name, None)])
        facts[_snake(name)] = found[0] if found else None
    return {name: value for name, value in facts.items() if value is not None}


def caption_of(facts: Mapping[str, Any]) -> str:
    """Return a coarse caption of what is kept, in words alone that the object says; empty where it names no modality.

    >>> caption_of({"modality": "DX", "body_part": "knee", "side": "left", "view": "anteroposterior"})
    'Radiograph of the left knee, anteroposterior view.'
    >>> caption_of({"modality": "CT", "body_part": "head", "plane": "axial"})
    'Axial CT of the head.'
    """
    modality = MODALITIES.get(str(facts.get("modality", "")))
    if modality is None:
        return ""
    plane = facts.get("plane") if facts.get("modality") in {"CT", "MR", "PT"} else None
    what = f"{plane} {modality}" if plane else modality
    place = " ".join(
        str(part) for part in (facts.get("side"), facts.get("body_part")) if part and facts.get("body_part")
    )
    sentence = what + (f" of the {place}" if place else "") + (f", {facts['view']} view" if facts.get("view") else "")
    return sentence[0].upper() + sentence[1:] + "."


def burned_in(dataset: Any) -> bool:
    """Return whether the object itself says that its pixels show who the patient is."""
    return _term(dataset, "BurnedInAnnotation") == "YES" or _term(dataset, "RecognizableVisualFeatures") == "YES"


def _part(dataset: Any) -> str | None:
    named = _PARTS.get(_term(dataset, "BodyPartExamined"))
    if named:
        return named
    for code in getattr(dataset, "AnatomicRegionSequence", None) or ():
        meaning = re.sub(r"[^A-Z ]", "", _text(code, "CodeMeaning").upper())
        if _text(code, "CodingSchemeDesignator").upper() in _SCHEMES and meaning in _PARTS:
            return _PARTS[meaning]
    return None


def _plane(dataset: Any) -> str | None:
    """Return the plane of the body that an image lies in, from the cosines of its rows and columns."""
    cosines = _numbers(getattr(dataset, "ImageOrientationPatient", None))
    if cosines is None or len(cosines) != 6:
        return None
    (a, b, c), (d, e, f) = cosines[:3], cosines[3:]
    normal = [abs(b * f - c * e), abs(c * d - a * f), abs(a * e - b * d)]
    axis = max(range(3), key=lambda index: normal[index])
    return _PLANES[axis] if normal[axis] >= _NEAR else None


def _term(dataset: Any, name: str) -> str:
    return _text(dataset, name).strip().upper()


def _text(dataset: Any, name: str) -> str:
    try:
        value = getattr(dataset, name, None)
    except (ValueError, TypeError, LookupError):  # A value that its own type does not allow.
        return ""
    return "" if value is None else str(value)


def _numbers(values: Any) -> list[float] | None:
    try:
        found = [round(float(value), 4) for value in values or () if value is not None]
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found and all(map(math.isfinite, found)) else None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
