"""The data card on paper: sections of paragraphs and tables, as Markdown and as one HTML page."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

# Control characters, and the marks that turn the direction of all that follows them.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_PAGE = Template(Path(__file__).with_name("card.html").read_text(encoding="utf-8"))
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the card; cells are text or numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its paragraphs and tables, in order."""

    title: str
    blocks: tuple[str | Table, ...]


def render_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the card as Markdown; text of the sources is escaped, so that it is shown and never obeyed."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.title}")
        parts += [_markdown_table(block) if isinstance(block, Table) else _markdown(block) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(table: Table) -> str:
    if not table.rows:
        return ""
    lines = [
        table.header,
        ("---",) * len(table.header),
        *(tuple(_markdown(cell) for cell in row) for row in table.rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _markdown(cell: Any) -> str:
    text = _MARKDOWN.sub(r"\\\1", " ".join(_visible(cell).split()))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render_html(title: str, sections: Sequence[Section]) -> str:
    """Return the card as one HTML page that loads nothing and runs nothing."""
    body = "\n".join(_html_section(section) for section in sections)
    return _PAGE.substitute(title=html.escape(title), body=body)


def _html_section(section: Section) -> str:
    blocks = [_html_table(block) if isinstance(block, Table) else f"<p>{_html(block)}</p>" for block in section.blocks]
    return "\n".join([f"<h2>{html.escape(section.title)}</h2>", *filter(None, blocks)])


def _html_table(table: Table) -> str:
    if not table.rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.header)
    rows = ["<tr>" + "".join(f"<td>{_html(cell)}</td>" for cell in row) + "</tr>" for row in table.rows]
    return "\n".join([f"<table><thead><tr>{head}</tr></thead><tbody>", *rows, "</tbody></table>"])


def _html(cell: Any) -> str:
    return f"<bdi>{html.escape(_visible(cell))}</bdi>"


def _visible(cell: Any) -> str:
    return _INVISIBLE.sub("", str(cell))
