"""The passages of an article that cite its figures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from met.harvest.citations import BETWEEN, Cited, cited_numbers, figure_number, panel_letters, plain_citations
from met.harvest.flatten import LEFT_OUT, Flat, flatten
from met.types import Span
from met.xml import Element

# A passage is the nearest of these around a citation.
_PASSAGES: Final = frozenset(
    """
    p title subtitle article-title alt-title td th term def label disp-quote verse-line preformat attrib subject kwd
    mixed-citation element-citation statement speech caption copyright-statement
    """.split()  # noqa: SIM905
)
_OUTER: Final = frozenset({"sec", "body", "back", "app", "article", "sub-article", "response"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMention:
    """A passage and the citation in it, `text[start:end]`; letters of panels are in lower case."""

    text: str
    start: int
    end: int
    letters: tuple[str, ...]


# Figure, by its place in the document -> its mentions in document order.
Mentions: TypeAlias = dict[int, tuple[ParsedMention, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureNames:
    """By what text refers to figures: XML ids (also of their group), and numbers in labels."""

    elements: Sequence[Element]
    by_id: dict[str, tuple[int, ...]]
    by_number: dict[str, tuple[int, ...]]
    numbers: tuple[str | None, ...]

    @classmethod
    def of(cls, figures: Sequence[Element], *, labels: Sequence[str | None]) -> "FigureNames":
        """Return the names of `figures`, whose labels are `labels`."""
        ids: defaultdict[str, list[int]] = defaultdict(list)
        numbered: defaultdict[str, list[int]] = defaultdict(list)
        numbers = tuple(figure_number(label) for label in labels)
        for index, (figure, number) in enumerate(zip(figures, numbers, strict=True)):
            for element in (figure, *figure.iterancestors("fig-group")):
                if element.get("id"):
                    ids[element.get("id")].append(index)
            if number is not None:
                numbered[number].append(index)
        return cls(
            elements=figures,
            by_id={name: tuple(found) for name, found in ids.items()},
            by_number={number: tuple(found) for number, found in numbered.items()},
            numbers=numbers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Citation:
    """A link to figures, where it stands in its passage, and what its words say."""

    span: Span
    figures: tuple[int, ...]
    cited: tuple[Cited, ...]
    letters: tuple[str, ...]


def mentions_by_links(links: Sequence[Element], names: FigureNames) -> Mentions:
    """Return the mentions that links make. A link in the caption of the very figure that it leads to makes none."""
    passages: dict[Element, dict[Element, tuple[int, ...]]] = {}
    for link in links:
        if figures := _linked(link, names):
            passages.setdefault(_passage(link), {})[link] = figures
    found: defaultdict[int, list[ParsedMention]] = defaultdict(list)
    for passage, inside in passages.items():
        flat = flatten(passage, inside)
        own = next(passage.iterancestors("fig"), None)
        citations = [_citation(flat, flat.spans[link], figures, names) for link, figures in inside.items()]
        for figure, mention in _with_ranges(citations, flat.text, names):
            if names.elements[figure] is not own:
                found[figure].append(mention)
    return {figure: tuple(mentions) for figure, mentions in found.items()}


def mentions_in_words(root: Element, names: FigureNames) -> Mentions:
    """Return the mentions that paragraphs make in words, for an article whose text is not linked to its figures."""
    found: defaultdict[int, list[ParsedMention]] = defaultdict(list)
    for passage in root.iter("p", "td") if names.by_number else ():
        if next(passage.iterancestors("p", "fig", "front"), None) is not None and not _is_boxed(passage):
            continue
        text = flatten(passage).text
        for start, numbers in plain_citations(text):
            for cited in numbers:
                for figure in names.by_number.get(cited.number, ()):
                    end = max(cited.end for cited in numbers)
                    found[figure].append(ParsedMention(text=text, start=start, end=end, letters=cited.letters))
    return {figure: tuple(mentions) for figure, mentions in found.items()}


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


def _linked(link: Element, names: FigureNames) -> tuple[int, ...]:
    """Return the figures that a link leads to; one that leads nowhere, by the numbers in its words."""
    targets = (link.get("rid") or "").split()
    figures = [figure for target in targets for figure in names.by_id.get(target, ())]
    if not figures and link.get("ref-type") == "fig":
        text = flatten(link).text
        numbers = [cited.number for _, found in plain_citations(text) for cited in found] or [figure_number(text) or ""]
        figures = [figure for number in numbers for figure in names.by_number.get(number, ())]
    return tuple(dict.fromkeys(figures))


def _passage(link: Element) -> Element:
    element = link.getparent()
    while element.tag not in _PASSAGES and element.tag not in LEFT_OUT:
        outer = element.getparent()
        if outer is None or outer.tag in _OUTER:
            return link.getparent()
        element = outer
    return element


def _citation(flat: Flat, span: Span, linked: tuple[int, ...], names: FigureNames) -> _Citation:
    start, end = span
    cited = cited_numbers(flat.text, start, end)
    letters, last = ((), end) if cited else panel_letters(flat.text, start)
    inside = [figure for one in cited if one.in_range for figure in names.by_number.get(one.number, ())]
    return _Citation(
        span=(start, max([end, *(one.end for one in cited), last])),
        figures=tuple(dict.fromkeys([*linked, *inside])),
        cited=cited,
        letters=letters,
    )


def _with_ranges(citations: Sequence[_Citation], text: str, names: FigureNames) -> list[tuple[int, ParsedMention]]:
    """Return (figure, mention) of each citation, and of the figures between two links that a dash joins."""
    found: list[tuple[int, ParsedMention]] = []
    previous: _Citation | None = None
    for citation in citations:
        if previous and citation.figures and BETWEEN.fullmatch(text[previous.span[1] : citation.span[0]]):
            span = (previous.span[0], citation.span[1])
            between = range(max(previous.figures) + 1, min(citation.figures))
            found += [(figure, _mention(text, span, ())) for figure in between]
        found += [
            (figure, _mention(text, citation.span, _letters(citation, figure, names))) for figure in citation.figures
        ]
        previous = citation
    return found


def _letters(citation: _Citation, figure: int, names: FigureNames) -> tuple[str, ...]:
    own = [cited.letters for cited in citation.cited if cited.number == names.numbers[figure]]
    if not own and len(citation.figures) == 1:
        own = [cited.letters for cited in citation.cited] or [citation.letters]
    return tuple(dict.fromkeys(letter for letters in own for letter in letters))


def _mention(text: str, span: Span, letters: tuple[str, ...]) -> ParsedMention:
    return ParsedMention(text=text, start=span[0], end=span[1], letters=letters)
