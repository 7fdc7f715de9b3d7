"""Markup to plain text, the same way everywhere: titles, captions, passages, abstracts."""

from collections.abc import Collection
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """The words of an element. `spans` holds where each marked element of it stands in `text`."""

    text: str
    spans: dict[Element, Span]


def flatten(element: Element, marked: Collection[Element] = ()) -> Flat:
    """Return the text of `element`: white space collapsed to one space, markup taken off, `sub` and `sup` plain.

    Figures, tables, footnotes and LaTeX sources inside it are left out; blocks and line breaks stand a space apart.
    """
    if len(element) == 0:
        return Flat(text=" ".join((element.text or "").split()), spans={})
    chunks: list[str] = []
    bounds: dict[Element, Span] = {}
    _collect(element, chunks, frozenset(marked), bounds)
    raw = "".join(chunks)
    text = " ".join(raw.split())
    if not bounds:
        return Flat(text=text, spans={})
    ends = [0, *accumulate(map(len, chunks))]
    spans = {child: _collapsed(raw, ends[first], ends[last]) for child, (first, last) in bounds.items()}
    return Flat(text=text, spans=spans)


def flat_text(*elements: Element) -> str:
    """Return the texts of `elements` in their order, joined by one space."""
    return " ".join(text for text in (flatten(element).text for element in elements) if text)


def _collect(element: Element, chunks: list[str], marked: frozenset[Element], bounds: dict[Element, Span]) -> None:
    if text := element.text:
        chunks.append(text)
    for child in element:
        first = len(chunks)
        tag = child.tag
        if tag in LEFT_OUT:
            pass
        elif tag in _APART:
            chunks.append(" ")
            _collect(child, chunks, marked, bounds)
            chunks.append(" ")
        elif len(child):
            _collect(child, chunks, marked, bounds)
        elif text := child.text:
            # Most markup is a leaf: a word in italics, a link. No call for these.
            chunks.append(text)
        if child in marked:
            bounds[child] = (first, len(chunks))
        if text := child.tail:
            chunks.append(text)


def _collapsed(raw: str, start: int, end: int) -> Span:
    """Return where `raw[start:end]`, trimmed, stands once white space is collapsed."""
    inner = raw[start:end].strip()
    if not inner:
        at = len(" ".join(raw[:start].split()))
        return at, at
    start += len(raw[start:end]) - len(raw[start:end].lstrip())
    before = " ".join(raw[:start].split())
    first = len(before) + (1 if before and raw[start - 1].isspace() else 0)
    return first, first + len(" ".join(inner.split()))
