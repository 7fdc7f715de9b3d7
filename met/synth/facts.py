"""What captions and questions may build on: nodes by a name that a model can copy, definitions, licences."""

import re

from met.anchor.focus import focus_of
from met.anchor.sentences import sentences_of
from met.rights import UNKNOWN, made_licence
from met.types import Anchor, Dossier, Drop, Node, Span

# Where an ontology names its source at the end of a sentence: "A wall between two cavities[WP]."
_MARKS = re.compile(r"\s*\[[^\[\]]*\]\s*\.?$")


def focus_node(dossier: Dossier) -> Node | None:
    """Return the node that the panel is kept for, None where its texts say nothing that is depicted."""
    focus = focus_of(dossier)
    return dossier.nodes[focus.node].node if focus else None


def label_of(node: Node) -> str:
    """Return the name by which a reply refers to the node, `anatomy: left lung`; a key is hard to copy."""
    return f"{node.facet}: {node.name}"


def nodes_by_label(dossier: Dossier) -> dict[str, str]:
    """Return the key of each anchored node by its label; of two with one label the first in the order of the anchors
    stands."""
    labels: dict[str, str] = {}
    for anchor in dossier.anchors:
        labels.setdefault(label_of(dossier.nodes[anchor.node].node), anchor.node)
    return labels


def definition_span(node: Node) -> Span | None:
    """Return the span of the definition's first sentence without reference marks, None where there is none."""
    definition = node.definition or ""
    for start, end in sentences_of(definition)[:1]:
        marks = _MARKS.search(definition, start, end)
        return start, marks.start() if marks and marks.start() > start else end
    return None


def definition_of(node: Node) -> str:
    """Return the first sentence of the definition without marks and full stop, empty where there is none."""
    span = definition_span(node)
    return (node.definition or "")[slice(*span)].rstrip(".") if span else ""


def licence_of(dossier: Dossier) -> str | Drop:
    """Return the licence of what is made of the image and the article's text, or the Drop that says that nothing may
    be."""
    image, text = dossier.figure.licence, dossier.article.licence
    made = made_licence(image, text)
    if made is None:
        return Drop(item=dossier.panel.key, reason="licence_incompatible", detail={"image": image, "text": text})
    return made


def knowledge_licence(dossier: Dossier, node: Node) -> str | None:
    """Return the licence of what holds the definition of `node` beside what is made of image and text.

    None where the definition may not stand there, or where it alone would leave the licence unknown: no text loses its
    licence to a piece of knowledge.
    """
    licence = licence_of(dossier)
    made = None if isinstance(licence, Drop) else made_licence(licence, node.licence)
    return None if made == UNKNOWN != licence else made


def licence_of_text(dossier: Dossier, text: str) -> str | None:
    """Return the licence of a text made of the image and the article's words, with the definitions that it quotes.

    None where it may not be made, or where a definition of an anchored node keeps it from being of a known licence.
    """
    licence = licence_of(dossier)
    if isinstance(licence, Drop):
        return None
    made: str | None = licence
    for key in sorted({anchor.node for anchor in dossier.anchors}):
        node = dossier.nodes[key].node
        definition = definition_of(node)
        if made is not None and definition and definition in text:
            made = made_licence(made, node.licence)
    return None if made == UNKNOWN != licence else made


def why_unseen(dossier: Dossier, start: int, end: int) -> str | None:
    """Return why what stands at these offsets of the subcaption cannot be checked in the image, None where it can.

    A heading names what is shown, whatever is written behind it.
    """
    heading = dossier.figure.title or ""
    if end <= len(heading) and dossier.subcaption.startswith(heading):
        return None
    at = 0
    for first, last in dossier.panel.spans:
        # The part of the stretch that lies in this span, in offsets of the caption.
        low, high = first + max(start - at, 0), first + min(end - at, last - first)
        for sentence in dossier.panel.sentences:
            if sentence["why_not"] and max(low, sentence["start_char"]) < min(high, sentence["end_char"]):
                return str(sentence["why_not"])
        at += last - first + 1
    return None


def can_be_seen(dossier: Dossier, anchor: Anchor) -> bool:
    """Say whether the sentence that the anchor stands in may support a statement about the image.

    A sentence on how the image was made says which kind it is. Of passages that cite the figure only what is tagged
    visible counts.
    """
    if anchor.start_char is None or anchor.end_char is None:
        return False
    start, end = anchor.start_char, anchor.end_char
    if anchor.field == "mention":
        return any(
            first <= start and end <= last and mention.text[start:end] == anchor.surface
            for mention, (first, last) in dossier.visible
        )
    if anchor.field != "subcaption":
        return True
    why = why_unseen(dossier, start, end)
    return why is None or (why == "method" and dossier.nodes[anchor.node].node.facet == "modality")


def tagged_passages(dossier: Dossier) -> str:
    """Return the sentences that concern the panel in passages that cite it, a line each, behind its tag."""
    texts = {mention.key: mention.text for mention in dossier.mentions}
    return "\n".join(f"{one.tag}: {texts[one.mention][one.start_char : one.end_char]}" for one in dossier.cited)


def passage_of(dossier: Dossier, anchor: Anchor) -> str:
    """Return the sentence that the anchor stands in, verbatim; empty where a vector alone speaks for it."""
    if anchor.start_char is None or anchor.end_char is None:
        return ""
    for text in texts_of(dossier, anchor):
        if text[anchor.start_char : anchor.end_char] != anchor.surface:
            continue
        for start, end in sentences_of(text):
            if start <= anchor.start_char < end:
                return text[start:end]
    return ""


def texts_of(dossier: Dossier, anchor: Anchor) -> tuple[str, ...]:
    """Return the texts that the field of the anchor names, in their order."""
    return {
        "subcaption": (dossier.subcaption,),
        "caption": (dossier.figure.caption,),
        "mention": tuple(mention.text for mention in sorted(dossier.mentions, key=lambda m: (m.position, m.key))),
        "title": (dossier.article.title,),
    }[anchor.field]
