"""The tree as lines of plain text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from met.tree.roots import TREE_ROOT
from met.types import Node

SHOWN: Final = 20
SENTENCES: Final = 10
_WIDTH: Final = 118


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence that speaks of a node, the words in it that do, and the document that it stands in."""

    kind: str
    sentence: str
    title: str
    authority: str
    surface: str = ""
    licence: str = ""
    assertion: str = "affirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A parent of a node, how the node stands under it, and who says so."""

    name: str
    kind: str
    said_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A relation as it reads from a node: what it is, the other end, who says so, and its sentences."""

    kind: str
    name: str
    confidence: float
    said_by: str = ""
    quotes: Sequence[Quote] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node with what stands around it. `path` are the names from the facet root to the parent; of `parents` the
    primary one stands first.
    """

    node: Node
    path: Sequence[str]
    parents: Sequence[Parent] = ()
    children: Sequence[str] = ()
    siblings: Sequence[str] = ()
    relations: Sequence[Related] = ()
    quotes: Sequence[Quote] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A node of an overview, with the number of nodes under it and its largest children."""

    name: str
    under: int
    branches: Sequence["Branch"] = ()


def render_tree(facets: Sequence[Branch]) -> list[str]:
    """Return the overview, one line a node: the tree's root, the facets, and what is given below them.

    >>> print(*render_tree([Branch(name="disease", under=2, branches=[Branch(name="cancer", under=1)])]), sep="\\n")
    medical entity (3)
    └─ disease (2)
       └─ cancer (1)
    """
    total = sum(facet.under + 1 for facet in facets)
    return [f"{TREE_ROOT} ({total:,})", *_branches(facets, "")]


def _branches(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    for place, branch in enumerate(branches, start=1):
        last = place == len(branches)
        yield f"{indent}{'└─' if last else '├─'} {branch.name} ({branch.under:,})"
        yield from _branches(branch.branches, indent + ("   " if last else "│  "))


def render_node(view: NodeView) -> list[str]:
    """Return what is known of a node, a fact a line, long ones folded; lists that are cut say how much is left."""
    node = view.node
    # A sentence that names the node twice speaks once.
    spoken = list({(quote.kind, quote.sentence, quote.title): quote for quote in reversed(view.quotes)}.values())[::-1]
    left = len(spoken) - SENTENCES
    lines = [
        *_fact("key", node.key),
        *_fact("origin", ORIGINS[origin_of(node)]),
        *_fact("sources", _cut(sources_of(node))),
        *_fact("path", " > ".join((TREE_ROOT, *view.path, node.name))),
        *_fact("placed", _cut([_under(parent) for parent in view.parents[:1]])),
        *_fact("also under", _cut([_under(parent) for parent in view.parents[1:]])),
        *_fact("definition", node.definition or ""),
        *_fact("synonyms", _cut(node.synonyms)),
        *_fact("xrefs", _cut(node.xrefs)),
        *_fact("licence", node.licence),
        *_fact("children", _cut(view.children)),
        *_fact("siblings", _cut(view.siblings)),
        *(line for relation in view.relations for line in _related(relation)),
        *_fact("evidence", _counted(spoken)),
        *(line for quote in spoken[:SENTENCES] for line in _quoted(quote)),
        *([f"  and {_many(left, 'sentence')} more: --json gives all"] if left > 0 else []),
    ]
    return [f"{node.name} ({node.facet}{', ' + node.curie if node.curie else ''})", *lines]


def said_by(provenance: Mapping[str, Any]) -> str:
    """Return who says an edge or a relation.

    >>> said_by({"said_by": ["mondo 2026", "doid 2026"]})
    'mondo 2026, doid 2026'
    >>> said_by({"by": "texts", "score": 0.81, "signals": ["head", "said"]})
    'texts, score 0.81 (head, said)'
    >>> said_by({"texts": {"sentences_together": 4, "documents": 2}})
    'texts: together in 4 sentences of 2 documents'
    """
    parts = [str(name) for name in provenance.get("said_by", ())]
    if "axiom" in provenance:
        parts.append(f"{provenance['ontology']} {provenance['version']}")
    if "score" in provenance:
        signals = ", ".join(str(signal) for signal in provenance.get("signals", ()))
        parts.append(f"{provenance.get('by', '')}, score {provenance['score']:.2f} ({signals})")
    found = provenance.get("texts")
    if found:
        together, documents = found["sentences_together"], found["documents"]
        parts.append(f"texts: together in {_many(together, 'sentence')} of {_many(documents, 'document')}")
    return ", ".join(parts)


# How a relation reads from its object.
INVERSE: Final = {
    "located_in": "location_of",
    "has_symptom": "symptom_of",
    "seen_on": "shows",
    "part_of": "has_part",
}


ORIGINS: Final = {
    "ontology": "from ontologies",
    "engine": "from the engine's own lists",
    "literature": "found in literature alone: no ontology of this tree holds it",
}


def origin_of(node: Node) -> str:
    """Return where a node comes from: `ontology`, the `engine`'s own lists, or `literature` alone."""
    names = {str(term.get("ontology", "")) for term in node.provenance.get("terms", ())}
    if "literature" in node.provenance and not names:
        return "literature"
    return "engine" if names and all(name.partition("-")[0] == "met" for name in names) else "ontology"


def sources_of(node: Node) -> list[str]:
    """Return what a node was made from: ontologies with version and CURIE, and how many documents speak of a term."""
    named = [
        " ".join(str(term[part]) for part in ("ontology", "version", "curie") if part in term)
        for term in node.provenance.get("terms", ())
    ]
    found = node.provenance.get("literature")
    said = [f"named {_many(found['support'], 'time')} in {_many(found['documents'], 'document')}"] if found else []
    return [*named, *said]


def _under(parent: Parent) -> str:
    who = f", said by {parent.said_by}" if parent.said_by else ""
    return f"under {parent.name} ({parent.kind}{who})"


def _related(relation: Related) -> Iterator[str]:
    sure = f"confidence {relation.confidence:.2f}"
    yield from _fact(relation.kind, f"{relation.name} ({', '.join(part for part in (sure, relation.said_by) if part)})")
    for quote in relation.quotes[:1]:
        yield from _quoted(quote)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _counted(quotes: Sequence[Quote]) -> str:
    quotes = [quote for quote in quotes if quote.assertion != "negated"]
    if not quotes:
        return ""
    by_authority = Counter(quote.authority for quote in quotes)
    counts = ", ".join(f"{authority} {count:,}" for authority, count in by_authority.items())
    sources = len({quote.title for quote in quotes})
    return f"{_many(len(quotes), 'sentence')} of {_many(sources, 'source')} ({counts})"


def _quoted(quote: Quote) -> Iterator[str]:
    source = ", ".join(part for part in (quote.title, quote.authority, quote.licence) if part)
    kind = quote.kind if quote.assertion == "affirmed" else f"{quote.kind}, {quote.assertion}"
    text = f"{kind}: {' '.join(quote.sentence.split())} [{source}]"
    yield from wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False)


def _cut(values: Sequence[str]) -> str:
    more = f"; and {len(values) - SHOWN:,} more" if len(values) > SHOWN else ""
    return f"{'; '.join(values[:SHOWN])}{more}"


def _fact(label: str, text: str) -> list[str]:
    """Return the lines of a fact; none where there is nothing to say."""
    if not text:
        return []
    return wrap(
        f"{label:<11} {text}", _WIDTH, subsequent_indent=" " * 12, break_long_words=False, break_on_hyphens=False
    )
