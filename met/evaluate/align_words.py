"""The words that seeded errors put in place of others: names of kinds of image, sides, numbers.

A kind of image is named by four forms of grammar, and a word is replaced by the same form of another kind, so that a
sentence stays one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Edit = tuple[int, int, str]
"""Start and end of what is replaced, and what stands there instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """How a kind of image is called: as the thing shown, as several of them, as the technique, as an attribute."""

    one: str
    several: str
    technique: str
    attribute: str


FORMS: Final[Mapping[str, Forms]] = {
    "radiograph": Forms(one="radiograph", several="radiographs", technique="radiography", attribute="radiographic"),
    "ct": Forms(one="CT scan", several="CT scans", technique="computed tomography", attribute="CT"),
    "mri": Forms(one="MRI scan", several="MRI scans", technique="magnetic resonance imaging", attribute="MRI"),
    "ultrasound": Forms(one="sonogram", several="sonograms", technique="ultrasonography", attribute="ultrasound"),
    "light_microscopy": Forms(
        one="light micrograph", several="light micrographs", technique="histology", attribute="histological"
    ),
    "electron_microscopy": Forms(
        one="electron micrograph",
        several="electron micrographs",
        technique="electron microscopy",
        attribute="electron microscopic",
    ),
}

# What captions call each form, the longest first; a magnification ("LM × 400") goes with its technique.
_MAGNIFIED = r"(?:\s?[×x]\s?\d+(?:,\d{3})*)"
_CALLED: Final[Mapping[str, Mapping[str, str]]] = {
    "radiograph": {
        "several": r"(?:x[- ]?ray|radiographic) (?:images|films)|radiographs|x[- ]?rays|mammograms",
        "one": r"(?:x[- ]?ray|radiographic) (?:image|film)|radiograph|mammogram",
        "technique": r"radiography|mammography",
        "attribute": r"radiographic|x[- ]?ray",
    },
    "ct": {
        "several": r"(?:hr)?ct (?:images|scans)|cat scans|computed tomograms",
        "one": r"(?:hr)?ct (?:image|scan)|cat scan|computed tomogram",
        "technique": r"(?:high[- ]resolution )?comput(?:ed|erized|erised) tomography",
        "attribute": r"hrct|ct",
    },
    "mri": {
        "several": r"mri? (?:images|scans)|mris",
        "one": r"mri? (?:image|scan)",
        "technique": r"magnetic resonance imaging",
        "attribute": r"(?:t[12][- ]?weighted )?mri|magnetic resonance|t[12][- ]?weighted",
    },
    "ultrasound": {
        "several": r"ultrasound (?:images|scans)|(?:ultra)?sonograms|echocardiograms",
        "one": r"ultrasound (?:image|scan)|(?:ultra)?sonogram|echocardiogram",
        "technique": r"ultrasonography|sonography|echocardiography",
        "attribute": r"(?:doppler )?ultrasound|ultrasonographic|sonographic",
    },
    "light_microscopy": {
        "several": r"(?:bright[- ]?field |light |stained )*(?:photo)?micrographs"
        r"|(?:blood|sputum|pap) (?:smears|films)",
        "one": r"(?:bright[- ]?field |light |stained )*(?:photo)?micrograph|(?:blood|sputum|pap) (?:smear|film)",
        "technique": rf"(?<!-)\blm{_MAGNIFIED}(?: and \d+)?|(?:light|bright[- ]?field) microscopy|histology",
        "attribute": r"gram[- ]stain(?:ed)?|(?:h ?& ?e|ha?ematoxylin and eosin)(?:[- ]stain(?:ed)?)?"
        r"|wright['’]?s?[- ]stain(?:ed)?|giemsa(?:[- ]stain(?:ed)?)?|acid[- ]fast(?:[- ]stain(?:ed)?)?"
        r"|histological|histopathological|phase[- ]contrast|bright[- ]?field",
    },
    "electron_microscopy": {
        "several": r"(?:(?:digitally )?(?:false[- ])?colou?r(?:ed|ized|ised|[- ]enhanced) )?"
        r"(?:scanning |transmission )?electron micrographs",
        "one": r"(?:(?:digitally )?(?:false[- ])?colou?r(?:ed|ized|ised|[- ]enhanced) )?"
        r"(?:scanning |transmission )?electron micrograph",
        "technique": rf"(?:scanning |transmission )?electron microscopy|(?<!-)\b[ts]?em{_MAGNIFIED}(?: and \d+)?",
        "attribute": r"electron microscopic|electron microscope",
    },
}  # fmt: skip
_ORDER: Final = ("electron_microscopy", "ct", "mri", "ultrasound", "radiograph", "light_microscopy")
_FORM_ORDER: Final = ("several", "one", "technique", "attribute")
_NAMED: Final = re.compile(
    "|".join(
        rf"(?P<{kind}__{form}>(?<![\w-])(?:{_CALLED[kind][form]})(?![\w-]))" for kind in _ORDER for form in _FORM_ORDER
    ),
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(r"\b(an?) $", re.IGNORECASE)

_SIDE: Final = re.compile(
    r"(?<![\w-])(?P<side>left|right)(?P<sided>-sided)?(?![\w-])(?= [a-z])"
    r"(?! (?:to|of|and|or|panels?|images?|columns?|rows?|untreated|alone|away|angles?|half|picture|photo\w*|micrograph"
    r"|figure|arrows?|side of (?:the|this|each) (?:image|figure|photo\w*|panel|picture))\b)",
    re.IGNORECASE,
)
# These say where in the picture, or nothing of a side at all.
_PLACE: Final = re.compile(r"(?:top|bottom|upper|lower|far|from|is|are|was|were|been|be|has|have|had) $", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(?<![\w.,/×x–-])(?!(?:19|20)\d\d\b)\d+(?:\.\d+)?(?![\w]|[.,/–-]\d|-[a-z]*cov)", re.IGNORECASE
)
_NO_NUMBER: Final = re.compile(
    r"(?:fig(?:ure|s|ures)?\.?|tables?|chapters?|sections?|types?|virus|steps?|stages?|grades?|cases?|no\.|[×x]|panels?"
    r"|credit\b.*) ?$",
    re.IGNORECASE,
)


def kinds_to(target: str) -> Callable[[str], list[Edit]]:
    """Return what names every other kind of image by the same form of `target`."""

    def edits(text: str) -> list[Edit]:
        found: list[Edit] = []
        for match in _NAMED.finditer(text):
            kind, _, form = (match.lastgroup or "").partition("__")
            if kind != target:
                found += _renamed(text, match, getattr(FORMS[target], form))
        return found

    return edits


def sides_swapped(text: str) -> list[Edit]:
    """Return what makes left of right and right of left, where a side of the body is meant."""
    return [
        (*match.span("side"), _like(match["side"], "right" if match["side"].lower() == "left" else "left"))
        for match in _SIDE.finditer(text)
        if not _PLACE.search(text[: match.start()])
    ]


def numbers_changed(text: str) -> list[Edit]:
    """Return what makes each number another one; numbers of figures, tables, types and magnifications stay."""
    return [
        (*match.span(), _other_number(match[0]))
        for match in _NUMBER.finditer(text)
        if not _NO_NUMBER.search(text[max(0, match.start() - 40) : match.start()])
    ]


def named_to(names: tuple[str, ...], other: str) -> Callable[[str], list[Edit]]:
    """Return what puts `other` where one of `names` stands as a word, a plural for a plural."""
    pattern = re.compile(
        rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))})(s?)(?![\w-])",
        re.IGNORECASE,
    )

    def edits(text: str) -> list[Edit]:
        return [
            edit
            for match in pattern.finditer(text)
            for edit in _renamed(text, match, other + ("s" if match[1] and not other.endswith("s") else ""))
        ]

    return edits


