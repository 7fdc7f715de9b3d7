"""What speaks for a text without a look at the image: what pixels were classified as, article title, file name."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from met.harvest.modality import LOOKS_LIKE, words_for
from met.types import Dossier

STEM: Final = 5
# What the kinds of image add or take, as a log-likelihood ratio: no classifier of pixels is surer than this.
CAP: Final = 2.0
# Log-odds of a panel's own text against another's, for each unit, in round numbers near those of a logistic regression
# over texts swapped between articles; `_BASE` puts even odds where two of five words are repeated.
_PIXELS, _TITLE, _FILE, _BASE = 2.0, 3.0, 3.5, -2.6
_SILENT: Final = 0.5
_WORD: Final = re.compile(r"[a-z]{4,}")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\W\d]+")


def _stems(text: str) -> frozenset[str]:
    """Return the beginnings of the longer words of a text, so that inflections are one."""
    return frozenset(word[:STEM] for word in _WORD.findall(text.lower()))


# Words that stand in titles and file names of any subject, and so tell of none.
_EMPTY: Final = _stems(
    "figure image images html copy original final large small version updated case report review study series analysis "
    "introduction overview general basic clinical human body system structure function anatomy physiology disease "
    "diseases infection infections with from that this their panel"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """None: silent. `pixels` is a log-likelihood ratio in [-2, 2], `title` and `file` are shares of words repeated."""

    pixels: float | None
    title: float | None
    file: float | None

    @property
    def support(self) -> float:
        """The probability that text and image belong together, rounded to 4 decimals; 0.5 where nothing speaks, if
        every text were as likely another's as its own.
        """
        odds = _PIXELS * (self.pixels or 0.0) + _BASE
        for weight, share in ((_TITLE, self.title), (_FILE, self.file)):
            odds += weight * (_SILENT if share is None else share)
        return round(1 / (1 + math.exp(-odds)), 4)


def evidence_of(dossier: Dossier) -> Evidence:
    """Return what speaks for the texts of a panel.

    The kinds of image that the text names or hints at are weighed by how probable the pixels alone make each. Words of
    the article's title count as repeated where the texts, or the places in the tree of what they name, hold them; words
    of the file's name where the texts do.
    """
    texts = _stems(" ".join((dossier.figure.caption, *(mention.text for mention in dossier.mentions))))
    named = {
        one.node
        for one in dossier.anchors
        if one.field != "title" and one.polarity == "affirmed" and one.method != "modality"
    }
    places = _stems(" ".join(word for node in sorted(named) for word in _place(dossier, node)))
    name = _HUMP.sub(" ", (dossier.figure.graphic or "").rpartition("/")[2].rpartition(".")[0])
    return Evidence(
        pixels=_pixels(dossier),
        title=_repeated(_stems(dossier.article.title), texts | places),
        file=_repeated(_stems(name), texts),
    )


def _place(dossier: Dossier, node: str) -> Iterable[str]:
    placed = dossier.nodes[node]
    return (*placed.path, placed.node.name)


def _repeated(words: frozenset[str], by: frozenset[str]) -> float | None:
    telling = words - _EMPTY
    return round(len(telling & by) / len(telling), 4) if telling else None


def _pixels(dossier: Dossier) -> float | None:
    """Return how much more probable the pixels are if the kinds of the text are true than if any were; None without
    either.
    """
    said = dossier.modality.signals.get("pixels", {}) if dossier.modality else {}
    shares: Mapping[str, float] = said.get("shares", {})
    cues = words_for(dossier.subcaption or dossier.figure.caption)
    if not shares or not cues:
        return None
    weights = {kind: math.exp(_strength(kind, cues, shares)) for kind in shares}
    ratio = sum(share * weights[kind] for kind, share in shares.items()) / (sum(weights.values()) / len(weights))
    return round(min(CAP, max(-CAP, math.log(max(ratio, 1e-9)))), 4)


def _strength(kind: str, cues: Mapping[str, float], known: Mapping[str, float]) -> float:
    """Return how strongly words speak for a kind that pixels can be, by its own name or by one that looks like it."""
    alike = [
        strength if cue not in known else strength / 2
        for cue, strength in cues.items()
        if kind in LOOKS_LIKE.get(cue, ())
    ]
    return max([cues.get(kind, 0.0), *alike])
