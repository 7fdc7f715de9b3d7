"""Sentences that say of what kind an entity is (Hearst, 1992): "X is a type of Y", "Y such as X", "X and other Y"."""

import re
from collections.abc import Iterator
from typing import Final

from met.tree.discover.words import CLOSED
from met.types import Span

_PHRASE: Final = r"[^\W\d_][\w'’-]*(?: (?!(?:and|or|that|which|in|with|is|are|of|for|such|including)\b)[\w'’-]+){0,4}"
_KIND_OF: Final = re.compile(
    r"(?:\s*\([^()]{1,60}\))?,?\s+(?:is|are)\s+(?:an?|the|one|two|some)?\s*(?:(?!(?:not|no|never|neither)\b)\w+\s+){0,2}?"
    rf"(?:types?|kinds?|forms?|subtypes?|variants?)\s+of\s+(?:an?\s+|the\s+)?(?P<parent>{_PHRASE})",
    re.IGNORECASE,
)
_AND_OTHER: Final = re.compile(rf",?\s+(?:and|or)\s+other\s+(?P<parent>{_PHRASE})", re.IGNORECASE)
_SUCH_AS: Final = re.compile(
    rf"(?P<parent>{_PHRASE}),?\s+(?:such as|including|especially|like)\s+(?:[^.;:()]{{0,120}}?(?:,|\band|\bor)\s+)?"
    r"(?:an?\s+|the\s+)?$",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^(?:(?:an?|the|any|some|many|most|several|other|certain|various|common|rare|with|of|by|for|in|from)\s+)+", re.I
)


def parents_said(text: str, sentence: Span, name: Span) -> Iterator[str]:
    """Yield what the sentence says the entity at `name` is a kind of, without article.

    >>> text = "Bone tumours such as chordoma are rare."
    >>> list(parents_said(text, (0, len(text)), (21, 29)))
    ['Bone tumours']
    >>> text = "Chordoma is a rare type of bone cancer that grows slowly."
    >>> list(parents_said(text, (0, len(text)), (0, 8)))
    ['bone cancer']
    >>> text = "Chordoma is not a type of skin cancer."
    >>> list(parents_said(text, (0, len(text)), (0, 8)))
    []
    """
    before, after = _SUCH_AS.search(text, sentence[0], name[0]), _AND_OTHER.match(text, name[1], sentence[1])
    for match in (_KIND_OF.match(text, name[1], sentence[1]), after, before):
        said = _LEADING.sub("", match["parent"].strip()) if match else ""
        if match and match is before:
            said = _last_phrase(said)
        if said and said.lower() != text[slice(*name)].lower():
            yield said


def _last_phrase(text: str) -> str:
    """Return the words after the last one that stands between phrases: "have bone cancers" speaks of bone cancers."""
    words = text.split()
    at = max((at + 1 for at, word in enumerate(words) if word.lower() in CLOSED), default=0)
    return " ".join(words[at:])
