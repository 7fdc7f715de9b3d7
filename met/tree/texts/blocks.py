"""What every reader of a text makes: blocks of plain text, with where it comes from and what it may be used for."""

import re
from dataclasses import dataclass, field
from typing import Final

from met.rights import licence_of_url
from met.types import Authority, Span

CC_ADDRESS: Final = re.compile(r"https?://(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/[\w./-]+")
GUIDELINE: Final = re.compile(r"\bguidelines?\b|\bconsensus statement\b|\bpractice parameter\b", re.IGNORECASE)
BLOCK_TAGS: Final = frozenset(
    [
        "title",
        "para",
        "p",
        "item",
        "entry",
        "caption",
        "meaning",
        "problem",
        "solution",
        "note",
        "label",
        "list-item",
        "td",
        "th",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "figcaption",
        "Question",
        "Answer",
        "Focus",
        "article-title",
        "subtitle",
        "abstract",
        "sec",
        "section",
        "list",
        "table",
        "row",
        "tr",
        "div",
        "body",
    ]
)


class Unreadable(Exception):
    """Why a file gives no text: a reason of a Drop."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class GlossaryEntry:
    """An author's definition: offsets of the term and of its meaning in the text."""

    term: Span
    meaning: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """What one file says. `module` is the id by which a collection file may state the licence of a CNXML chapter."""

    text: str
    title: str
    kind: str
    authority: Authority
    licence: str
    module: str | None = None
    glossary: tuple[GlossaryEntry, ...] = ()


@dataclass(slots=True)
class Blocks:
    """Blocks of text as they grow, with the offset of the next."""

    lines: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, text: str) -> Span | None:
        line = " ".join(text.split())
        if not line:
            return None
        start = self.length
        self.lines.append(line)
        self.length += len(line) + 2
        return start, start + len(line)

    def text(self) -> str:
        return "\n\n".join(self.lines)


def stated_licence(text: str) -> str:
    """Return the licence of the first Creative Commons address in `text`, `unknown` where there is none."""
    found = CC_ADDRESS.search(text)
    return licence_of_url(found.group()) if found else "unknown"
