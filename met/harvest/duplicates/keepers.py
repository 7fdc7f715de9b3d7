"""Which panel of a cluster is kept: what may be used before what may not, then pixels that show more, then text.

Panels fall out one question after the other, each asked of those that are left, so the answer is a function of the
set: no order of reading and no pairwise "clearly more" can change it.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeAlias

from met.harvest.privacy import status_of
from met.rights import UNKNOWN, allows
from met.types import Dossier

Measure: TypeAlias = Callable[[Dossier], float]

# A picture of so many pixels shows all that its copies can be asked for; text beyond so many characters says no more.
MOST_PIXELS: Final = 1_000_000
MOST_CHARS: Final = 400
# What has less than this part of the most that one has is clearly smaller, clearly poorer.
LARGE: Final = 0.5
RICH: Final = 0.8
_STATUSES: Final = ("flagged", "unscreened", "clean")
_CLASSES: Final = ("phi", "restricted", "open")
# Kinds of article, as JATS words them, that speak of another one and print its pictures again.
NOTICES: Final = frozenset({
    "addendum", "correction", "corrigendum", "erratum", "expression-of-concern", "partial-retraction", "retraction",
    "withdrawal",
})  # fmt: skip


def keeper_of(cluster: Collection[Dossier]) -> Dossier:
    """Return the panel that is kept of those that show one picture; the order of `cluster` does not matter.

    Of each answer those stay that are best: privacy (clean, unscreened, flagged); rights to image and text (known,
    derivatives, commercial use); the class of the source's data (open, restricted, phi); an article before a notice of
    a correction or a retraction. Then at least half of the pixels of the largest, of which no more than a megapixel
    counts; then at least 0.8 of the characters of the richest, of 400 that can be checked in the image, then of as many
    in citing passages. Of what is left the largest is kept, of equal ones the first by key.
    """
    left = sorted(cluster, key=lambda dossier: dossier.panel.key)
    for measure, part in _QUESTIONS:
        enough = part * max(map(measure, left))
        left = [dossier for dossier in left if measure(dossier) >= enough]
    return min(left, key=lambda dossier: (-_area(dossier), dossier.panel.key))


def _privacy(dossier: Dossier) -> float:
    return _STATUSES.index(status_of(dossier))


def _rights(dossier: Dossier) -> float:
    """Return the rights that image and text give together, as a number: known, derivatives, commercial use."""
    licences = (dossier.figure.licence, dossier.article.licence)
    known = UNKNOWN not in licences
    derivative, commercial = (
        known and all(allows(licence, use) for licence in licences) for use in ("derivative", "commercial")
    )
    return 4 * known + 2 * derivative + commercial


def _class(dossier: Dossier) -> float:
    return _CLASSES.index(dossier.article.data_class)


def _own(dossier: Dossier) -> float:
    return float(dossier.article.article_type not in NOTICES)


def _pixels(dossier: Dossier) -> float:
    return min(_area(dossier), MOST_PIXELS)


def _words(dossier: Dossier) -> float:
    return min(len(dossier.checkable.strip()), MOST_CHARS)


def _cited(dossier: Dossier) -> float:
    return min(sum(len(mention.text.strip()) for mention in dossier.mentions), MOST_CHARS)


def _area(dossier: Dossier) -> int:
    x1, y1, x2, y2 = dossier.panel.box
    return (x2 - x1) * (y2 - y1)


_QUESTIONS: Final[Sequence[tuple[Measure, float]]] = (
    (_privacy, 1.0), (_rights, 1.0), (_class, 1.0), (_own, 1.0), (_pixels, LARGE), (_words, RICH), (_cited, RICH)
)  # fmt: skip
