"""The columns of rows.parquet, written once here and documented in docs and data card from the same table."""

import pyarrow as pa

_TEXT = pa.string()
_INT = pa.int32()
_REAL = pa.float32()
_BOX = pa.list_(_INT, 4)

NODE = {
    "node": _TEXT,
    "node_curie": _TEXT,
    "node_name": _TEXT,
    "node_facet": _TEXT,
    "node_path": pa.list_(_TEXT),
    "node_licence": _TEXT,
}
ANCHOR = {
    "key": _TEXT,
    **NODE,
    "role": _TEXT,
    "polarity": _TEXT,
    "certainty": _TEXT,
    "score": _REAL,
    "method": _TEXT,
    "field": _TEXT,
    "surface": _TEXT,
    "start_char": _INT,
    "end_char": _INT,
}
VERDICT = {
    "stage": _TEXT,
    "keep": pa.bool_(),
    "reason": _TEXT,
    "node": _TEXT,
    "signals_json": _TEXT,
    "engine": _TEXT,
    "model": _TEXT,
}
REGION = {
    "key": _TEXT,
    "box": _BOX,
    "rle": _TEXT,
    "node": _TEXT,
    "producer": _TEXT,
    "producer_version": _TEXT,
    "score": _REAL,
}
SENTENCE = {"start_char": _INT, "end_char": _INT, "why_not": _TEXT}
CITED = {
    "key": _TEXT,
    "mention": _TEXT,
    "start_char": _INT,
    "end_char": _INT,
    "text": _TEXT,
    "tag": _TEXT,
    "engine": _TEXT,
    "model": _TEXT,
}
MENTION = {"key": _TEXT, "text": _TEXT, "start_char": _INT, "end_char": _INT, "panel_letters": pa.list_(_TEXT)}
RELATED = {"kind": _TEXT, "target": _TEXT}
VERSION = {"stage": _TEXT, "version": _TEXT}
REVIEW = {"item": _TEXT, "by": _TEXT, "judgement": _TEXT, "reason": _TEXT}


def _many(fields: dict[str, pa.DataType]) -> pa.DataType:
    return pa.list_(pa.struct(list(fields.items())))


# Columns that end in _json hold canonical JSON, for their keys depend on what made them.
COLUMNS = {
    "id": _TEXT,
    "sample": _TEXT,  # caption or vqa
    "kind": _TEXT,  # of the caption (source: the authors' own) or of the question
    "text": _TEXT,  # the caption, or the question
    "options": pa.list_(_TEXT),
    "answer": _TEXT,
    "rationale": _TEXT,
    "needs": _TEXT,  # what the answer needs: image, image+context, knowledge
    "text_key": _TEXT,
    "text_nodes": pa.list_(_TEXT),
    "supports_json": _TEXT,
    "edges_json": _TEXT,
    "engine": _TEXT,
    "model": _TEXT,
    "image": _TEXT,  # path of the file in the dataset
    "image_sha256": _TEXT,
    "image_bytes": pa.int64(),
    "image_width": _INT,
    "image_height": _INT,
    "image_pixels": _TEXT,  # original: the pixel stream of the source; crop: lossless PNG of the box
    "figure_image_sha256": _TEXT,  # of the file as its source published it
    "figure_width": _INT,
    "figure_height": _INT,
    "box": _BOX,
    "panel": _TEXT,
    "panel_letter": _TEXT,
    "panel_method": _TEXT,
    "panel_confidence": _REAL,
    "figure": _TEXT,
    "figure_label": _TEXT,
    "figure_title": _TEXT,
    "caption": _TEXT,  # of the whole figure
    "subcaption": _TEXT,  # of the panel: caption[start:end] of each of spans
    "spans": pa.list_(pa.list_(_INT, 2)),
    "sentences": _many(SENTENCE),  # of the subcaption, offsets into the caption; why_not is null where it can be seen
    "mentions": _many(MENTION),
    "cited": _many(CITED),  # sentences of the mentions that concern the panel
    "article": _TEXT,
    "repository": _TEXT,
    "article_id": _TEXT,
    "edition": _TEXT,
    "doi": _TEXT,
    "pmcid": _TEXT,
    "title": _TEXT,
    "journal": _TEXT,
    "year": _INT,
    "published": _TEXT,  # ISO 8601, no more precise than the article says
    "article_type": _TEXT,
    "subjects": pa.list_(_TEXT),
    "keywords": pa.list_(_TEXT),
    "related": _many(RELATED),  # corrections and other articles that this one names
    "retracted": pa.bool_(),
    "modality": _TEXT,
    "modality_probability": _REAL,
    "medical": _REAL,
    "modality_method": _TEXT,
    "modality_signals_json": _TEXT,
    **NODE,  # the node that the pair was kept for
    "anchors": _many(ANCHOR),
    "verdicts": _many(VERDICT),
    "reviews": _many(REVIEW),  # of the panel, its anchors and this text; by: clinician, annotator, model-audited
    "regions": _many(REGION),
    "image_licence": _TEXT,
    "image_licence_url": _TEXT,
    "credit": _TEXT,
    "text_licence": _TEXT,
    "text_licence_url": _TEXT,
    "copyright": _TEXT,
    "made_licence": _TEXT,  # of what synthesis wrote; null where the text is the authors' own
    "data_class": _TEXT,
    "facts_json": _TEXT,
    "privacy": _TEXT,
    "privacy_looked": pa.list_(_TEXT),  # what looked: text, drawn, tags, faces
    "tree": _TEXT,
    "versions": _many(VERSION),
}
SCHEMA = pa.schema(list(COLUMNS.items()))
