"""Errors seeded into real panels and their texts: the same error in every text that tells of the panel.

A seeded panel looks like any other: anchors are made anew from the changed texts, keys and digests are those of what
the panel now holds, and nothing that a stage derived from the old texts is left. The article with its title stays, and
so does the image.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

from met.align.evidence import evidence_of
from met.align.kinds import agree
from met.anchor.focus import focus_of
from met.evaluate.align_words import (
    FORMS,
    Edit,
    affirmed,
    denied,
    kinds_to,
    named_to,
    numbers_changed,
    sides_swapped,
)
from met.harvest.cited import citing_text
from met.harvest.cited.checkable import marked_sentences
from met.harvest.modality.cues import NAMES, cues_in
from met.keys import content_key, digest
from met.types import Anchor, Dossier, Facet, Figure, Mention, Panel

Kind: TypeAlias = Literal[
    "random_swap", "article_swap", "sibling_swap", "modality", "laterality", "negation", "number"
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Group: TypeAlias = Literal["text", "modality", "image"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
# Findings and diseases can be there or not; an organ that is shown cannot be denied.
_DENIABLE: Final[tuple[Facet, ...]] = ("disease", "symptom")
_WORDS_OF_A_NAME: Final = 4
Rewrite: TypeAlias = Callable[[str], list[Edit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """What errors are taken from: the panels (dossiers with anchors) by article, and the names of every node."""

    dossiers: Sequence[Dossier]
    names: Callable[[str], tuple[str, ...]]
    seed: int

    def seeded(self, kind: Kind, dossier: Dossier) -> Dossier | None:
        """Return the dossier with an error of that kind, or None where it has no place for one.

        The same dossiers and the same seed give the same error, in whatever order they stand.
        """
        match kind:
            case "random_swap" | "article_swap":
                return self._swapped(dossier, same_article=kind == "article_swap")
            case "sibling_swap":
                return self._sibling(dossier)
            case "modality":
                return self._modality(dossier)
            case "laterality":
                return rewritten(dossier, sides_swapped)
            case "number":
                return rewritten(dossier, numbers_changed)
            case "negation":
                return self._negated(dossier)

    def _chance(self, dossier: Dossier, *parts: str) -> str:
        return digest([self.seed, dossier.panel.key, *parts])

    def _swapped(self, dossier: Dossier, *, same_article: bool) -> Dossier | None:
        others = [
            other
            for other in self.dossiers
            if (other.article.key == dossier.article.key) == same_article
            and other.panel.key != dossier.panel.key
            and other.subcaption.strip() not in ("", dossier.subcaption.strip())
        ]
        donor = min(others, key=lambda other: self._chance(dossier, other.panel.key), default=None)
        return told_as(dossier, donor) if donor else None

    def _sibling(self, dossier: Dossier) -> Dossier | None:
        focus = focus_of(dossier)
        if focus is None:
            return None
        own, texts = self._surfaces(focus), " ".join(texts_of(dossier)).casefold()
        others = [
            name
            for key, name in dossier.nodes[focus.node].siblings
            if len(name.split()) <= _WORDS_OF_A_NAME and name.replace(" ", "").replace("-", "").isalpha()
            if not any(known.casefold() in texts for known in (name, *self.names(key)))
        ]
        if not others:
            return None
        other = min(others, key=lambda name: (self._chance(dossier, name), name))
        return rewritten(dossier, named_to(own, other))

    def _surfaces(self, anchor: Anchor) -> tuple[str, ...]:
        return tuple(sorted({name for name in (anchor.surface, *self.names(anchor.node)) if len(name) > 1}))

    def _modality(self, dossier: Dossier) -> Dossier | None:
        """Name another kind of image in every text; the texts name the old one nowhere any more, and the new one."""
        before = kinds_named(dossier)
        targets = [kind for kind in FORMS if before and not agree(kind, before)]
        if not targets:
            return None
        target = min(targets, key=lambda kind: self._chance(dossier, kind))
        changed = rewritten(dossier, kinds_to(target))
        if changed is None:
            return None
        after = cues_named(" ".join(texts_of(changed)))
        return changed if target in kinds_named(changed) and not before & after else None

    def _negated(self, dossier: Dossier) -> Dossier | None:
        """Deny the finding that is shown, or affirm one that the text denies where nothing is."""
        shown = [
            anchor
            for anchor in dossier.anchors
            if anchor.surface and anchor.field != "title" and dossier.nodes[anchor.node].node.facet in _DENIABLE
        ]
        for anchor in sorted(shown, key=lambda one: (one.role != "depicted", -one.score, one.key)):
            if anchor.polarity == "affirmed" and anchor.role == "depicted":
                return rewritten(dossier, denied(self._surfaces(anchor)))
            if anchor.polarity == "negated" and (one := rewritten(dossier, affirmed(self._surfaces(anchor)))):
                return one
        return None


# ---------------------------------------------------------------- texts


def texts_of(dossier: Dossier) -> tuple[str, ...]:
    """Return the texts that tell of the panel: the figure's caption, and the passages that cite it."""
    return (dossier.figure.caption, *(mention.text for mention in dossier.mentions))


