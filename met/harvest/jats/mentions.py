"""The passages of an article that cite its figures."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from met.harvest.jats.citations import (
    BETWEEN,
    Cited,
    cited_numbers,
    figure_number,
    letters_before,
    panel_letters,
    plain_citations,
)
from met.harvest.jats.flatten import LEFT_OUT, flat_text, flatten
from met.types import Span
from met.xml import Element, XmlRefused

# A passage is the nearest of these around a citation.
_PASSAGES: Final = frozenset(
    """
    p title subtitle article-title alt-title td th term def label disp-quote verse-line preformat attrib subject kwd
    mixed-citation element-citation statement speech caption copyright-statement
    """.split()  # noqa: SIM905
)
_OUTER: Final = frozenset({"sec", "body", "back", "app", "article", "sub-article", "response"})
# Every mention becomes a row with its passage: of all rows of an article so many characters, and of each at least some.
_MOST_CHARACTERS: Final = 32_000_000
_LEAST_CHARACTERS: Final = 200
_ENDS: Final = _PASSAGES | LEFT_OUT | _OUTER


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMention:
    """A passage and the citation in it, `text[start:end]`; letters of panels are in lower case."""

    text: str
    start: int
    end: int
    letters: tuple[str, ...]


# Figure, by its place in the document -> its mentions in document order.
Mentions: TypeAlias = Mapping[int, Sequence[ParsedMention]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureNames:
    """By what text refers to figures: XML ids (also of their group), and numbers in labels."""

    elements: Sequence[Element]
    by_id: Mapping[str, Sequence[int]]
    by_number: Mapping[str, Sequence[int]]
    numbers: Sequence[str | None]

    @classmethod
    def of(cls, figures: Sequence[Element], *, labels: Sequence[str | None]) -> "FigureNames":
        """Return the names of `figures`, whose labels are `labels`."""
        by_id: dict[str, list[int]] = {}
        by_number: dict[str, list[int]] = {}
        numbers = [figure_number(label) for label in labels]
        for index, (element, number) in enumerate(zip(figures, numbers, strict=True)):
            while element is not None and element.tag in ("fig", "fig-group"):
                if name := element.get("id"):
                    by_id.setdefault(name, []).append(index)
                element = element.getparent()
            if number is not None:
                by_number.setdefault(number, []).append(index)
        return cls(elements=figures, by_id=by_id, by_number=by_number, numbers=numbers)


class _Citation(NamedTuple):
    """A link to figures, where it stands in its passage, and what its words say."""

    span: Span
    figures: Sequence[int]
    cited: Sequence[Cited]
    letters: tuple[str, ...]


def find_mentions(root: Element, links: Sequence[Element], names: FigureNames) -> Mentions:
    """Return the mentions of every figure: those that links make, and for a figure that has none those in words."""
    if not names.elements:
        return {}
    found = _by_links(links, names)
    missing = {
        number: left
        for number, figures in names.by_number.items()
        if (left := [figure for figure in figures if figure not in found])
    }
    return {**found, **_in_words(root, missing)} if missing else found


def _by_links(links: Sequence[Element], names: FigureNames) -> Mentions:
    """Return the mentions that links make. A link in the caption of the very figure that it leads to makes none."""
    passages: dict[Element, dict[Element, Sequence[int]]] = {}
    for link in links:
        if figures := _linked(link, names):
            passages.setdefault(_passage(link), {})[link] = figures
    found: dict[int, list[ParsedMention]] = {}
    left = _MOST_CHARACTERS
    for passage, inside in passages.items():
        flat = flatten(passage, inside)
        own = next(passage.iterancestors("fig"), None)
        citations = [_citation(flat.text, flat.spans[link], figures, names) for link, figures in inside.items()]
        for figure, mention in _with_ranges(citations, flat.text, names):
            if names.elements[figure] is not own:
                found.setdefault(figure, []).append(mention)
                left = _spent(left, mention)
    return found


def _in_words(root: Element, numbers: Mapping[str, Sequence[int]]) -> Mentions:
    """Return the mentions that paragraphs make in words of the figures with these numbers."""
    found: defaultdict[int, list[ParsedMention]] = defaultdict(list)
    left = _MOST_CHARACTERS
    for passage in root.iter("p", "td"):
        if next(passage.iterancestors("p", "fig", "front"), None) is not None and not _is_boxed(passage):
            continue
        text = flat_text(passage)
        for start, cited in plain_citations(text):
            end = max(one.end for one in cited)
            for one in cited:
                for figure in numbers.get(one.number, ()):
                    found[figure].append(ParsedMention(text=text, start=start, end=end, letters=one.letters))
                    left = _spent(left, found[figure][-1])
    return found


def _spent(left: int, mention: ParsedMention) -> int:
    left -= len(mention.text) + _LEAST_CHARACTERS
    if left < 0:
        raise XmlRefused("too_many")
    return left


def _is_boxed(passage: Element) -> bool:
    """Return whether a passage inside a paragraph is left out of the paragraph's own text, captions excepted."""
    for ancestor in passage.iterancestors():
        if ancestor.tag in ("fig", "front"):
            return False
        if ancestor.tag in LEFT_OUT:
            return next(ancestor.iterancestors("fig", "front"), None) is None
        if ancestor.tag == "p":
            return False
    return False


