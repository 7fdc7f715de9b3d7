"""The part of a caption that belongs to each panel, as offsets into the caption: verbatim by construction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.anchor.sentences import sentences_of
from met.credits import credit_of
from met.harvest.subcaptions.letters import completed
from met.harvest.subcaptions.markers import Marker, letter_markers, names_of, place_markers
from met.harvest.subcaptions.segments import segments_of, without_joint
from met.types import Box, Span

_CREDIT_START: Final = re.compile(r"\s*[(\[]?\s*(?:photo |image |figure |micrographs? )?credits?\b", re.IGNORECASE)
_LEADING: Final = re.compile(r"(?:[\s,;:.\u2013\u2014-]+|(?:and|or|while|whereas)\s+)+", re.IGNORECASE)
_TRAILING: Final = re.compile(r"(?:[\s,;:(\u2013\u2014-]+|\s(?:and|or|while|whereas))+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcaption:
    """`spans` are what is said of the panel alone, `shared` what is said of it with others or of the whole figure."""

    letter: str | None
    spans: tuple[Span, ...]
    shared: tuple[Span, ...]

    @property
    def together(self) -> tuple[Span, ...]:
        """Both, in order of the caption, neighbours joined."""
        merged: list[Span] = []
        for start, end in sorted((*self.spans, *self.shared)):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return tuple(merged)


def parse_caption(caption: str, panels: int | None = None, *, title_end: int = 0) -> Mapping[str, Subcaption]:
    """Return the subcaption of each panel that the caption names by letter, in order; empty where it names none.

    Args:
        panels: how many there are, where that is known: it decides between two readings.
        title_end: where the figure's title ends, where the caption begins with it: titles have no full stop.

    >>> parts = parse_caption("Knee. (A) Radiograph. (B) MRI.")
    >>> [(name, part.spans, part.shared) for name, part in parts.items()]
    [('a', ((10, 21),), ((0, 5),)), ('b', ((26, 30),), ((0, 5),))]
    """
    return _parted(caption, letter_markers(caption, panels, title_end=title_end), title_end)


def subcaptions_of(
    caption: str, boxes: Sequence[Box], letters: Sequence[str | None], *, title_end: int = 0
) -> tuple[Subcaption, ...]:
    """Return the subcaption of each box; a caption that names no panels belongs to all of them.

    None where the caption names more or fewer panels than there are boxes.

    `letters` are those that were read at the boxes (`met.harvest.subcaptions.letters`). They decide as far as they were
    read, and the order of the boxes does for the rest. Places ("left", "top row") are looked up in the boxes.
    """
    parts = parse_caption(caption, len(boxes), title_end=title_end)
    if parts:
        if len(parts) != len(boxes):
            return ()
        return tuple(parts[name] for name in completed(letters, boxes, list(parts)))
    whole = Subcaption(letter=None, spans=(), shared=((0, len(caption)),))
    placed = _parted(caption, place_markers(caption), title_end)
    of_box = {name: _boxes_at(name, boxes) for name in placed}
    if not placed or sorted(at for places in of_box.values() for at in places) != list(range(len(boxes))):
        return tuple(whole for _ in boxes)
    by_box = {at: placed[name] for name, places in of_box.items() for at in places}
    return tuple(Subcaption(letter=None, spans=by_box[at].spans, shared=by_box[at].shared) for at in range(len(boxes)))


# ---------------------------------------------------------------- caption to parts


def _parted(caption: str, markers: Sequence[Marker], title_end: int) -> dict[str, Subcaption]:
    end = _without_credits(caption)
    markers = without_joint(caption, [marker for marker in markers if marker.start < end])
    names = names_of(markers)
    if len(names) < 2:
        return {}
    segments = segments_of(caption, markers, title_end=title_end, end=end)
    letters = all(len(name) == 1 for name in names)
    own: dict[str, list[Span]] = {name: [] for name in (sorted(names) if letters else names)}
    for marker, parts in zip(markers, segments, strict=True):
        for span in (_trimmed(caption, *part) for part in parts):
            if span[0] < span[1]:
                for name in marker.names:
                    own[name].append(span)
    taken = [(marker.start, marker.end) for marker in markers] + [part for parts in segments for part in parts]
    shared = _rest(caption, taken, end)
    return {
        name: Subcaption(letter=name if len(name) == 1 else None, spans=tuple(spans), shared=shared)
        for name, spans in own.items()
    }


def _without_credits(caption: str) -> int:
    """Return where the credit lines that end the caption begin, else the end of the caption."""
    for start, _ in sentences_of(caption):
        if _CREDIT_START.match(caption, start):
            return start
    found = credit_of(caption)
    if found and caption.rstrip().endswith(found[-20:]) and found in caption:
        at = caption.index(found)
        return at if at else len(caption)
    return len(caption)


def _rest(caption: str, taken: Sequence[Span], end: int) -> tuple[Span, ...]:
    """Return what is left of the caption up to `end`: the text that all panels share."""
    found: list[Span] = []
    at = 0
    for start, stop in (*sorted(taken), (end, end)):
        if start > at:
            span = _stripped(caption, at, start)
            if re.search(r"\w{2}", caption[span[0] : span[1]]):
                found.append(span)
        at = max(at, stop)
    return tuple(found)


def _trimmed(caption: str, start: int, end: int) -> Span:
    text = caption[start:end]
    lead = _LEADING.match(text)
    start += lead.end() if lead else 0
    text = caption[start:end]
    tail = _TRAILING.search(text)
    return start, start + (tail.start() if tail else len(text))


def _stripped(caption: str, start: int, end: int) -> Span:
    text = caption[start:end]
    lead = re.match(r"[\s.;,]*", text)
    start += lead.end() if lead else 0
    return start, max(start, start + len(caption[start:end].rstrip()))


# ---------------------------------------------------------------- places


def _boxes_at(name: str, boxes: Sequence[Box]) -> list[int]:
    """Return which boxes a place names: their middles lie in that part of what all boxes cover."""
    words = set(name.split())
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    wide, high = max(box[2] for box in boxes) - left, max(box[3] for box in boxes) - top
    found = []
    for at, (x1, y1, x2, y2) in enumerate(boxes):
        x, y = ((x1 + x2) / 2 - left) / wide, ((y1 + y2) / 2 - top) / high
        across = (x < 0.4) if "left" in words else (x > 0.6) if "right" in words else True
        down = (y < 0.4) if words & {"top", "upper"} else (y > 0.6) if words & {"bottom", "lower"} else True
        middle = not words & {"middle", "center", "centre"} or (0.35 < x < 0.65 and 0.35 < y < 0.65)
        if across and down and middle:
            found.append(at)
    return found
