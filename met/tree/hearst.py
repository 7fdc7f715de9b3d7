"""Sentences that say of what kind an entity is (Hearst, 1992): "X is a type of Y", "Y such as X", "X and other Y"."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from met.tree.discover.words import CLOSED, DETERMINERS, singular
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

_LINKS: Final = frozenset({"of", "for", "in", "with", "to", "by", "on", "against"})
_AND: Final = frozenset({"and", "or"})
_NO_HEAD_WORDS: Final = (
    "type kind form group variety number range class list series set case example category family subtype variant lot"
)
_NO_HEADS: Final = frozenset(_NO_HEAD_WORDS.split())
_PERSON_WORDS: Final = "patient people person individual child children adult woman women man men infant baby those"
_PERSONS: Final = frozenset(_PERSON_WORDS.split())
_SOME: Final = frozenset({"other", "another", "several", "many", "some", "various", "certain", "different", "these"})
_SUBJECTS: Final = frozenset({"it", "that", "which", "who", "they", "this"})
_SIGNS: Final = ",;:.()"
_PHRASE_WORDS: Final = 5


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
    >>> text = "Features of enzyme deficiency, such as lethargy, are severe."
    >>> list(parents_said(text, (0, len(text)), (39, 47)))
    ['Features of enzyme deficiency']
    """
    before, after = _SUCH_AS.search(text, sentence[0], name[0]), _AND_OTHER.match(text, name[1], sentence[1])
    for match in (_KIND_OF.match(text, name[1], sentence[1]), after, before):
        said = _LEADING.sub("", match["parent"].strip()) if match else ""
        if match and match is before:
            near, parted = _last_phrase(said), text[match.end("parent")] == ","
            said = _listed(text[sentence[0] : match.end("parent")].removesuffix(near), near, parted=parted)
        if said and said.lower() != text[slice(*name)].lower():
            yield said


def _listed(before: str, near: str, *, parted: bool) -> str:
    """Return the phrase of which a list behind it gives examples: `near`, before which `before` stands, or this with
    what it belongs to. `parted` says that a comma stands before the list.

    What is listed is several. Where `near` is one thing, or parted from the list, that is the outermost several to
    which it belongs: "features of a deficiency", "openings for vessels". Kinds and groups of a thing are the thing,
    a list behind people is of what they have, and one behind "other tissues" of tissues.
    """
    words = before.split()
    at, whole = len(words), len(words)
    while at and words[-1].lower() not in _SOME:
        if words[at - 1].lower() in _AND:
            at = _phrase_start(words, at - 1)
        while at and words[at - 1].lower() in DETERMINERS:
            at -= 1
        start = _phrase_start(words, at - 1) if at and words[at - 1].lower() in _LINKS else at
        if start >= at - 1:
            break
        noun = words[at - 2].lower()
        # "It occurs in the absence of ...": a verb.
        if singular(noun) in _PERSONS or (start == at - 2 and words[max(0, start - 1)].lower() in _SUBJECTS):
            break
        if singular(noun) not in (noun, *_NO_HEADS):
            whole = start
        at = start
    last = near.split()[-1].lower() if near else ""
    return " ".join((*words[whole:], near)) if parted or singular(last) == last else near


def _phrase_start(words: Sequence[str], end: int) -> int:
    """Return the place of the first word of the phrase that ends before `end`, and that no sign or little word parts.

    It has no more than _PHRASE_WORDS words.
    """
    at = end
    while at and end - at < _PHRASE_WORDS and words[at - 1].lower() not in CLOSED and words[at - 1][-1] not in _SIGNS:
        at -= 1
    return at


def _last_phrase(text: str) -> str:
    """Return the words after the last one that stands between phrases: "have bone cancers" speaks of bone cancers."""
    words = text.split()
    at = max((at + 1 for at, word in enumerate(words) if word.lower() in CLOSED), default=0)
    return " ".join(words[at:])
