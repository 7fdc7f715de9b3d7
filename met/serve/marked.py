"""A text cut at the marks that lie in it, so that a page can show each piece with what stands there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

# What a page shows of a text at once; the rest waits behind a fold.
SHOWN: Final = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`start` to `end` of a text: `kind` says how it looks, `title` what it means, `target` where it leads."""

    start: int
    end: int
    kind: str
    title: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text and the marks that cover it, the shortest first."""

    text: str
    marks: tuple[Mark, ...] = ()

    @property
    def kinds(self) -> str:
        """The kinds of its marks, each once."""
        return " ".join(dict.fromkeys(mark.kind for mark in self.marks))

    @property
    def title(self) -> str:
        """What its marks mean."""
        return "; ".join(dict.fromkeys(mark.title for mark in self.marks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A text in pieces: `shown` at once, `folded` behind a fold of `more` characters."""

    shown: tuple[Piece, ...]
    folded: tuple[Piece, ...] = ()
    more: int = 0


def marked(text: str, marks: Iterable[Mark] = (), *, shown: int = SHOWN) -> Marked:
    """Return the text in pieces. Marks may overlap; what lies outside of the text is cut away.

    >>> [piece.text for piece in marked("a lung nodule", [Mark(start=2, end=6, kind="x", title="lung")]).shown]
    ['a ', 'lung', ' nodule']
    """
    inside = sorted(
        (replace(mark, end=min(mark.end, len(text))) for mark in marks if 0 <= mark.start < min(mark.end, len(text))),
        key=lambda mark: (mark.end - mark.start, mark.start, mark.kind, mark.title),
    )
    # A little more than what fits is no reason to fold.
    cut = len(text) if len(text) <= shown * 1.2 else shown
    places = sorted({0, cut, len(text), *(place for mark in inside for place in (mark.start, mark.end))})
    pieces = [(start, Piece(text=text[start:end], marks=_over(inside, start, end))) for start, end in pairwise(places)]
    return Marked(
        shown=tuple(piece for start, piece in pieces if start < cut),
        folded=tuple(piece for start, piece in pieces if start >= cut),
        more=len(text) - cut,
    )


def _over(marks: Sequence[Mark], start: int, end: int) -> tuple[Mark, ...]:
    return tuple(mark for mark in marks if mark.start <= start and end <= mark.end)
