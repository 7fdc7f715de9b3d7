"""Which texts of a panel become training samples, under which licence: the rule between a dossier and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from met.harvest.privacy import Phi, refuse
from met.keys import content_key
from met.rights import Use, allows
from met.types import Caption, Dossier, Drop, Question, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCaption:
    """The caption that the authors wrote, verbatim; `spans` are its offsets in the figure's caption."""

    key: str
    text: str
    spans: tuple[Span, ...]
    licence: str


Text: TypeAlias = OwnCaption | Caption | Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One training sample: a panel's image and one text about it."""

    key: str
    text: Text


def is_whole(dossier: Dossier) -> bool:
    """Return whether the panel is the whole figure, so that the original file can leave untouched."""
    return dossier.panel.box == (0, 0, dossier.image.width, dossier.image.height)


def may_derive(dossier: Dossier) -> bool:
    """Return whether image and text may both be adapted: cropped, summarised, or turned into questions."""
    return allows(dossier.figure.licence, "derivative") and allows(dossier.article.licence, "derivative")


def samples_of(dossier: Dossier, *, use: Use, phi: Phi | None = None) -> tuple[tuple[Sample, ...], tuple[Drop, ...]]:
    """Return the samples of a kept panel, captions before questions, and a Drop for all that may not leave.

    A panel without a written caption that may leave has the authors' own caption instead. A work that allows no
    derivative leaves as the whole figure with its own, whole caption, or not at all. `phi` is that of
    `met.harvest.privacy.refuse`.
    """
    refused = refuse(dossier, phi) or _refuse_panel(dossier, use)
    if refused:
        return (), (refused,)
    drops = {text.key: drop for text in _written(dossier) if (drop := _refuse_text(dossier, text, use))}
    kept: list[Text] = [text for text in _written(dossier) if text.key not in drops]
    if not any(isinstance(text, Caption) for text in kept):
        kept = [*_own_caption(dossier), *kept]
    if not kept:
        drops[dossier.panel.key] = Drop(item=dossier.panel.key, reason="no_text")
    samples = tuple(Sample(key=content_key("row", dossier.panel.key, text.key), text=text) for text in kept)
    return samples, tuple(drops.values())


def _written(dossier: Dossier) -> Iterator[Caption | Question]:
    yield from sorted(dossier.captions, key=lambda caption: caption.key)
    yield from sorted(dossier.questions, key=lambda question: question.key)


def _refuse_panel(dossier: Dossier, use: Use) -> Drop | None:
    licences = {"image": dossier.figure.licence, "text": dossier.article.licence}
    for field, licence in licences.items():
        if not allows(licence, use):
            detail = {"field": field, "licence": licence, "use": use}
            return Drop(item=dossier.panel.key, reason="licence_forbids_use", detail=detail)
    if not is_whole(dossier) and not may_derive(dossier):
        box = list(dossier.panel.box)
        return Drop(item=dossier.panel.key, reason="licence_forbids_crop", detail={**licences, "box": box})
    return None


def _refuse_text(dossier: Dossier, text: Caption | Question, use: Use) -> Drop | None:
    panel = dossier.panel.key
    if not may_derive(dossier):
        detail = {"panel": panel, "image": dossier.figure.licence, "text": dossier.article.licence}
        return Drop(item=text.key, reason="licence_forbids_made_text", detail=detail)
    if not allows(text.licence, use):
        return Drop(
            item=text.key, reason="licence_forbids_use", detail={"panel": panel, "licence": text.licence, "use": use}
        )
    if isinstance(text, Question) and text.options and text.answer not in text.options:
        return Drop(item=text.key, reason="answer_not_an_option", detail={"panel": panel})
    return None


def _own_caption(dossier: Dossier) -> Iterator[OwnCaption]:
    """Yield the subcaption, or for a work that allows no derivative the whole caption; nothing where it is empty."""
    caption = dossier.figure.caption
    spans = dossier.panel.spans if may_derive(dossier) else ((0, len(caption)),)
    text = " ".join(caption[start:end] for start, end in spans)
    if text.strip():
        key = content_key("caption", dossier.panel.key, "source")
        yield OwnCaption(key=key, text=text, spans=spans, licence=dossier.article.licence)
