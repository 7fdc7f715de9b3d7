"""What texts add to the tree: mentions, definitions and synonyms of nodes, each with its sentence.

All of it is a function of the set of documents: what is kept is chosen by authority, then document key, then offset,
never by the order of reading.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from met.keys import content_key
from met.rights import made_licence
from met.tree.assertion import assertions_of
from met.tree.lexicon import Lexicon, Match
from met.tree.names import normal_form
from met.tree.patterns import Candidate, definition_in, synonyms_in
from met.tree.stops import is_stop_name
from met.tree.texts import Text
from met.tree.texts.sentences import sentences
from met.types import Assertion, Authority, Document, Evidence, EvidenceKind, Facet, Node, Span

MENTIONS_A_NODE: Final = 20
MIN_DOCUMENTS: Final = 2
MAX_SENTENCE: Final = 1000
# "(also, celiac artery) major branch of ...": other names stand before the meaning.
_LEADING_BRACKET: Final = re.compile(r"^\((?:also|plural|singular)[^()]*\)\s*")
AUTHORITIES: Final[tuple[Authority, ...]] = ("guideline", "textbook", "review", "article", "web")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """A place that speaks for a node, in the order of preference of its fields: what a sentence denies comes last, and
    of sources of one authority those that are about something else. `said` is what it says: a name or a definition.
    """

    denied: bool
    authority: int
    elsewhere: bool
    document: str
    start: int
    end: int
    sentence_start: int
    said: str
    sentence: str
    surface: str
    licence: str
    assertion: Assertion


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What texts add to one node: names, or a definition with the document and licence it comes from."""

    synonyms: tuple[str, ...] = ()
    definition: Finding | None = None


@dataclass(slots=True, kw_only=True)
class Findings:
    """Collects findings document by document."""

    lexicon: Lexicon
    facets: Mapping[str, Facet]
    mentions: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    definitions: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    synonyms: dict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))

    def add(self, text: Text, names: Sequence[Match], focus: Set[str] = frozenset()) -> None:
        """Take in what one document says; `names` are the known names in it, as it means them, and `focus` the nodes
        that it is about.
        """
        document = text.document
        spans = list(sentences(document.text))
        starts = [start for start, _ in spans]
        in_sentence: dict[Span, list[Match]] = defaultdict(list)
        for match in names:
            place = bisect_right(starts, match.start) - 1
            if place >= 0 and match.end <= spans[place][1]:
                in_sentence[spans[place]].append(match)
        for span, matches in in_sentence.items():
            if span[1] - span[0] <= MAX_SENTENCE:
                self._read_sentence(document, span, matches, focus)
        for entry in text.glossary:
            self._read_glossary(document, entry.term, entry.meaning, focus)

    def _read_sentence(self, document: Document, span: Span, matches: Sequence[Match], focus: Set[str]) -> None:
        assertions = assertions_of(document.text[slice(*span)])
        read = [(match, assertions.of((match.start - span[0], match.end - span[0]))) for match in matches]
        for match, assertion in read:
            for node in match.nodes:
                here = (match.start, match.end)
                found = _finding(document, span, here, said="", assertion=assertion, about=node in focus)
                _keep(self.mentions[node], found)
        clear = [(match, assertion) for match, assertion in read if len(match.nodes) == 1]
        # What a sentence denies, it neither renames nor defines.
        for match, assertion in clear:
            for candidate in (
                synonyms_in(document.text, span, (match.start, match.end)) if assertion != "negated" else ()
            ):
                self._offer_synonym(match.nodes[0], document, span, candidate)
        if clear and clear[0][1] != "negated":
            first, assertion = clear[0]
            definition = definition_in(document.text, span, (first.start, first.end))
            if definition:
                here, about = (first.start, first.end), first.nodes[0] in focus
                found = _finding(document, span, here, said=definition, assertion=assertion, about=about)
                _keep(self.definitions[first.nodes[0]], found)

    def _offer_synonym(self, node: str, document: Document, span: Span, candidate: Candidate) -> None:
        # A name that any node bears, or that holds a name of another facet, is never given to this one.
        found = self.lexicon.find(candidate.text)
        other = any(self.facets[other] != self.facets[node] for match in found for other in match.nodes)
        whole = any(match.end - match.start == len(candidate.text) for match in found)
        if not other and not whole and not is_stop_name(candidate.text):
            self.synonyms[node].append(_finding(document, span, candidate.span, said=candidate.text))

    def _read_glossary(self, document: Document, term: Span, meaning: Span, focus: Set[str]) -> None:
        surface = document.text[slice(*term)]
        matches = [
            match
            for match in self.lexicon.find(surface)
            if len(match.surface) == len(surface) and len(match.nodes) == 1
        ]
        if matches:
            said = _LEADING_BRACKET.sub("", document.text[slice(*meaning)])
            node = matches[0].nodes[0]
            found = _finding(document, (term[0], meaning[1]), term, said=said, about=node in focus)
            _keep(self.definitions[node], found)


