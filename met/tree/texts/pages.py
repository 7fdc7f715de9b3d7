"""Reads HTML, Markdown and plain text."""

import re
from html.parser import HTMLParser
from typing import Final

from met.tree.texts.blocks import BLOCK_TAGS, GUIDELINE, Blocks, Markup, Unreadable, stated_licence
from met.types import Authority
from met.xml import storable

_MARKS: Final = re.compile(r"^\s{0,3}(?:#{1,6}|>|[-*+]|\d+[.)])\s+|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", re.MULTILINE)
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s+(\S.*)$", re.MULTILINE)
HTML_START: Final = re.compile(r"<\s*(?:!doctype\s+html|html|body|head|p|div|h1)\b", re.IGNORECASE)


def read_text(data: bytes) -> Markup:
    """Return the text of a page, a Markdown file or a plain text in UTF-8.

    Raises:
        Unreadable: `wrong_encoding`, `not_text` or `broken_html`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("wrong_encoding", f"no UTF-8 at byte {error.start}") from error
    if sum(letter.isprintable() or letter.isspace() for letter in text[:4096]) < 0.95 * len(text[:4096]):
        raise Unreadable("not_text")
    text = storable(text)
    if HTML_START.search(text[:4096]):
        return _html(text)
    return _markdown(text) if _HEADING.search(text) else _plain(text)


class _Page(HTMLParser):
    """Collects the blocks of a page and its title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks = Blocks()
        self.title = ""
        self._piece: list[str] = []
        self._skipping: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._in_title = tag == "title"
        if tag in ("script", "style", "nav", "footer"):
            self._skipping.append(tag)
        if tag in BLOCK_TAGS or tag == "br":
            self.flush()

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._skipping:
            while self._skipping.pop() != tag:
                pass
        if tag in BLOCK_TAGS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._skipping:
            self._piece.append(data)

    def flush(self) -> None:
        self.blocks.add("".join(self._piece))
        self._piece.clear()


def _html(text: str) -> Markup:
    page = _Page()
    try:
        page.feed(text)
        page.close()
    except AssertionError as error:  # All that the parser says to a declaration that is none.
        raise Unreadable("broken_html", str(error)[:80]) from error
    page.flush()
    return _web(page.blocks.text(), title=" ".join(page.title.split()), kind="html", source=text)


def _markdown(text: str) -> Markup:
    heading = _HEADING.search(text)
    plain = _MARKS.sub("", _LINK.sub(r"\1", _FENCE.sub("", text)))
    return _web(_paragraphs(plain), title=heading.group(1).strip() if heading else "", kind="markdown", source=text)


def _plain(text: str) -> Markup:
    body = _paragraphs(text)
    return _web(body, title=body.partition("\n")[0][:120], kind="plain", source=text)


def _paragraphs(text: str) -> str:
    lines = Blocks()
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines.add(paragraph)
    return lines.text()


def _web(text: str, *, title: str, kind: str, source: str) -> Markup:
    authority: Authority = "guideline" if GUIDELINE.search(title) else "web"
    return Markup(text=text, title=title, kind=kind, authority=authority, licence=stated_licence(source))