def denied(names: tuple[str, ...]) -> Callable[[str], list[Edit]]:
    """Return what denies each of `names`: "no" before it, in place of an article."""
    spelt = "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))
    pattern = re.compile(rf"(?<![\w-])(?P<article>(?:an?|the) )?(?=(?:{spelt})(?![\w-]))", re.IGNORECASE)

    def edits(text: str) -> list[Edit]:
        return [
            (match.start(), match.end(), _like(match["article"] or text[match.end()], "no") + " ")
            for match in pattern.finditer(text)
        ]

    return edits


def affirmed(names: tuple[str, ...]) -> Callable[[str], list[Edit]]:
    """Return what takes the denial away before each of `names`."""
    spelt = "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))
    pattern = re.compile(
        rf"(?<![\w-])(?P<no>no (?:evidence of |signs? of )?|without (?:any )?)(?=(?:[\w-]+ )?(?:{spelt})(?![\w-]))",
        re.IGNORECASE,
    )

    def edits(text: str) -> list[Edit]:
        return [
            (*match.span("no"), "with " if match["no"].lower().startswith("without") else "")
            for match in pattern.finditer(text)
        ]

    return edits


def _renamed(text: str, match: re.Match[str], other: str) -> list[Edit]:
    """Return the edit of the word, and of the article before it where that has to fit."""
    edit = (match.start(), match.start() + len(match[0]), _like(match[0], other))
    article = _ARTICLE.search(text[: match.start()])
    if article is None:
        return [edit]
    fitting = "an" if other[0].lower() in "aeiou" or other.startswith("MRI") else "a"
    return [(*article.span(1), _like(article[1], fitting)), edit]


def _like(old: str, new: str) -> str:
    begins = old[0].isupper() and (len(old) == 1 or old[1].islower())
    return new[0].upper() + new[1:] if begins and new[0].islower() else new


def _other_number(number: str) -> str:
    whole, dot, rest = number.partition(".")
    # Near enough to be believed: a fever stays a fever.
    return f"{int(whole) + max(1, int(whole) // 8)}{dot}{rest}"
