"""Our own table of imaging modalities and techniques (modalities.tsv), read as an ontology of the facet modality."""

import csv
from functools import cache
from importlib.resources import files
from typing import Final

from met.tree.names import normal_form
from met.tree.ontology.terms import Ontology, Synonym, Term

TABLE: Final = "modalities.tsv"
VERSION: Final = "1"
LOCAL_PREFIX: Final = "MET"


def table_text() -> str:
    """Return the table as it stands in the package."""
    return (files("met.tree") / TABLE).read_text(encoding="utf-8")


@cache
def modality_ontology() -> Ontology:
    """Return the modalities as terms. Entries with DICOM codes of CID 29 have the CURIE `DCM:<code>`, others a local
    one.

    Local CURIEs never leave the build: such a node is known by its name.
    """
    rows = list(csv.DictReader(table_text().splitlines(), delimiter="\t"))
    curies = {
        row["name"]: _codes(row["dicom"])[0] if row["dicom"] else f"{LOCAL_PREFIX}:{normal_form(row['name'])}"
        for row in rows
    }
    return Ontology(
        name="met-modalities",
        version=VERSION,
        licence="Apache-2.0",
        facet="modality",
        holds="terms",
        terms=tuple(
            Term(
                curie=curies[row["name"]],
                name=row["name"],
                synonyms=tuple(Synonym(text=text) for text in row["synonyms"].split("|") if text),
                definition=row["definition"],
                alt_ids=_codes(row["dicom"])[1:],
                parents=((curies[row["parent"]], "is_a"),) if row["parent"] else (),
            )
            for row in rows
        ),
    )


def _codes(cell: str) -> tuple[str, ...]:
    return tuple(f"DCM:{code}" for code in cell.split("|") if code)
