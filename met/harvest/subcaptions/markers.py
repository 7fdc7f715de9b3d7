"""Where a caption names its panels: "(A)", "A,", "a)", "(a-c)", "a and b", "(left)", "top row:".

A letter counts only in a row that begins with a: captions are full of single letters that name other things.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_DASH: Final = r"[-\u2010-\u2015\u2212]"
_JOIN: Final = rf"\s*(?:{_DASH}|to|through|,\s*and|,|;|and|&|/)\s*"
_PRIME: Final = r"['\u2032\u2019]?"
_ROUND: Final = re.compile(
    rf"\((?:panels?\s+)?(?P<names>[A-Za-z](?![A-Za-z0-9]){_PRIME}(?:{_JOIN}[A-Za-z](?![A-Za-z0-9]){_PRIME})*)(?:,?\s*respectively)?\s*[):]\)?"
)
_HALF: Final = re.compile(rf"(?<![\w(])(?P<names>[A-Za-z](?:{_JOIN}[A-Za-z])*)\)")
_STOPPED: Final = re.compile(
    rf"(?:(?<![\w(.\u2010-\u2015\u2190-\u2194-])|(?<=\()(?=[A-Za-z][.:]\s))(?:[Pp]anels?\s+)?(?P<names>[A-Z](?:{_JOIN}[A-Z](?![\w]))*|[a-z](?:{_JOIN}[a-z](?![\w]))*)(?:[.:]|,(?!\s[A-Za-z](?:,|\sand\s[A-Za-z]\s)))(?=\s)"
)
_BARE: Final = re.compile(
    rf"(?:^|(?<=[.;:,]\s)|(?<=\sand\s))(?P<names>[A-Z](?:{_JOIN}[A-Z](?=[\s,]))*|[a-z](?:{_JOIN}[a-z](?=[\s,]))*)(?=\s)"
)
_PLACE: Final = (
    r"(?:(?:far|upper|lower|top|bottom)[\s-]+)?(?:left|right|top|bottom|upper|lower|middle|cent(?:er|re))"
    r"(?:[\s-]+(?:row|column|hand side|side|panels?|images?|photographs?|scans?))?"
)
_OF_PANEL: Final = r"(?:row|column|side|panels?|images?|photographs?|scans?)"
_PLACED: Final = re.compile(
    rf"\((?P<names>{_PLACE})\)|(?:^|(?<=[.;]\s))(?:on the\s)?(?P<start>{_PLACE})(?=\s?[:,])[:,]"
    rf"|(?:^|(?<=[.;]\s))(?:the\s)?(?P<shown>(?=[\w\s-]{{3,20}}\b{_OF_PANEL}\b){_PLACE})"
    r"(?=\s(?:shows?|depicts?|displays?|demonstrates?|illustrates?|is|are)\b)",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"(?:^|[.!?;:][\"'\u201d\u2019)\]]*\s+|\n)$")
# Letters that name places of a map name no panels.
_LETTERS: Final = re.compile(r"\bletters\s$")
_FULL_STOP: Final = re.compile(r"(?:^|[.!?][\"'\u201d\u2019)\]]*\s+|\n)$")
_MOST: Final = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """`names` stand in caption[start:end]; `opens` where a clause begins with them, `sentence` where a sentence does.

    `round`: they stand in round brackets.
    """

    start: int
    end: int
    names: tuple[str, ...]
    opens: bool
    sentence: bool
    round: bool


def letter_markers(caption: str, panels: int | None = None, *, title_end: int = 0) -> tuple[Marker, ...]:
    """Return the markers of the way of naming that the caption uses; none where it names no two panels.

    Of several ways the one that names `panels` panels counts, else the first of: round brackets, half brackets, a
    letter with a stop, a bare letter at the beginning of a clause; but bare capitals, each at the beginning of a
    sentence, come first where they name those and more. Where letters in brackets stand behind what they
    name and each panel has a sentence of its own later, these markers come as well.
    """
    ways = [
        _in_row(_joined(caption, list(_found(caption, pattern, capitals, title_end))))
        for pattern in (_ROUND, _HALF, _STOPPED, _BARE)
        for capitals in (True, False)
    ]
    named = [way for way in ways if len(names_of(way)) > 1]
    exact = [way for way in named if len(names_of(way)) == panels]
    chosen = (exact or named or [[]])[0]
    bare = ways[-2]
    if not exact and all(marker.sentence for marker in bare) and set(names_of(bare)) > set(names_of(chosen)):
        chosen = bare
    for way in named:
        later = way is not chosen and chosen[-1].end <= way[0].start and all(marker.sentence for marker in way)
        if later and not any(marker.opens for marker in chosen) and names_of(way) == names_of(chosen):
            return (*chosen, *way)
    return tuple(chosen)


def place_markers(caption: str) -> tuple[Marker, ...]:
    """Return the markers that name panels by place, as "left" or "top row"; none where fewer than two places occur."""
    found = [
        _marker(caption, match.start(), match.end(), (_place(name),), bool(match["names"]))
        for match in _PLACED.finditer(caption)
        if (name := match["names"] or match["start"] or match["shown"])
    ]
    return tuple(found) if len(names_of(found)) > 1 else ()


def names_of(markers: list[Marker] | tuple[Marker, ...]) -> tuple[str, ...]:
    """Return the different names of the markers, in order of occurrence."""
    return tuple(dict.fromkeys(name for marker in markers for name in marker.names))


def _found(caption: str, pattern: re.Pattern[str], capitals: bool, title_end: int) -> Iterator[Marker]:
    for match in pattern.finditer(caption):
        names = _letters(match["names"])
        lettered = _LETTERS.search(caption, max(0, match.start() - 9), match.start())
        if names and match["names"][0].isupper() == capitals and not lettered:
            yield _marker(caption, match.start(), match.end(), names, match[0].startswith("("), title_end)


def _marker(caption: str, start: int, end: int, names: tuple[str, ...], is_round: bool, title_end: int = 0) -> Marker:
    before = caption[max(0, start - 8) : start] if start else ""
    first = start == 0 or (start >= title_end > 0 and not caption[title_end:start].strip())
    return Marker(
        start=start,
        end=end,
        names=names,
        opens=first or bool(_SENTENCE_END.search(before)),
        sentence=first or bool(_FULL_STOP.search(before)),
        round=is_round,
    )


def _letters(names: str) -> tuple[str, ...]:
    """Return the letters that are named, ranges filled, in lower case.

    >>> _letters("A-C, F")
    ('a', 'b', 'c', 'f')
    """
    found: list[str] = []
    filled = False
    for part in re.findall(rf"{_DASH}|\bto\b|\bthrough\b|(?<![A-Za-z])[A-Za-z](?![A-Za-z])", names):
        if len(part) > 1 or not part.isalpha():
            filled = bool(found)
            continue
        letter = part.lower()
        if filled and found[-1] < letter:
            found += [chr(code) for code in range(ord(found[-1]) + 1, ord(letter))]
        found.append(letter)
        filled = False
    return tuple(dict.fromkeys(found))


def _joined(caption: str, markers: list[Marker]) -> list[Marker]:
    """Return the markers with neighbours that only "and", a comma or a dash parts made one: "(a) and (b) Skin"."""
    joined: list[Marker] = []
    for marker in markers:
        last = joined[-1] if joined else None
        between = caption[last.end : marker.start] if last else ""
        if last and re.fullmatch(rf"\s*(?:{_DASH}|,|,?\s?and|&|to)\s*", between):
            ranged = re.fullmatch(rf"\s*(?:{_DASH}|to)\s*", between) is not None
            names = _letters(f"{last.names[-1]}-{marker.names[0]}") if ranged else ()
            joined[-1] = Marker(
                start=last.start,
                end=marker.end,
                names=tuple(dict.fromkeys((*last.names, *names, *marker.names))),
                opens=last.opens,
                sentence=last.sentence,
                round=last.round,
            )
        else:
            joined.append(marker)
    return joined


def _in_row(markers: list[Marker]) -> list[Marker]:
    """Return the markers that name a, b, c and so on without a gap, and those that open a sentence about one of them.

    Letters of a marker that come too early are taken back when the row reaches them: "(A, E) ... (B-D)".
    """
    everything = {name for marker in markers for name in marker.names}
    row = [chr(ord("a") + at) for at in range(_MOST)]
    reach = next((at for at, name in enumerate(row) if name not in everything), _MOST)
    known = set(row[:reach])
    chosen: list[Marker] = []
    seen: set[str] = set()
    for marker in markers:
        names = set(marker.names)
        if not names <= known:
            continue
        first = min(names)
        expected = next((name for name in row[:reach] if name not in seen), None)
        begins = not seen and first == "a"
        goes_on = bool(names - seen) and (
            first == expected or (first in seen and marker.opens) or first > max(seen, default="")
        )
        returns = marker.round and marker.opens
        if begins or (seen and (goes_on or returns)):
            chosen.append(marker)
            seen |= names
    return chosen if seen == set(row[: len(seen)]) else []


def _place(words: str) -> str:
    return " ".join(re.sub(r"[\s-]+", " ", words).lower().split())
