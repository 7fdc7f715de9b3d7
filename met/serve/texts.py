"""The texts of an item with what the engine found in them: its own caption, the rest of it, and the citing passages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from met.serve.links import Links
from met.serve.marked import Mark, Marked, marked
from met.types import Anchor, Caption, Dossier, Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text of an item: `field` is where it stands, `about` says what it is."""

    field: str
    about: str
    text: Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What a sentence of a caption rests on: the quote, and where it stands. `quote` is empty where it is gone."""

    sentence: int
    claim: str
    field: str
    quote: str


def passages_of(dossier: Dossier, names: Mapping[str, str], links: Links) -> Sequence[Passage]:
    """Return the texts in reading order: subcaption, whole caption where it is longer, title, then each mention."""
    caption = dossier.figure.caption
    found = [
        Passage(
            field="subcaption",
            about="the part of the caption that belongs to this panel",
            text=marked(dossier.subcaption, _anchored(dossier, "subcaption", names, links)),
        )
    ]
    if dossier.subcaption.strip() != caption.strip():
        spans = [
            Mark(start=start, end=end, kind="own", title="belongs to this panel") for start, end in dossier.panel.spans
        ]
        marks = [*spans, *_anchored(dossier, "caption", names, links)]
        found.append(Passage(field="caption", about="the whole caption of the figure", text=marked(caption, marks)))
    if title := list(_anchored(dossier, "title", names, links)):
        found.append(Passage(field="title", about="title of the article", text=marked(dossier.article.title, title)))
    found += [
        Passage(
            field="mention",
            about=f"passage {number} that cites the figure",
            text=marked(mention.text, _of_mention(dossier, mention, names, links), shown=900),
        )
        for number, mention in enumerate(dossier.mentions, start=1)
    ]
    return found


def supports_of(caption: Caption, dossier: Dossier) -> Sequence[Support]:
    """Return what each sentence of a caption rests on, in the order of the sentences."""
    texts = {dossier.panel.key: dossier.subcaption, dossier.figure.key: dossier.figure.caption}
    texts |= {mention.key: mention.text for mention in dossier.mentions}
    texts |= {key: placed.node.definition or "" for key, placed in dossier.nodes.items()}
    return [
        Support(
            sentence=int(support.get("sentence", 0)) + 1,
            claim=str(support.get("claim", "")),
            field=str(support.get("field", "")),
            quote=_quoted(texts, support),
        )
        for support in caption.supports
    ]


def _quoted(texts: Mapping[str, str], support: Mapping[str, Any]) -> str:
    text = texts.get(str(support.get("of", "")), "")
    return text[int(support.get("start_char", 0)) : int(support.get("end_char", 0))]


def _anchored(dossier: Dossier, field: str, names: Mapping[str, str], links: Links) -> Iterator[Mark]:
    for anchor in dossier.anchors:
        if anchor.field == field and anchor.start_char is not None and anchor.end_char is not None:
            yield _mark(anchor, names, links)


def _of_mention(dossier: Dossier, mention: Mention, names: Mapping[str, str], links: Links) -> Iterator[Mark]:
    yield Mark(start=mention.start_char, end=mention.end_char, kind="citation", title="cites the figure")
    for cited in dossier.cited:
        if cited.mention == mention.key:
            title = f"a sentence about this panel: {cited.tag}"
            yield Mark(start=cited.start_char, end=cited.end_char, kind=f"cited cited-{cited.tag}", title=title)
    for mark, anchor in ((_mark(anchor, names, links), anchor) for anchor in dossier.anchors):
        # An anchor does not say in which of the passages it stands: the first that has its words there.
        if anchor.field == "mention" and _home(dossier, anchor) == mention.key:
            yield mark


def _home(dossier: Dossier, anchor: Anchor) -> str | None:
    if anchor.start_char is None:
        return None
    return next(
        (one.key for one in dossier.mentions if one.text[anchor.start_char : anchor.end_char] == anchor.surface), None
    )


def _mark(anchor: Anchor, names: Mapping[str, str], links: Links) -> Mark:
    said = [anchor.role, *(["negated"] if anchor.polarity == "negated" else [])]
    said += ["hedged"] if anchor.certainty == "hedged" else []
    return Mark(
        start=anchor.start_char or 0,
        end=anchor.end_char or 0,
        kind=f"anchor role-{anchor.role} {anchor.polarity}",
        title=f"{names.get(anchor.node, anchor.node)}: {', '.join(said)}, {anchor.score:.2f}",
        target=links.node(anchor.node) or "",
    )