def _linked(link: Element, names: FigureNames) -> Sequence[int]:
    """Return the figures that a link leads to; one that leads nowhere, by the numbers in its words."""
    target = link.get("rid") or ""
    if (figures := names.by_id.get(target)) is not None:
        return figures
    several = [figure for name in target.split() for figure in names.by_id.get(name, ())]
    if not several and link.get("ref-type") == "fig":
        text = flat_text(link)
        numbers = [cited.number for _, found in plain_citations(text) for cited in found] or [figure_number(text) or ""]
        several = [figure for number in numbers for figure in names.by_number.get(number, ())]
    return list(dict.fromkeys(several))


def _passage(link: Element) -> Element:
    element = link.getparent()
    while element.tag not in _ENDS:
        outer = element.getparent()
        if outer is None or outer.tag in _OUTER:
            return link.getparent()
        element = outer
    return element


def _citation(text: str, span: Span, linked: Sequence[int], names: FigureNames) -> _Citation:
    start, end = span
    cited = cited_numbers(text, start, end)
    if not cited:
        letters, last = panel_letters(text, start)
        return _Citation(span=(start, max(end, last)), figures=linked, cited=cited, letters=letters)
    inside = [figure for one in cited[1:] if one.in_range for figure in names.by_number.get(one.number, ())]
    return _Citation(
        span=(start, max(end, cited[-1].end)),
        figures=list(dict.fromkeys([*linked, *inside])) if inside else linked,
        cited=cited,
        letters=letters_before(text, start),
    )


def _with_ranges(citations: Sequence[_Citation], text: str, names: FigureNames) -> Iterator[tuple[int, ParsedMention]]:
    """Yield (figure, mention) of each citation, and of the figures between two links that a dash joins."""
    previous: _Citation | None = None
    for citation in citations:
        if previous and BETWEEN.fullmatch(text, previous.span[1], citation.span[0]):
            span = (previous.span[0], citation.span[1])
            for figure in range(max(previous.figures) + 1, min(citation.figures)):
                yield figure, _mention(text, span, ())
        for figure in citation.figures:
            yield figure, _mention(text, citation.span, _letters(citation, figure, names))
        previous = citation


def _letters(citation: _Citation, figure: int, names: FigureNames) -> tuple[str, ...]:
    if len(citation.cited) == len(citation.figures) == 1:
        return citation.cited[0].letters or citation.letters
    number = names.numbers[figure]
    own = [cited.letters for cited in citation.cited if cited.number == number]
    if not own and len(citation.figures) == 1:
        own = [cited.letters for cited in citation.cited]
    if not any(own) and len(citation.figures) == 1:
        return citation.letters
    return own[0] if len(own) == 1 else tuple(dict.fromkeys(letter for letters in own for letter in letters))


def _mention(text: str, span: Span, letters: tuple[str, ...]) -> ParsedMention:
    return ParsedMention(text=text, start=span[0], end=span[1], letters=letters)
