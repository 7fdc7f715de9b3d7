"""What a licence is, what it allows, and what may become of two works together.

Licences are named like SPDX ids (`CC-BY-4.0`), plus `public-domain`, `TDM` (mining alone) and `unknown`. Nothing is
guessed: a licence that is not named by URL, or in words that name it with its version, is `unknown`.
"""

import re
from typing import Final, Literal, TypeAlias

Use: TypeAlias = Literal["commercial", "derivative", "any"]

UNKNOWN: Final = "unknown"
TDM: Final = "TDM"
PUBLIC_DOMAIN: Final = "public-domain"
CC0: Final = "CC0-1.0"

# Family -> (commercial use, derivatives). A crop and a rewritten caption are derivatives. What is made of a work of
# unknown licence is of unknown licence itself, so it leaves only where any licence will do.
_USES: Final[dict[str, tuple[bool, bool]]] = {
    "CC0": (True, True),
    "public-domain": (True, True),
    "CC-BY": (True, True),
    "CC-BY-SA": (True, True),
    "CC-BY-NC": (False, True),
    "CC-BY-NC-SA": (False, True),
    "CC-BY-ND": (True, False),
    "CC-BY-NC-ND": (False, False),
    "TDM": (False, False),
    "unknown": (False, True),
}

# What a work made of two others may be licensed as, by family, after the compatibility chart of Creative Commons
# (https://creativecommons.org/faq, "Can I combine material under different Creative Commons licenses?"). Pairs that are
# not here are incompatible: share-alike and non-commercial have no common successor, ND and TDM have none at all.
_JOIN: Final[dict[frozenset[str], str]] = {
    frozenset(pair): result
    for *pair, result in (
        ("CC0", "CC0"),
        ("public-domain", "public-domain"),
        ("CC0", "public-domain", "CC0"),
        ("CC-BY", "CC-BY"),
        ("CC-BY", "CC0", "CC-BY"),
        ("CC-BY", "public-domain", "CC-BY"),
        ("CC-BY-SA", "CC-BY-SA"),
        ("CC-BY-SA", "CC0", "CC-BY-SA"),
        ("CC-BY-SA", "public-domain", "CC-BY-SA"),
        ("CC-BY-SA", "CC-BY", "CC-BY-SA"),
        ("CC-BY-NC", "CC-BY-NC"),
        ("CC-BY-NC", "CC0", "CC-BY-NC"),
        ("CC-BY-NC", "public-domain", "CC-BY-NC"),
        ("CC-BY-NC", "CC-BY", "CC-BY-NC"),
        ("CC-BY-NC-SA", "CC-BY-NC-SA"),
        ("CC-BY-NC-SA", "CC0", "CC-BY-NC-SA"),
        ("CC-BY-NC-SA", "public-domain", "CC-BY-NC-SA"),
        ("CC-BY-NC-SA", "CC-BY", "CC-BY-NC-SA"),
        ("CC-BY-NC-SA", "CC-BY-NC", "CC-BY-NC-SA"),
        ("unknown", "unknown"),
        ("unknown", "CC0", "unknown"),
        ("unknown", "public-domain", "unknown"),
        ("unknown", "CC-BY", "unknown"),
        ("unknown", "CC-BY-SA", "unknown"),
        ("unknown", "CC-BY-NC", "unknown"),
        ("unknown", "CC-BY-NC-SA", "unknown"),
    )
}
# The first share-alike licences do not allow a later version.
_CLOSED: Final = frozenset({"CC-BY-SA-1.0", "CC-BY-NC-SA-1.0"})

