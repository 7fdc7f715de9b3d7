"""The names that ontologies give to diseases and symptoms, as an extractor needs them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from met.tree.extract import Extractor
from met.tree.extract_words import DISEASES
from met.tree.lexicon import Lexicon
from met.tree.lexicon_forms import as_written
from met.tree.terms import Ontology, Term

# What else the ontology of phenotypes holds (inheritance, frequency, course) is said of a disease, and is none.
_PHENOTYPES: Final = "HP:0000118"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name and the CURIE of the term that bears it."""

    name: str
    curie: str


def extractor_of(ontologies: Iterable[Ontology]) -> Extractor:
    """Return an extractor that knows the names of all diseases and symptoms of `ontologies`, without building a tree.

    Of synonyms only exact ones count.
    """
    given = [ontology for ontology in ontologies if ontology.holds == "terms" and ontology.facet in DISEASES]
    names = [named for ontology in given for named in disease_names(ontology)]
    return Extractor(
        Lexicon((named.name, named.curie) for named in names),
        {term.curie: ontology.facet for ontology in given for term in ontology.terms},
        (named.name for named in names),
    )


def disease_names(ontology: Ontology) -> Iterator[Named]:
    """Yield the names and exact synonyms of the terms of `ontology` that name diseases or what patients have."""
    phenotypes = _below(_PHENOTYPES, ontology.terms)
    for term in ontology.terms:
        if not term.obsolete and (not phenotypes or term.curie in phenotypes):
            yield Named(name=term.name, curie=term.curie)
            exact = (synonym.text for synonym in term.synonyms if synonym.scope == "EXACT")
            yield from (Named(name=as_written(name, (term.name,)), curie=term.curie) for name in exact)


def _below(root: str, terms: Iterable[Term]) -> set[str]:
    children = defaultdict(list)
    for term in terms:
        for parent, _ in term.parents:
            children[parent].append(term.curie)
    below: set[str] = set()
    waiting = [root]
    while waiting:
        new = [child for child in children[waiting.pop()] if child not in below]
        below.update(new)
        waiting += new
    return below
