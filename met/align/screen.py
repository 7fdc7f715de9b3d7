"""Stage 1 of the filter: what cheap signals alone can refuse, so that no model is asked about it."""

from dataclasses import dataclass
from typing import Any, Final

from met.anchor.focus import PLAIN, focus_of
from met.harvest.privacy import Phi, refuse, status_of
from met.keys import content_key
from met.rights import UNKNOWN, allows
from met.types import Anchor, Dossier, Verdict

KEPT: Final = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a panel must reach. Each value is inclusive: what equals it passes.

    min_side: shorter side of the panel's box in pixels; smaller ones are icons and glyphs.
    min_chars, min_words: length of what the subcaption says that can be checked in the image, or of a passage that
        cites the figure where one says more. A shorter text passes where it names outright what is shown.
    min_medical: probability that the panel is a medical image at all. At even odds a lost image costs as much as a kept
        chart; `met score modality` counts both.
    min_anchor: score of the strongest affirmed anchor; a vector alone reaches it at a cosine of 0.78.
    """

    min_side: int = 96
    min_chars: int = 15
    min_words: int = 3
    min_medical: float = 0.5
    min_anchor: float = 0.3


DEFAULT: Final = Thresholds()


def screen(dossier: Dossier, thresholds: Thresholds = DEFAULT, *, phi: Phi | None = None) -> Verdict:
    """Return stage 1's verdict: `reason` is "kept", or the first signal that fails in the order of `signals`.

    Reasons: phi_flagged, phi_unscreened (under `phi` strict), too_small, short_text, not_medical, duplicate, no_anchor.
    Every signal is measured and stored whether or not an earlier one failed. A licence never fails here: what it
    permits is decided at export, an unknown one is flagged. `node` is the node of `best_anchor`.
    """
    anchor = best_anchor(dossier)
    signals = {"privacy": _privacy(dossier, phi), **_signals(dossier, anchor, thresholds)}
    failed = [signal["reason"] for signal in signals.values() if not signal["passed"]]
    return Verdict(
        key=content_key("verdict", dossier.panel.key, "screen"),
        panel=dossier.panel.key,
        stage="screen",
        keep=not failed,
        reason=failed[0] if failed else KEPT,
        node=anchor.node if anchor else None,
        signals=signals,
        engine="rules",
        model="none",
    )


def best_anchor(dossier: Dossier) -> Anchor | None:
    """Return the anchor that the later stages rest on, or where nothing is depicted the strongest affirmed one."""
    return focus_of(dossier) or min(_affirmed(dossier), key=lambda anchor: (-anchor.score, anchor.key), default=None)


def _affirmed(dossier: Dossier) -> list[Anchor]:
    return [anchor for anchor in dossier.anchors if anchor.polarity == "affirmed"]


def _signals(dossier: Dossier, anchor: Anchor | None, limits: Thresholds) -> dict[str, dict[str, Any]]:
    """Return every signal, cheapest first: what was measured, the threshold, whether it passed, the reason if not."""
    x1, y1, x2, y2 = dossier.panel.box
    side = min(x2 - x1, y2 - y1)
    chars, words = max(_length(text) for text in (dossier.checkable, *(mention.text for mention in dossier.mentions)))
    named = _named(dossier)
    modality = dossier.modality
    medical = modality.medical if modality else None
    licence = dossier.figure.licence
    score = max((affirmed.score for affirmed in _affirmed(dossier)), default=None)
    return {
        "licence": {
            "licence": licence,
            "unknown": licence == UNKNOWN,
            "derivatives": allows(licence, "derivative"),
            "passed": True,
        },
        "size": {"side": side, "at_least": limits.min_side, "passed": side >= limits.min_side, "reason": "too_small"},
        "text": {
            "chars": chars,
            "words": words,
            "at_least": [limits.min_chars, limits.min_words],
            "named": named,
            "passed": named is not None or (chars >= limits.min_chars and words >= limits.min_words),
            "reason": "short_text",
        },
        "medical": {
            "medical": medical,
            "label": modality.label if modality else None,
            "at_least": limits.min_medical,
            "passed": medical is not None and medical >= limits.min_medical,
            "reason": "not_medical",
        },
        "duplicate": {"keeper": dossier.keeper, "passed": dossier.keeper is None, "reason": "duplicate"},
        "anchor": {
            "anchor": anchor.key if anchor else None,
            "role": anchor.role if anchor else None,
            "score": score,
            "at_least": limits.min_anchor,
            "passed": score is not None and score >= limits.min_anchor,
            "reason": "no_anchor",
        },
    }


def _privacy(dossier: Dossier, phi: Phi | None) -> dict[str, Any]:
    refused = refuse(dossier, phi)
    if refused is None:
        return {"status": status_of(dossier), "passed": True}
    return {"status": status_of(dossier), **refused.detail, "passed": False, "reason": refused.reason}


def _named(dossier: Dossier) -> str | None:
    """Return the anchor by which a text says outright what is shown, however short it is: "Axial CT."."""
    said = (
        anchor
        for anchor in dossier.anchors
        if (anchor.role, anchor.polarity, anchor.certainty, anchor.field)
        == ("depicted", "affirmed", "certain", "subcaption")
        and anchor.score >= PLAIN
        and anchor.start_char is not None
        and dossier.subcaption[anchor.start_char : anchor.end_char] == anchor.surface
    )
    return min((anchor.key for anchor in said), default=None)


def _length(text: str) -> tuple[int, int]:
    """Return characters without the outer space, and words that hold a letter."""
    return len(text.strip()), sum(any(letter.isalpha() for letter in word) for word in text.split())
