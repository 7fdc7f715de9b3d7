"""Which discovered terms become nodes: those that texts support well enough and that no node means already.

The others stay candidates: counted, with the reason, and taken up when more texts speak for them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from met.keys import content_key, digest
from met.rights import CC0, PUBLIC_DOMAIN, UNKNOWN, made_licence
from met.tree.assertion import assertions_of
from met.tree.attach.ground import Entity, Said
from met.tree.attach.names import stems as stems_of
from met.tree.build import OWN_LICENCE, node_key
from met.tree.discover import Candidate, Place
from met.tree.discover.kinds import defining_noun, meaning_of
from met.tree.discover.words import singular_name
from met.tree.hearst import parents_said
from met.tree.merge import NOTHING_APART, Apart
from met.tree.names import distinct_names
from met.tree.normalise.names import METHODS, Named
from met.tree.novel.known import KnownNames
from met.tree.scope import is_other_species
from met.tree.stops import is_stop_name
from met.tree.texts.sentences import sentence_around
from met.tree.vectors import vector_text
from met.types import Document, Drop, Edge, Evidence, Facet, Node

# Documents that hold a term, and places in them, from which it is a node; one document is enough where it defines it.
# Of 160 of the 188 nodes that textbooks and health pages gave beside four ontologies, 154 were entities of their facet,
# and 128 stood in no ontology under another name either.
MIN_DOCUMENTS: Final = 3
MIN_SUPPORT: Final = 5
DEFINED_SUPPORT: Final = 2
MIN_SCORE: Final = 0.9
# Natural log of the odds of the facet against the next one.
MIN_MARGIN: Final = 2.0
# "Adult lymphoma" and "AIDS-related lymphoma" are lymphomas.
_OF_AN_AGE: Final = re.compile(
    r"(?:adult|childhood|pediatric|juvenile|infantile|neonatal|[\w-]+-(?:related|associated|induced))\s+(?P<what>.+)",
    re.IGNORECASE,
)
# Nouns of definitions that say nothing of what a disease is.
_NO_KIND: Final = frozenset({"condition", "disorder", "disease", "problem", "illness", "syndrome", "defect"})
# A parent named by a pattern is worth this much of one that an ontology states.
SAID: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Novel:
    """A node that literature alone gives, what is known of it for its placing, and the sentences that it rests on."""

    node: Node
    entity: Entity
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The new nodes sorted by key, and a Drop for each other candidate: `candidate`, `known_name` or `non_human`.

    `evidence` are the places at which a model named nodes that were there already.
    """

    novel: tuple[Novel, ...]
    drops: tuple[Drop, ...]
    evidence: tuple[Evidence, ...] = ()


