"""How running text cites figures: "Figs. 2–4", "Figure 3A, B and D", "Fig. 1 (c)"."""

import re
from typing import Final, NamedTuple

# A range longer than this is no range of figures, and a list no list.
_LONGEST_RANGE: Final = 50
_LONGEST_LIST: Final = 500

_NUMBER: Final = re.compile(r"(?<!\w)(?<!\d\.)[A-Z]{0,2}\d+(?:\.\d+)*", re.IGNORECASE)
_WORD: Final = re.compile(r"\bfig(?:ure|ures|s)?\b\.?\s*(?=[A-Z]{0,2}\d)", re.IGNORECASE)
# A figure of another document, or of its supplement.
_FOREIGN: Final = re.compile(r"(?:suppl\w*\.?|additional|extended data|appendix|online)\s*$", re.IGNORECASE)
_DASH: Final = r"[-‐-―−]"
_SEPARATOR: Final = re.compile(
    rf"\s?(?:(?P<range>{_DASH}|\b(?:to|through)\b)|(?:[,;/&]|,?\s?\band\b|\bor\b))\s?(?:fig(?:ure|ures|s)?\b\.?\s?)?",
    re.IGNORECASE,
)
_AFTER_LISTED: Final = re.compile(rf"\s?(?:[,;/&.):\]]|{_DASH}|\band\b|\bor\b|$)|[A-Za-z](?![A-Za-z])", re.IGNORECASE)
BETWEEN: Final = re.compile(rf"\s*(?:{_DASH}|to|through)\s*(?:fig(?:ure|ures|s)?\b\.?\s*)?", re.IGNORECASE)

# "a" and "I" before a word of small letters are words themselves, except before "and", "or", "to".
_ARTICLE: Final = r"(?![aAI]\s(?!(?:and|or|to)\b)[a-z])"
_LETTER: Final = rf"{_ARTICLE}(?P<open>\()?(?P<letter>[A-Za-z])(?![A-Za-z0-9'’])(?(open)\)?)"
_FIRST: Final = re.compile(rf"(?P<lead>,?\s?\bpanels?\s|\s)?{_LETTER}")
# Most citations end with one of these, or with the text: no letter follows. The empty text is in every text.
_NO_LETTER: Final = ").;:]"
_NO_SEPARATOR: Final = ").:]"
_NEXT: Final = re.compile(rf"\s?(?:(?P<range>{_DASH}|\bto\b)|[,;/&]\s?(?:and\s)?|\b(?:and|or)\b)\s?{_LETTER}")


# "panels A and B of" before a citation, within so many characters.
_LONGEST_LEAD: Final = 32
_PANELS_OF: Final = re.compile(r"(?P<word>\bpanels?\s)[^.;:]{1,20}\s(?:of|in|from)\s(?:the\s)?\(?$", re.IGNORECASE)


class Cited(NamedTuple):
    """A figure number as cited, with its panel letters in lower case; `end` is where the citation of it ends.

    `in_range` says that it follows the first number of a range: a link may name that first one alone.
    """

    number: str
    letters: tuple[str, ...]
    end: int
    in_range: bool = False


def figure_number(label: str | None) -> str | None:
    """Return the number that a label gives its figure.

    >>> figure_number("Figure 3.4."), figure_number("Fig. S2"), figure_number("Graphical abstract")
    ('3.4', 'S2', None)
    """
    found = _NUMBER.search(label or "")
    return found[0].upper() if found else None


def cited_numbers(text: str, at: int, limit: int) -> tuple[Cited, ...]:
    """Return the figure numbers cited one after another between `at` and `limit`, ranges filled in.

    The search starts at `at`; the list that starts there may end behind `limit` only by letters.

    >>> [(cited.number, cited.letters) for cited in cited_numbers("2a,b and 4-6)", 0, 13)]
    [('2', ('a', 'b')), ('4', ()), ('5', ()), ('6', ())]
    """
    found: list[Cited] = []
    number = _NUMBER.search(text, at, limit)
    ranged = False
    while number and number.start() < limit:
        if ranged:
            found += _filled(found[-1].number, number[0], number.end())
        letters, end = panel_letters(text, number.end())
        found.append(Cited(number=number[0].upper(), letters=letters, end=end, in_range=ranged))
        if end >= limit or len(found) >= _LONGEST_LIST:
            break
        separator = None if text[end : end + 1] in _NO_SEPARATOR else _SEPARATOR.match(text, end)
        number = _NUMBER.match(text, separator.end()) if separator else None
        if number and not _AFTER_LISTED.match(text, number.end()):
            break
        ranged = bool(separator and separator["range"])
    return tuple(found)


def plain_citations(text: str) -> tuple[tuple[int, tuple[Cited, ...]], ...]:
    """Return each citation in words with where it starts: "Fig. 1", "Figures 2 and 3". A list is one citation.

    >>> [(start, cited[0].number) for start, cited in plain_citations("Opacities (Fig. 1: 45 cases).")]
    [(11, '1')]
    >>> [(start, len(cited)) for start, cited in plain_citations("Fig. 1, Fig. 2 and figure 3")]
    [(0, 3)]
    """
    found: list[tuple[int, tuple[Cited, ...]]] = []
    end = 0
    for word in _WORD.finditer(text):
        if word.start() >= end and not _FOREIGN.search(text, max(0, word.start() - 24), word.start()):
            cited = cited_numbers(text, word.end(), len(text))
            end = cited[-1].end
            found.append((word.start(), cited))
    return tuple(found)


def panel_letters(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """Return the panel letters that follow a figure number which ends at `at`, in lower case, and where they end.

    >>> panel_letters("Fig. 2A-C, F", 6)
    (('a', 'b', 'c', 'f'), 12)
    >>> panel_letters("Fig. 2 a patient", 6)
    ((), 6)
    """
    first = None if text[at : at + 1] in _NO_LETTER else _FIRST.match(text, at)
    if first is None:
        return (), at
    letters, end = [first["letter"]], first.end()
    following = _NEXT.match(text, end)
    while following and following["letter"].isupper() == letters[0].isupper():
        letters += _run(letters[-1], following["letter"]) if following["range"] else [following["letter"]]
        end = following.end()
        following = _NEXT.match(text, end)
    if text.count("(", at, end) > text.count(")", at, end):
        if text[end : end + 1] != ")":
            return (), at
        end += 1
    if first["lead"] == " " and "(" not in first[0] and text[end : end + 1] not in {"", ")", ",", ";", ".", ":", "]"}:
        return (), at
    return tuple(dict.fromkeys(letter.lower() for letter in letters)), end


def letters_before(text: str, at: int) -> tuple[str, ...]:
    """Return the panel letters that stand before a citation which starts at `at`, in lower case.

    >>> letters_before("as panels A and C of Fig. 2 show", 21)
    ('a', 'c')
    """
    if "anel" not in text[max(0, at - _LONGEST_LEAD) : at]:
        return ()
    found = _PANELS_OF.search(text, max(0, at - _LONGEST_LEAD), at)
    return panel_letters(text, found.end("word"))[0] if found else ()


def _run(first: str, last: str) -> list[str]:
    return [chr(code) for code in range(ord(first) + 1, ord(last) + 1)] or [last]


def _filled(first: str, last: str, end: int) -> list[Cited]:
    """Return the whole numbers between two ends of a range."""
    if not (first.isdecimal() and last.isdecimal() and 0 < int(last) - int(first) <= _LONGEST_RANGE):
        return []
    between = range(int(first) + 1, int(last))
    return [Cited(number=str(number), letters=(), end=end, in_range=True) for number in between]