_CC_URL: Final = re.compile(r"creativecommons\.org/licen[sc]es/([a-z-]+)/([1-4]\.\d)(?![\d.]*\d)", re.IGNORECASE)
_URLS: Final = (
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0", re.IGNORECASE), CC0),
    (re.compile(r"creativecommons\.org/(publicdomain/mark/1\.0|licenses/publicdomain)", re.IGNORECASE), PUBLIC_DOMAIN),
    (re.compile(r"elsevier\.com/tdm/|springer(nature)?\.com/.*\btdm\b|/tdm_license", re.IGNORECASE), TDM),
)
_CC_NAME: Final = re.compile(
    r"(?:\bCreative\s+Commons\s+Attribution\b|\bCC[ -]?BY\b)(?P<terms>[^.;]{0,80}?)\b(?P<version>[1-4]\.[05])\b",
    re.IGNORECASE,
)
_CC0_NAME: Final = re.compile(r"\bCC[ -]?0\b|\bCreative\s+Commons\s+Zero\b", re.IGNORECASE)
_TERMS: Final = (
    ("NC", re.compile(r"non-?\s?commercial|\bNC\b", re.IGNORECASE)),
    ("ND", re.compile(r"no-?\s?deriv|\bND\b", re.IGNORECASE)),
    ("SA", re.compile(r"share-?\s?alike|\bSA\b", re.IGNORECASE)),
)

# Words by which a caption says that somebody else holds the rights. Permission of a patient is consent, not a licence.
_RESERVED: Final = re.compile(
    r"©|\bcopyright|\ball rights reserved\b|\(c\) ?(?:19|20)\d\d"
    r"|\b(?:with|by)\s+(?:the\s+)?(?:kind\s+)?permission\b(?!\s+(?:of|from)\s+(?:the\s+|his\s+|her\s+|our\s+)?(?:patient|parent|participant|famil|subject))"
    r"|\b(?:reprinted|reproduced)\s+(?:from|with|by)\b",
    re.IGNORECASE,
)
_CREDIT: Final = re.compile(
    r"\bcredits?\b|\bcourtesy\b|\b(?:adapted|modified|redrawn)\s+(?:from|after)\b|\b(?:photo|photograph|image|images)\s+by\b|"
    + _RESERVED.pattern,
    re.IGNORECASE,
)
# One of these stands in every credit line; looking for them first spares most captions the pattern above.
_CREDIT_WORDS: Final = (
    "©", "copyright", "(c) ", "rights reserved", "permission", "reprinted", "reproduced", "credit", "courtesy",
    "adapted", "modified", "redrawn", "photo by", "photograph by", "image by", "images by",
)  # fmt: skip
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z(“\"])")


def licence_of_url(url: str) -> str:
    """Return the licence that `url` names, `unknown` where it names none or no version.

    >>> licence_of_url("http://creativecommons.org/licenses/by-nc-nd/4.0/deed.de")
    'CC-BY-NC-ND-4.0'
    >>> licence_of_url("https://creativecommons.org/publicdomain/zero/1.0/")
    'CC0-1.0'
    >>> licence_of_url("https://example.org/terms")
    'unknown'
    """
    for pattern, licence in _URLS:
        if pattern.search(url):
            return licence
    found = _CC_URL.search(url)
    if found is None:
        return UNKNOWN
    terms = frozenset(found[1].upper().split("-"))
    return _cc_id(terms - {"BY"}, found[2]) if "BY" in terms else UNKNOWN


def licence_of_prose(text: str) -> str:
    """Return the Creative Commons licence that `text` names with its version, `unknown` where it names none or several.

    >>> licence_of_prose("under the Creative Commons Attribution-NonCommercial 4.0 International License")
    'CC-BY-NC-4.0'
    >>> licence_of_prose("under the Creative Commons Attribution License")
    'unknown'
    """
    named = {
        _cc_id(frozenset(term for term, pattern in _TERMS if pattern.search(found["terms"])), found["version"])
        for found in _CC_NAME.finditer(text)
    }
    if _CC0_NAME.search(text):
        named.add(CC0)
    return named.pop() if len(named) == 1 else UNKNOWN