def choose(
    candidates: Sequence[Candidate],
    nodes: Sequence[Node],
    documents: Mapping[str, Document],
    *,
    edges: Iterable[Edge] = (),
    apart: Apart = NOTHING_APART,
) -> Choice:
    """Return which candidates become nodes beside `nodes`; `documents` are those of their places, by key, and `edges`
    say where the nodes stand.

    A candidate whose name means a node already (the same words, in another order, of equal meaning, or without a tail
    such as "disease", or with letters lost) is none: that takes the word of the name and of the facet together, else
    both stay. It never means a node that it is kept `apart` from (pairs of CURIEs or of normal forms of names).
    """
    meant = KnownNames(nodes, apart, edges)
    facet_of = {node.key: node.facet for node in nodes}
    reasons = [_too_little(candidate) for candidate in candidates]
    # Only of those that could be nodes, or that a model named, it matters whether they are nodes already.
    asked = [one.surface for one, reason in zip(candidates, reasons, strict=True) if not reason or one.named]
    found = meant.find(asked)
    named = [found.get(candidate.surface) for candidate in candidates]
    novel: dict[str, Novel] = {}
    evidence: list[Evidence] = []
    drops = []
    for candidate, found_node, reason in zip(candidates, named, reasons, strict=True):
        known = found_node if _is_meant(found_node, candidate, facet_of) else None
        detail: dict[str, Any] = {"facet": candidate.facet, "documents": candidate.documents}
        detail |= {"support": candidate.support, "score": candidate.score}
        if candidate.facet is not None and is_other_species(candidate.surface, candidate.facet):
            reason = "non_human"
        elif (
            reason is None
            and (lost := meant.misspelt(candidate.surface, candidate.facet))
            and (not known or known.method not in METHODS)
        ):
            reason, detail = "known_name", {**detail, "node": lost, "by": "letters"}
        elif known is not None and known.method in METHODS:
            if candidate.named and facet_of[known.node] == candidate.facet:
                evidence += [_evidence(known.node, "mention", place, documents) for place in candidate.places]
                continue
            reason, detail = "known_name", {**detail, "node": known.node, "by": known.method}
            if facet_of[known.node] != candidate.facet:
                detail["facet_of_node"] = facet_of[known.node]
        elif reason is None and (implied := _implied(meant, candidate)):
            node, how = implied
            reason, detail = "known_name", {**detail, "node": node, "by": how}
        elif reason is None:
            made = _novel(candidate, documents)
            if made.node.key not in facet_of:
                novel.setdefault(made.node.key, made)
            continue
        drops.append(Drop(item=candidate.surface, reason=reason or "candidate", detail=detail))
    ended = _with_ends(novel[key] for key in sorted(novel))
    return Choice(novel=ended, drops=tuple(drops), evidence=tuple(evidence))


def _with_ends(novel: Iterable[Novel]) -> tuple[Novel, ...]:
    """Return the new nodes, those whose names end in the name of another as said to be of its kind."""
    found = tuple(novel)
    names = {(each.node.facet, singular_name(each.node.name)): each.node.name for each in found}
    ended = []
    for each in found:
        words = each.node.name.split()
        ends = (" ".join(words[at:]) for at in range(1, len(words)))
        kind = next((name for end in ends if (name := names.get((each.node.facet, singular_name(end))))), None)
        said = (*each.entity.said, *([Said(parent=kind, weight=SAID, evidence=())] if kind else []))
        ended.append(replace(each, entity=replace(each.entity, said=tuple(dict.fromkeys(said)))))
    return tuple(ended)


def _is_meant(known: Named | None, candidate: Candidate, facet_of: Mapping[str, Facet]) -> bool:
    """Say whether a name may mean that node: "optic nerve" is no "optic nerve disorder", tails left out or not."""
    return known is not None and (known.method != "core" or facet_of[known.node] == candidate.facet)


def _implied(meant: KnownNames, candidate: Candidate) -> tuple[str, str] | None:
    """Return the node that texts mean by a candidate's name, and what says so."""
    return meant.implied(candidate.surface, candidate.facet, candidate.definition) if candidate.facet else None


def _too_little(candidate: Candidate) -> str | None:
    """Return `candidate` where the texts do not speak well enough for a node."""
    enough = candidate.documents >= MIN_DOCUMENTS and candidate.support >= MIN_SUPPORT
    # An author who explains a term in a glossary holds it for one, however rarely the text says it.
    defined = candidate.definition is not None and (candidate.entry or candidate.support >= DEFINED_SUPPORT)
    sure = candidate.score >= MIN_SCORE and candidate.margin >= MIN_MARGIN and not is_stop_name(candidate.surface)
    sure = sure and (candidate.settled or bool(candidate.named))
    return None if candidate.facet is not None and sure and (enough or defined) else "candidate"


