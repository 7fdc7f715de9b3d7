"""The panels of a figure: the boxes of its sub-images, each with the part of the caption that speaks of it.

The classical method cuts along gutters and seams (`page`, `cut`, `grid`, `trim`), and where none parts a figure it
looks for photographs that stand on paper beside a drawing (`pasted`). Another detector can be given instead, and what
was read of the letters that are drawn into figures; none of them is needed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Protocol

from met.harvest.cited.checkable import marked_sentences
from met.harvest.duplicates.windows import window_hashes
from met.harvest.panels.grid import layout_of
from met.harvest.panels.page import Page, Pixels, page_of
from met.harvest.panels.pasted import pasted_in
from met.harvest.panels.trim import panels_in
from met.harvest.subcaptions import Subcaption, parse_caption, subcaptions_of
from met.harvest.subcaptions.letters import letters_at
from met.keys import content_key, digest
from met.pixels import perceptual_hash
from met.types import Box, Drop, Figure, Image, Made, Panel, Span, TextLine

WHOLE: Final = "whole"
GUTTERS: Final = "gutters"
# Drawings have parts, too: without a caption that names them they are no panels.
UNNAMED_AT: Final = 0.55
DISAGREE: Final = "panels_and_caption_disagree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A sub-image: its box in pixels of the image, and how sure the detector is of it, in [0, 1]."""

    box: Box
    confidence: float


class Detector(Protocol):
    """Finds sub-images. `method` names it in the rows that rest on it."""

    @property
    def method(self) -> str: ...

    def __call__(self, pixels: Pixels, /) -> Sequence[Found]:
        """Return the sub-images of an image, uint8 (H, W, 3), in reading order; fewer than two where it is single."""
        ...


class Gutters:
    """The classical detector: no weights, the same answer everywhere."""

    @property
    def method(self) -> str:
        return GUTTERS

    def __call__(self, pixels: Pixels) -> Sequence[Found]:
        """Return the sub-images of an image in reading order; none where it is single."""
        return next(self.readings(pixels), ())

    def readings(self, pixels: Pixels) -> Iterator[tuple[Found, ...]]:
        """Yield the ways to cut an image, the likeliest first: gutters, photographs beside a drawing, these alone."""
        page = page_of(pixels)
        cells, regular = layout_of(page)
        if len(cells) > 1 and len(found := _ordered(page, panels_in(page, cells, regular=regular))) > 1:
            yield found
        photographs, drawing = pasted_in(page)
        for way in ([*photographs, *drawing], photographs if drawing else []):
            if len(found := _ordered(page, way)) > 1:
                yield found


def _ordered(page: Page, boxes: Sequence[tuple[Box, float]]) -> tuple[Found, ...]:
    """Return boxes of the page, with how sure they are, in pixels of the image and in reading order."""
    found = {page.in_pixels(box): round(sure, 4) for box, sure in boxes}
    return tuple(Found(box=box, confidence=found[box]) for box in reading_order(list(found)))


