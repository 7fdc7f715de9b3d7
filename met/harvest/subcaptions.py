"""The part of a caption that belongs to each panel, as offsets into the caption: verbatim by construction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.anchor.sentences import sentences_of
from met.harvest.subcaptions_markers import Marker, letter_markers, names_of, place_markers
from met.rights import credit_of
from met.types import Box, Span

# Sentences behind the last panel's that speak of the whole figure.
_OF_ALL: Final = re.compile(
    r"(?:error bars?|scale bars|bars|asterisks?\b|abbreviations?\b|statistic|significan|additional data"
    r"|all (?:panels|images|data|micrographs|values|experiments|scale)|both (?:panels|images)"
    r"|each (?:panel|image|data|point|symbol|circle|bar)|data (?:are|were|represent|shown)|values (?:are|represent)"
    r"|arrows (?:indicate|point|show|mark)|results? (?:are|shown|were)|for (?:all|each|a-)|note that in (?:all|both)"
    r"|from top|from left|\*|n\s?=|p\s?[<=]|(?-i:[A-Z]{2,8})[.:=,]\s)",
    re.IGNORECASE,
)
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


def parse_caption(caption: str, panels: int | None = None) -> Mapping[str, Subcaption]:
    """Return the subcaption of each panel that the caption names by letter, in order; empty where it names none.

    `panels` is how many there are, where that is known: it decides between two readings.

    >>> parts = parse_caption("Knee. (A) Radiograph. (B) MRI.")
    >>> [(name, part.spans, part.shared) for name, part in parts.items()]
    [('a', ((10, 21),), ((0, 5),)), ('b', ((26, 30),), ((0, 5),))]
    """
    return _parted(caption, letter_markers(caption, panels))


def subcaptions_of(caption: str, boxes: Sequence[Box], letters: Sequence[str | None]) -> tuple[Subcaption, ...]:
    """Return the subcaption of each box; a caption that names no panels belongs to all of them.

    None where the caption names more or fewer panels than there are boxes.

    `letters` are those that were read in the boxes. Where each box has its own and they are the caption's, they decide;
    else the order of the boxes does. Places ("left", "top row") are looked up in the boxes.
    """
    parts = parse_caption(caption, len(boxes))
    if parts:
        if len(parts) != len(boxes):
            return ()
        known = [letter for letter in letters if letter]
        names = [str(letter) for letter in letters] if sorted(known) == sorted(parts) else list(parts)
        return tuple(parts[name] for name in names)
    whole = Subcaption(letter=None, spans=(), shared=((0, len(caption)),))
    placed = _parted(caption, place_markers(caption))
    of_box = {name: _boxes_at(name, boxes) for name in placed}
    if not placed or sorted(at for places in of_box.values() for at in places) != list(range(len(boxes))):
        return tuple(whole for _ in boxes)
    by_box = {at: placed[name] for name, places in of_box.items() for at in places}
    return tuple(Subcaption(letter=None, spans=by_box[at].spans, shared=by_box[at].shared) for at in range(len(boxes)))


# ---------------------------------------------------------------- caption to parts


def _parted(caption: str, markers: Sequence[Marker]) -> dict[str, Subcaption]:
    if not markers:
        return {}
    end = _without_credits(caption)
    markers = [marker for marker in markers if marker.start < end]
    names = names_of(list(markers))
    if len(names) < 2:
        return {}
    segments = _before(caption, markers) if _follows(caption, markers) else _behind(caption, markers, end)
    letters = all(len(name) == 1 for name in names)
    own: dict[str, list[Span]] = {name: [] for name in (sorted(names) if letters else names)}
    for marker, parts in zip(markers, _common_tails(caption, segments), strict=True):
        for span in (_trimmed(caption, *part) for part in parts):
            if span[0] < span[1]:
                for name in marker.names:
                    own[name].append(span)
    shared = _rest(caption, [(marker.start, marker.end) for marker in markers], segments, end)
    return {
        name: Subcaption(letter=name if len(name) == 1 else None, spans=tuple(spans), shared=shared)
        for name, spans in own.items()
    }


def _common_tails(caption: str, segments: Sequence[Span]) -> list[list[Span]]:
    """Return the parts of each segment; what follows a row of brackets is of all: "a (plain) and b (late) show"."""
    parts: list[list[Span]] = [[segment] for segment in segments]
    for at in range(len(segments) - 2, -1, -1):
        start, end = segments[at]
        behind, last = segments[at + 1]
        bracket = re.match(r"\s*\([^()]*\)", caption[behind:last])
        if bracket and re.fullmatch(r"\s*\([^()]*\)\s*(?:,|and|,\s*and|&)\s*", caption[start:end]):
            tail = parts[at + 1][1:] or [(behind + bracket.end(), last)]
            parts[at] = [(start, end), *tail]
    return parts


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


def _follows(caption: str, markers: Sequence[Marker]) -> bool:
    """Return whether the markers stand behind what they mark: "skin (a), and hair (b)."."""
    first = markers[0]
    if first.opens or not first.round:
        return False
    return re.match(r"\s*(?:[,.;]|$|(?:and|or|but|while|whereas)\s)", caption[first.end :]) is not None


def _behind(caption: str, markers: Sequence[Marker], end: int) -> list[Span]:
    """Return for each marker the text up to the next one; the last one ends with its sentence, or speaks on."""
    starts = [marker.end for marker in markers]
    ends = [*(marker.start for marker in markers[1:]), _last_end(caption, markers[-1], end)]
    return list(zip(starts, ends, strict=True))


def _last_end(caption: str, marker: Marker, end: int) -> int:
    sentences = [
        (marker.end + a, marker.end + b) for a, b in sentences_of(caption[marker.end : end]) if marker.end + a < end
    ]
    if not sentences:
        return end
    if not marker.sentence:
        return sentences[0][1]
    last = sentences[0][1]
    for start, stop in sentences[1:]:
        if _OF_ALL.match(caption, start):
            break
        last = stop
    return last


def _before(caption: str, markers: Sequence[Marker]) -> list[Span]:
    """Return for each marker the text from the one before it, or from the beginning of its sentence."""
    begins = [start for start, _ in sentences_of(caption)]
    segments, last = [], 0
    for marker in markers:
        sentence = max((start for start in begins if start <= marker.start), default=0)
        segments.append((max(last, sentence), marker.start))
        last = marker.end
    return segments


def _rest(caption: str, marks: Sequence[Span], segments: Sequence[Span], end: int) -> tuple[Span, ...]:
    """Return what is left of the caption up to `end`: the text that all panels share."""
    taken = sorted((*marks, *segments))
    found: list[Span] = []
    at = 0
    for start, stop in (*taken, (end, end)):
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
