"""Small dossiers for tests: a panel that is a whole figure, with the texts and nodes that a test names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from met.anchor import NodeIndex, anchor_panel
from met.harvest.cited import summary
from met.harvest.cited.checkable import marked_sentences
from met.keys import canonical_json, content_key, digest
from met.tree.lexicon import Lexicon, names_of
from met.types import Article, Dossier, Drop, Facet, Figure, Image, Mention, Modality, Node, Panel, PlacedNode, Reply

WIDTH, HEIGHT = 640, 480


def node(facet: Facet, name: str, *synonyms: str, definition: str | None = None, licence: str = "CC0-1.0") -> Node:
    return Node(
        key=content_key("node", facet, name),
        digest=digest([facet, name, definition]),
        facet=facet,
        curie=None,
        name=name,
        synonyms=synonyms,
        definition=definition,
        xrefs=(),
        provenance={},
        licence=licence,
        text_digest=digest(name),
    )


NODES = (
    node("modality", "computed tomography", "CT", "CT scan", definition="Imaging computed from X-ray projections."),
    node("modality", "radiography", "X-ray", "radiograph"),
    node("modality", "magnetic resonance imaging", "MRI"),
    node("modality", "ultrasonography", "ultrasound"),
    node("modality", "endoscopy"),
    node("anatomy", "left lung", definition="The lung on the left side of the body[XX]."),
    node("anatomy", "right lung"),
    node("anatomy", "lung", "pulmo"),
    node("anatomy", "heart"),
    node("anatomy", "liver"),
    node("anatomy", "spleen"),
    node("anatomy", "stomach"),
    node("anatomy", "head"),
    node("anatomy", "brain"),
    node("anatomy", "knee"),
    node("anatomy", "elbow"),
    node("disease", "pneumonia", definition="Infection of the lung. Often bacterial."),
    node("disease", "tuberculosis"),
    node("disease", "lung cancer"),
    node("disease", "asthma"),
    node("disease", "bronchitis"),
    node("symptom", "pneumothorax"),
    node("symptom", "consolidation"),
    node("symptom", "fever"),
)
BY_NAME = {one.name: one for one in NODES}
FACETS: Mapping[str, Facet] = {one.key: one.facet for one in NODES}
LEXICON = Lexicon((name, one.key) for one in NODES for name in names_of(one))
NO_INDEX = NodeIndex([], np.zeros((0, 4), dtype=np.float32))
NO_VECTOR = np.zeros(4, dtype=np.float32)


def dossier(
    caption: str,
    *,
    title: str | None = None,
    mentions: Sequence[str] = (),
    article: str = "A report",
    image_licence: str = "CC-BY-4.0",
    text_licence: str = "CC-BY-4.0",
    **panel: Any,
) -> Dossier:
    """Return a dossier before anchoring. A mention cites at its first "Fig"; `panel` overrides fields of the panel."""
    key = content_key("figure", caption, *mentions)
    image = Image(sha256="0" * 64, media_type="image/png", bytes=9, width=WIDTH, height=HEIGHT, mode="L", phash=0)
    whole: dict[str, Any] = {
        "key": content_key("panel", key),
        "figure": key,
        "image": image.sha256,
        "box": (0, 0, WIDTH, HEIGHT),
        "phash": 0,
        "position": 0,
        "letter": None,
        "spans": ((0, len(caption)),),
        "method": "whole",
        "confidence": 1.0,
        "digest": digest(caption),
    }
    facts = {**whole, **panel}
    return Dossier(
        panel=Panel(**{"sentences": marked_sentences(caption, facts["spans"]), **facts}),
        figure=_figure(key, caption, title, image_licence),
        article=_article(article, text_licence),
        image=image,
        mentions=tuple(_mention(key, position, text) for position, text in enumerate(mentions)),
    )


def anchored(one: Dossier, *, label: str = "ct", medical: float = 0.95) -> Dossier:
    """Return the dossier with modality, anchors and nodes; nodes of a facet are siblings under a root of its name."""
    anchors = anchor_panel(one, lexicon=LEXICON, facets=FACETS, index=NO_INDEX, vector=NO_VECTOR)
    modality = Modality(
        key=content_key("modality", one.panel.key),
        panel=one.panel.key,
        label=label,
        probability=0.9,
        medical=medical,
        method="test",
        signals={"pixels": {"label": label, "probability": 0.9, "medical": medical}},
    )
    nodes = {anchor.node: placed(anchor.node) for anchor in anchors}
    return with_cited(replace(one, modality=modality, anchors=anchors, nodes=nodes))


def with_cited(one: Dossier) -> Dossier:
    """Return the dossier with the sentences of its mentions that concern it, as the engine `rules` tags them."""
    reply = Reply(
        item=one.panel.key, step=summary.STEP, text=canonical_json(summary.rules(one)), refusal=None, engine="rules",
        model="none", tokens_in=0, tokens_out=0, seconds=0.0,
    )  # fmt: skip
    cited = summary.read(one, reply)
    assert not isinstance(cited, Drop), cited
    return replace(one, cited=cited)


def placed(key: str) -> PlacedNode:
    one = next(one for one in NODES if one.key == key)
    others = tuple(
        sorted((other for other in NODES if other.facet == one.facet and other.key != key), key=lambda n: n.key)
    )
    siblings = tuple((other.key, other.name) for other in others)
    return PlacedNode(node=one, path=(one.facet,), siblings=siblings, others=others)


def _figure(key: str, caption: str, title: str | None, licence: str) -> Figure:
    return Figure(
        key=key,
        article="article:0",
        position=0,
        digest=digest(caption),
        xml_id=None,
        label="Fig. 1",
        title=title,
        caption=caption,
        graphic="a.png",
        image="0" * 64,
        licence=licence,
        licence_url=None,
        credit=None,
    )


def _article(title: str, licence: str) -> Article:
    return Article(
        key="article:0",
        repository="test",
        id="0",
        edition="1",
        digest="0",
        title=title,
        journal=None,
        year=2020,
        doi=None,
        pmcid=None,
        article_type=None,
        licence=licence,
        licence_url=None,
        copyright=None,
        retracted=False,
        abstract=None,
        keywords=(),
        data_class="open",
        path="a.xml",
    )


def _mention(figure: str, position: int, text: str) -> Mention:
    start = max(text.find("Fig"), 0)
    return Mention(
        key=content_key("mention", figure, position),
        figure=figure,
        position=position,
        text=text,
        start_char=start,
        end_char=start + 3,
        panel_letters=(),
    )
