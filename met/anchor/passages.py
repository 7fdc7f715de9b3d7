"""The passages that tell of a panel, sentence by sentence, with what each place is worth."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from met.anchor.sentences import sentences_of
from met.types import Dossier, Mention, Span, TextField

# heading: the title within a caption; other: parts of the caption that speak of other panels (what belongs to all is
# part of every subcaption); citing: the sentence of a mention that cites the panel; near: the one before or behind it,
# or one that cites the figure and none of its panels; far: the rest of a mention; title: the article's.
Place: TypeAlias = Literal["heading", "subcaption", "other", "citing", "near", "far", "title"]
WORTH: dict[Place, float] = {
    "heading": 0.85,
    "subcaption": 0.8,
    "citing": 0.5,
    "near": 0.5,
    "title": 0.3,
    "other": 0.1,
    "far": 0.1,
}
_CITES = re.compile(r"\b(?:figs?\b\.?|figures?\b|supplementary fig)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One sentence of `text`, which is the whole text that `field` names."""

    field: TextField
    place: Place
    text: str
    span: Span

    @property
    def sentence(self) -> str:
        return self.text[self.span[0] : self.span[1]]


def passages_of(dossier: Dossier) -> Iterator[Passage]:
    """Yield every sentence that may tell of the panel: subcaption, rest of the caption, mentions, article title."""
    subcaption = dossier.subcaption
    for place, span in _caption_sentences(dossier, subcaption):
        yield Passage(field="subcaption", place=place, text=subcaption, span=span)
    yield from _other_caption(dossier)
    for mention in sorted(dossier.mentions, key=lambda mention: (mention.position, mention.key)):
        yield from _mention(mention, dossier.panel.letter)
    if dossier.article.title:
        yield Passage(field="title", place="title", text=dossier.article.title, span=(0, len(dossier.article.title)))


def _caption_sentences(dossier: Dossier, text: str, start: int = 0) -> Iterator[tuple[Place, Span]]:
    heading = dossier.figure.title or ""
    if heading and text.startswith(heading, start):
        yield "heading", (start, start + len(heading))
        start += len(heading)
    credit = dossier.figure.credit or ""
    for first, last in sentences_of(text[start:]):
        # Who made the picture says nothing of what it shows: "(credit: National Cancer Institute)".
        if text[start + first : start + last] not in credit:
            yield "subcaption", (start + first, start + last)


def _other_caption(dossier: Dossier) -> Iterator[Passage]:
    caption, at = dossier.figure.caption, 0
    for start, end in (*sorted(dossier.panel.spans), (len(caption), len(caption))):
        for place, (first, last) in _caption_sentences(dossier, caption[: max(start, at)], at):
            other: Place = "other" if place == "subcaption" else place
            yield Passage(field="caption", place=other, text=caption, span=(first, last))
        at = max(at, end)


def _mention(mention: Mention, letter: str | None) -> Iterator[Passage]:
    spans = sentences_of(mention.text)
    citing = [index for index, (start, end) in enumerate(spans) if start <= mention.start_char < end]
    cites = letter is None or letter in mention.panel_letters
    other_panel = not cites and mention.panel_letters
    for index, span in enumerate(spans):
        place = _place(mention.text[span[0] : span[1]], index, citing)
        yield Passage(
            field="mention",
            place="far" if other_panel else "near" if place == "citing" and not cites else place,
            text=mention.text,
            span=span,
        )


def _place(sentence: str, index: int, citing: list[int]) -> Place:
    if index in citing:
        return "citing"
    # A neighbour that cites a figure itself speaks of that one.
    near = any(abs(index - at) == 1 for at in citing) and not _CITES.search(sentence)
    return "near" if near else "far"
