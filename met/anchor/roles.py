"""The role of an entity for a panel: what the text says of it decides, and only what it says is shown counts as
depicted.

First method: rules over the cues of the sentence (met/anchor/context.py), read top to bottom; the first that holds
decides.
"""

import re
from collections.abc import Mapping

from met.anchor.context import Context
from met.anchor.passages import Passage
from met.types import Facet, Polarity, Role, Span

# Findings that only an image has; of other symptoms (fever, pain) a caption tells without showing them.
_FINDING = re.compile(
    r"opacit|consolidat|shadow|(?:hyper|hypo)[- ]?(?:intens|dens|attenuat|echo)|enhancement|lucenc|bronchogram"
    r"|calcifi|nodul"
    r"|infiltrat|thicken|atelectas|effusion|depigment",
    re.IGNORECASE,
)
# How telling a role is: of several uses of one entity in passages of one worth, the first of these stands.
_BY_TELLING: tuple[Role, ...] = ("depicted", "normal", "control", "comparator", "diagnosis", "history", "mentioned")
TELLING: Mapping[Role, int] = {role: rank for rank, role in enumerate(_BY_TELLING)}


def role_of(
    passage: Passage, context: Context, entity: Span, *, facet: Facet, polarity: Polarity, imaged: bool
) -> Role:
    """Return the role of the entity at `entity` (offsets into the sentence), an entity of `facet`.

    `imaged` says whether the caption tells of an image, not of statistics.

    1. mentioned: in an article's title or a passage about something else; 2. history ("history of"), comparator
    ("unlike"), control ("healthy controls"); 3. mentioned: denied, a measured value of the laboratory, in a caption of
    statistics; 4. normal ("normal lung"); 5. depicted: see `_is_depicted`; 6. diagnosis: a disease that the caption or
    a patient's description names; 7. mentioned.
    """
    if passage.place in ("title", "far"):
        return "mentioned"
    for kind, role in _BY_CUE:
        if context.before(kind, entity) or (kind == "control" and context.after(kind, entity)):
            return role
    if polarity == "negated" or not imaged or context.is_laboratory:
        return "mentioned"
    if facet != "modality" and context.is_called_normal(entity):
        return "normal"
    if _is_depicted(passage, context, entity, facet):
        return "depicted"
    if facet == "disease" and (
        passage.place in ("heading", "subcaption", "shared") or context.before("patient", entity)
    ):
        return "diagnosis"
    return "mentioned"


_BY_CUE: tuple[tuple[str, Role], ...] = (("past", "history"), ("compared", "comparator"), ("control", "control"))


def _is_depicted(passage: Passage, context: Context, entity: Span, facet: Facet) -> bool:
    """Say whether the passage tells that the image shows the entity.

    A modality where the caption or the citing sentence names it. A finding or a disease where the sentence says that
    it is seen, or where it is the caption's title. Anatomy and the rest where the caption names them and not merely as
    part of the patient's story.
    """
    if facet == "modality":
        return passage.place in ("heading", "subcaption", "shared", "citing")
    shown = context.shows(entity)
    if passage.place in ("citing", "near"):
        return shown and passage.place == "citing"
    surface = context.sentence[entity[0] : entity[1]]
    if facet == "disease":
        return shown or (passage.place == "heading" and _fills(surface, context.sentence))
    if facet == "symptom":
        return (
            shown
            or _FINDING.search(surface) is not None
            or (passage.place == "heading" and _fills(surface, context.sentence))
        )
    return shown or not context.before("patient", entity)


def _fills(surface: str, heading: str) -> bool:
    return 2 * len(surface.split()) >= len(heading.split())
