"""Joins the spellings of one discovered term, so that it becomes one node with synonyms.

Two families of signals must agree, as for terms of ontologies. Spellings (`spelling`: equal keys; `words`: the same
words in another order) are joined where no other candidate and no node shares the key (`unique`). A short form joins
the long form that it stands behind in brackets (`said`; Schwartz and Hearst, 2003) where a second document says so
(`again`), no document gives it another meaning and no node bears it. Candidates of two facets are never joined.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from met.tree.build import node_key
from met.tree.discover import Candidate, Place, Variant
from met.tree.discover.phrases import phrase_key
from met.tree.evidence import Addition
from met.tree.extract.short import short_forms
from met.tree.merge import NOTHING_APART, Apart, identity_of
from met.tree.names import is_abbreviation, normal_form
from met.tree.normalise.keys import LITTLE, folded_words, name_key
from met.tree.normalise.words import contrast
from met.tree.texts import Text
from met.types import Document, Drop, Node, NodeAlias

_SHORT: Final = re.compile(r"\(\s*[A-Z][\w-]{1,9}\s*[);,]")
_BEFORE: Final = 160
MIN_DOCUMENTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The candidates that are left, those that have variants with them, and a Drop `variant` for each that joined."""

    candidates: tuple[Candidate, ...]
    drops: tuple[Drop, ...]


def join_variants(
    candidates: Sequence[Candidate], texts: Sequence[Text], nodes: Iterable[Node], *, apart: Apart = NOTHING_APART
) -> Joined:
    """Return the candidates with their other spellings joined; the order of the candidates is kept.

    `apart` holds pairs of names (normal forms) that are two. The order of texts and nodes does not matter.
    """
    borne = {name for node in nodes for name in (node.name, *node.synonyms)}
    joins = _spelt(candidates, frozenset(map(name_key, borne)), apart)
    shorts = _short_forms(candidates, texts, borne, apart)
    by_key = {candidate.key: candidate for candidate in candidates}
    for short, (key, place, documents) in shorts.items():
        variant = Variant(name=short, signals=("said", "again"), documents=documents, places=(place,))
        joins[_top(key, joins)].append((phrase_key((short,)), variant))
    gone = {key for found in joins.values() for key, _ in found if key in by_key} - joins.keys()
    left = tuple(_with(each, joins.get(each.key, []), by_key) for each in candidates if each.key not in gone)
    drops = tuple(
        Drop(item=variant.name, reason="variant", detail={"of": by_key[key].surface, "signals": list(variant.signals)})
        for key in sorted(joins)
        for _, variant in joins[key]
    )
    return Joined(candidates=left, drops=drops)


_Joins = dict[str, list[tuple[str, Variant]]]


def _spelt(candidates: Sequence[Candidate], borne: frozenset[str], apart: Apart) -> _Joins:
    """Return key of a head -> (key, variant) of the candidates that are spelt otherwise and are the same."""
    joins: _Joins = defaultdict(list)
    taken: set[str] = set()
    for signal, key_of in (("spelling", name_key), ("words", _bag)):
        groups: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            if candidate.key not in taken:
                groups[key_of(candidate.surface)].append(candidate)
        for key, group in sorted(groups.items()):
            if len(group) < 2 or key in borne:
                continue
            head, *others = sorted(group, key=_first)
            for other in others:
                if _may_join(head, other, apart) and other.key not in joins:
                    taken.add(other.key)
                    variant = Variant(
                        name=other.surface, signals=(signal, "unique"), documents=other.documents, places=other.places
                    )
                    joins[head.key].append((other.key, variant))
    return joins


def _first(candidate: Candidate) -> tuple[bool, bool, str]:
    """Return the order of heads: not by support, so that the key of a node stays when texts are added."""
    return candidate.facet is None, normal_form(candidate.surface) != name_key(candidate.surface), candidate.key


def _bag(name: str) -> str:
    return " ".join(sorted({word for word in folded_words(name) if word not in LITTLE}))


