"""The text that each marker of a caption marks: behind it, or before it where authors name panels last."""

import re
from collections.abc import Sequence, Set
from typing import Final

from met.anchor.sentences import sentences_of
from met.harvest.subcaptions.markers import Marker, names_of
from met.types import Span

# Sentences behind the last panel's that speak of the whole figure.
_OF_ALL: Final = re.compile(
    r"(?:(?:the|these|this|those)\s)?(?:error bars?|scale bars?|bars|asterisks?\b|abbreviations?\b|statistic|significan"
    r"|additional data|all\s+(?:of\s|the\s)?(?:panels?|images?|data|micrographs?|values|experiments|scale|figures?"
    r"|are\b|were\b|scans?|sections?|specimens?|photographs?|samples)|both\s+(?:the\s)?(?:panels|images|graphs|scans)"
    r"|in\s(?:all|both|each|every)\b|each\s(?:panel|image|data|point|symbol|circle|bar|dot|row|column)"
    r"|data\s(?:are|were|represent|shown?)|values\s(?:are|represent)"
    r"|(?:\w+\s)?(?:arrow(?:head)?s?)\s(?:indicates?|points?|shows?|marks?|denotes?|highlights?)"
    r"|(?:horizontal|vertical|dashed|dotted|solid|shaded)\s(?:line|bar|area|region|curve)s?\s"
    r"|results? (?:are|shown|were)|for (?:all|each|a-)|note that in (?:all|both)"
    r"|\d+\s[^.;]{0,60}\b(?:were|was)\s(?:analy[sz]ed|examined|counted|scored|measured|used|included)\b"
    r"|from (?:top|left)\b|\*|n\s?=|p\s?[<=>]|(?-i:[A-Z]{2,8})[.:=,]\s)",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(r"\([^()]*\)")
_ALL_NAMED: Final = re.compile(r"\b(?:both|all)\s(?:of\sthe\s|the\s)?(?:panels|images|graphs|micrographs|pictures)\b")
_ENDED: Final = re.compile(r"\s*(?:[.;]|$)")
_HALVED: Final = r"\s*(?:[,.;]|$|(?:and|or|but|while|whereas)\s)"


def without_joint(caption: str, markers: Sequence[Marker]) -> list[Marker]:
    """Return the markers without a first round of them in one sentence that goes on and says one thing of all.

    "RS (A) and speed (B) were measured. A. RS fell. B. Speed rose." has two rounds; the first sentence is shared.
    """
    rounds = _rounds(markers)
    if len(rounds) < 2 or set(names_of(rounds[0])) - {name for later in rounds[1:] for name in names_of(later)}:
        return list(markers)
    first = rounds[0]
    ends = [end for _, end in sentences_of(caption) if end >= first[-1].end]
    said = caption[first[-1].end : ends[0]] if ends else ""
    joint = follows(caption, first) and len(re.findall(r"\w+", said)) > 1
    return [marker for later in rounds[1:] for marker in later] if joint else list(markers)


def segments_of(caption: str, markers: Sequence[Marker], *, title_end: int, end: int) -> list[list[Span]]:
    """Return the text of each marker, in one or more parts, up to `end`.

    `title_end`: where the title stops that the caption begins with.
    """
    rounds, names = _rounds(markers), set(names_of(list(markers)))
    found: list[list[Span]] = []
    for number, part in enumerate(rounds):
        stop = rounds[number + 1][0].start if number + 1 < len(rounds) else None
        turn = _turn(caption, part)
        segments = [[span] for span in _before(caption, part[:turn], title_end)]
        if turn and set(names_of(part[:turn])) != names:
            segments = _with_predicate(caption, part[:turn], segments)
        # A round that leaves panels out comes back to those that it names.
        before = names_of([marker for earlier in rounds[:number] for marker in earlier])
        known = set(before) if set(names_of(part)) < set(before) else set()
        styles = _styles(caption, part[turn:])
        for at, alike in enumerate(styles):
            if at % 2:
                segments += _with_predicate(caption, alike, [[span] for span in _before(caption, alike, title_end)])
            elif alike:
                following = _begins(caption, styles[at + 1][:1])[0] if at + 1 < len(styles) else stop
                segments += _behind(caption, alike, stop=following, end=end, known=known)
        found += _common_tails(caption, segments)
    return found


def follows(caption: str, markers: Sequence[Marker]) -> bool:
    """Return whether the markers stand behind what they mark: "skin (a), and hair (b)."."""
    first = markers[0]
    if not first.round:
        return False
    if first.opens:
        # An abbreviation can stand before it: "Conus gouldi sp. nov. (A-J) and Conus regius (K)", or "(A-H), .. (J)."
        last = markers[next((at for at, marker in enumerate(markers) if at and marker.opens), len(markers)) - 1]
        row = last is not first and re.match(r"\s*,", caption[first.end :]) and _ENDED.match(caption, last.end)
        return bool(first.start and (row or re.match(r"\s*(?:and|or|but|while|whereas)\s", caption[first.end :])))
    return re.match(_HALVED, caption[first.end :]) is not None


def _styles(caption: str, markers: Sequence[Marker]) -> list[list[Marker]]:
    """Return the markers that stand before what they mark, then those behind it, and so on by turns.

    Behind it stand two and more inside one sentence: "(B) Skin. The hair (C) and nails (D) are cut."
    """
    found: list[list[Marker]] = [[]]
    begins = _begins(caption, markers)
    at = 0
    while at < len(markers):
        until = next((index for index in range(at, len(markers)) if begins[index] != begins[at]), len(markers))
        inside = markers[at:until]
        turned = len(inside) > 1 and at > 0 and not any(marker.opens for marker in inside) and follows(caption, inside)
        if turned != (len(found) % 2 == 0):
            found.append([])
        found[-1] += inside
        at = until
    return found


def _begins(caption: str, markers: Sequence[Marker]) -> list[int]:
    """Return for each marker where the sentence begins that it stands in."""
    starts = [start for start, _ in sentences_of(caption)]
    return [max((start for start in starts if start <= marker.start), default=0) for marker in markers]


def _turn(caption: str, markers: Sequence[Marker]) -> int:
    """Return how many of the markers stand behind what they mark: up to the first that opens a clause."""
    if not follows(caption, markers):
        return 0
    return next((at for at, marker in enumerate(markers) if at and marker.opens), len(markers))


def _rounds(markers: Sequence[Marker]) -> list[list[Marker]]:
    """Return the markers in rounds: each begins with a again, at the beginning of a clause."""
    rounds: list[list[Marker]] = []
    for marker in markers:
        again = rounds and marker.opens and "a" in marker.names and len(names_of(rounds[-1])) > 1
        if not rounds or (again and len(marker.names) < len(names_of(rounds[-1]))):
            rounds.append([marker])
        else:
            rounds[-1].append(marker)
    return rounds


def _behind(
    caption: str, markers: Sequence[Marker], *, stop: int | None, end: int, known: Set[str]
) -> list[list[Span]]:
    """Return for each marker the text up to the next one; the last one ends with its sentence, or speaks on.

    What begins the sentence of markers that stand inside it is theirs. What comes back to panels, to those that are
    `known` as well, is one sentence.
    """
    sentences = sentences_of(caption)
    begins = [start for start, _ in sentences]
    leads = [_lead(markers, at, begins) for at in range(len(markers))]
    found: list[list[Span]] = []
    for at, marker in enumerate(markers):
        lead = leads[at]
        if at + 1 < len(markers):
            following = leads[at + 1]
            shared_lead = following is not None and following == lead
            last = following[0] if following and not shared_lead else markers[at + 1].start
        else:
            said = {_opening(caption[a:b]) for a, b in sentences if markers[0].end <= a < marker.start}
            last = stop if stop is not None else _last_end(caption, marker, end, said=said, goes_on=lead is not None)
        if set(marker.names) <= {name for other in markers[:at] for name in other.names} | known:
            last = min(last, next((stop for _, stop in sentences if stop > marker.end), last))
        span = (marker.end, max(marker.end, _closed(caption, marker, last)))
        found.append([lead, span] if lead else [span])
    return found


def _lead(markers: Sequence[Marker], at: int, begins: Sequence[int]) -> Span | None:
    """Return what the sentence of a marker says before the first marker in it, where an earlier one names a."""
    marker = markers[at]
    sentence = max((start for start in begins if start <= marker.start), default=0)
    before = [other for other in markers[:at] if other.end <= sentence]
    inside = [other for other in markers[: at + 1] if other.start >= sentence]
    if not before or inside[0].opens or inside[0].start - sentence < 2:
        return None
    return (sentence, inside[0].start)


def _closed(caption: str, marker: Marker, last: int) -> int:
    """Return where the bracket closes that the marker stands in, `last` where it stands in none before that."""
    if not _open_brackets(caption, marker.end):
        return last
    depth = 0
    for at in range(marker.end, last):
        depth += (caption[at] == "(") - (caption[at] == ")")
        if depth < 0:
            return at
    return last


def _open_brackets(caption: str, until: int) -> int:
    depth = 0
    for letter in caption[:until]:
        depth = max(0, depth + (letter == "(") - (letter == ")"))
    return depth


def _last_end(caption: str, marker: Marker, end: int, *, said: Set[str], goes_on: bool) -> int:
    """Return where the text of the last marker ends: before sentences about the whole figure.

    A sentence that is of the whole figure by its words is the panel's where those before it have one like it: `said`
    holds how theirs open.
    """
    sentences = [
        (marker.end + a, marker.end + b) for a, b in sentences_of(caption[marker.end : end]) if marker.end + a < end
    ]
    if not sentences:
        return end
    if not marker.sentence and not goes_on:
        return sentences[0][1]
    last, ended = sentences[0][1], False
    for start, stop in sentences[1:]:
        # What a bracket says, as that all images were looked at, is of the sentence around it.
        of_all = _OF_ALL.match(caption, start) or _ALL_NAMED.search(_BRACKETED.sub("", caption[start:stop]))
        ended = (ended or of_all is not None) and _opening(caption[start:stop]) not in said
        if not ended:
            last = stop
    return last


def _opening(sentence: str) -> str:
    """Return the first two words of a sentence without an article."""
    words = sentence.lower().split()
    return " ".join(words[1:3] if words[:1] == ["the"] else words[:2])


def _before(caption: str, markers: Sequence[Marker], title_end: int) -> list[Span]:
    """Return for each marker the text from the one before it, or from the beginning of its sentence."""
    begins = [start for start, _ in sentences_of(caption)]
    begins.append(title_end + len(caption[title_end:]) - len(caption[title_end:].lstrip()))
    segments, last = [], 0
    for marker in markers:
        sentence = max((start for start in begins if start < marker.start), default=0)
        segments.append((max(last, sentence), marker.start))
        last = marker.end
    return segments


def _with_predicate(caption: str, markers: Sequence[Marker], segments: list[list[Span]]) -> list[list[Span]]:
    """Return the segments with what their sentence says of these panels behind the last marker."""
    last = markers[-1].end
    start, stop = next(((start, stop) for start, stop in sentences_of(caption) if stop >= last), (last, last))
    if len(re.findall(r"\w+", caption[last:stop])) < 2:
        return segments
    return [
        [*parts, (last, stop)] if marker.start >= start else parts
        for marker, parts in zip(markers, segments, strict=True)
    ]


def _common_tails(caption: str, segments: Sequence[list[Span]]) -> list[list[Span]]:
    """Return the parts of each segment; what follows a row of brackets is of all: "a (plain) and b (late) show"."""
    parts = [list(segment) for segment in segments]
    for at in range(len(segments) - 2, -1, -1):
        start, end = segments[at][-1]
        behind, last = segments[at + 1][-1]
        bracket = re.match(r"\s*\([^()]*\)", caption[behind:last])
        if bracket and re.fullmatch(r"\s*\([^()]*\)\s*(?:,|and|,\s*and|&)\s*", caption[start:end]):
            tail = parts[at + 1][1:] or [(behind + bracket.end(), last)]
            parts[at] = [(start, end), *tail]
    return parts
