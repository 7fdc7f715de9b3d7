"""Where a text names the candidates of its focus, and what stands around each place."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from met.tree.lexicon import Lexicon, Match
from met.tree.patterns import spells
from met.tree.texts.sentences import sentences
from met.types import Span

LEFT: Final = 48
RIGHT: Final = 64
_SHORT: Final = re.compile(r"\s*\(\s*(?:also (?:called|known as)\s+)?(?P<short>[A-Za-z][A-Za-z0-9-]{1,9})\s*[);,]")
# "Asthma (AZ-ma) is", "tyrosine hydroxylase (TH) deficiency": what stands within a name.
_SPOKEN: Final = re.compile(
    r"\s*\((?=[^()]{3,60}\))(?=[^()]*[A-Z]{2})[A-Za-z]+(?:[- ][A-Za-z]+)*-[A-Za-z]+(?:[- ][A-Za-z]+)*\)"
)
_SPLIT: Final = re.compile(
    r"(?P<short>\s*\([A-Z][A-Za-z0-9-]{1,9}\))(?P<tail>\s+(?:antibody |gland )?(?:syndrome|disease|deficiency|disorder|"
    r"anemia|dystrophy|infection|dysplasia|fever|cancer|carcinoma)s?\b)"
)
_CAPITALS: Final = re.compile(r"\b[A-Z][A-Za-z0-9-]{1,9}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One mention. `sentence` and `block` count from 0; `opens` says that nothing but an article stands before it in
    its sentence, `asked` that its sentence is a question; `inside` that it lies within a longer name.
    """

    start: int
    end: int
    surface: str
    sentence: int
    block: int
    left: str
    right: str
    opens: bool
    asked: bool
    inside: bool = False
    short: bool = False


@dataclass(slots=True, kw_only=True)
class Mentions:
    """The places of every candidate of a text, in the order of the text; `total` counts the names found."""

    places: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    bearers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    total: int = 0
    blocks: int = 0


def readable(text: str) -> str:
    """Return `text` with nothing inside a name: pronunciations left out, and short forms after the whole name.

    >>> readable("Asthma (AZ-ma) is"), readable("tyrosine hydroxylase (TH) deficiency is")
    ('Asthma is', 'tyrosine hydroxylase deficiency (TH) is')
    """
    return _SPLIT.sub(lambda found: found["tail"] + found["short"], _SPOKEN.sub("", text))


def mentions_of(blocks: Sequence[str], lexicon: Lexicon) -> Mentions:
    """Return the mentions of the names of `lexicon` in the blocks of one text (its answers, sections or paragraphs).

    A name inside a longer one counts too, marked `inside`; a short form that the text defines ("X (ABC)", Schwartz and
    Hearst 2003) counts wherever it stands, for all that bear the long form.
    """
    found = Mentions(blocks=len(blocks))
    sentence = 0
    shorts: dict[str, tuple[str, ...]] = {}
    for number, block in enumerate(map(readable, blocks)):
        spans = list(sentences(block))
        matches = lexicon.find(block)
        found.total += len(matches)
        covered: list[Span] = []
        for match in (_meant(match, shorts) for match in matches):
            covered.append((match.start, match.end))
            place = _place(block, spans, match, block_number=number, sentences_before=sentence)
            _put(found, match, place)
            for inner in _inner(match, lexicon):
                _put(found, inner, replace(place, surface=inner.surface, inside=True, opens=False))
            if match.surface in shorts:
                continue
            defined = _SHORT.match(block, match.end)
            if defined and spells(defined["short"], match.surface):
                shorts.setdefault(defined["short"], match.nodes)
        _put_shorts(found, block, spans, shorts, covered, number=number, before=sentence)
        sentence += len(spans)
    return found


def _meant(match: Match, shorts: dict[str, tuple[str, ...]]) -> Match:
    """Return the match with the bearers that the text has said: a short form that it defines means nothing else."""
    return match._replace(nodes=shorts[match.surface]) if match.surface in shorts else match


def _put(found: Mentions, match: Match, place: Place) -> None:
    found.bearers[match.surface.lower()] = match.nodes
    for node in match.nodes:
        found.places[node].append(place)


def _inner(match: Match, lexicon: Lexicon) -> Iterable[Match]:
    """Return the names inside a name: those of its last words, which say what it is, then of its first."""
    words = match.surface.split()
    if len(words) < 2:
        return ()
    last = lexicon.find(match.surface[len(words[0]) :].lstrip())
    first = lexicon.find(match.surface[: len(match.surface) - len(words[-1])].rstrip())
    kept = {(inner.surface, inner.nodes): inner for inner in (*last, *first) if set(inner.nodes) - set(match.nodes)}
    return [
        inner._replace(nodes=tuple(node for node in inner.nodes if node not in match.nodes)) for inner in kept.values()
    ]


def _put_shorts(
    found: Mentions,
    block: str,
    spans: Sequence[Span],
    shorts: dict[str, tuple[str, ...]],
    covered: Sequence[Span],
    *,
    number: int,
    before: int,
) -> None:
    if not shorts:
        return
    starts = [start for start, _ in covered]
    for word in _CAPITALS.finditer(block):
        short = word.group().removesuffix("s") if word.group() not in shorts else word.group()
        if short not in shorts:
            continue
        at = bisect_right(starts, word.start()) - 1
        if at >= 0 and covered[at][1] > word.start():
            continue
        match = Match(start=word.start(), end=word.end(), surface=short, nodes=shorts[short])
        place = _place(block, spans, match, block_number=number, sentences_before=before)
        for node in match.nodes:
            found.places[node].append(replace(place, short=True))


_ARTICLE: Final = re.compile(r"(?:[-•*\s]*)(?:the|an?)?\s*", re.IGNORECASE)


def _place(block: str, spans: Sequence[Span], match: Match, *, block_number: int, sentences_before: int) -> Place:
    at = max(0, bisect_right(spans, (match.start, len(block) + 1)) - 1)
    start, end = spans[at] if spans else (0, len(block))
    return Place(
        start=match.start,
        end=match.end,
        surface=match.surface,
        sentence=sentences_before + at,
        block=block_number,
        left=block[max(start, match.start - LEFT) : match.start],
        right=block[match.end : min(max(end, match.end), match.end + RIGHT)],
        opens=bool(_ARTICLE.fullmatch(block[start : match.start])),
        asked=block[start:end].endswith("?"),
    )