def _finding(
    document: Document,
    sentence: Span,
    span: Span,
    *,
    said: str,
    assertion: Assertion = "affirmed",
    about: bool = False,
) -> Finding:
    return Finding(
        denied=assertion == "negated",
        authority=AUTHORITIES.index(document.authority),
        elsewhere=not about,
        document=document.key,
        start=span[0],
        end=span[1],
        sentence_start=sentence[0],
        said=said,
        sentence=document.text[slice(*sentence)],
        surface=document.text[slice(*span)],
        licence=document.licence,
        assertion=assertion,
    )


def _keep(findings: list[Finding], new: Finding) -> None:
    findings.append(new)
    if len(findings) >= 4 * MENTIONS_A_NODE:
        findings.sort()
        del findings[MENTIONS_A_NODE:]


# ---------------------------------------------------------------- decisions


def additions(findings: Findings, nodes: Iterable[Node], *, unaltered: frozenset[str]) -> dict[str, Addition]:
    """Return what the texts add, by node key.

    A definition is added where a node has none: the most preferred one whose licence may be joined with the node's. A
    synonym is added where two documents give it to this node and none gives it to another. Nodes of an unaltered
    ontology get nothing.
    """
    claims: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for key, found in findings.synonyms.items():
        for finding in found:
            claims[_claim(finding.said)].add(key)
    made = {}
    for node in nodes:
        if node.key in unaltered:
            continue
        names = _agreed_synonyms(findings.synonyms.get(node.key, ()), claims)
        usable = (finding for finding in findings.definitions.get(node.key, ()) if _joint_licence(node, finding))
        definition = min(usable, default=None) if node.definition is None else None
        if names or definition:
            made[node.key] = Addition(synonyms=names, definition=definition)
    return made


def _joint_licence(node: Node, found: Finding) -> str | None:
    joint = made_licence(node.licence, found.licence)
    return None if joint == "unknown" else joint


def _claim(name: str) -> tuple[str, bool]:
    return normal_form(name), name.isupper()


def _agreed_synonyms(found: Sequence[Finding], claims: Mapping[tuple[str, bool], set[str]]) -> tuple[str, ...]:
    documents: dict[tuple[str, bool], set[str]] = defaultdict(set)
    spelled: dict[tuple[str, bool], str] = {}
    for finding in sorted(found):
        documents[_claim(finding.said)].add(finding.document)
        spelled.setdefault(_claim(finding.said), finding.said)
    agreed = (
        claim for claim in sorted(documents) if len(documents[claim]) >= MIN_DOCUMENTS and len(claims[claim]) == 1
    )
    return tuple(spelled[claim] for claim in agreed)


def evidence_of(findings: Findings, made: Mapping[str, Addition]) -> tuple[Evidence, ...]:
    """Return the evidence rows, sorted by key: up to 20 mentions of each node, and one row at least for each
    addition.
    """
    rows: dict[str, Evidence] = {}
    for node, found in findings.mentions.items():
        for finding in sorted(found)[:MENTIONS_A_NODE]:
            _put(rows, node, "mention", finding)
    for node, addition in made.items():
        if addition.definition:
            _put(rows, node, "definition", addition.definition)
        claims = {_claim(name) for name in addition.synonyms}
        said = sorted(finding for finding in findings.synonyms.get(node, ()) if _claim(finding.said) in claims)
        for finding in said[:MENTIONS_A_NODE]:
            _put(rows, node, "synonym", finding)
    return tuple(rows[key] for key in sorted(rows))


def _put(rows: dict[str, Evidence], subject: str, kind: EvidenceKind, finding: Finding) -> None:
    key = content_key("evidence", subject, kind, finding.document, finding.start, finding.end)
    rows[key] = Evidence(
        key=key,
        subject=subject,
        kind=kind,
        document=finding.document,
        start_char=finding.start,
        end_char=finding.end,
        sentence=finding.sentence,
        surface=finding.surface,
        assertion=finding.assertion,
    )
