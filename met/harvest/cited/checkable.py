"""Which sentences of a caption can be checked in the image: what it shows, not how it was made, counted or paid for.

About a fifth of the sentences of captions speak of what is seen alone (LabGemma); the rest misleads whoever
learns from the pair.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from met.anchor.sentences import sentences_of
from met.harvest.cited.cues import DOES, LOOKS, SHOWS
from met.types import Span

Why: TypeAlias = Literal["statistics", "method", "credit", "history", "reference", "knowledge"]

# In this order: the first that fits tells why.
_NOT_SEEN: Final[tuple[tuple[Why, str], ...]] = (
    (
        "credit",
        r"\bcredits?\b|courtesy|permission|reproduced|reprinted|adapted from|modification of work|copyright|©"
        r"|licen[cs]e|\bprovided by\b",
    ),
    (
        "statistics",
        r"\bp\s?[<=>≤]\s?0?\.\d|\bn\s?=\s?\d|\bmean\b|\bmedian\b|standard (?:error|deviation)|\bs\.?e\.?m\.?\b"
        r"|\bs\.?d\.?\b|confidence interval|\bci\b|error bars?|\banova\b|t[- ]test|mann[- ]whitney|chi[- ]squared?"
        r"|regression|correlation|odds ratio|hazard ratio|significan(?:t|ce|tly)|independent experiments|replicates",
    ),
    (
        "method",
        r"\b(?:was|were|been|being) (?:stained|treated|incubated|transfected|infected|fixed|harvested|collected"
        r"|obtained|cultured|grown|injected|analy[sz]ed|measured|performed|calculated|determined|quantified|acquired"
        r"|used|processed|counted|lysed|subjected|assessed|purified|washed|imaged|scanned)\b|\bprotocol\b"
        r"|\busing (?:an?|the) \w+|slice thickness|\bscale bars?\b|original magnification"
        r"|\b(?:counter)?stain(?:ed)? with\b"
        r"|^\W*(?:[a-z]{1,3} )?[×x] ?\d[\d,]*\W*$",
    ),
    (
        "history",
        r"\d+[- ]?(?:years?|months?|weeks?|days?)[- ]?old|history of|presented with|was admitted|after admission"
        r"|laboratory|follow[- ]?up|days? after|white blood cell|g/l\b|mg/l\b|ng/ml\b|fever|diagnosed",
    ),
    (
        "reference",
        r"\bsee (?:also|text|table|fig)|abbreviations?\b|for (?:details|abbreviations)|(?:shown|listed|given) in table"
        r"|^(?-i:[A-Z][A-Z-]{1,9})[.:,=] ",
    ),
)
# What things do, or come to: known of their kind, not seen of this one.
_KNOWN: Final = re.compile(
    r"\bwill\b|\b(?:if )?left untreated\b"
    r"|\bin (?:most|some|many) (?:individuals|patients|people|cases|adults|children)\b"
    r"|\bdevelop(?:s|ed)? (?:from|into)\b|\beventually\b|\bgradually\b|\bimmunocompromised\b"
    r"|\bof (?:most|infected) individuals|\bare considered\b|\bmay indicate\b",
    re.IGNORECASE,
)
# Reasons that a sentence may give beside what it shows: "CT after two days shows a nodule".
_BESIDE: Final = frozenset({"method", "history"})
_PATTERNS: Final = tuple((why, re.compile(words, re.IGNORECASE)) for why, words in _NOT_SEEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionSentence:
    """A sentence of a caption; `why_not` is None where it can be checked in the image."""

    span: Span
    why_not: Why | None

    @property
    def checkable(self) -> bool:
        return self.why_not is None


def caption_sentences(caption: str, spans: Iterable[Span]) -> tuple[CaptionSentence, ...]:
    """Return the sentences within `spans` of the caption, in order, each marked.

    >>> marked = caption_sentences("CT shows a nodule. Bars are means, n = 3.", [(0, 41)])
    >>> [sentence.why_not for sentence in marked]
    [None, 'statistics']
    """
    return tuple(
        CaptionSentence(span=(start + first, start + last), why_not=why_not_seen(caption[start + first : start + last]))
        for start, end in sorted(spans)
        for first, last in sentences_of(caption[start:end])
    )


def marked_sentences(caption: str, spans: Iterable[Span]) -> tuple[Mapping[str, Any], ...]:
    """Return the same as plain values: start_char, end_char, and why_not, which is None where it can be checked."""
    return tuple(
        {"start_char": one.span[0], "end_char": one.span[1], "why_not": one.why_not}
        for one in caption_sentences(caption, spans)
    )


def why_not_seen(sentence: str) -> Why | None:
    """Return why a sentence cannot be checked in the image, None where it can.

    What says outright that something is seen is checkable, also where it tells of the method or the patient beside it.

    >>> why_not_seen("Cilia enable the organism to move."), why_not_seen("CT on day 2 after admission shows a nodule.")
    ('knowledge', None)
    """
    shows = SHOWS.search(sentence) is not None and LOOKS.search(sentence) is not None
    for why, pattern in _PATTERNS:
        if pattern.search(sentence) and not (shows and why in _BESIDE):
            return why
    return "knowledge" if not shows and (_KNOWN.search(sentence) or DOES.search(sentence)) else None
