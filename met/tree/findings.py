"""Our own list of imaging and microscopic findings and of techniques (findings.tsv), read as ontologies of the facets
symptom and modality.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Final

from met.tree.modalities import LOCAL_PREFIX, modality_ontology
from met.tree.names import normal_form
from met.tree.ontology.terms import Ontology, Synonym, Term
from met.types import Facet

NAME: Final = "met-findings"
TABLE: Final = "findings.tsv"
VERSION: Final = "1"
FACETS: Final[tuple[Facet, ...]] = ("modality", "symptom")


def findings_text() -> str:
    """Return the list as it stands in the package."""
    return (files("met.tree") / TABLE).read_text(encoding="utf-8")


@cache
def findings_ontology(facet: Facet) -> Ontology:
    """Return the rows of one facet as terms with local CURIEs; a technique may stand under a modality of our table.

    Raises:
        ValueError: the list has no rows of that facet.
    """
    if facet not in FACETS:
        raise ValueError(f"the list has no rows of the facet {facet}")
    rows = [row for row in csv.DictReader(findings_text().splitlines(), delimiter="\t") if row["facet"] == facet]
    above = {term.name: term.curie for term in modality_ontology().terms} if facet == "modality" else {}
    curies = {**above, **{row["name"]: _local(row["name"]) for row in rows}}
    return Ontology(
        name=NAME,
        version=VERSION,
        licence="Apache-2.0",
        facet=facet,
        holds="terms",
        terms=tuple(
            Term(
                curie=curies[row["name"]],
                name=row["name"],
                synonyms=tuple(Synonym(text=text) for text in row["synonyms"].split("|") if text),
                definition=row["definition"],
                parents=((curies[row["parent"]], "is_a"),) if row["parent"] else (),
            )
            for row in rows
        ),
    )


def _local(name: str) -> str:
    return f"{LOCAL_PREFIX}:{normal_form(name)}"
