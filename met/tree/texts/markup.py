"""Turns one file of a text source into plain text: MedQuAD, CNXML and JATS here, pages and plain text in
`met.tree.texts.pages`.

Every block (paragraph, title, list item) stands between blank lines, so no sentence and no name goes over the end of a
block.
"""

import re
from collections.abc import Iterator
from typing import Final

from met.rights import licence_of_url
from met.tree.texts.blocks import BLOCK_TAGS, CC_ADDRESS, GUIDELINE, Blocks, GlossaryEntry, Markup, Unreadable
from met.tree.texts.pages import HTML_START, read_text
from met.types import Authority
from met.xml import Element, XmlRefused, parse_xml

_SKIPPED: Final = frozenset(
    [
        "metadata",
        "ref-list",
        "math",
        "script",
        "style",
        "head",
        "nav",
        "footer",
        "tex-math",
        "inline-formula",
        "disp-formula",
        "object-id",
        "xref-group",
        "back",
        "floats-group",
        "media",
        "image",
        "glossary",
        "front",
    ]
)
_PAGE: Final = re.compile(rb"<\s*(?:!doctype\s+)?html\b", re.IGNORECASE)
_REVIEW_TYPES: Final = frozenset({"review-article", "systematic-review", "meta-analysis"})


def read_markup(data: bytes) -> Markup:
    """Return the text of a file; the format is found in its content.

    Raises:
        Unreadable: it is no UTF-8 text (`not_text`, `wrong_encoding`), broken XML (`broken_xml`), XML that is no text
        source
            (`unknown_markup`), or has no text (`empty_text`).
    """
    if b"\0" in data[:4096]:
        raise Unreadable("not_text")
    stripped = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"<") and not HTML_START.match(stripped[:200].decode("ascii", "replace")):
        found = _read_xml(data)
    else:
        found = read_text(data)
    if not found.text.strip():
        raise Unreadable("empty_text")
    return found


# ---------------------------------------------------------------- XML


def _read_xml(data: bytes) -> Markup:
    try:
        root = parse_xml(data)
    except XmlRefused as error:
        # Pages need not be well formed; an article that breaks off has a body and paragraphs too, and is no page.
        if _PAGE.search(data[:4096]):
            return read_text(data)
        raise Unreadable("broken_xml", str(error)) from error
    name = _local(root)
    if name == "Document" and root.find("QAPairs") is not None:
        return _medquad(root)
    if name == "document":
        return _cnxml(root)
    if name == "article":
        return _jats(root)
    if name == "html":
        return read_text(data)
    raise Unreadable("unknown_markup", name)


def _medquad(root: Element) -> Markup:
    lines = Blocks()
    title = (root.findtext("Focus") or "").strip()
    for element in root.iter("Question", "Answer"):
        lines.add("".join(element.itertext()))
    return Markup(text=lines.text(), title=title, kind="medquad", authority="web", licence=_licence(root))


def _cnxml(root: Element) -> Markup:
    lines = Blocks()
    title = next((" ".join("".join(child.itertext()).split()) for child in root if _local(child) == "title"), "")
    lines.add(title)
    for part in (child for child in root if _local(child) == "content"):
        for block in _blocks(part):
            lines.add(block)
    glossary = tuple(entry for part in root.iter() if _local(part) == "glossary" for entry in _glossary(part, lines))
    module = next(
        ("".join(element.itertext()).strip() for element in root.iter() if _local(element) == "content-id"), None
    )
    return Markup(
        text=lines.text(),
        title=title,
        kind="cnxml",
        authority="textbook",
        licence=_licence(root),
        module=module,
        glossary=glossary,
    )


def _glossary(glossary: Element, lines: Blocks) -> Iterator[GlossaryEntry]:
    for definition in (element for element in glossary.iter() if _local(element) == "definition"):
        parts = {_local(child): " ".join("".join(child.itertext()).split()) for child in definition}
        term, meaning = parts.get("term", ""), parts.get("meaning", "")
        line = lines.add(f"{term}: {meaning}") if term and meaning else None
        if line:
            start, end = line
            yield GlossaryEntry(term=(start, start + len(term)), meaning=(end - len(meaning), end))


def _jats(root: Element) -> Markup:
    lines = Blocks()
    title_element = root.find(".//front//article-title")
    title = " ".join("".join(title_element.itertext()).split()) if title_element is not None else ""
    lines.add(title)
    for part in (*root.iterfind(".//front//abstract"), *root.iterfind("body")):
        for block in _blocks(part):
            lines.add(block)
    return Markup(
        text=lines.text(), title=title, kind="jats", authority=_jats_authority(root, title), licence=_licence(root)
    )


def _jats_authority(root: Element, title: str) -> Authority:
    kind = (root.get("article-type") or "").lower()
    if "guideline" in kind or GUIDELINE.search(title):
        return "guideline"
    if root.find(".//front/journal-meta") is None and (
        root.find(".//book-meta") is not None or kind in ("chapter", "book-chapter")
    ):
        return "textbook"
    return "review" if kind in _REVIEW_TYPES else "article"


def _licence(root: Element) -> str:
    """Return the licence of the first Creative Commons address in the attributes and texts of licence elements."""
    for element in root.iter():
        if _local(element) in ("license", "license-p", "license_ref", "ext-link"):
            for value in (*element.attrib.values(), element.text or ""):
                found = CC_ADDRESS.search(value)
                if found:
                    return licence_of_url(found.group())
    return "unknown"


def licences_of_collection(data: bytes) -> dict[str, str]:
    """Return module -> licence of a CNXML collection that states one; empty where `data` is no such file."""
    try:
        root = parse_xml(data)
    except XmlRefused:
        return {}
    if _local(root) != "collection":
        return {}
    urls = (element.get("url") or "" for element in root.iter() if _local(element) == "license")
    licence = next((licence_of_url(url) for url in urls if CC_ADDRESS.search(url)), None)
    modules = (element.get("document") for element in root.iter() if _local(element) == "module")
    return {module: licence for module in modules if module} if licence else {}


def _blocks(element: Element) -> Iterator[str]:
    """Yield the text of the blocks under `element` in document order; text between blocks is a block too."""
    piece: list[str] = []
    yield from _walk(element, piece)
    yield "".join(piece)


def _walk(element: Element, piece: list[str]) -> Iterator[str]:
    name = _local(element)
    if name in _SKIPPED:
        return
    block = name in BLOCK_TAGS
    if block:
        yield "".join(piece)
        piece.clear()
    piece.append(element.text or "")
    for child in element:
        yield from _walk(child, piece)
        piece.append(child.tail or "")
    if block:
        yield "".join(piece)
        piece.clear()


def _local(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
