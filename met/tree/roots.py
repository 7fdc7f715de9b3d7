"""The root of each facet. The root above them, medical entity, is no node: facets never mix along an edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from met.types import Facet

TREE_ROOT: Final = "medical entity"


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRoot:
    """A facet's topmost node, in our own words."""

    facet: Facet
    name: str
    definition: str


FACET_ROOTS: Final = (
    FacetRoot(
        facet="disease",
        name="disease",
        definition="A disorder of the structure or function of the human body or mind, injuries included.",
    ),
    FacetRoot(
        facet="anatomy", name="anatomy", definition="A structure, space or substance that the human body consists of."
    ),
    FacetRoot(
        facet="modality",
        name="modality",
        definition="A way to make a medical image or signal, with its sequences, contrasts, stains, planes and views.",
    ),
    FacetRoot(
        facet="symptom",
        name="symptom",
        definition="What a patient feels, an examiner observes or an image shows: symptoms, signs and findings.",
    ),
)

# Normal forms of the topmost terms of the ontologies that say the same as our root and are merged into it.
ROOT_NAMES: Final[Mapping[Facet, frozenset[str]]] = {
    "disease": frozenset({"disease", "human disease", "disease or disorder"}),
    "anatomy": frozenset({"anatomy", "anatomical entity"}),
    "modality": frozenset({"modality"}),
    "symptom": frozenset({"symptom", "phenotypic abnormality", "all"}),
}
