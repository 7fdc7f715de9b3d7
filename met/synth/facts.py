"""What captions and questions may build on: nodes by a name that a model can copy, definitions, licences."""

import re

from met.anchor.sentences import sentences_of
from met.rights import made_licence
from met.types import Anchor, Dossier, Drop, Node, Span

# Where an ontology names its source at the end of a sentence: "A wall between two cavities[WP]."
_MARKS = re.compile(r"\s*\[[^\[\]]*\]\s*\.?$")


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


def licence_of(dossier: Dossier) -> str | Drop:
    """Return the licence of what is made of the image and the article's text, or the Drop that says that nothing may
    be."""
    image, text = dossier.figure.licence, dossier.article.licence
    made = made_licence(image, text)
    if made is None:
        return Drop(item=dossier.panel.key, reason="licence_incompatible", detail={"image": image, "text": text})
    return made


def passage_of(dossier: Dossier, anchor: Anchor) -> str:
    """Return the sentence that the anchor stands in, verbatim; empty where a vector alone speaks for it."""
    if anchor.start_char is None or anchor.end_char is None:
        return ""
    for text in _texts(dossier, anchor):
        if text[anchor.start_char : anchor.end_char] != anchor.surface:
            continue
        for start, end in sentences_of(text):
            if start <= anchor.start_char < end:
                return text[start:end]
    return ""


def _texts(dossier: Dossier, anchor: Anchor) -> tuple[str, ...]:
    return {
        "subcaption": (dossier.subcaption,),
        "caption": (dossier.figure.caption,),
        "mention": tuple(mention.text for mention in sorted(dossier.mentions, key=lambda m: (m.position, m.key))),
        "title": (dossier.article.title,),
    }[anchor.field]
