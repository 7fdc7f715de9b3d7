"""The tree as SKOS, one N-Triples statement a line (https://www.w3.org/TR/skos-reference, RDF 1.1 N-Triples).

Edges are skos:broader, typed by the SKOS-THES extension of ISO 25964: broaderGeneric for is_a, broaderPartitive for
part_of. An edge and a relation each are a resource of their own too, which carries kind, primary and provenance.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from met.tree.formats import Forest, as_json, forest_of, from_json, made_node
from met.tree.formats.obograph import node_ids
from met.types import Edge, Node, NodeAlias, Relation

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
THES: Final = "http://purl.org/iso25964/skos-thes#"
DCT: Final = "http://purl.org/dc/terms/"
OWN: Final = "urn:met:term:"
SCHEME: Final = "urn:met:tree"
BROADER: Final = {"is_a": f"{THES}broaderGeneric", "part_of": f"{THES}broaderPartitive", "unknown": f"{SKOS}broader"}
_STATEMENT: Final = re.compile(r'<([^<>"]*)> <([^<>"]*)> (?:<([^<>"]*)>|"((?:[^"\\\n\r]|\\.)*)"(?:@[a-zA-Z-]+)?) \.')
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPES: Final = {escaped[1]: plain for plain, escaped in _ESCAPES.items()}
_UNSAFE_IN_IRI: Final = re.compile(r'[\x00-\x20<>"{}|^`\\%]')

Facts = dict[str, list[str]]


def write_skos(forest: Forest, out: Path) -> None:
    """The forest stands in the file `out`."""
    iris = {key: _safe(name) for key, name in node_ids(forest.nodes).items()}
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for lines in _written(forest, iris):
            file.writelines(f"{line}\n" for line in lines)


def _written(forest: Forest, iris: Mapping[str, str]) -> Iterator[list[str]]:
    yield [_link(SCHEME, f"{RDF}type", f"{SKOS}ConceptScheme")]
    below = {edge.child for edge in forest.edges}
    for node in forest.nodes:
        yield _node(node, iris[node.key], is_top=node.key not in below)
    for number, edge in enumerate(forest.edges):
        yield _edge(edge, f"urn:met:edge:{number}", iris)
    for relation in forest.relations:
        yield _relation(relation, f"urn:met:{_safe(relation.key)}", iris)
    for number, alias in enumerate(forest.aliases):
        row = f"urn:met:alias:{number}"
        facts = {"row": "alias", "alias": alias.alias, "key": alias.key, "reason": alias.reason}
        yield [_say(row, f"{OWN}{name}", value) for name, value in facts.items()]


def read_skos(path: Path) -> Forest:
    """Return the forest of the file; lines may stand in any order, but the order of synonyms is that of their lines.

    Raises:
        ValueError, KeyError: it is no such file.
    """
    subjects: dict[str, Facts] = defaultdict(lambda: defaultdict(list))
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            match = _STATEMENT.fullmatch(line.rstrip("\n"))
            if match is None:
                raise ValueError(f"line {number} is no statement")
            said = match[3] if match[3] is not None else _unescaped(match[4])
            subjects[match[1]][match[2]].append(said)
    nodes = {iri: _read_node(facts) for iri, facts in subjects.items() if f"{SKOS}Concept" in facts[f"{RDF}type"]}
    if not nodes and SCHEME not in subjects:
        raise ValueError("it holds no concept")
    keys = {iri: node.key for iri, node in nodes.items()}
    rows: dict[str, list[Facts]] = defaultdict(list)
    for facts in subjects.values():
        rows[next(iter(facts.get(f"{OWN}row", ())), "")].append(facts)
    return forest_of(
        list(nodes.values()),
        [_read_edge(facts, keys) for facts in rows["edge"]],
        relations=[_read_relation(facts, keys) for facts in rows["relation"]],
        aliases=[
            NodeAlias(alias=_one(facts, "alias"), key=_one(facts, "key"), reason=_one(facts, "reason"))
            for facts in rows["alias"]
        ],
    )


# ---------------------------------------------------------------- rows


def _node(node: Node, iri: str, *, is_top: bool) -> list[str]:
    place = f"{SKOS}topConceptOf" if is_top else f"{SKOS}inScheme"
    lines = [_link(iri, f"{RDF}type", f"{SKOS}Concept"), _link(iri, place, SCHEME)]
    lines.append(_say(iri, f"{SKOS}prefLabel", node.name, language="en"))
    lines += [_say(iri, f"{SKOS}altLabel", name, language="en") for name in node.synonyms]
    if node.definition is not None:
        lines.append(_say(iri, f"{SKOS}definition", node.definition, language="en"))
    if node.curie is not None:
        lines.append(_say(iri, f"{SKOS}notation", node.curie))
    facts = {"key": node.key, "facet": node.facet, "provenance": as_json(node.provenance)}
    lines += [_say(iri, f"{OWN}{name}", value) for name, value in facts.items()]
    lines += [_say(iri, f"{OWN}xref", xref) for xref in node.xrefs]
    return [*lines, _say(iri, f"{DCT}license", node.licence)]


def _read_node(facts: Facts) -> Node:
    return made_node(
        {
            "key": _one(facts, "key"),
            "facet": _one(facts, "facet"),
            "curie": next(iter(facts.get(f"{SKOS}notation", ())), None),
            "name": facts[f"{SKOS}prefLabel"][0],
            "synonyms": tuple(facts.get(f"{SKOS}altLabel", ())),
            "definition": next(iter(facts.get(f"{SKOS}definition", ())), None),
            "xrefs": tuple(facts.get(f"{OWN}xref", ())),
            "provenance": from_json(_one(facts, "provenance")),
            "licence": facts[f"{DCT}license"][0],
        }
    )


def _edge(edge: Edge, row: str, iris: Mapping[str, str]) -> list[str]:
    child, parent = iris[edge.child], iris[edge.parent]
    lines = [] if edge.kind == "unknown" else [_link(child, BROADER[edge.kind], parent)]
    lines.append(_link(child, f"{SKOS}broader", parent))
    facts = {"row": "edge", "kind": edge.kind, "primary": as_json(edge.is_primary)}
    facts["provenance"] = as_json(edge.provenance)
    return [*lines, *_statement(row, child, parent, facts)]


def _read_edge(facts: Facts, keys: Mapping[str, str]) -> Edge:
    return Edge(
        child=keys[_one(facts, "subject")],
        parent=keys[_one(facts, "object")],
        kind=_one(facts, "kind"),  # type: ignore[arg-type]
        is_primary=_one(facts, "primary") == "true",
        provenance=from_json(_one(facts, "provenance")),
    )


def _relation(row: Relation, iri: str, iris: Mapping[str, str]) -> list[str]:
    subject, target = iris[row.subject], iris[row.object]
    facts = {"row": "relation", "key": row.key, "kind": row.kind, "confidence": repr(row.confidence)}
    facts["provenance"] = as_json(row.provenance)
    return [_link(subject, f"{OWN}{row.kind}", target), *_statement(iri, subject, target, facts)]


def _read_relation(facts: Facts, keys: Mapping[str, str]) -> Relation:
    return Relation(
        key=_one(facts, "key"),
        subject=keys[_one(facts, "subject")],
        kind=_one(facts, "kind"),  # type: ignore[arg-type]
        object=keys[_one(facts, "object")],
        confidence=float(_one(facts, "confidence")),
        provenance=from_json(_one(facts, "provenance")),
    )


def _statement(row: str, subject: str, target: str, facts: Mapping[str, str]) -> Iterable[str]:
    yield _link(row, f"{OWN}subject", subject)
    yield _link(row, f"{OWN}object", target)
    yield from (_say(row, f"{OWN}{name}", value) for name, value in facts.items())


def _one(facts: Facts, name: str) -> str:
    return facts[f"{OWN}{name}"][0]


# ---------------------------------------------------------------- N-Triples


def _link(subject: str, predicate: str, target: str) -> str:
    return f"<{subject}> <{predicate}> <{target}> ."


def _say(subject: str, predicate: str, text: str, *, language: str = "") -> str:
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in text)
    return f'<{subject}> <{predicate}> "{escaped}"{"@" + language if language else ""} .'


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _UNESCAPES.get(match[1], match[1]), text)


def _safe(iri: str) -> str:
    return _UNSAFE_IN_IRI.sub(lambda match: f"%{ord(match[0]):02X}", iri)
