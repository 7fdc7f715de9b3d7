"""What a repository says of an article beside the article itself: its licence, and which of the two holds."""

import re
from dataclasses import dataclass, replace
from typing import Final

from met.harvest.jats import ParsedArticle
from met.rights import CC0, PUBLIC_DOMAIN, TDM, UNKNOWN, licence_of_prose, licence_of_url

_CODE: Final = re.compile(r"CC-?BY((?:-(?:NC|ND|SA))*)(?:-([1-4]\.\d))?")
_CC0: Final = re.compile(r"CC-?(?:0|ZERO)(?:-1\.0)?")
_PUBLIC: Final = frozenset({"PD", "PUBLIC-DOMAIN", "PDM", "PDM-1.0", "CC-PDM-1.0"})
_TERMS: Final = ("NC", "ND", "SA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The words of a repository about an article: `licence` as it codes it, None where it says nothing."""

    licence: str | None


def licence_of_code(code: str) -> str:
    """Return the licence that a catalogue's code, an address or a wording names; `unknown` where it names none.

    A code without a version names the family alone.

    >>> licence_of_code("CC BY-NC"), licence_of_code("cc-by-4.0"), licence_of_code("CC0"), licence_of_code("mit")
    ('CC-BY-NC', 'CC-BY-4.0', 'CC0-1.0', 'unknown')
    """
    name = re.sub(r"[\s_-]+", "-", code.strip().upper())
    if _CC0.fullmatch(name):
        return CC0
    if name in _PUBLIC:
        return PUBLIC_DOMAIN
    if name == TDM:
        return TDM
    if found := _CODE.fullmatch(name):
        return _named(frozenset(found[1].split("-")[1:]), found[2])
    return next((named for named in (licence_of_url(code), licence_of_prose(code)) if named != UNKNOWN), UNKNOWN)


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
    return _named(terms, max(versions, default=None))


def governed(parsed: ParsedArticle, notice: Notice | None) -> tuple[ParsedArticle, dict[str, str] | None]:
    """Return the article under the stricter of its own licence and the notice's, and both where they disagree.

    An article that says nothing of rights is as the notice says. A figure whose own permissions or credit name a
    licence keeps the stricter of that and the notice's. A version that one of the two leaves out is no disagreement.
    """
    own = parsed.front.rights
    if notice is None or notice.licence is None:
        return parsed, None
    said = licence_of_code(notice.licence)
    silent = own.licence == UNKNOWN and not own.text
    holds = said if silent else stricter(own.licence, said)
    figures = tuple(
        replace(figure, licence=holds if silent and figure.credit is None else stricter(figure.licence, said))
        for figure in parsed.figures
    )
    front = replace(parsed.front, rights=replace(own, licence=holds))
    agree = silent or _same(own.licence, said)
    facts = None if agree else {"article": own.licence, "repository": notice.licence, "holds": holds}
    return replace(parsed, front=front, figures=figures), facts


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    versions = {bool(re.search(r"\d\.\d$", licence)) for licence in (one, other)}
    family = {re.sub(r"-\d\.\d$", "", licence) for licence in (one, other)}
    return len(family) == 1 and len(versions) == 2


def _terms(licence: str) -> frozenset[str]:
    return frozenset(licence.split("-")) & frozenset(_TERMS)


def _named(terms: frozenset[str], version: str | None) -> str:
    if {"ND", "SA"} <= terms:  # Share-alike is about derivatives, and there are none.
        terms -= {"SA"}
    return "-".join(["CC-BY", *(term for term in _TERMS if term in terms), *([version] if version else [])])
