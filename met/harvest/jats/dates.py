"""The dates of a JATS article, as ISO 8601 and no more precise than the article says."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from met.xml import Element

_ISO: Final = re.compile(r"(?:1[6-9]|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_YEAR: Final = re.compile(r"\b(?:1[6-9]|20)\d\d\b")
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# A version before publication.
_EARLIER: Final = frozenset({"epreprint", "preprint"})


def read_dates(publications: Iterable[Element], histories: Iterable[Element]) -> tuple[dict[str, str], str | None]:
    """Return the dates by kind (`epub`, `received` ..), and the day, month or year of first publication.

    `publications` are `pub-date` elements, `histories` hold `date` elements. Of two dates of a kind the first counts.
    """
    published = _dates(publications)
    first = [date for kind, date in published.items() if kind not in _EARLIER] or list(published.values())
    history = _dates(date for history in histories for date in history.iter("date"))
    # Where a year and a day of that year are given, the day says more.
    return {**history, **published}, min(first, key=lambda date: (date + "-99-99")[:10], default=None)


def _dates(elements: Iterable[Element]) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in elements:
        if (date := _date(element)) is not None:
            found.setdefault(element.get("pub-type") or element.get("date-type") or "pub", date)
    return found


def _date(element: Element) -> str | None:
    parts: Mapping[str, str] = {child.tag: child.text or "" for child in element}
    year = _YEAR.search(parts.get("year", ""))
    if year is None:
        stated = _ISO.match(element.get("iso-8601-date") or "") or _ISO.match(parts.get("string-date", ""))
        return stated[0] if stated else None
    month = _number(parts.get("month", ""), 12)
    day = _number(parts.get("day", ""), 31) if month else None
    return year[0] + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")


def _number(text: str, most: int) -> int | None:
    text = text.strip()
    number = int(text) if text.isdecimal() and len(text) <= 2 else _MONTHS.get(text[:3].lower(), 0)
    return number if 1 <= number <= most else None
