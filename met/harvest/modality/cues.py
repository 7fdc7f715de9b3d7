"""What the words of a caption say about the kind of image: a table of cue words, one row per label and strength.

A strength is a log-likelihood ratio, set by hand: `NAMES` where the words name this kind of image, `HINTS` where they
are usual with it. The strongest cue of a label counts once, so a long caption does not outweigh the pixels.
"""

import re
from collections.abc import Collection, Mapping

NAMES = 4.0
HINTS = 2.0

_CUES: tuple[tuple[str, float, str], ...] = (
    (
        "chart",
        NAMES,
        r"forest[- ]plots?|funnel[- ]plots?|kaplan[- –]meier|risk of bias|(begg|egger)['’]?s? (test|plot"
        r"|funnel)|sensitivity analys[ie]s"
        r"|(bar|line|pie) (graph|chart)s?|scatter ?plots?|box ?plots?|histograms?|heat ?maps?|roc curves?|galbraith"
        r"|survival curves?|dose[- ]response curves?|(this|the) (graph|chart|curve)s?|calibration plots?"
        r"|nomograms?|trial sequential",
    ),
    (
        "chart",
        HINTS,
        r"graphs?|plots?|charts?|curves?|meta[- ]?analys[ie]s|odds ratios?|hazard ratios?|pooled|subgroup",
    ),
    (
        "flow_diagram",
        NAMES,
        r"flow ?[- ]?(diagram|chart)s?|prisma|consort|flow of (the )?(trials?|stud(y|ies)|patients?"
        r"|participants?|literature)"
        r"|(study|trial|literature|article)s? (selection|screening|search) (process|procedure|strategy|flow)"
        r"|selection of (the )?studies",
    ),
    ("flow_diagram", HINTS, r"study selection|identification process|algorithm|enrol?lment"),
    (
        "illustration",
        NAMES,
        r"schematics?|schematic (diagram|drawing|representation)s?|(this|the) (drawing|illustration|diagram"
        r"|map)s?|cartoon|line drawing"
        r"|(?<!flow )diagrams? of|anatomy of|life ?cycles?|artist['’]s",
    ),
    (
        "illustration",
        HINTS,
        r"diagrams?|drawings?|illustrat(es|ion|ions)|pathways?|mechanisms?|structures? of|overview|steps|models?",
    ),
    ("table_image", NAMES, r"this table|table \d+|tabular|summary table"),
    (
        "light_microscopy",
        NAMES,
        r"lm [×x] ?\d[\d,]*|light micrographs?|photomicrographs?|h ?& ?e|ha?ematoxylin|eosin|giemsa"
        r"|wright['’]?s?[- ]stain(ed)?|wright[- ]giemsa"
        r"|gram[- ]stain(ed|ing)?|(blood|pap|sputum|thin|thick) (smear|film)s?|immunohistochem\w*|histolog\w+"
        r"|histopatholog\w+"
        r"|(bright|dark)[- ]?field|phase[- ]contrast|differential interference contrast|acid[- ]fast|stained slide"
        r"|wet mounts?|polari[sz]ed light"
        r"|masson|trichrome",
    ),
    (
        "light_microscopy",
        HINTS,
        r"micrographs?|stain(ed|s|ing)?|smears?|biops(y|ies)|microscop(e|y|ic)|magnification|slides?",
    ),
    (
        "electron_microscopy",
        NAMES,
        r"(scanning|transmission|colou?ri[sz]ed|false[- ]colou?r(ed)?)( scanning"
        r"| transmission)? electron micrographs?|electron micrographs?"
        r"|electron microscop\w+|em [×x] ?\d[\d,]*|sem|tem",
    ),
    ("electron_microscopy", HINTS, r"micrographs?|em|ultrastructur\w+"),
    (
        "fluorescence_microscopy",
        NAMES,
        r"fluorescen(t|ce) (micrographs?|microscop\w+|images?)|immunofluorescen\w+|confocal|dapi|gfp",
    ),
    (
        "radiograph",
        NAMES,
        r"radiograph\w*|x[- ]?rays?|roentgenogra\w+|mammogra(m|ms|phy)|chest film|orthopantomogra\w+",
    ),
    ("ct", NAMES, r"ct|cta|hrct|cbct|computed tomogra\w+|computeri[sz]ed tomogra\w+|cat scans?"),
    ("mri", NAMES, r"mri|mris|mra|magnetic resonance|t[12][- ]?weighted|flair|diffusion[- ]weighted|gadolinium"),
    ("fmri", NAMES, r"fmri|functional (mri|magnetic resonance)"),
    ("ultrasound", NAMES, r"ultrasound|ultrasonogra\w+|sonogra\w+|echocardiogra\w+|doppler|b[- ]mode"),
    ("pet", NAMES, r"pet|positron emission|fdg|spect|scintigra\w+"),
    ("angiography", NAMES, r"angiogra\w+|arteriogra\w+|venogra\w+"),
    (
        "endoscopy",
        NAMES,
        r"endoscop\w+|colonoscop\w+|gastroscop\w+|bronchoscop\w+|laparoscop\w+|cystoscop\w+|arthroscop\w+",
    ),
    ("otoscopy", NAMES, r"otoscop\w+|tympanic membrane|eardrum"),
    (
        "fundus_photo",
        NAMES,
        r"fundus (photo\w*|image)|fundoscop\w+|ophthalmoscop\w+|retinal (photo\w*|image)|ocular fundus",
    ),
    ("oct", NAMES, r"oct|optical coherence tomogra\w+"),
    (
        "ecg_tracing",
        NAMES,
        r"electrocardiogra(m|ms|phy)|e[ck]g (tracing|recording|strip|abnormalit(y|ie)|rhythm)s?"
        r"|(12|twelve)[- ]lead e[ck]gs? (show|demonstrat|reveal)\w*|qrs complex(es)? (is|are)",
    ),
    ("ecg_tracing", HINTS, r"e[ck]gs?"),
    ("eeg_tracing", NAMES, r"electroencephalogra\w+|eeg"),
    ("culture_photo", NAMES, r"agar|petri|colonies|culture plates?"),
    (
        "gross_specimen",
        NAMES,
        r"gross (specimen|patholog\w+|appearance|anatomy)|autops(y|ies)|resected specimen|surgical specimen|cadaver\w*"
        r"|(heart|lungs?|liver|kidneys?|brain|spleen|colon|stomach|uterus|placenta) (of|from) an? (individual"
        r"|patient|person|man|woman|child|infant|case)",
    ),
    (
        "clinical_photo",
        NAMES,
        r"clinical (photograph|photo|image|picture|appearance|presentation)s?|(intra|pre"
        r"|post)operative (photo\w*|view|image)s?"
        r"|photographs? of (a |the )?(patient|child|man|woman|lesion|skin|hand|foot|face|leg|arm)s?"
        r"|dermoscop\w+|dermatoscop\w+",
    ),
    (
        "clinical_photo",
        HINTS,
        r"rash(es)?|lesions? on|swelling|erythema\w*|papules?|pustules?|nodules? on|moles?|n(a)?ev(us|i)|birthmarks?"
        r"|freckles?|warts?|blisters?|bruis(es?|ing)|vitiligo|acne|eczema|psoriasis|impetigo|tinea|ringworm"
        r"|(skin|mouth|oral|genital|leg|foot|pressure) (lesion|sore|ulcer)s?|cold sores?|teeth|gums?|gingivitis"
        r"|(lighter|light|darker|dark|brown|black|white|pale) skin",
    ),
    (
        "other_photo",
        HINTS,
        r"photographs? of (a |the )?(device|apparatus|instrument|equipment|site|room|plant|animal)s?",
    ),
)
_PATTERNS = tuple((label, strength, re.compile(rf"(?<![\w-])(?:{words})(?!\w)")) for label, strength, words in _CUES)
_NOT_IMAGING = re.compile(r"x-?ray (diffraction|crystallogra\w+)|\boct\. ?\d")


def cues_in(text: str) -> Mapping[str, float]:
    """Return the strength of the strongest cue of each label that `text` has a cue for.

    >>> cues_in("Fig. 3 Forest plot of studies that used CT")
    {'chart': 4.0, 'ct': 4.0}
    """
    flat = _NOT_IMAGING.sub(" ", " ".join(text.split()).casefold())
    found: dict[str, float] = {}
    for label, strength, pattern in _PATTERNS:
        if strength > found.get(label, 0.0) and pattern.search(flat):
            found[label] = strength
    return found


def names_any(text: str, labels: Collection[str]) -> bool:
    """Return whether the words of `text` name an image of one of these kinds; cheaper than all cues.

    >>> names_any("Forest plot of studies that used CT", {"chart"}), names_any("A graph.", {"chart"})
    (True, False)
    """
    flat = _NOT_IMAGING.sub(" ", " ".join(text.split()).casefold())
    named = (pattern for label, strength, pattern in _PATTERNS if label in labels and strength >= NAMES)
    return any(pattern.search(flat) for pattern in named)