def _novel(candidate: Candidate, documents: Mapping[str, Document]) -> Novel:
    if candidate.facet is None:
        raise ValueError(f"{candidate.surface!r} has no facet")
    name = " ".join(candidate.surface.split())
    name = name if any(letter.isupper() for letter in name[1:]) else name.lower()
    key = node_key(candidate.facet, None, name)
    rows = {row.key: row for row in (_evidence(key, "mention", place, documents) for place in candidate.places)}
    said = []
    for place in candidate.places:
        for parent in parents_said(
            documents[place.document].text, sentence_around(documents[place.document].text, place.span), place.span
        ):
            row = _evidence(key, "edge", place, documents)
            rows[row.key] = row
            said.append(Said(parent=parent, weight=SAID, evidence=(row.key,)))
    aged = _OF_AN_AGE.fullmatch(name) if candidate.facet == "disease" else None
    said += [Said(parent=aged["what"], weight=SAID, evidence=())] if aged else []
    defined_at, licence = candidate.defined_at, OWN_LICENCE
    source: dict[str, Any] = {}
    if candidate.definition and defined_at:
        row = _evidence(key, "definition", defined_at, documents)
        rows[row.key] = row
        given = documents[defined_at.document].licence
        # All else in the node are facts, so the licence of the definition alone binds it.
        joint = made_licence(CC0, given)
        if joint is not None and joint != UNKNOWN:
            licence = OWN_LICENCE if joint in (CC0, PUBLIC_DOMAIN) else joint
            source = {"document": defined_at.document, "start_char": row.start_char, "licence": given}
    for variant in candidate.variants:
        for place in variant.places[:1]:
            row = _evidence(key, "synonym", place, documents)
            rows[row.key] = row
    variants = [
        {"name": variant.name, "signals": list(variant.signals), "documents": variant.documents}
        for variant in candidate.variants
    ]
    facts: dict[str, Any] = {"documents": candidate.documents, "support": candidate.support, "score": candidate.score}
    facts |= {"named": dict(candidate.named)} if candidate.named else {}
    facts |= {"tagged": list(candidate.tagged)} if candidate.tagged else {}
    node = Node(
        key=key,
        digest="",
        facet=candidate.facet,
        curie=None,
        name=name,
        synonyms=distinct_names(tuple(variant.name for variant in candidate.variants), besides=name),
        definition=candidate.definition if source else None,
        xrefs=(),
        provenance={
            "terms": [],
            **({"variants": variants} if variants else {}),
            "literature": facts,
            **({"definition": source} if source else {}),
        },
        licence=licence,
        text_digest="",
    )
    told = _told(candidate)
    entity = Entity(key=key, names=_names(name), definition=told, said=tuple(dict.fromkeys(said)))
    evidence = tuple(rows[key] for key in sorted(rows))
    return Novel(node=replace(node, text_digest=digest(vector_text(node))), entity=entity, evidence=evidence)


def _names(name: str) -> tuple[str, ...]:
    """Return the name, and it in the singular where that is another word elsewhere ("retinacula")."""
    one = singular_name(name)
    return (name,) if stems_of(one) == stems_of(name) else (name, one)


def _told(candidate: Candidate) -> str | None:
    """Return the definition without "X is", where it goes on with what X is a kind or a part of.

    "X is a condition" says nothing, and "X is the Y of Z" names one thing twice.
    """
    definition = candidate.definition
    if definition is None:
        return None
    meaning = meaning_of(definition, candidate.surface)
    is_kind = (
        meaning and not meaning.startswith("the ") and defining_noun(definition, candidate.surface) not in _NO_KIND
    )
    return meaning if is_kind else definition


def _evidence(key: str, kind: Any, place: Place, documents: Mapping[str, Document]) -> Evidence:
    document = documents[place.document]
    sentence = sentence_around(document.text, place.span)
    return Evidence(
        key=content_key("evidence", key, kind, document.key, *place.span),
        subject=key,
        kind=kind,
        document=document.key,
        start_char=place.span[0],
        end_char=place.span[1],
        sentence=document.text[slice(*sentence)],
        surface=document.text[slice(*place.span)],
        assertion=assertions_of(document.text[slice(*sentence)]).of(
            (place.span[0] - sentence[0], place.span[1] - sentence[0])
        ),
    )


def by_facet(novel: Iterable[Novel]) -> dict[str, list[Novel]]:
    """Return the new nodes of each facet, by key."""
    found: dict[str, list[Novel]] = {}
    for each in sorted(novel, key=lambda each: each.node.key):
        found.setdefault(each.node.facet, []).append(each)
    return found