def reading_order(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes row by row, each row from left to right.

    A box is in the row of the first box of that row where they share half the height of the lower of the two.

    >>> reading_order([(50, 4, 90, 40), (0, 0, 40, 40), (0, 50, 40, 90)])
    [(0, 0, 40, 40), (50, 4, 90, 40), (0, 50, 40, 90)]
    """
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda one: (one[1], one[0], one[3], one[2])):
        first = rows[-1][0] if rows else None
        if first and 2 * (min(first[3], box[3]) - box[1]) >= min(box[3] - box[1], first[3] - first[1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row)]


def split_figure(
    figure: Figure,
    image: Image,
    pixels: Pixels,
    *,
    detector: Detector | None = None,
    drawn: Sequence[TextLine] = (),
) -> Made:
    """Return the panels of a figure; where it shows or names several and stays whole, a Drop tells why.

    Args:
        pixels: uint8 (H, W, 3) of the figure's image.
        detector: finds the sub-images; the classical one by default.
        drawn: the text that was read in the image; without it, letters follow the reading order.

    A figure is cut where its caption names as many panels as were found; where it names none, only if the detector is
    sure of each, and then each has the whole caption. Of several ways to cut it the first of that kind counts. Where
    the numbers disagree the figure stays whole, with the Drop `panels_and_caption_disagree` about it.
    """
    find = detector or Gutters()
    found = _agreed(figure, find.readings(pixels) if isinstance(find, Gutters) else (find(pixels),))
    if len(found) < 2:
        named = _named(figure)
        drops = (disagreement(figure.key, found=1, named=tuple(named)),) if named else ()
        return Made(item=figure.key, rows=panels_of(figure, image, window_hashes(pixels)), drops=drops)
    boxes = [one.box for one in found]
    read = letters_at(drawn, boxes, list(_named(figure, len(boxes))))
    parts = subcaptions_of(figure.caption, boxes, read, title_end=_title_end(figure))
    if not parts:
        named = _named(figure, len(boxes))
        drop = disagreement(figure.key, found=len(boxes), named=tuple(named))
        return Made(item=figure.key, rows=panels_of(figure, image, window_hashes(pixels)), drops=(drop,))
    shown = [pixels[y1:y2, x1:x2] for x1, y1, x2, y2 in boxes]
    rows = tuple(
        _panel(
            figure,
            image,
            box=one.box,
            phash=perceptual_hash(shown[position]),
            windows=window_hashes(shown[position]),
            position=position,
            letter=part.letter,
            spans=part.together,
            method=find.method,
            confidence=one.confidence,
        )
        for position, (one, part) in enumerate(zip(found, parts, strict=True))
    )
    return Made(item=figure.key, rows=rows)


def _agreed(figure: Figure, ways: Iterable[Sequence[Found]]) -> Sequence[Found]:
    """Return the first way to cut a figure that its caption agrees with, else the first that it speaks against."""
    against: Sequence[Found] = ()
    for found in ways:
        named = len(_named(figure, len(found)))
        if found and (named == len(found) or (not named and min(one.confidence for one in found) >= UNNAMED_AT)):
            return found
        against = against or (found if named else ())
    return against


def with_spans(panel: Panel, figure: Figure, spans: tuple[Span, ...]) -> Panel:
    """Return the panel with other parts of its figure's caption: sentences and digest follow, the key stays."""
    sentences = marked_sentences(figure.caption, spans)
    facts = {field.name: getattr(panel, field.name) for field in fields(Panel) if field.name not in ("key", "digest")}
    facts |= {"spans": spans, "sentences": sentences}
    return Panel(key=panel.key, digest=digest([facts, figure.digest]), **facts)


def _named(figure: Figure, panels: int | None = None) -> Mapping[str, Subcaption]:
    return parse_caption(figure.caption, panels, title_end=_title_end(figure))


def _title_end(figure: Figure) -> int:
    return len(figure.title) if figure.title and figure.caption.startswith(figure.title) else 0


def disagreement(figure: str, *, found: int, named: Sequence[str]) -> Drop:
    """Return the Drop that tells why a figure stays whole: how many panels were found, and which the caption names."""
    return Drop(item=figure, reason=DISAGREE, detail={"found": found, "named": list(named)})


def panels_of(figure: Figure, image: Image, windows: tuple[int, ...] = ()) -> tuple[Panel, ...]:
    """Return one panel that covers the whole figure and its whole caption; `windows` are the hashes of its windows."""
    whole = _panel(
        figure,
        image,
        box=(0, 0, image.width, image.height),
        phash=image.phash,
        windows=windows,
        position=0,
        letter=None,
        spans=((0, len(figure.caption)),),
        method=WHOLE,
        confidence=1.0,
    )
    return (whole,)


def _panel(figure: Figure, image: Image, **facts: Any) -> Panel:
    """Return the panel."""
    marked = marked_sentences(figure.caption, facts["spans"])
    facts = {"figure": figure.key, "image": image.sha256, **facts, "sentences": marked}
    key = content_key("panel", figure.key, image.sha256, list(facts["box"]))
    return Panel(key=key, digest=digest([facts, figure.digest]), **facts)
