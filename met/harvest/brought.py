"""Images that come without an article: a row of somebody's dataset, a file of a folder, a DICOM object."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from met.credits import credit_of, figure_licence
from met.harvest.article import Harvest
from met.keys import content_key, digest
from met.pixels import ImageRefused, inspect_image
from met.rights import UNKNOWN
from met.types import Article, ArticleFile, Box, DataClass, Drop, Fact, Figure, Image, KnownRegion, Made
from met.xml import storable

EDITION_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRegion:
    """A region that the source knows, in pixels of the image. `concept` is a CURIE or a name of the tree's.

    `rle` is None for a box; else the mask within the box, as `met.regions.masks` writes it.
    """

    box: Box
    rle: str | None
    label: str
    concept: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One image of a row. `data` is None where it cannot be read, `name` None where the row names none."""

    name: str | None
    data: bytes | None
    caption: str = ""
    refused: Drop | None = None
    regions: tuple[GivenRegion, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One row with its own id, and the pictures in its order. `licence` is one of met/rights.py."""

    id: str
    path: str
    pictures: tuple[Picture, ...]
    title: str = ""
    doi: str | None = None
    pmcid: str | None = None
    licence: str = UNKNOWN
    licence_url: str | None = None
    keywords: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()


def harvest_brought(
    *, item: str, repository: str, rows: Iterable[Brought | Drop], max_pixels: int, data_class: DataClass
) -> Harvest:
    """Return what the rows of one work item hold: each row an article of its own id, each picture a figure or a Drop.

    The article's edition is the digest of the row, so a row that changes is another edition of the same id. A caption
    that names somebody's rights makes the licence of its figure unknown. `Made.kept` is False where all are Drops.

    Drops: those that the source gives instead of rows, `no_graphic`, `missing_graphic`, `unreadable_image`,
    `too_many_pixels`.
    """
    made: list[Any] = []
    drops: list[Drop] = []
    images: dict[str, Image] = {}
    blobs: dict[str, bytes] = {}
    for row in rows:
        if isinstance(row, Drop):
            drops.append(row)
            continue
        article = _article(row, repository, data_class)
        made += [ArticleFile(item=item, article=article.key), article, *_facts(article.key, article.key, row.facts)]
        drops += [replace(drop, item=drop.item or article.key) for drop in row.drops]
        for position, picture in enumerate(row.pictures):
            key = content_key("figure", article.key, position)
            found = _image(picture, max_pixels)
            if isinstance(found, Drop):
                drops.append(replace(found, item=key, detail={**found.detail, "article": article.key, "row": row.id}))
                continue
            images[found.sha256], blobs[found.sha256] = found, picture.data or b""
            made += _figure_rows(row, picture, key=key, position=position, article=article, image=found)
    kept = not drops or any(isinstance(one, Article) for one in made)
    said = tuple(replace(drop, detail=_plain(drop.detail)) for drop in drops)
    return Harvest(made=Made(item=item, rows=(*images.values(), *made), drops=said, kept=kept), blobs=blobs)


def _article(row: Brought, repository: str, data_class: DataClass) -> Article:
    edition = "1+" + _row_digest(row)[:EDITION_DIGITS]
    facts: dict[str, Any] = {
        "repository": repository,
        "id": storable(row.id),
        "edition": edition,
        "title": storable(row.title),
        "journal": None,
        "year": None,
        "doi": storable(row.doi) if row.doi else None,
        "pmcid": row.pmcid,
        "article_type": None,
        "licence": row.licence,
        "licence_url": storable(row.licence_url) if row.licence_url else None,
        "copyright": None,
        "retracted": False,
        "abstract": None,
        "keywords": tuple(storable(word) for word in row.keywords),
        "data_class": data_class,
        "path": row.path,
    }
    return Article(key=content_key("article", repository, row.id, edition), digest=digest(facts), **facts)


def _row_digest(row: Brought) -> str:
    pictures = [
        [picture.name, _sha256(picture.data), picture.caption, _regions(picture), _plain(picture.facts)]
        for picture in row.pictures
    ]
    return digest([row.id, row.title, row.licence, row.keywords, _plain(row.facts), pictures])


def _regions(picture: Picture) -> list[Any]:
    return [[list(region.box), region.rle, region.label, region.concept] for region in picture.regions]


def _image(picture: Picture, max_pixels: int) -> Image | Drop:
    if picture.refused is not None:
        return picture.refused
    if picture.data is None:
        reason = "no_graphic" if picture.name is None else "missing_graphic"
        return Drop(item="", reason=reason, detail={"graphic": picture.name})
    try:
        return inspect_image(picture.data, max_pixels=max_pixels)
    except ImageRefused as refused:
        return Drop(item="", reason=refused.reason, detail={"graphic": picture.name, "why": refused.why})


def _figure_rows(
    row: Brought, picture: Picture, *, key: str, position: int, article: Article, image: Image
) -> list[Figure | Fact | KnownRegion]:
    caption = storable(picture.caption)
    credit = credit_of(caption)
    facts: dict[str, Any] = {
        "article": article.key,
        "position": position,
        "xml_id": None,
        "label": None,
        "title": None,
        "caption": caption,
        "graphic": storable(picture.name or row.id),
        "image": image.sha256,
        "licence": figure_licence(row.licence, credit=credit),
        "licence_url": storable(row.licence_url) if row.licence_url else None,
        "credit": credit,
    }
    rests_on = digest([facts, article.digest, _regions(picture), _plain(picture.facts)])
    known = [
        KnownRegion(
            key=content_key("known_region", key, list(region.box), region.rle, region.label, region.concept),
            article=article.key,
            figure=key,
            box=region.box,
            rle=region.rle,
            label=storable(region.label),
            concept=storable(region.concept) if region.concept else None,
        )
        for region in _inside(picture.regions, image)
    ]
    return [
        Figure(key=key, digest=rests_on, **facts),
        *{region.key: region for region in known}.values(),
        *_facts(article.key, key, picture.facts),
    ]


def _inside(regions: Iterable[GivenRegion], image: Image) -> Iterable[GivenRegion]:
    """Yield the regions that lie in the image, boxes cut to its edges; a mask is never cut."""
    for region in regions:
        x1, y1, x2, y2 = region.box
        box = (max(x1, 0), max(y1, 0), min(x2, image.width), min(y2, image.height))
        if box[0] < box[2] and box[1] < box[3] and (region.rle is None or box == region.box):
            yield replace(region, box=box)


def _facts(article: str, subject: str, facts: Mapping[str, Any]) -> list[Fact]:
    known = {name: _plain(value) for name, value in sorted(facts.items()) if value is not None}
    return [Fact(key=content_key("fact", subject), article=article, subject=subject, facts=known)] if known else []


def _plain(value: Any) -> Any:
    """Return a value as JSON and a text column hold it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): _plain(part) for name, part in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
