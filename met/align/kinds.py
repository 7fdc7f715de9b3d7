"""Kinds of image in words and in pixels: which the text names, and whether what is seen may be one of them."""

from collections.abc import Mapping
from typing import Final

from met.align import look
from met.harvest.modality.cues import NAMES, cues_in
from met.types import Dossier

UNNAMED: Final = ("unknown", "other_medical")


def kinds_named(dossier: Dossier) -> frozenset[str]:
    """Return the kinds of image that the caption names outright."""
    cues: Mapping[str, float] = cues_in(dossier.subcaption or dossier.figure.caption)
    return frozenset(label for label, strength in cues.items() if strength >= NAMES)


def agree(seen: str, named: frozenset[str]) -> bool:
    """Say whether an image of the kind `seen` may be of a kind that is `named`; whatever is unnamed may be any."""
    if not named or seen in UNNAMED or seen in named:
        return True
    return any(seen in alike and not named.isdisjoint(alike) for alike in look.ALIKE)


def contradiction(dossier: Dossier) -> float:
    """Return how sure pixels alone are of a kind that the text does not name, in [0, 1]; 0 where they agree."""
    seen = look.Look.model_validate(look.rules(dossier))
    named = kinds_named(dossier)
    return 0.0 if any(agree(kind, named) for kind in (seen.modality, *seen.could_be)) else seen.score
