"""What passages that cite a figure say of one panel: which sentences concern it, and what each can support.

`visible`: what the sentence states can be checked in the image. `outcome`: it was found or it happened by other means
(biopsy, laboratory, treatment, course, statistics), so that no image shows it. `context`: everything else, from methods
and definitions to the history of a patient. Where a sentence holds several, the least visible decides.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.anchor.sentences import sentences_of
from met.harvest.cited.checkable import why_not_seen
from met.harvest.cited.cues import CONFIRMED, COUNTED, COURSE, DOES, LOOKS, PREPARED, SHOWS, TISSUE, TREATED
from met.harvest.jats.citations import figure_number, plain_citations
from met.harvest.modality.cues import NAMES, cues_in
from met.harvest.modality.taxonomy import NOT_MEDICAL
from met.types import Mention, Span, Tag

TAGS: Final[tuple[Tag, ...]] = ("visible", "context", "outcome")
# So many sentences of each tag make the summary of a panel.
MOST: Final[Mapping[Tag, int]] = {"visible": 5, "context": 2, "outcome": 2}
# A sentence so far from the one that cites the figure needs to say something visible to be taken.
NEAR: Final = 1
FAR: Final = 3
# So many sentences of one panel's passages are looked at, in reading order.
LIMIT: Final = 60
_MICROSCOPY: Final = frozenset({"light_microscopy", "electron_microscopy", "fluorescence_microscopy"})
_CITATION_ALONE: Final = re.compile(
    r"[(\[][^()\[\]]*[)\]]\s*\.?|(?:see\s+)?fig(?:ure|s|ures)?\.?\s*[\w,\s-]{1,12}\.?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence of a mention: `text[start:end]` of `mention`, and how many sentences from the citing one it stands."""

    mention: str
    span: Span
    text: str
    distance: int
    tag: Tag


def said_of(
    mentions: Sequence[Mention], *, label: str | None, letter: str | None, modality: str | None
) -> tuple[Said, ...]:
    """Return the sentences of `mentions` that may speak of a panel, in reading order, at most 60, each once.

    `label` is the figure's ("Fig. 2"), `letter` the panel's, `modality` its kind. Left out are sentences that cite
    other figures alone or other panels of this one alone, and citations that stand alone.
    """
    found: list[Said] = []
    seen: set[str] = set()
    for mention in sorted(mentions, key=lambda one: (one.position, one.key)):
        for span, distance in _concerning(mention, figure_number(label), letter):
            text = mention.text[span[0] : span[1]]
            if text not in seen:
                seen.add(text)
                tag = tag_of(text, modality=modality, cites=distance == 0)
                found.append(Said(mention=mention.key, span=span, text=text, distance=distance, tag=tag))
    return tuple(found[:LIMIT])


def citing_text(mentions: Sequence[Mention], *, label: str | None, letter: str | None) -> str:
    """Return the sentences that cite the panel's figure, joined by one space."""
    said = said_of(mentions, label=label, letter=letter, modality=None)
    return " ".join(one.text for one in said if one.distance == 0)


def condensed(said: Iterable[Said]) -> tuple[Said, ...]:
    """Return the sentences that make the summary, in reading order: those that cite the figure and their neighbours,
    and what is visible a little further off; of each tag the nearest, at most as many as `MOST` says.
    """
    all_said = list(said)
    close = [one for one in all_said if one.distance <= (FAR if one.tag == "visible" else NEAR)]
    taken = {
        id(one)
        for tag in TAGS
        for one in sorted((one for one in close if one.tag == tag), key=lambda one: one.distance)[: MOST[tag]]
    }
    return tuple(one for one in all_said if id(one) in taken)


def tag_of(sentence: str, *, modality: str | None = None, cites: bool = False) -> Tag:
    """Return what the sentence can support, for a panel of that kind; `cites` says that it cites the panel's figure.

    >>> tag_of("CT showed a nodule in the left lung.", modality="ct")
    'visible'
    >>> tag_of("Biopsy confirmed adenocarcinoma.", modality="ct")
    'outcome'
    >>> tag_of("The patient had smoked for years.", modality="ct")
    'context'
    """
    why = why_not_seen(sentence)
    looks, shows = len({found[0].casefold() for found in LOOKS.finditer(sentence)}), SHOWS.search(sentence) is not None
    if why == "statistics" or COUNTED.search(sentence):
        return "outcome"
    if PREPARED.search(sentence) and not (cites and shows):
        return "context"
    if CONFIRMED.search(sentence):
        return "outcome"
    if TISSUE.search(sentence) and modality not in (None, *_MICROSCOPY):
        return "outcome" if shows or looks else "context"
    if TREATED.search(sentence) or COURSE.search(sentence):
        return "visible" if cites and shows and looks else "outcome"
    if why is not None or _of_another_kind(sentence, modality):
        return "context"
    if DOES.search(sentence) and not (shows and looks):
        return "context"
    return "visible" if looks > 1 or (looks and (shows or cites)) or (shows and cites) else "context"


def _of_another_kind(sentence: str, modality: str | None) -> bool:
    """Say whether the sentence names other kinds of medical image and not the panel's own."""
    if modality is None or modality in NOT_MEDICAL or modality == "unknown":
        return False
    named = {label for label, strength in cues_in(sentence).items() if strength >= NAMES and label not in NOT_MEDICAL}
    return bool(named) and modality not in named


def _concerning(mention: Mention, number: str | None, letter: str | None) -> Iterator[tuple[Span, int]]:
    """Yield the spans of the sentences that may concern the panel, with their distance from the citing one."""
    spans = sentences_of(mention.text)
    citing = [at for at, (start, end) in enumerate(spans) if start <= mention.start_char < end] or [0]
    if letter and mention.panel_letters and letter not in mention.panel_letters:
        return
    for at, span in enumerate(spans):
        text = mention.text[span[0] : span[1]]
        distance = min(abs(at - one) for one in citing)
        if _CITATION_ALONE.fullmatch(text.strip()) or not any(sign.isalpha() for sign in text):
            continue
        if _about(text, number, letter, cites=distance == 0):
            yield span, distance


def _about(text: str, number: str | None, letter: str | None, *, cites: bool) -> bool:
    """Say whether what a sentence cites, if it cites, holds the panel."""
    cited = [one for _, group in plain_citations(text) for one in group]
    if not cited or number is None:
        return True
    own = [one for one in cited if one.number == number]
    if not own:
        return cites
    return letter is None or any(not one.letters or letter in one.letters for one in own)