def credit_of(caption: str) -> str | None:
    """Return the credit lines of a caption as it words them: the bracket or the sentence around each.

    >>> credit_of("A tick. (credit: modification of work by USDA) Scale bar 1 mm.")
    '(credit: modification of work by USDA)'
    >>> credit_of("Chest radiograph. Reprinted with permission from Smith 2004.")
    'Reprinted with permission from Smith 2004.'
    """
    lowered = caption.lower()
    if not any(word in lowered for word in _CREDIT_WORDS):
        return None
    spans: list[tuple[int, int]] = []
    for found in _CREDIT.finditer(caption):
        if not spans or found.start() >= spans[-1][1]:
            spans.append(_bracket(caption, found.start()) or _sentence(caption, found.start()))
    return " ".join(dict.fromkeys(caption[start:end].strip() for start, end in spans)) or None


def figure_licence(article: str, *, stated: str | None = None, credit: str | None = None) -> str:
    """Return the licence of a figure in an article of licence `article`.

    `stated` is the licence of the figure's own permissions (`unknown` where they name none), `credit` its credit lines.
    A credit that names a licence decides; one that says somebody holds the rights makes the licence unknown.

    >>> figure_licence("CC-BY-4.0", credit="(credit: modification of work by USDA)")
    'CC-BY-4.0'
    >>> figure_licence("CC-BY-4.0", credit="Reprinted with permission from Smith 2004.")
    'unknown'
    >>> figure_licence("CC-BY-4.0", stated="CC-BY-NC-4.0")
    'CC-BY-NC-4.0'
    """
    if stated not in (None, UNKNOWN):
        return str(stated)
    if credit:
        named = [licence for licence in (licence_of_url(credit), licence_of_prose(credit)) if licence != UNKNOWN]
        if named:
            return named[0]
    if stated == UNKNOWN or (credit and _RESERVED.search(credit)):
        return UNKNOWN
    return article


def made_licence(image: str, text: str) -> str | None:
    """Return the licence of what is made of works under `image` and `text`; None where they are incompatible.

    The order does not matter. Among versions of one family the later one holds.

    >>> made_licence("CC-BY-4.0", "CC0-1.0")
    'CC-BY-4.0'
    >>> made_licence("CC-BY-SA-4.0", "CC-BY-NC-4.0") is None
    True
    >>> made_licence("CC-BY-ND-4.0", "CC0-1.0") is None
    True
    """
    joined = _JOIN.get(frozenset((_family(image), _family(text))))
    if joined is None or (image != text and _CLOSED & {image, text} and _family(image) == _family(text)):
        return None
    if joined == UNKNOWN:
        return UNKNOWN
    return max(licence for licence in (image, text) if _family(licence) == joined)


def allows(licence: str, use: Use) -> bool:
    """Return whether `licence` allows `use`.

    >>> allows("CC-BY-NC-4.0", "commercial"), allows("CC-BY-ND-4.0", "derivative"), allows("unknown", "commercial")
    (False, False, False)
    """
    commercial, derivative = _USES[_family(licence)]
    return {"commercial": commercial, "derivative": derivative, "any": True}[use]


def _cc_id(terms: frozenset[str], version: str) -> str:
    ordered = ["CC", "BY", *(term for term in ("NC", "ND", "SA") if term in terms)]
    licence = "-".join([*ordered, version])
    return licence if _family(licence) in _USES and terms <= {"NC", "ND", "SA"} else UNKNOWN


def _family(licence: str) -> str:
    family = re.sub(r"-\d\.\d$", "", licence)
    return family if family in _USES else UNKNOWN


def _bracket(text: str, position: int) -> tuple[int, int] | None:
    """Return the span of the outermost bracket around `position`, if there is one."""
    depth, start = 0, 0
    for index, character in enumerate(text):
        if character == "(":
            start = index if depth == 0 else start
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            if depth == 0 and start <= position <= index:
                return start, index + 1
    return None


def _sentence(text: str, position: int) -> tuple[int, int]:
    start = max((end.end() for end in _SENTENCE_END.finditer(text) if end.end() <= position), default=0)
    following = _SENTENCE_END.search(text, position)
    return start, following.start() if following else len(text)
