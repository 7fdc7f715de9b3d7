"""The tree as OBO graph JSON (https://github.com/geneontology/obographs), one graph.

What the format has no field for stands in `basicPropertyValues`, under predicates of our own (`met:...`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from met.tree.formats import Forest, as_json, forest_of, from_json, made_node
from met.types import Edge, Node, NodeAlias, Relation

OBO: Final = "http://purl.obolibrary.org/obo/"
EDGE_PREDICATES: Final = {"is_a": "is_a", "part_of": f"{OBO}BFO_0000050", "unknown": "met:subordinate_to"}
RELATION_PREDICATES: Final = {
    "located_in": f"{OBO}RO_0001025",
    "has_symptom": f"{OBO}RO_0002452",
    "seen_on": "met:seen_on",
    "part_of": f"{OBO}BFO_0000050",
}


def write_obograph(forest: Forest, out: Path) -> None:
    """The forest stands in the file `out`, a node, edge or alias a line."""
    ids = node_ids(forest.nodes)
    aliases: dict[str, list[NodeAlias]] = {}
    for alias in forest.aliases:
        aliases.setdefault(alias.key, []).append(alias)
    nodes = (_node(node, ids, aliases.get(node.key, ())) for node in forest.nodes)
    lost = [
        _property("alias", as_json([alias.alias, alias.key, alias.reason]))
        for alias in forest.aliases
        if alias.key not in ids
    ]
    edges = (*(_edge(edge, ids) for edge in forest.edges), *(_relation(row, ids) for row in forest.relations))
    with out.open("w", encoding="utf-8", newline="\n") as file:
        head = {"basicPropertyValues": [_property("export", "1"), *lost]}
        file.write(f'{{"graphs":[{{"id":"urn:met:tree","meta":{_line(head)},"nodes":[\n')
        file.write(",\n".join(map(_line, nodes)))
        file.write('\n],"edges":[\n')
        file.write(",\n".join(map(_line, edges)))
        file.write("\n]}]}\n")


def read_obograph(path: Path) -> Forest:
    """Return the forest of the file.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is no such file.
    """
    (graph,) = json.loads(path.read_text(encoding="utf-8"))["graphs"]
    lost = _properties(graph["meta"])["alias"]
    keys: dict[str, str] = {}
    nodes: list[Node] = []
    aliases = [NodeAlias(alias=alias, key=key, reason=reason) for alias, key, reason in map(from_json, lost)]
    for entry in graph["nodes"]:
        node, own = _read_node(entry)
        keys[entry["id"]] = node.key
        nodes.append(node)
        aliases += own
    rows = [_read_edge(entry, keys) for entry in graph["edges"]]
    return forest_of(
        nodes,
        [row for row in rows if isinstance(row, Edge)],
        aliases=aliases,
        relations=[row for row in rows if isinstance(row, Relation)],
    )


def node_ids(nodes: Iterable[Node]) -> dict[str, str]:
    """Return the id of each node by its key: the OBO address of its CURIE where no other node has it, else a URN.

    The CURIEs of DICOM are no OBO addresses, and are written as URNs too.
    """
    given = list(nodes)
    bearers = Counter(node.curie for node in given)
    return {
        node.key: _iri(node.curie) if node.curie and bearers[node.curie] == 1 else f"urn:met:{node.key}"
        for node in given
    }


def _iri(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    plain = prefix.isalpha() and local.isalnum() and local.isascii() and prefix.isascii()
    return f"{OBO}{prefix}_{local}" if plain else f"urn:met:curie:{curie}"


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _property(name: str, value: str) -> dict[str, str]:
    return {"pred": f"met:{name}", "val": value}


def _properties(meta: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"alias": []}
    for entry in meta["basicPropertyValues"]:
        found.setdefault(entry["pred"].removeprefix("met:"), []).append(entry["val"])
    return found


# ---------------------------------------------------------------- nodes


def _node(node: Node, ids: Mapping[str, str], aliases: Iterable[NodeAlias]) -> dict[str, Any]:
    own = [_property("alias", as_json([alias.alias, alias.reason])) for alias in aliases]
    facts = {"key": node.key, "facet": node.facet, "licence": node.licence, "provenance": as_json(node.provenance)}
    curie = [_property("curie", node.curie)] if node.curie is not None else []
    meta = {
        **({"definition": {"val": node.definition}} if node.definition is not None else {}),
        **({"synonyms": [{"pred": "hasExactSynonym", "val": name} for name in node.synonyms]} if node.synonyms else {}),
        **({"xrefs": [{"val": xref} for xref in node.xrefs]} if node.xrefs else {}),
        "basicPropertyValues": [*(_property(name, value) for name, value in facts.items()), *curie, *own],
    }
    return {"id": ids[node.key], "lbl": node.name, "type": "CLASS", "meta": meta}


def _read_node(entry: Mapping[str, Any]) -> tuple[Node, list[NodeAlias]]:
    meta = entry["meta"]
    facts = _properties(meta)
    key = facts["key"][0]
    node = made_node(
        {
            "key": key,
            "facet": facts["facet"][0],
            "curie": facts["curie"][0] if "curie" in facts else None,
            "name": entry["lbl"],
            "synonyms": tuple(synonym["val"] for synonym in meta.get("synonyms", ())),
            "definition": meta["definition"]["val"] if "definition" in meta else None,
            "xrefs": tuple(xref["val"] for xref in meta.get("xrefs", ())),
            "provenance": from_json(facts["provenance"][0]),
            "licence": facts["licence"][0],
        }
    )
    pairs = map(from_json, facts["alias"])
    return node, [NodeAlias(alias=alias, key=key, reason=reason) for alias, reason in pairs]


# ---------------------------------------------------------------- edges and relations


def _edge(edge: Edge, ids: Mapping[str, str]) -> dict[str, Any]:
    facts = {"row": "edge", "primary": as_json(edge.is_primary), "provenance": as_json(edge.provenance)}
    return {
        "sub": ids[edge.child],
        "pred": EDGE_PREDICATES[edge.kind],
        "obj": ids[edge.parent],
        "meta": {"basicPropertyValues": [_property(name, value) for name, value in facts.items()]},
    }


def _relation(row: Relation, ids: Mapping[str, str]) -> dict[str, Any]:
    facts = {"row": "relation", "key": row.key, "confidence": repr(row.confidence)}
    facts["provenance"] = as_json(row.provenance)
    return {
        "sub": ids[row.subject],
        "pred": RELATION_PREDICATES[row.kind],
        "obj": ids[row.object],
        "meta": {"basicPropertyValues": [_property(name, value) for name, value in facts.items()]},
    }


def _read_edge(entry: Mapping[str, Any], keys: Mapping[str, str]) -> Edge | Relation:
    facts = {name: values[0] for name, values in _properties(entry["meta"]).items() if values}
    subject, target = keys[entry["sub"]], keys[entry["obj"]]
    provenance = from_json(facts["provenance"])
    if facts["row"] == "edge":
        kind = {predicate: kind for kind, predicate in EDGE_PREDICATES.items()}[entry["pred"]]
        primary = facts["primary"] == "true"
        return Edge(child=subject, parent=target, kind=kind, is_primary=primary, provenance=provenance)  # type: ignore[arg-type]
    relation = {predicate: kind for kind, predicate in RELATION_PREDICATES.items()}[entry["pred"]]
    return Relation(
        key=facts["key"],
        subject=subject,
        kind=relation,  # type: ignore[arg-type]
        object=target,
        confidence=float(facts["confidence"]),
        provenance=provenance,
    )
