"""One pass over a JATS article: its head, its figures, and the passages that cite them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.credits import credit_of, figure_licence
from met.harvest.jats.flatten import LEFT_OUT, flat_text
from met.harvest.jats.front import Front, read_front
from met.harvest.jats.mentions import FigureNames, ParsedMention, find_mentions
from met.harvest.jats.permissions import Rights, read_rights
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
# Links of these types lead elsewhere, whatever their target is called; references alone are most of all links.
_OTHER_LINKS: Final = frozenset({"bibr", "aff", "corresp", "fn", "author-notes", "table", "table-fn", "disp-formula"})
# Of what an article may hold: figures, and characters of all captions.
_MOST_FIGURES: Final = 10_000
_MOST_CHARACTERS: Final = 32_000_000
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
    Mentions follow links (`xref`), ranges between two links, and numbers in the text of a link; a figure to which no
    link leads is looked for in words ("Fig. 2"), by its label.

    Reasons: `not_jats`, and those of `met.xml.XmlRefused`; `too_many` where figures, captions or mentions are more than
    any article has.
    """
    try:
        root = _article(parse_xml(xml))
        return Drop(item=path, reason="not_jats", detail={"root": root}) if isinstance(root, str) else _read(root)
    except XmlRefused as refused:
        return Drop(item=path, reason=refused.reason, detail={"line": refused.line})


def _read(root: Element) -> ParsedArticle:
    figures: list[Element] = []
    links: list[Element] = []
    others: list[Element] = []
    pictures: list[Element] = []
    kinds = {
        "fig": figures,
        "xref": links,
        "graphic": pictures,
        "related-article": others,
        "related-object": others,
    }
    # One walk by lxml itself: two, or an XPath, take twice as long.
    for found in root.iter(*kinds):
        if found.get("ref-type") not in _OTHER_LINKS:
            kinds[found.tag].append(found)
    if len(figures) > _MOST_FIGURES:
        raise XmlRefused("too_many")
    front = read_front(root, others)
    labels = [_label(figure) for figure in figures]
    mentions = find_mentions(root, links, FigureNames.of(figures, labels=labels))
    graphics = _by_figure(pictures)
    parsed: list[ParsedFigure] = []
    left = _MOST_CHARACTERS
    for index, (figure, label) in enumerate(zip(figures, labels, strict=True)):
        names = tuple(_graphics(graphics.get(figure) or figure.iterchildren("media")))
        parsed.append(_figure(figure, label, names, front.rights, mentions.get(index, ())))
        # A group lends its caption to all its figures.
        left -= len(parsed[-1].caption)
        if left < 0:
            raise XmlRefused("too_many")
    return ParsedArticle(front=front, figures=tuple(parsed))


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


def _figure(
    figure: Element,
    label: str | None,
    graphics: tuple[tuple[str, ...], ...],
    article: Rights,
    mentions: Sequence[ParsedMention],
) -> ParsedFigure:
    parts = _parts(figure)
    captions = parts.get("caption", ())
    caption = flat_text(*(captions or parts.get("p", ())))
    title = flat_text(*(found for element in captions[:1] for found in element if found.tag == "title"))
    inner = [found for element in captions for found in element.iter("permissions")]
    rights = read_rights([*parts.get("permissions", ()), *inner])
    credit = [credit_of(caption), flat_text(*parts.get("attrib", ())), rights.text if rights else None]
    credit_lines = " ".join(dict.fromkeys(text for text in credit if text)) or None
    licence = figure_licence(article.licence, stated=rights.licence if rights else None, credit=credit_lines)
    return ParsedFigure(
        xml_id=figure.get("id"),
        label=label,
        title=title if title and caption.startswith(title) else None,
        caption=caption,
        graphics=graphics,
        licence=licence,
        licence_url=(rights.url if rights else None) or (article.url if licence == article.licence else None),
        credit=credit_lines,
        mentions=tuple(mentions),
    )


def _parts(figure: Element) -> Mapping[str, Sequence[Element]]:
    """Return the children of a figure by name, and after them caption, credit and rights that its group has for all."""
    parts: dict[str, list[Element]] = {}
    for child in figure:
        parts.setdefault(child.tag, []).append(child)
    group = figure.getparent()
    for child in group.iterchildren("caption", "attrib", "permissions") if group.tag == "fig-group" else ():
        parts.setdefault(child.tag, []).append(child)
    return parts


def _label(figure: Element) -> str | None:
    own = flat_text(*(child for child in figure if child.tag == "label"))
    group = figure.getparent()
    return own or (flat_text(*group.iterchildren("label")) if group.tag == "fig-group" else "") or None


def _by_figure(graphics: Iterable[Element]) -> Mapping[Element, Sequence[Element]]:
    """Return for each figure the graphics that are pictures of it and not of what stands inside it."""
    found: dict[Element, list[Element]] = {}
    for graphic in graphics:
        figure = graphic.getparent()
        while figure is not None and figure.tag != "fig" and figure.tag not in _NOT_PICTURES:
            figure = figure.getparent()
        if figure is not None and figure.tag == "fig":
            found.setdefault(figure, []).append(graphic)
    return found


def _graphics(graphics: Iterable[Element]) -> Iterator[tuple[str, ...]]:
    """Yield the names of each picture; `alternatives` hold several renditions of one.

    A figure without a graphic may name its picture, or the file that holds it, as `media`.
    """
    seen: set[Element] = set()
    for graphic in graphics:
        parent = graphic.getparent()
        if parent.tag != "alternatives":
            yield _names([graphic])
        elif parent not in seen:
            seen.add(parent)
            yield _names(sorted(parent.iterchildren("graphic"), key=_is_preview))


def _names(graphics: Iterable[Element]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for graphic in graphics if (name := (graphic.get(_XLINK_HREF) or "").strip())))


def _is_preview(graphic: Element) -> bool:
    attributes: Mapping[str, str] = graphic.attrib
    words = " ".join(attributes.get(name, "") for name in ("specific-use", "content-type")).lower()
    return any(word in words for word in ("thumb", "preview", "small"))
