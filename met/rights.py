"""What a licence is, what it allows, and what may become of two works together.

Licences are named like SPDX ids (`CC-BY-4.0`), plus `public-domain`, `TDM` (mining alone) and `unknown`. Nothing is
guessed: what no address names is `unknown`. Words that name a licence with its version serve catalogues and credits.
"""

import re
from functools import lru_cache
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
    "Apache": (True, True),
    "TDM": (False, False),
    "unknown": (False, True),
}

# What a work made of two others may be licensed as, by family, after the compatibility chart of Creative Commons
# (https://creativecommons.org/faq, "Can I combine material under different Creative Commons licenses?"). Pairs that are
# not here are incompatible: share-alike and non-commercial have no common successor, ND and TDM have none at all.
# Apache-2.0, which our own definitions are under, lets a derivative work as a whole be under other terms (section 4).
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
        ("Apache", "Apache"),
        ("Apache", "CC0", "Apache"),
        ("Apache", "public-domain", "Apache"),
        ("Apache", "CC-BY", "CC-BY"),
        ("Apache", "CC-BY-SA", "CC-BY-SA"),
        ("Apache", "CC-BY-NC", "CC-BY-NC"),
        ("Apache", "CC-BY-NC-SA", "CC-BY-NC-SA"),
        ("unknown", "Apache", "unknown"),
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


@lru_cache(maxsize=1024)
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


def stricter(one: str, other: str) -> str:
    """Return the licence that holds where a work is said to be under both.

    `unknown` and mining alone hold against every other; else the terms of both hold together. The order is no matter.

    >>> stricter("CC-BY-4.0", "CC-BY-NC"), stricter("CC-BY", "CC-BY-4.0"), stricter("CC-BY-NC-4.0", "CC-BY-ND-4.0")
    ('CC-BY-NC', 'CC-BY-4.0', 'CC-BY-NC-ND-4.0')
    >>> stricter("unknown", "CC-BY-4.0"), stricter("CC0-1.0", "CC-BY-4.0")
    ('unknown', 'CC-BY-4.0')
    """
    for whole in (TDM, UNKNOWN):
        if whole in (one, other):
            return whole
    attributed = [licence for licence in (one, other) if licence.startswith("CC-BY")]
    if not attributed:
        return CC0 if CC0 in (one, other) else one
    terms = frozenset[str]().union(*map(_terms, attributed))
    saying = [licence for licence in attributed if _terms(licence) == terms] or attributed
    versions = [found[0] for licence in saying if (found := re.search(r"\d\.\d$", licence))]
    return named_licence(terms, max(versions, default=None))


def named_licence(terms: frozenset[str], version: str | None) -> str:
    """Return the Creative Commons licence with these terms (NC, ND, SA) beside attribution.

    >>> named_licence(frozenset({"SA", "NC"}), "4.0"), named_licence(frozenset(), None)
    ('CC-BY-NC-SA-4.0', 'CC-BY')
    """
    if {"ND", "SA"} <= terms:  # Share-alike is about derivatives, and there are none.
        terms -= {"SA"}
    return "-".join(["CC-BY", *(term for term, _ in _TERMS if term in terms), *([version] if version else [])])


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


def _terms(licence: str) -> frozenset[str]:
    return frozenset(licence.split("-")) & frozenset(("NC", "ND", "SA"))


def _cc_id(terms: frozenset[str], version: str) -> str:
    ordered = ["CC", "BY", *(term for term in ("NC", "ND", "SA") if term in terms)]
    licence = "-".join([*ordered, version])
    return licence if _family(licence) in _USES and terms <= {"NC", "ND", "SA"} else UNKNOWN


def _family(licence: str) -> str:
    family = re.sub(r"-\d\.\d$", "", licence)
    return family if family in _USES else UNKNOWN
