"""Credit lines: where a caption names who made or holds a picture, and what that leaves of the article's licence."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from met.rights import UNKNOWN, licence_of_prose, licence_of_url, stricter

# What a credit line looks like in small letters. Each pattern begins with the word beside it, which few captions hold:
# looking for that is a hundredth of the work. Those of the first table say that somebody else holds the rights; what is
# adapted from another work is theirs in part. Permission of a patient is consent, not a licence.
_OF_A_PATIENT: Final = (
    r"(?!\s(?:of|from|by)\s(?:\w+\s){0,3}?(?:patient|parent|participant|famil|subject|guardian|relative))"
)
_GIVEN: Final = ("with ", "by ", "under ", "kind ", "the ", "full ", "written ", "express ", "prior ", "special ")
_TAKEN: Final = ("adapted", "modified", "redrawn", "reproduced", "reprinted", "republished")


def _after(word: str, *before: str) -> str:
    """Return the pattern of `word` where one of `before` stands before it as a word."""
    looks = "|".join(rf"(?<=\b{one}{word})" for one in before)
    return rf"{word}\b(?:{looks})"


_RESERVED: Final = (
    ("©", re.compile("©")),
    ("(c)", re.compile(r"\(c\) ?(?:19|20)\d\d")),
    ("right", re.compile(r"right(?:(?<=\bcopyright)|s reserved)")),
    (
        "permission",
        re.compile(
            rf"{_after('permission', *_GIVEN)}{_OF_A_PATIENT}"
            rf"|permissions?\s(?:(?:was|were|is|has been)\s)?(?:granted|obtained|given)\b{_OF_A_PATIENT}"
        ),
    ),
    (" from", re.compile(_after(" from", *_TAKEN))),
    (" after", re.compile(_after(" after", *_TAKEN))),
    ("courtesy", re.compile(r"courtesy\b(?<=\bcourtesy)")),
)
_NAMED: Final = (
    ("cc", re.compile(r"cc(?<=\bcc)[ -]?(?:by|0|zero)\b")),
    ("creative commons", re.compile("creative commons")),
)
_CREDITS: Final = (
    *_RESERVED,
    *_NAMED,
    ("credit", re.compile(r"credit(?<=\bcredit)s?\b")),
    (" by", re.compile(_after(" by", "photo", "photograph", "image", "images"))),
)
_MOST_CREDITS: Final = 50
_BRACKETS: Final = re.compile(r"[()]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z(“\"])")


def credit_of(caption: str) -> str | None:
    """Return the credit lines of a caption as it words them: the bracket or the sentence around each.

    >>> credit_of("A tick. (credit: modification of work by USDA) Scale bar 1 mm.")
    '(credit: modification of work by USDA)'
    >>> credit_of("Chest radiograph. Reprinted with permission from Smith 2004.")
    'Reprinted with permission from Smith 2004.'
    """
    spans: list[tuple[int, int]] = []
    # Each looks at the whole caption, and none has so many.
    for start in sorted(found.start() for found in _found(caption, _CREDITS)):
        if len(spans) < _MOST_CREDITS and (not spans or start >= spans[-1][1]):
            spans.append(_bracket(caption, start) or _sentence(caption, start))
    return " ".join(dict.fromkeys(caption[start:end].strip() for start, end in spans)) or None


def figure_licence(article: str, *, stated: str | None = None, credit: str | None = None) -> str:
    """Return the licence of a figure in an article of licence `article`.

    `stated` is the licence of the figure's own permissions (`unknown` where they name none), `credit` its credit lines.
    A credit that names a licence by its URL decides. One that names it in words can only take rights away, and one that
    says somebody else holds them makes the licence unknown.

    >>> figure_licence("CC-BY-4.0", credit="(credit: modification of work by USDA)")
    'CC-BY-4.0'
    >>> figure_licence("CC-BY-4.0", credit="Reprinted with permission from Smith 2004.")
    'unknown'
    >>> figure_licence("CC-BY-4.0", stated="CC-BY-NC-4.0")
    'CC-BY-NC-4.0'
    """
    if stated not in (None, UNKNOWN):
        return str(stated)
    if credit and (addressed := licence_of_url(credit)) != UNKNOWN:
        return addressed
    if stated == UNKNOWN:
        return UNKNOWN
    if credit and (named := licence_of_prose(credit)) != UNKNOWN:
        return stricter(article, named)
    if credit and any(_found(credit, (*_RESERVED, *_NAMED))):
        return UNKNOWN
    return article


def _found(text: str, words: Iterable[tuple[str, re.Pattern[str]]]) -> Iterator[re.Match[str]]:
    """Yield the matches of each pattern whose word stands in `text`; their offsets are those of `text`."""
    lowered = text.replace("İ", "I").lower()  # The one letter whose small form is longer than itself.
    for word, pattern in words:
        if word in lowered:
            yield from pattern.finditer(lowered)


def _bracket(text: str, position: int) -> tuple[int, int] | None:
    """Return the span of the outermost bracket around `position`, if there is one."""
    depth, start = 0, 0
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] == "(":
            start = bracket.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0 and start <= position < bracket.end():
                return start, bracket.end()
    return None


def _sentence(text: str, position: int) -> tuple[int, int]:
    start = max(
        (end.end() for end in _SENTENCE_END.finditer(text) if end.end() <= position),
        default=0,
    )
    following = _SENTENCE_END.search(text, position)
    return start, following.start() if following else len(text)
