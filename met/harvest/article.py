"""A file of a source to rows: the article, its figures with their images, and what cites them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from met.harvest.jats import ParsedArticle, ParsedFigure, parse_article
from met.harvest.jats.front import Front
from met.harvest.jats.graphics import by_small_letters, resolve_graphic
from met.harvest.jats.notice import Notice, governed
from met.keys import content_key, digest
from met.pixels import ImageRefused, inspect_image
from met.types import Article, ArticleFile, DataClass, Drop, Fact, Figure, Image, Made, Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What a file gave: rows and Drops, and the bytes of its readable images by sha256."""

    made: Made
    blobs: Mapping[str, bytes]


def content_digest(xml: bytes, graphics: Mapping[str, bytes | None]) -> str:
    """Return the digest of an article's files; it changes when any of them changes, comes or goes."""
    files = sorted((name, None if data is None else _sha256(data)) for name, data in graphics.items())
    return digest([_sha256(xml), files])


def harvest_article(
    *,
    item: str,
    path: str,
    xml: bytes,
    graphics: Mapping[str, bytes | None],
    max_pixels: int,
    data_class: DataClass,
    notice: Notice | None = None,
) -> Harvest:
    """Return what the JATS file `xml` and its `graphics` (name -> bytes, None where unreadable) hold.

    Every picture of every `fig` is one Figure or one Drop about it. `position` counts pictures in document order, so
    a `fig` with two graphics makes two figures that share label, caption and mentions; one without any keeps its place.
    An article is known by its PMCID, else its DOI, else the publisher's id within the journal, else the file's name.
    `notice` is what the repository says of it: the stricter licence holds, and a disagreement is a fact of the article.

    Drops about a figure: `no_graphic`, `missing_graphic`, `unreadable_image`, `too_many_pixels`. A file that is no
    article makes one Drop about `item` and is not kept; reasons as in `parse_article`. So does an article that says it
    is retracted (`retracted`): nothing of it goes any further.
    """
    parsed = parse_article(xml, item)
    if isinstance(parsed, Drop):
        drop = replace(parsed, detail={**parsed.detail, "path": path})
        return Harvest(made=Made(item=item, drops=(drop,), kept=False), blobs={})
    if parsed.front.retracted:
        return Harvest(made=Made(item=item, drops=(_retracted(parsed, item, path),), kept=False), blobs={})
    parsed, disagreement = governed(parsed, notice)
    edition = content_digest(xml, graphics)
    article = _article(parsed.front, path=path, edition=edition, data_class=data_class)
    names = by_small_letters(graphics)
    rows: list[Any] = []
    drops: list[Drop] = []
    images: dict[str, Image] = {}
    blobs: dict[str, bytes] = {}
    for position, (figure, renditions) in enumerate(_pictures(parsed)):
        key = content_key("figure", article.key, position)
        found = _image(renditions, names, graphics, max_pixels)
        if isinstance(found, Drop):
            detail = {**found.detail, "article": article.key, "label": figure.label, "xml_id": figure.xml_id}
            drops.append(replace(found, item=key, detail=detail))
            continue
        graphic, image, data = found
        images[image.sha256], blobs[image.sha256] = image, data
        rows += _figure_rows(figure, key=key, position=position, article=article, graphic=graphic, image=image)
    rows = [ArticleFile(item=item, article=article.key), article, *images.values(), *rows]
    if disagreement:
        key = content_key("fact", article.key)
        rows.append(Fact(key=key, article=article.key, subject=article.key, facts={"licences": disagreement}))
    return Harvest(made=Made(item=item, rows=tuple(rows), drops=tuple(drops)), blobs=blobs)


def _retracted(parsed: ParsedArticle, item: str, path: str) -> Drop:
    front = parsed.front
    detail = {
        "path": path,
        "said_by": "article",
        "title": front.title,
        "doi": front.doi,
        "related": [asdict(related) for related in front.related],
        "figures": len(parsed.figures),
    }
    return Drop(item=item, reason="retracted", detail=detail)


