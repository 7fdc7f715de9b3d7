"""Stage 1 of the filter: what cheap signals alone can refuse, so that no model is asked about it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from met.align.kinds import contradiction
from met.align.sight import SeenPixels
from met.align.thresholds import Thresholds, shipped
from met.anchor.focus import PLAIN, focus_of
from met.harvest.privacy import Phi, refuse, status_of
from met.keys import content_key
from met.rights import UNKNOWN, allows
from met.types import Anchor, Dossier, Verdict

KEPT: Final = "kept"
Signals = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One value of the table: the signal that it belongs to, what is measured there, and the reason of what fails."""

    signal: str
    measure: str
    reason: str


LIMITS: Final[Mapping[str, Limit]] = {
    "min_side": Limit(signal="size", measure="side", reason="too_small"),
    "min_chars": Limit(signal="text", measure="chars", reason="short_text"),
    "min_words": Limit(signal="text", measure="words", reason="short_text"),
    "min_medical": Limit(signal="medical", measure="medical", reason="not_medical"),
    "max_contradiction": Limit(signal="kind", measure="contradiction", reason="modality_disagrees"),
    "min_anchor": Limit(signal="anchor", measure="score", reason="no_anchor"),
    "min_filled": Limit(signal="filled", measure="filled", reason="empty_image"),
    "min_sharpness": Limit(signal="sharpness", measure="sharpness", reason="blurred"),
    "min_similarity": Limit(signal="similarity", measure="similarity", reason="dissimilar"),
}
"""By the name of the threshold."""


def screen(
    dossier: Dossier,
    thresholds: Thresholds | None = None,
    *,
    phi: Phi | None = None,
    sight: Callable[[], SeenPixels] | None = None,
) -> Verdict:
    """Return stage 1's verdict: `reason` is "kept", or the first signal that fails in the order of `signals`.

    Reasons: phi_flagged, phi_unscreened (under `phi` strict), then those of `LIMITS` and duplicate. Every signal that
    needs no pixels is measured and stored whether or not an earlier one failed; `sight`, which does, is called for what
    passes them all, and gives no signal of similarity where no encoder is set. A licence never fails here: what it
    permits is decided at export, an unknown one is flagged. `node` is the node of `best_anchor`.
    """
    limits = thresholds or shipped()
    signals = free_signals(dossier, limits, phi=phi)
    if sight is not None and all(signal["passed"] for signal in signals.values()):
        signals |= dear_signals(sight(), limits)
    failed = [signal["reason"] for signal in signals.values() if not signal["passed"]]
    anchor = best_anchor(dossier)
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
    # That an image is a CT is no entity that its texts name.
    return [one for one in dossier.anchors if one.polarity == "affirmed" and one.method != "modality"]


def free_signals(dossier: Dossier, limits: Thresholds, *, phi: Phi | None = None) -> Signals:
    """Return the signals of what earlier stages left, cheapest first: measure, threshold, whether it passed, reason."""
    x1, y1, x2, y2 = dossier.panel.box
    anchor, modality, licence = best_anchor(dossier), dossier.modality, dossier.figure.licence
    duplicate = {"keeper": dossier.keeper, "passed": dossier.keeper is None, "reason": "duplicate"}
    return {
        "privacy": _privacy(dossier, phi),
        "licence": {
            "licence": licence,
            "unknown": licence == UNKNOWN,
            "derivatives": allows(licence, "derivative"),
            "passed": True,
        },
        "size": _signal("min_side", min(x2 - x1, y2 - y1), limits),
        "text": _text(dossier, limits),
        "medical": {
            **_signal("min_medical", modality.medical if modality else None, limits),
            "label": modality.label if modality else None,
        },
        "kind": _signal("max_contradiction", contradiction(dossier), limits),
        "duplicate": duplicate,
        "anchor": {
            **_signal("min_anchor", max((one.score for one in _affirmed(dossier)), default=None), limits),
            "anchor": anchor.key if anchor else None,
            "role": anchor.role if anchor else None,
        },
    }


def dear_signals(sight: SeenPixels, limits: Thresholds) -> Signals:
    """Return the signals of the pixels; similarity is none of them where no encoder is set."""
    return dict(_dear(sight, limits))


def _dear(sight: SeenPixels, limits: Thresholds) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "filled", _signal("min_filled", sight.filled, limits)
    yield "sharpness", _signal("min_sharpness", sight.sharpness, limits)
    if sight.similarity is not None:
        yield "similarity", _signal("min_similarity", sight.similarity, limits)


def _signal(name: str, measured: float | None, limits: Thresholds) -> dict[str, Any]:
    """Return a measure beside its threshold; what could not be measured does not pass."""
    limit, threshold = LIMITS[name], getattr(limits, name)
    least = name.startswith("min_")
    passed = measured is not None and (measured >= threshold if least else measured <= threshold)
    return {
        limit.measure: measured,
        "at_least" if least else "at_most": threshold,
        "passed": passed,
        "reason": limit.reason,
    }


def _text(dossier: Dossier, limits: Thresholds) -> dict[str, Any]:
    chars, words = max(_length(text) for text in (dossier.checkable, *(mention.text for mention in dossier.mentions)))
    named = _named(dossier)
    return {
        "chars": chars,
        "words": words,
        "at_least": [limits.min_chars, limits.min_words],
        "named": named,
        "passed": named is not None or (chars >= limits.min_chars and words >= limits.min_words),
        "reason": "short_text",
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