def kinds_named(dossier: Dossier) -> frozenset[str]:
    """Return the kinds of image that the panel's text names outright."""
    return cues_named(dossier.subcaption or dossier.figure.caption)


def cues_named(text: str) -> frozenset[str]:
    """Return the kinds of image that a text names outright."""
    return frozenset(kind for kind, strength in cues_in(text).items() if strength >= NAMES)


def citing(dossier: Dossier) -> str:
    """Return the sentences that cite the panel's figure."""
    return citing_text(dossier.mentions, label=dossier.figure.label, letter=dossier.panel.letter)


def told_as(dossier: Dossier, donor: Dossier) -> Dossier:
    """Return the panel's image under the texts of `donor`: caption, its part of it, and the passages that cite it."""
    figure = replace(
        dossier.figure,
        **{name: getattr(donor.figure, name) for name in ("label", "title", "caption", "credit")},
    )
    panel = replace(dossier.panel, spans=donor.panel.spans, sentences=donor.panel.sentences, letter=donor.panel.letter)
    return fresh(dossier, panel, figure, donor.mentions)


def rewritten(dossier: Dossier, rewrite: Rewrite) -> Dossier | None:
    """Return the dossier with `rewrite` applied to every text, offsets moved along; None where its own part of the
    caption stays as it was.
    """
    edits = _apart(rewrite(dossier.figure.caption))
    caption = _edited(dossier.figure.caption, edits)
    spans = tuple((_moved(start, edits), _moved(end, edits)) for start, end in dossier.panel.spans)
    title, credit = dossier.figure.title, dossier.figure.credit
    if title is not None:
        begins = dossier.figure.caption.startswith(title)
        title = caption[: _moved(len(title), edits)] if begins else _edited(title, _apart(rewrite(title)))
    figure = replace(
        dossier.figure,
        caption=caption,
        title=title,
        credit=None if credit is None else _edited(credit, _apart(rewrite(credit))),
    )
    panel = replace(dossier.panel, spans=spans, sentences=marked_sentences(caption, spans))
    changed = fresh(dossier, panel, figure, [_mention(mention, rewrite) for mention in dossier.mentions])
    return None if changed.subcaption == dossier.subcaption else changed


def fresh(dossier: Dossier, panel: Panel, figure: Figure, mentions: Sequence[Mention]) -> Dossier:
    """Return the dossier of a panel as it is before anchoring; keys and digests are functions of what it holds.

    A panel that is told as before passes through here too, so that nothing tells it from one with an error.
    """
    told = (
        figure.caption,
        panel.spans,
        [mention.text for mention in mentions],
        panel.image,
        panel.box,
        dossier.article.key,
    )
    key = content_key("figure", *told)
    own = content_key("panel", *told)
    return Dossier(
        panel=replace(panel, key=own, figure=key, digest=digest(own)),
        figure=replace(figure, key=key, article=dossier.article.key, digest=digest(key)),
        article=dossier.article,
        image=dossier.image,
        mentions=tuple(
            replace(mention, key=content_key("mention", key, at), figure=key, position=at)
            for at, mention in enumerate(mentions)
        ),
    )


def _mention(mention: Mention, rewrite: Rewrite) -> Mention:
    edits = _apart(rewrite(mention.text))
    return replace(
        mention,
        text=_edited(mention.text, edits),
        start_char=_moved(mention.start_char, edits),
        end_char=_moved(mention.end_char, edits),
    )


def _apart(edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits in order, without those that begin inside an earlier one."""
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _edited(text: str, edits: Sequence[Edit]) -> str:
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    return text


def _moved(offset: int, edits: Sequence[Edit]) -> int:
    """Return where an offset lies after the edits; one inside of what is replaced moves to its end."""
    shift = 0
    for start, end, new in edits:
        if offset <= start:
            break
        if offset < end:
            return start + shift + len(new)
        shift += len(new) - (end - start)
    return offset + shift


# ---------------------------------------------------------------- what could show the error


def shown_by(before: Dossier, after: Dossier, *, in_title: frozenset[str]) -> Group:
    """Return what shows the error to whoever looks well.

    modality: the text names another kind of image than before, so knowing kinds of image is enough. text: the
    article's title names something (`in_title`, node keys) that the old texts named and the new ones do not, or title
    or file name hold words that only the old ones repeat. image: only what the image shows speaks against the text.
    """
    old, new = kinds_named(before), kinds_named(after)
    if old and new and not any(agree(one, new) for one in old):
        return "modality"
    named = {anchor.node for anchor in after.anchors if anchor.field != "title" and anchor.surface}
    lost = {anchor.node for anchor in before.anchors if anchor.field != "title" and anchor.surface} - named
    was, now = evidence_of(before), evidence_of(after)
    fewer = (was.title or 0.0) > (now.title or 0.0) or (was.file or 0.0) > (now.file or 0.0)
    return "text" if fewer or lost & in_title else "image"