def _article(front: Front, *, path: str, edition: str, data_class: DataClass) -> Article:
    repository, identifier = _identity(front, path)
    version = f"{front.version or '1'}+{edition[:12]}"
    facts: dict[str, Any] = {
        "repository": repository,
        "id": identifier,
        "edition": version,
        "title": front.title,
        "journal": front.journal,
        "year": front.year,
        "published": front.published,
        "dates": dict(front.dates),
        "doi": front.doi,
        "pmcid": front.pmcid,
        "article_type": front.article_type,
        "licence": front.rights.licence,
        "licence_url": front.rights.url,
        "copyright": front.rights.copyright,
        "retracted": front.retracted,
        "related": [asdict(related) for related in front.related],
        "abstract": front.abstract,
        "subjects": front.subjects,
        "keywords": front.keywords,
        "data_class": data_class,
        "path": path,
    }
    return Article(key=content_key("article", repository, identifier, version), digest=digest(facts), **facts)


def _identity(front: Front, path: str) -> tuple[str, str]:
    if front.pmcid:
        return "pmc", front.pmcid
    if front.doi:
        return "doi", front.doi
    if front.publisher_id:
        return "publisher", f"{front.journal or ''}/{front.publisher_id}"
    return "file", PurePosixPath(path).stem


def _pictures(parsed: ParsedArticle) -> Sequence[tuple[ParsedFigure, tuple[str, ...] | None]]:
    """Return (figure, names of one picture's renditions) in document order, None for a figure without a graphic."""
    return [(figure, names) for figure in parsed.figures for names in figure.graphics or (None,)]


def _image(
    renditions: tuple[str, ...] | None, names: Mapping[str, str], graphics: Mapping[str, bytes | None], max_pixels: int
) -> tuple[str, Image, bytes] | Drop:
    """Return (file name, image, bytes) of the first rendition that can be read, else the Drop of the first."""
    if renditions is None:
        return Drop(item="", reason="no_graphic")
    drops: list[Drop] = []
    for href in renditions:
        found = _rendition(href, resolve_graphic(href, names), graphics, max_pixels)
        if not isinstance(found, Drop):
            return found
        drops.append(found)
    # A file that is there and refused says more than one that is not there.
    return next((drop for drop in drops if drop.reason != "missing_graphic"), drops[0]) if drops else _MISSING


_MISSING = Drop(item="", reason="missing_graphic", detail={"graphic": None})


def _rendition(
    href: str, name: str | None, graphics: Mapping[str, bytes | None], max_pixels: int
) -> tuple[str, Image, bytes] | Drop:
    if name is None:
        return Drop(item="", reason="missing_graphic", detail={"graphic": href})
    data = graphics[name]
    if data is None:
        return Drop(item="", reason="unreadable_image", detail={"graphic": name, "why": "the file cannot be read"})
    try:
        return name, inspect_image(data, max_pixels=max_pixels), data
    except ImageRefused as refused:
        return Drop(item="", reason=refused.reason, detail={"graphic": name, "why": refused.why})


def _figure_rows(
    parsed: ParsedFigure, *, key: str, position: int, article: Article, graphic: str, image: Image
) -> list[Figure | Mention]:
    mentions = [
        Mention(
            key=content_key("mention", key, index),
            figure=key,
            position=index,
            text=mention.text,
            start_char=mention.start,
            end_char=mention.end,
            panel_letters=mention.letters,
        )
        for index, mention in enumerate(parsed.mentions)
    ]
    facts: dict[str, Any] = {
        "article": article.key,
        "position": position,
        "xml_id": parsed.xml_id,
        "label": parsed.label,
        "title": parsed.title,
        "caption": parsed.caption,
        "graphic": graphic,
        "image": image.sha256,
        "licence": parsed.licence,
        "licence_url": parsed.licence_url,
        "credit": parsed.credit,
    }
    rests_on = digest([facts, article.digest, [asdict(mention) for mention in mentions]])
    return [Figure(key=key, digest=rests_on, **facts), *mentions]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
