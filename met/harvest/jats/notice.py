"""What a repository says of an article beside the article itself: its licence, and which of the two holds."""

import re
from dataclasses import dataclass, replace
from typing import Final

from met.harvest.jats import ParsedArticle
from met.rights import CC0, PUBLIC_DOMAIN, TDM, UNKNOWN, licence_of_prose, licence_of_url, named_licence, stricter

_CODE: Final = re.compile(r"CC-?BY((?:-(?:NC|ND|SA))*)(?:-([1-4]\.\d))?")
_CC0: Final = re.compile(r"CC-?(?:0|ZERO)(?:-1\.0)?")
_PUBLIC: Final = frozenset({"PD", "PUBLIC-DOMAIN", "PDM", "PDM-1.0", "CC-PDM-1.0"})


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
        return named_licence(frozenset(found[1].split("-")[1:]), found[2])
    return next((named for named in (licence_of_url(code), licence_of_prose(code)) if named != UNKNOWN), UNKNOWN)


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
