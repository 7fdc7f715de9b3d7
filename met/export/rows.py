"""A row of rows.parquet: one training sample with every fact about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from met.export.image import ExportedImage
from met.export.samples import OwnCaption, Sample, may_derive
from met.harvest.privacy import status_of
from met.keys import canonical_json
from met.review.heed import BY
from met.types import Caption, Dossier, Mention, PlacedNode, Question

Row = dict[str, Any]


def row_of(dossier: Dossier, sample: Sample, image: ExportedImage, *, tree: str, versions: Mapping[str, str]) -> Row:
    """Return the row of one sample: a value for every column of met/export/schema.py."""
    return {
        "id": sample.key,
        **_text(sample),
        **_image(dossier, image),
        **_figure(dossier),
        **_article(dossier),
        **_modality(dossier),
        **_place(dossier, node_of(dossier)),
        "anchors": _anchors(dossier),
        "verdicts": _verdicts(dossier),
        "reviews": _reviews(dossier, sample.text.key),
        "regions": _regions(dossier),
        "tree": tree,
        "versions": [{"stage": stage, "version": version} for stage, version in sorted(versions.items())],
    }


def node_of(dossier: Dossier) -> str | None:
    """Return the node that the pair was kept for: the alignment verdict's, else the best depicted anchor's."""
    named = [verdict.node for verdict in dossier.verdicts if verdict.stage == "align" and verdict.node]
    depicted = [
        anchor.node for anchor in dossier.anchors if anchor.role == "depicted" and anchor.polarity == "affirmed"
    ]
    return next(iter([*named, *depicted]), None)


def _text(sample: Sample) -> Row:
    text = sample.text
    made = None if isinstance(text, OwnCaption) else text
    question = text if isinstance(text, Question) else None
    return {
        "sample": "vqa" if question else "caption",
        "kind": made.kind if made else "source",
        "text": text.text,
        "options": list(question.options) if question else None,
        "answer": question.answer if question else None,
        "rationale": question.rationale if question else None,
        "needs": question.needs if question else None,
        "text_key": text.key,
        "text_nodes": sorted(made.nodes) if made else [],
        "supports_json": _supports(sample),
        "edges_json": canonical_json([dict(edge) for edge in question.edges]) if question else None,
        "engine": made.engine if made else None,
        "model": made.model if made else None,
        "made_licence": made.licence if made else None,
    }


def _supports(sample: Sample) -> str | None:
    match sample.text:
        case OwnCaption(spans=spans):
            return canonical_json([{"field": "caption", "start_char": start, "end_char": end} for start, end in spans])
        case Caption(supports=supports):
            return canonical_json([dict(support) for support in supports])
        case _:
            return None


def _image(dossier: Dossier, image: ExportedImage) -> Row:
    return {
        "image": image.path,
        "image_sha256": image.sha256,
        "image_bytes": len(image.data),
        "image_width": image.width,
        "image_height": image.height,
        "image_pixels": image.pixels,
        "figure_image_sha256": dossier.figure.image,
        "figure_width": dossier.image.width,
        "figure_height": dossier.image.height,
        "box": list(dossier.panel.box),
        "panel": dossier.panel.key,
        "panel_letter": dossier.panel.letter,
        "panel_method": dossier.panel.method,
        "panel_confidence": dossier.panel.confidence,
        "privacy": status_of(dossier),
        "privacy_looked": list(dossier.privacy.looked) if dossier.privacy else [],
    }


def _figure(dossier: Dossier) -> Row:
    figure = dossier.figure
    # A work that allows no derivative leaves with its own caption and no excerpt of its text.
    mentions = dossier.mentions if may_derive(dossier) else ()
    return {
        "figure": figure.key,
        "figure_label": figure.label,
        "figure_title": figure.title,
        "caption": figure.caption,
        "subcaption": dossier.subcaption,
        "spans": [list(span) for span in dossier.panel.spans],
        "sentences": [dict(sentence) for sentence in dossier.panel.sentences],
        "mentions": [
            {
                "key": mention.key,
                "text": mention.text,
                "start_char": mention.start_char,
                "end_char": mention.end_char,
                "panel_letters": list(mention.panel_letters),
            }
            for mention in sorted(mentions, key=lambda mention: (mention.position, mention.key))
        ],
        "cited": _cited(dossier, mentions),
        "image_licence": figure.licence,
        "image_licence_url": figure.licence_url,
        "credit": figure.credit,
    }


def _cited(dossier: Dossier, mentions: Sequence[Mention]) -> list[Row]:
    """Return the sentences of `mentions` that concern the panel, with what each can support."""
    texts = {mention.key: mention.text for mention in mentions}
    return [
        {
            "key": one.key,
            "mention": one.mention,
            "start_char": one.start_char,
            "end_char": one.end_char,
            "text": texts[one.mention][one.start_char : one.end_char],
            "tag": one.tag,
            "engine": one.engine,
            "model": one.model,
        }
        for one in dossier.cited
        if one.mention in texts
    ]


def _article(dossier: Dossier) -> Row:
    article = dossier.article
    return {
        "article": article.key,
        "repository": article.repository,
        "article_id": article.id,
        "edition": article.edition,
        "doi": article.doi,
        "pmcid": article.pmcid,
        "title": article.title,
        "journal": article.journal,
        "year": article.year,
        "published": article.published,
        "article_type": article.article_type,
        "subjects": list(article.subjects),
        "keywords": list(article.keywords),
        "related": [dict(related) for related in article.related],
        "retracted": article.retracted,
        "text_licence": article.licence,
        "text_licence_url": article.licence_url,
        "copyright": article.copyright,
        "data_class": article.data_class,
        "facts_json": canonical_json(dict(dossier.facts)) if dossier.facts else None,
    }


def _modality(dossier: Dossier) -> Row:
    modality = dossier.modality
    return {
        "modality": modality.label if modality else None,
        "modality_probability": modality.probability if modality else None,
        "medical": modality.medical if modality else None,
        "modality_method": modality.method if modality else None,
        "modality_signals_json": canonical_json(dict(modality.signals)) if modality else None,
    }


def _place(dossier: Dossier, key: str | None) -> Row:
    placed: PlacedNode | None = dossier.nodes.get(key) if key else None
    return {
        "node": key,
        "node_curie": placed.node.curie if placed else None,
        "node_name": placed.node.name if placed else None,
        "node_facet": placed.node.facet if placed else None,
        "node_path": list(placed.path) if placed else None,
        "node_licence": placed.node.licence if placed else None,
    }


def _anchors(dossier: Dossier) -> list[Row]:
    return [
        {
            "key": anchor.key,
            **_place(dossier, anchor.node),
            "role": anchor.role,
            "polarity": anchor.polarity,
            "certainty": anchor.certainty,
            "score": anchor.score,
            "method": anchor.method,
            "field": anchor.field,
            "surface": anchor.surface,
            "start_char": anchor.start_char,
            "end_char": anchor.end_char,
        }
        for anchor in sorted(dossier.anchors, key=lambda anchor: (-anchor.score, anchor.key))
    ]


def _verdicts(dossier: Dossier) -> list[Row]:
    return [
        {
            "stage": verdict.stage,
            "keep": verdict.keep,
            "reason": verdict.reason,
            "node": verdict.node,
            "signals_json": canonical_json(dict(verdict.signals)),
            "engine": verdict.engine,
            "model": verdict.model,
        }
        for verdict in sorted(dossier.verdicts, key=lambda verdict: (verdict.stage != "screen", verdict.key))
    ]


def _reviews(dossier: Dossier, text: str) -> list[Row]:
    """Return who judged the panel, its anchors or the text of this row, by kind and never by name."""
    shown = {dossier.panel.key, text, *(anchor.key for anchor in dossier.anchors)}
    said = [
        (review.item, BY[review.reviewer_kind], review.judgement, review.reason)
        for review in dossier.reviews
        if review.item in shown
    ]
    return [
        {"item": item, "by": by, "judgement": judgement, "reason": reason}
        for item, by, judgement, reason in sorted(said, key=lambda row: (*row[:3], row[3] or ""))
    ]


def _regions(dossier: Dossier) -> list[Row]:
    return [
        {
            "key": region.key,
            "box": list(region.box),
            "rle": region.rle,
            "node": region.node,
            "producer": region.producer,
            "producer_version": region.producer_version,
            "score": region.score,
        }
        for region in sorted(dossier.regions, key=lambda region: region.key)
    ]