def _may_join(head: Candidate, other: Candidate, apart: Apart) -> bool:
    if head.facet is None or other.facet not in (head.facet, None):
        return False
    return contrast(head.surface, other.surface) is None and not is_apart(head.surface, other.surface, apart)


def is_apart(one: str, other: str, apart: Apart) -> bool:
    """Say whether two CURIEs or names are kept apart."""
    first, second = sorted((identity_of(one), identity_of(other)))
    return (first, second) in apart


def _top(key: str, joins: Mapping[str, Sequence[tuple[str, Variant]]]) -> str:
    return next((head for head, found in sorted(joins.items()) if key in {own for own, _ in found}), key)


def _short_forms(
    candidates: Sequence[Candidate], texts: Sequence[Text], borne: set[str], apart: Apart
) -> dict[str, tuple[str, Place, int]]:
    """Return short form -> key of the candidate that it means, where a text says so first, and how many do."""
    wanted = {each.key: each for each in candidates if each.facet is not None}
    meant: dict[str, dict[str, dict[str, Place]]] = defaultdict(lambda: defaultdict(dict))
    for document in sorted((text.document for text in texts), key=lambda document: document.key):
        for short, long, place in _said(document):
            meant[short][phrase_key(long.split())].setdefault(document.key, place)
    found = {}
    for short, keys in sorted(meant.items()):
        (key, places), *rivals = keys.items()
        agreed = not rivals and key in wanted and len(places) >= MIN_DOCUMENTS
        if agreed and short not in borne and not is_apart(wanted[key].surface, short, apart):
            found[short] = (key, places[min(places)], len(places))
    return found


def _said(document: Document) -> Iterator[tuple[str, str, Place]]:
    text = document.text
    for bracket in _SHORT.finditer(text):
        start = max(0, bracket.start() - _BEFORE, text.rfind("\n", 0, bracket.start()) + 1)
        for form in short_forms(text, (start, bracket.end())):
            short = text[slice(*form.short)]
            if form.short[0] > bracket.start() and (is_abbreviation(short) or short[1:].upper() == short[1:]):
                yield short, text[slice(*form.long)], Place(document=document.key, span=form.short)


def _with(head: Candidate, found: Sequence[tuple[str, Variant]], by_key: Mapping[str, Candidate]) -> Candidate:
    if not found:
        return head
    same = [by_key[key] for key, _ in found if key in by_key]
    defined = next((each for each in (head, *same) if each.definition), head)
    places = tuple(dict.fromkeys((*head.places, *(place for _, variant in found for place in variant.places))))
    return replace(
        head,
        support=head.support + sum(each.support for each in same),
        documents=max(len({place.document for place in places}), *(each.documents for each in (head, *same))),
        places=places,
        definition=defined.definition,
        defined_at=defined.defined_at,
        variants=tuple(variant for _, variant in found),
    )


def variant_aliases(nodes: Iterable[Node]) -> Iterator[NodeAlias]:
    """Yield an alias for the key that each joined spelling would have as a node of its own, sorted."""
    given = list(nodes)
    keys = {node.key for node in given}
    found = {
        node_key(node.facet, None, variant["name"]): NodeAlias(
            alias=node_key(node.facet, None, variant["name"]), key=node.key, reason="+".join(variant["signals"])
        )
        for node in given
        for variant in node.provenance.get("variants", ())
    }
    yield from (found[alias] for alias in sorted(found) if alias not in keys)


def without_apart(made: Mapping[str, Addition], nodes: Iterable[Node], apart: Apart) -> dict[str, Addition]:
    """Return what texts add to nodes, without the names that people keep apart from them."""
    if not apart:
        return dict(made)
    own = {node.key: node.curie or normal_form(node.name) for node in nodes if node.key in made}
    return {
        key: replace(
            addition, synonyms=tuple(name for name in addition.synonyms if not is_apart(own[key], name, apart))
        )
        for key, addition in made.items()
    }
