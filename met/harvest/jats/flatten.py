"""Markup to plain text, the same way everywhere: titles, captions, passages, abstracts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from met.types import Span
from met.xml import Element

# What stands inside a passage without being its words: other figures and tables, and formulas in LaTeX.
LEFT_OUT: Final = frozenset(
    """
    fig fig-group table-wrap table-wrap-group boxed-text floats-group graphic inline-graphic media
    supplementary-material tex-math annotation annotation-xml index-term fn object-id alt-text long-desc sec-meta
    processing-meta
    """.split()  # noqa: SIM905
)
# What separates words although nothing is written between: blocks, cells and line breaks.
_APART: Final = frozenset(
    """
    p title subtitle label caption sec list list-item def-list def-item term def disp-formula disp-formula-group
    disp-quote break hr td th tr verse-group verse-line speech statement attrib preformat code kwd subject abstract
    copyright-statement copyright-year copyright-holder license license-p trans-abstract
    """.split()  # noqa: SIM905
)
# White space as `str.split` knows it, but for what no XML holds. Replacing each costs a fraction of splitting, which is
# quicker for a few words alone. The space is the only white space that is printable.
_LINES: Final = "\n\t\r"
_SPACES: Final = "\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_SHORT: Final = 48
# Both in one look-up, for nearly all elements inside a passage are neither.
_KIND: Final = {**dict.fromkeys(_APART, 1), **dict.fromkeys(LEFT_OUT, 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """The words of an element. `spans` holds where each marked element of it stands in `text`."""

    text: str
    spans: dict[Element, Span]


def flatten(element: Element, marked: Collection[Element] = ()) -> Flat:
    """Return the text of `element`: white space collapsed to one space, markup taken off, `sub` and `sup` plain.

    Figures, tables, footnotes and LaTeX sources inside it are left out; blocks and line breaks stand a space apart.
    """
    chunks: list[str] = []
    bounds: dict[Element, Span] = {}
    _collect(element, chunks, marked, bounds)
    raw = "".join(chunks)
    text = collapsed(raw)
    if not bounds:
        return Flat(text=text, spans={})
    if len(text) < len(raw.strip(" ")):
        return Flat(text=text, spans=_collapsed_spans(chunks, bounds))
    # No character went but spaces at the ends, so each stands where it stood.
    lead = len(raw) - len(raw.lstrip(" "))
    ends = list(accumulate(map(len, chunks), initial=-lead))
    return Flat(text=text, spans={child: _trimmed(text, ends[at], ends[to]) for child, (at, to) in bounds.items()})


def flat_text(*elements: Element) -> str:
    """Return the texts of `elements` in their order, joined by one space."""
    if len(elements) == 1 and len(elements[0]) == 0:
        return collapsed(elements[0].text or "")
    chunks: list[str] = []
    for element in elements:
        _gather(element, chunks)
        chunks.append(" ")
    return collapsed("".join(chunks))


def collapsed(text: str) -> str:
    """Return `text` with every run of white space as one space, and none at its ends.

    >>> collapsed(" one\\n  two\\u2009three ")
    'one two three'
    """
    if len(text) < _SHORT:
        return " ".join(text.split())
    for space in _LINES:
        text = text.replace(space, " ")
    if not (text.isascii() or text.isprintable()):
        for space in _SPACES:
            text = text.replace(space, " ")
    if "  " in text:
        text = " ".join(filter(None, map(str.strip, text.split("  "))))
    return text.strip(" ")


def _gather(element: Element, chunks: list[str]) -> None:
    """Add the texts of the element, as `_collect` does where nothing is marked: most texts are read so."""
    if text := element.text:
        chunks.append(text)
    for child in element:
        kind = _KIND.get(child.tag)
        if kind is None:
            if len(child):
                _gather(child, chunks)
            elif text := child.text:
                chunks.append(text)
        elif kind == 1:
            chunks.append(" ")
            _gather(child, chunks)
            chunks.append(" ")
        if text := child.tail:
            chunks.append(text)


def _collect(element: Element, chunks: list[str], marked: Collection[Element], bounds: dict[Element, Span]) -> None:
    if text := element.text:
        chunks.append(text)
    for child in element:
        kind = _KIND.get(child.tag)
        first = len(chunks)
        if kind is None:
            # Most markup is a leaf, a word in italics or a link: the call for it costs as much as the rest.
            if len(child):
                _collect(child, chunks, marked, bounds)
            elif text := child.text:
                chunks.append(text)
        elif kind == 1:
            chunks.append(" ")
            _collect(child, chunks, marked, bounds)
            chunks.append(" ")
        if child in marked:
            bounds[child] = (first, len(chunks))
        if text := child.tail:
            chunks.append(text)


def _trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without spaces at its ends; one of spaces alone stands behind the word before it."""
    if 0 <= start < end <= len(text) and text[start] != " " != text[end - 1]:
        return start, end
    start = max(start, 0)
    inner = text[start : max(end, 0)]
    if not inner.strip(" "):
        at = len(text[:start].rstrip(" "))
        return at, at
    start += len(inner) - len(inner.lstrip(" "))
    return start, start + len(inner.strip(" "))


def _collapsed_spans(chunks: Sequence[str], bounds: Mapping[Element, Span]) -> dict[Element, Span]:
    """Return where the chunks of each element stand, trimmed, once white space is collapsed."""
    # Of each cut between chunks: how long the text before it is, and whether a space follows that.
    places = {0: (0, False)}
    at, length, spaced = 0, 0, False
    for cut in sorted({cut for bound in bounds.values() for cut in bound}):
        piece = "".join(chunks[at:cut])
        if words := collapsed(piece):
            length += len(words) + (length > 0 and (spaced or piece[0].isspace()))
            spaced = piece[-1].isspace()
        elif piece:
            spaced = True
        places[cut] = (length, spaced)
        at = cut
    spans: dict[Element, Span] = {}
    for element, (first, last) in bounds.items():
        start, spaced = places[first]
        end = places[last][0]
        if end > start > 0 and (spaced or "".join(chunks[first:last])[0].isspace()):
            start += 1
        spans[element] = (start, end)
    return spans
