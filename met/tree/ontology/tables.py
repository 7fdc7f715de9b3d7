"""Reads the ontologies that are tables: the DOID releases as TSV, and JSON objects of ancestors by distance (MONDO,
UBERON).
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from met.tree.names import normal_form
from met.tree.ontology.kinds import edge_kind
from met.tree.ontology.terms import Axiom, Synonym, Term
from met.types import Drop, RelationKind

TERM_COLUMNS: Final = ("id", "label", "subclassof")
XREF_COLUMNS: Final = ("id", "label", "xref")
AXIOM_COLUMNS: Final = ("id", "label", "subclass of [anon]")
_AXIOM: Final = re.compile(r"^'?([^']+?)'? some (?:'(.+)'|([^'()|]+))$")
_AXIOM_KINDS: Final[Mapping[str, RelationKind]] = {
    "has symptom": "has_symptom",
    "disease has location": "located_in",
    "located in": "located_in",
    "part of": "part_of",
}


def rows_of(text: str) -> tuple[tuple[str, ...], list[list[str]], list[Drop]]:
    """Return the lower-case column names of a tab-separated table, its rows, and a Drop `bad_term` for each row that
    has more or fewer cells; empty lines are no rows.
    """
    header, *rows = [row for row in csv.reader(text.splitlines(), delimiter="\t") if row] or [[]]
    whole = [row for row in rows if len(row) == len(header)]
    drops = [
        Drop(item=" | ".join(row)[:80], reason="bad_term", detail={"cells": len(row), "columns": len(header)})
        for row in rows
        if len(row) != len(header)
    ]
    return tuple(column.strip().lower() for column in header), whole, drops


def terms_by_label(rows: Iterable[Sequence[str]], *, roots: Iterable[str]) -> tuple[list[Term], list[Drop]]:
    """Return the terms of rows (id, label, label of one parent), and a Drop for each parent that no row or several
    have.

    `roots` are normal forms of parents that are no row because they are the root.
    """
    labels: dict[str, str] = {}
    parents: dict[str, list[str]] = defaultdict(list)
    for curie, label, parent in rows:
        labels.setdefault(curie, label)
        parents[curie].append(parent)
    holders: dict[str, list[str]] = defaultdict(list)
    for curie, label in labels.items():
        holders[normal_form(label)].append(curie)
    above = set(roots)
    terms, drops = [], []
    for curie, label in labels.items():
        found = {
            parent: holders[normal_form(parent)]
            for parent in parents[curie]
            if normal_form(parent) not in above and parent
        }
        known = tuple(dict.fromkeys((matches[0], "is_a") for matches in found.values() if len(matches) == 1))
        terms.append(Term(curie=curie, name=label, parents=known))  # type: ignore[arg-type]
        drops += [_bad_parent(curie, parent, matches) for parent, matches in found.items() if len(matches) != 1]
    return terms, drops


def _bad_parent(curie: str, parent: str, matches: Sequence[str]) -> Drop:
    reason = "ambiguous_parent" if matches else "unknown_parent"
    return Drop(item=f"{curie} -> {parent}", reason=reason)


def xref_terms(rows: Iterable[Sequence[str]]) -> list[Term]:
    """Return one term with all its cross references for each id of rows (id, label, xref)."""
    labels: dict[str, str] = {}
    xrefs: dict[str, list[str]] = defaultdict(list)
    for curie, label, xref in rows:
        labels.setdefault(curie, label)
        xrefs[curie].append(xref)
    return [Term(curie=curie, name=label, xrefs=tuple(dict.fromkeys(xrefs[curie]))) for curie, label in labels.items()]


def axioms_of(rows: Iterable[Sequence[str]]) -> list[Axiom]:
    """Return the axioms of rows (id, label, axioms joined by `|`) whose relation the engine knows."""
    found = ((curie, _AXIOM.match(part.strip())) for curie, _, said in rows for part in said.split("|"))
    return [
        Axiom(subject=curie, kind=_AXIOM_KINDS[match.group(1)], object=(match.group(2) or match.group(3)).strip())
        for curie, match in found
        if match and match.group(1) in _AXIOM_KINDS
    ]


def terms_of_json(records: Mapping[str, Any]) -> tuple[list[Term], list[Drop]]:
    """Return the terms of id -> (label, description, synonyms, ancestors with distance); parents stand at distance 1.

    MONDO holds is_a edges alone; the kinds of UBERON's are derived (`met.tree.ontology.kinds`). A record of
    another shape is a Drop `bad_term`.
    """
    terms, drops = [], []
    for curie, record in records.items():
        if _well_formed(record):
            terms.append(_json_term(curie, record, records))
        else:
            drops.append(Drop(item=curie, reason="bad_term"))
    return terms, drops


def _well_formed(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and isinstance(record.get("label") or "", str)
        and isinstance(record.get("ancestors", {}), dict)
        and isinstance(record.get("replaced_by") or "", str)
        and isinstance(synonyms := record.get("synonyms") or [], list)
        and all(isinstance(synonym, str) for synonym in synonyms)
    )


def _json_term(curie: str, record: Mapping[str, Any], records: Mapping[str, Any]) -> Term:
    label, description = record.get("label") or "", str(record.get("description") or "")
    near = sorted(ancestor for ancestor, distance in record.get("ancestors", {}).items() if distance == 1)
    above = {parent: found if isinstance(found := records.get(parent), dict) else {} for parent in near}
    named = [(parent, str(found.get("label") or "")) for parent, found in above.items()]
    return Term(
        curie=curie,
        name=label,
        synonyms=tuple(Synonym(text=text) for text in record.get("synonyms") or ()),
        definition=" ".join(description.split()) or None,
        parents=tuple(
            (parent, edge_kind(curie=curie, name=label, definition=description, parent=name)) for parent, name in named
        ),
        obsolete=bool(record.get("deprecated")),
        replaced_by=record.get("replaced_by") or None,
    )
