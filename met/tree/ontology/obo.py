"""Reads OBO 1.2 and 1.4 (https://owlcollab.github.io/oboformat/doc/obo-syntax.html): DOID and its slims, SYMP, HPO."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from met.tree.ontology.terms import Scope, Synonym, Term
from met.types import EdgeKind

Tags: TypeAlias = list[tuple[str, str]]

_STANZA: Final = re.compile(r"^\[(\w+)\]\s*$")
_QUOTED: Final = re.compile(r'^"((?:[^"\\]|\\.)*)"\s*(.*)$')
_TRAILING: Final = re.compile(r"\s*(?:\{[^{}]*\}\s*)?(?:(?<!\\)!.*)?$")
_ESCAPE: Final = re.compile(r"\\(.)")
_SCOPES: Final[tuple[Scope, ...]] = ("EXACT", "RELATED", "NARROW", "BROAD")
_DISCARDED: Final = "obsolete_synonym"


def obo_stanzas(text: str) -> tuple[Tags, Iterator[Tags]]:
    """Return the tags of the header, and one list of tags for each [Term]; other stanzas are passed over."""
    lines = iter(text.splitlines())
    header: Tags = []
    first = None
    for line in lines:
        first = _STANZA.match(line)
        if first:
            break
        _append_tag(header, line)
    return header, _terms(lines, first.group(1) if first else "")


def _terms(lines: Iterable[str], kind: str) -> Iterator[Tags]:
    tags: Tags = []
    for line in lines:
        stanza = _STANZA.match(line)
        if not stanza:
            _append_tag(tags, line)
            continue
        if kind == "Term":
            yield tags
        kind, tags = stanza.group(1), []
    if kind == "Term":
        yield tags


def _append_tag(tags: Tags, line: str) -> None:
    tag, colon, value = line.partition(":")
    if colon and not line.startswith("!"):
        tags.append((tag.strip(), value.strip()))


def term_of(tags: Tags) -> Term:
    """Return the term of one stanza. A tag that may stand once and stands twice counts by its first value."""
    one: dict[str, str] = {}
    for tag, value in tags:
        one.setdefault(tag, value)
    return Term(
        curie=_reference(one.get("id", "")),
        name=_unescape(_TRAILING.sub("", one.get("name", ""))),
        synonyms=tuple(found for tag, value in tags if tag == "synonym" for found in _synonym(value)),
        definition=_quoted(one.get("def", "")) or None,
        xrefs=tuple(dict.fromkeys(_reference(value) for tag, value in tags if tag == "xref" and value)),
        parents=tuple(dict.fromkeys(parent for tag, value in tags for parent in _parent(tag, value))),
        alt_ids=tuple(_reference(value) for tag, value in tags if tag == "alt_id"),
        obsolete=one.get("is_obsolete", "").startswith("true"),
        replaced_by=_reference(one["replaced_by"]) if "replaced_by" in one else None,
    )


def _parent(tag: str, value: str) -> Iterator[tuple[str, EdgeKind]]:
    if tag == "is_a":
        yield _reference(value), "is_a"
    elif tag == "relationship" and value.partition(" ")[0] in ("part_of", "BFO:0000050"):
        yield _reference(value.split(maxsplit=1)[-1]), "part_of"


def _synonym(value: str) -> Iterator[Synonym]:
    match = _QUOTED.match(value)
    if not match:
        return
    words = match.group(2).partition("[")[0].split()
    scope: Scope = next((scope for scope in _SCOPES if scope in words[:1]), "RELATED")
    text = _unescape(match.group(1)).strip()
    if text and _DISCARDED not in words:
        yield Synonym(text=text, scope=scope)


def _reference(value: str) -> str:
    words = _TRAILING.sub("", value).split()
    return _unescape(words[0]) if words else ""


def _quoted(value: str) -> str:
    match = _QUOTED.match(value)
    return " ".join(_unescape(match.group(1)).split()) if match else ""


def _unescape(value: str) -> str:
    return _ESCAPE.sub(lambda match: {"n": " ", "W": " ", "t": " "}.get(match.group(1), match.group(1)), value).strip()
