"""Which terms are in scope: entities of the human body and its diseases. Everything else is a Drop with its reason.

Outside are (1) seeds: MONDO's "non-human animal disease" and names that say so, anatomy whose name belongs to other
species, anatomy whose definition begins by speaking of other species and names no human, mammal or vertebrate; what
stands under a part of the ontology that holds no entities (modes of inheritance, life stages); and (2) terms all of
whose parents are outside.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from met.tree.names import normal_form
from met.tree.terms import Ontology, Term
from met.types import Drop, Facet

_ANIMALS: Final = (
    "birds?|avian|fish|fishes|teleosts?|zebrafish|insects?|drosophila|arthropods?|crustaceans?|arachnids?|nematodes?|"
    "annelids?|molluscs?|"
    "cephalopods?|echinoderms?|reptiles?|snakes?|lizards?|turtles?|crocodil\\w+|amphibians?|anurans?|frogs?|"
    "salamanders?|sharks?|"
    "elasmobranchs?|chondrichthyans?|lampreys?|hagfish\\w*|placoderms?|actinopterygians?|ruminants?|ungulates?|"
    "horses?|bovines?|cattle|"
    "rodents?|mice|mouse|rats?|dogs?|canids?|cats|felids?|cetaceans?|whales?|marsupials?|monotremes?|invertebrates?|"
    "tunicates?|cnidarians?"
)
# Whole words of names that no human structure bears.
_OTHER_SPECIES: Final = re.compile(
    rf"\b(?:{_ANIMALS}|fin|pectoral fins?|gills?|feathers?|barbel|swim bladder|antenna|hoof|beak|antler|rumen|"
    rf"rumenal|omasum|abomasum|udder|"
    "pygostyle|gizzard|blubber|baculum|imaginal disc|imaginal|instar|larval?|forelimb wing|vibrissa|cephalic dermal|"
    "dermal scale|odontode|"
    "keratinous claw|egg chorion|shelled egg|mollusc shell|electric organ|spiracle|carapace|plastron|elytron|haltere|"
    "ommatidium|"
    "lateral line|wattle|proboscis|tymbal|spinneret|nacre)\\b"
)
_HUMAN_ANYWAY: Final = re.compile(r"\b(?:human|canine|cauda equina|pes anserinus|hippocampus)\b")
# Laboratory mammals are left out here: structures of ours are often described in them.
_DEFINED_ELSEWHERE: Final = re.compile(
    r"\b(?:in|of|found in|possessed by|present in|characteristic of)\s+(?:the |most |many |some |all |certain |adult )?"
    r"(?:birds|fishes|fish|teleosts|insects|arthropods|crustaceans|annelids|molluscs|cephalopods|echinoderms|"
    r"reptiles|snakes|lizards|turtles|"
    r"amphibians|anurans|frogs|salamanders|sharks|elasmobranchs|chondrichthyans|lampreys|hagfish(?:es)?|placoderms|"
    r"actinopterygians|ruminants|"
    r"ungulates|cetaceans|whales|marsupials|monotremes|invertebrates|tunicates|cnidarians)\b"
)
_DEFINED_HERE: Final = re.compile(
    r"\b(?:humans?|mammals?|mammalian|vertebrates?|primates?|tetrapods?|amniotes?|animals|patients?|man|person)\b"
)
_ANIMAL_DISEASE: Final = re.compile(r"\b(?:non human|animal disease|canine hip|veterinary)\b")

# Normal forms of terms under which no entities stand, by facet.
_NO_ENTITIES: Final[Mapping[Facet, frozenset[str]]] = {
    "disease": frozenset({"disease characteristic"}),
    "anatomy": frozenset({"life cycle", "life cycle stage", "life cycle temporal boundary"}),
    "symptom": frozenset(
        {
            "mode of inheritance",
            "clinical modifier",
            "clinical course",
            "frequency",
            "past medical history",
            "blood group",
        }
    ),
}


def human_scope(ontology: Ontology) -> Ontology:
    """Return `ontology` without the terms that are out of scope, each of which is a Drop `non_human` or
    `not_an_entity`.
    """
    reasons = {term.curie: reason for term in ontology.terms if (reason := _seed(term, ontology.facet))}
    outside = _with_orphaned(ontology.terms, reasons)
    return replace(
        ontology,
        terms=tuple(_inside(term, outside) for term in ontology.terms if term.curie not in outside),
        drops=(*ontology.drops, *(Drop(item=curie, reason=reason) for curie, reason in sorted(outside.items()))),
    )


def _seed(term: Term, facet: Facet) -> str | None:
    name = normal_form(term.name)
    if name in _NO_ENTITIES.get(facet, frozenset()):
        return "not_an_entity"
    if facet == "disease" and _ANIMAL_DISEASE.search(name):
        return "non_human"
    if facet != "anatomy" or _HUMAN_ANYWAY.search(name):
        return None
    definition = (term.definition or "").lower()
    elsewhere = _DEFINED_ELSEWHERE.search(definition.partition(". ")[0]) and not _DEFINED_HERE.search(definition)
    return "non_human" if _OTHER_SPECIES.search(name) or elsewhere else None


def _with_orphaned(terms: Iterable[Term], seeds: Mapping[str, str]) -> dict[str, str]:
    """Return `seeds` and every term whose known parents are all outside, with the reason of the first of them."""
    children: dict[str, list[Term]] = defaultdict(list)
    inside: dict[str, int] = {}
    known = {term.curie for term in terms}
    for term in terms:
        parents = {curie for curie, _ in term.parents} & known
        inside[term.curie] = len(parents)
        for curie in sorted(parents):
            children[curie].append(term)
    outside = dict(seeds)
    queue = deque(sorted(outside))
    while queue:
        curie = queue.popleft()
        for child in children[curie]:
            inside[child.curie] -= 1
            if not inside[child.curie] and child.curie not in outside:
                outside[child.curie] = outside[curie]
                queue.append(child.curie)
    return outside


def _inside(term: Term, outside: Mapping[str, str]) -> Term:
    parents = tuple(parent for parent in term.parents if parent[0] not in outside)
    return term if len(parents) == len(term.parents) else replace(term, parents=parents)
