"""One pass over a JATS article: its head, its figures, and the passages that cite them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from met.harvest.flatten import LEFT_OUT, flat_text
from met.harvest.front import Front, Rights, read_front, read_rights
from met.harvest.mentions import FigureNames, ParsedMention, mentions_by_links, mentions_in_words
from met.rights import credit_of, figure_licence
from met.types import Drop
from met.xml import Element, XmlRefused, parse_xml

_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_NOT_PICTURES: Final = LEFT_OUT - {"fig", "graphic"} | {
    "caption",
    "disp-formula",
    "inline-formula",
    "chem-struct",
    "label",
}
# Links of these types lead elsewhere, whatever their target is called; references alone are half of all links.
_OTHER_LINKS: Final = frozenset({"bibr", "aff", "corresp", "fn", "author-notes", "table", "table-fn", "disp-formula"})
_WRAPPERS: Final = frozenset({"pmc-articleset", "articles", "article-set"})
_JATS_NAMESPACES: Final = ("jats.nlm.nih.gov", "dtd.nlm.nih.gov")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFigure:
    """A `fig`. `caption` holds the title first, then the paragraphs; `title` is that beginning of it.

    `graphics` has one entry for each picture of the figure: the names of its renditions, preferred first.
    """

    xml_id: str | None
    label: str | None
    title: str | None
    caption: str
    graphics: tuple[tuple[str, ...], ...]
    licence: str
    licence_url: str | None
    credit: str | None
    mentions: tuple[ParsedMention, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedArticle:
    """A JATS article; `figures` in document order."""

    front: Front
    figures: tuple[ParsedFigure, ...]


def parse_article(xml: bytes, path: str) -> ParsedArticle | Drop:
    """Return the article that `xml` holds, or the Drop that says why it holds none; `path` is the item of the Drop.

    Figures are all `fig` elements, wherever they stand, with or without id. Graphics of tables and formulas are none.
    Mentions follow links (`xref`), ranges between two links, and numbers in the text of a link; where no link of the
    article leads to a figure, citations in words ("Fig. 2") are matched to the labels.

    Reasons: `not_jats`, and those of `met.xml.XmlRefused`.
    """
    try:
        root = _article(parse_xml(xml))
    except XmlRefused as refused:
        return Drop(item=path, reason=refused.reason, detail={"line": refused.line})
    if isinstance(root, str):
        return Drop(item=path, reason="not_jats", detail={"root": root})
    front = read_front(root)
    # One walk by lxml itself: two, or an XPath, take twice as long.
    found = list(root.iter("fig", "xref"))
    figures = [element for element in found if element.tag == "fig"]
    links = [element for element in found if element.tag == "xref" and element.get("ref-type") not in _OTHER_LINKS]
    names = FigureNames.of(figures, labels=[_label(figure) for figure in figures])
    mentions = mentions_by_links(links, names) or mentions_in_words(root, names)
    return ParsedArticle(
        front=front,
        figures=tuple(_figure(figure, front.rights, mentions.get(index, ())) for index, figure in enumerate(figures)),
    )


def _article(root: Element) -> Element | str:
    """Return the `article` element, or the name of the root where there is not exactly one."""
    namespace, _, name = root.tag.rpartition("}")
    if namespace and any(known in namespace for known in _JATS_NAMESPACES):
        _strip_namespace(root, namespace + "}")
        name = root.tag
    elif namespace:
        return str(root.tag)
    if name in _WRAPPERS and len(root) == 1:
        root = root[0]
    # DocBook's root is called article too, but it has neither a front nor a body.
    parts = {child.tag for child in root}
    return root if root.tag == "article" and parts & {"front", "body", "floats-group"} else str(root.tag)


def _strip_namespace(root: Element, prefix: str) -> None:
    for element in root.iter():
        element.tag = element.tag.removeprefix(prefix)


def _figure(figure: Element, article: Rights, mentions: Iterable[ParsedMention]) -> ParsedFigure:
    parts = _parts(figure)
    caption = flat_text(*(parts.get("caption") or parts.get("p", [])))
    title = flat_text(*(found for element in parts.get("caption", [])[:1] for found in element.iterchildren("title")))
    rights = read_rights([*parts.get("permissions", []), *_inner_permissions(parts.get("caption", []))])
    credit = [credit_of(caption), flat_text(*parts.get("attrib", [])), rights.text if rights else None]
    credit_lines = " ".join(dict.fromkeys(text for text in credit if text)) or None
    licence = figure_licence(article.licence, stated=rights.licence if rights else None, credit=credit_lines)
    return ParsedFigure(
        xml_id=figure.get("id"),
        label=_label(figure),
        title=title if title and caption.startswith(title) else None,
        caption=caption,
        graphics=tuple(_graphics(figure)),
        licence=licence,
        licence_url=(rights.url if rights else None) or (article.url if licence == article.licence else None),
        credit=credit_lines,
        mentions=tuple(mentions),
    )


def _parts(figure: Element) -> dict[str, list[Element]]:
    """Return the children of a figure by name, and after them caption, credit and rights that its group has for all."""
    parts: dict[str, list[Element]] = {}
    for child in figure:
        parts.setdefault(child.tag, []).append(child)
    group = figure.getparent()
    for child in group.iterchildren("caption", "attrib", "permissions") if group.tag == "fig-group" else ():
        parts.setdefault(child.tag, []).append(child)
    return parts


def _inner_permissions(captions: Iterable[Element]) -> list[Element]:
    return [found for caption in captions for found in caption.iter("permissions")]


def _label(figure: Element) -> str | None:
    own = flat_text(*figure.iterchildren("label"))
    group = figure.getparent()
    return own or (flat_text(*group.iterchildren("label")) if group.tag == "fig-group" else "") or None


def _graphics(figure: Element) -> Iterable[tuple[str, ...]]:
    """Yield the names of each picture; `alternatives` hold several renditions of one.

    A figure without a graphic may name its picture, or the file that holds it, as `media`.
    """
    seen: set[Element] = set()
    graphics = [found for found in figure.iter("graphic") if _pictures(found, figure)]
    for graphic in graphics or figure.iterchildren("media"):
        parent = graphic.getparent()
        if parent.tag != "alternatives":
            yield _names([graphic])
        elif parent not in seen:
            seen.add(parent)
            yield _names(list(parent.iterchildren("graphic")))


def _pictures(graphic: Element, figure: Element) -> bool:
    for ancestor in graphic.iterancestors():
        if ancestor is figure:
            return True
        if ancestor.tag in _NOT_PICTURES or ancestor.tag == "fig":
            return False
    return False


def _names(graphics: list[Element]) -> tuple[str, ...]:
    ranked = sorted(graphics, key=_is_preview)
    return tuple(dict.fromkeys(name for graphic in ranked if (name := (graphic.get(_XLINK_HREF) or "").strip())))


def _is_preview(graphic: Element) -> bool:
    attributes: Mapping[str, str] = graphic.attrib
    words = " ".join(attributes.get(name, "") for name in ("specific-use", "content-type")).lower()
    return any(word in words for word in ("thumb", "preview", "small"))
