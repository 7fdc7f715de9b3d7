"""Reads an ontology file, whatever its format: the format is found in the content, never in the name."""

import csv
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from met.errors import BadOntology
from met.rights import licence_of_url
from met.tree.ontology import tables
from met.tree.ontology.obo import Tags, obo_stanzas, term_of
from met.tree.ontology.obograph import is_obograph, terms_of_obograph, version_of_obograph
from met.tree.ontology.terms import FACET_OF, LICENCE_OF, Axiom, Holds, Ontology, Term, main_prefix, usable_terms
from met.tree.roots import ROOT_NAMES
from met.types import Drop
from met.xml import storable

MAX_BYTES: Final = 1 << 30
_DATE: Final = re.compile(r"\d{4}-\d{2}(?:-\d{2})?|\d{4}")
_URL: Final = re.compile(r"https?://\S+")


def read_ontology(path: Path) -> Ontology:
    """Return what the file holds; gzip is opened on the way.

    Known are OBO, OBO graph JSON, the DOID tables (terms, cross references, axioms) and JSON of ancestors by distance.
    The version is
    what the file says of itself, else the date in its name, else the start of its sha256.

    Raises:
        BadOntology: the file cannot be read, is cut, is larger than 1 GiB unpacked, is no UTF-8, has an unknown
        format, or
            holds terms of a prefix that no facet is known for.
    """
    data = _content(path)
    try:
        text = storable(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadOntology(path=path.name, why=f"is not UTF-8 at byte {error.start}") from error
    version = _version_of_file(path, data)
    if text.lstrip()[:1] == "{":
        return _from_json(path, text, version)
    try:
        return _from_table(path, text, version) or _from_obo(path, text, version)
    except csv.Error as error:
        raise BadOntology(path=path.name, why=f"is no table: {error}") from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadOntology(path=path.name, why=f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > MAX_BYTES:
        raise BadOntology(path=path.name, why="is larger than 1 GiB unpacked")
    if not data.strip():
        raise BadOntology(path=path.name, why="is empty")
    return data


def _version_of_file(path: Path, data: bytes) -> str:
    date = _DATE.search(path.name)
    return date.group() if date else hashlib.sha256(data).hexdigest()[:12]


def _from_table(path: Path, text: str, version: str) -> Ontology | None:
    columns, rows, refused = tables.rows_of(text)
    if columns == tables.TERM_COLUMNS:
        terms, drops = tables.terms_by_label(rows, roots=ROOT_NAMES["disease"])
        return _ontology(path, version=version, terms=terms, drops=[*refused, *drops])
    if columns == tables.XREF_COLUMNS:
        return _ontology(path, version=version, terms=tables.xref_terms(rows), drops=refused, holds="xrefs")
    if columns == tables.AXIOM_COLUMNS:
        return _axioms(path, version, tables.axioms_of(rows), refused)
    return None


def _from_json(path: Path, text: str, version: str) -> Ontology:
    repeated: list[str] = []

    def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        first: dict[str, Any] = {}
        for name, value in pairs:
            key = storable(name)
            if key in first:
                repeated.append(key)
            first.setdefault(key, _storable(value))
        return first

    try:
        records = json.loads(text, object_pairs_hook=without_repeats)
    except (ValueError, RecursionError) as error:
        raise BadOntology(path=path.name, why=f"is not JSON: {error}") from error
    if is_obograph(records):
        terms, drops = terms_of_obograph(records)
        declared = version_of_obograph(records)
        date = _DATE.search(declared) if declared else None
        return _ontology(path, version=date.group() if date else declared or version, terms=terms, drops=drops)
    if not any(isinstance(record, dict) and "ancestors" in record for record in records.values()):
        raise BadOntology(path=path.name, why="is JSON, but neither an OBO graph nor terms with their ancestors")
    terms, drops = tables.terms_of_json(records)
    drops += [Drop(item=curie, reason="duplicate_id") for curie in repeated if ":" in curie]
    return _ontology(path, version=version, terms=terms, drops=drops)


def _storable(value: Any) -> Any:
    # Escapes of JSON bring in what the text itself does not hold.
    if isinstance(value, list):
        return [_storable(part) for part in value]
    return storable(value) if isinstance(value, str) else value


def _from_obo(path: Path, text: str, version: str) -> Ontology:
    header, stanzas = obo_stanzas(text)
    terms = [term_of(tags) for tags in stanzas]
    if not terms:
        raise BadOntology(
            path=path.name, why="has no known format (OBO, OBO graph JSON, a DOID table, or JSON of ancestors)"
        )
    declared = next((value for tag, value in header if tag == "data-version"), None)
    date = _DATE.search(declared) if declared else None
    return _ontology(
        path, version=date.group() if date else declared or version, terms=terms, licence=_stated_licence(header)
    )


def _stated_licence(header: Tags) -> str | None:
    said = [value for tag, value in header if tag in ("remark", "property_value") and "licen" in value.lower()]
    found = (licence_of_url(url.rstrip('."')) for value in said for url in _URL.findall(value) if "purl" not in url)
    return next((licence for licence in found if licence != "unknown"), None)


def _ontology(
    path: Path,
    *,
    version: str,
    terms: Sequence[Term],
    drops: Sequence[Drop] = (),
    holds: Holds = "terms",
    licence: str | None = None,
) -> Ontology:
    prefix = _known_prefix(path, [term.curie for term in terms])
    kept, refused = usable_terms(terms, prefix=prefix)
    return Ontology(
        name=prefix.lower(),
        version=version,
        licence=licence or LICENCE_OF[prefix],
        facet=FACET_OF[prefix],
        holds=holds,
        terms=kept,
        drops=(*drops, *refused),
    )


def _axioms(path: Path, version: str, axioms: Sequence[Axiom], drops: Sequence[Drop]) -> Ontology:
    prefix = _known_prefix(path, [axiom.subject for axiom in axioms])
    return Ontology(
        name=prefix.lower(),
        version=version,
        licence=LICENCE_OF[prefix],
        facet=FACET_OF[prefix],
        holds="axioms",
        axioms=tuple(axioms),
        drops=tuple(drops),
    )


def _known_prefix(path: Path, curies: Sequence[str]) -> str:
    prefix = main_prefix(curies)
    if prefix is None:
        raise BadOntology(path=path.name, why="holds no term with an id like MONDO:0005249")
    if prefix not in FACET_OF:
        raise BadOntology(
            path=path.name, why=f"holds terms of {prefix}, for which no facet is known ({', '.join(FACET_OF)})"
        )
    return prefix
