"""Which classes an ontology of anatomy took over from ontologies of other animals, and no human has.

UBERON gives the classes of the ontology of teleost fishes ids from 2000000 on, those of the ontology of amphibians ids
from 3000000 on, those of vertebrate skeletons, fossils among them, ids from 4000000 on, and says of few whose they are.
Some hold for everybody ("papilla", "mossy fiber", "neck of humerus"), so the id alone says too little. A class is
another animal's where besides

* a word of its name is foreign: names of fishes and amphibians bear it at least twice as often as names, synonyms and
  definitions of the rest of the ontology do ("opercle", "epibranchial"); of skeletons a word of several such names, or
* it is named as the muscles of amphibians are ("M. sartorius"), or
* its definition has a foreign word of several names ("tooth of ceratobranchial 5 bone"), and the rest of the ontology
  never says its name,

and no class of the rest stands under it. Somites are numbered in every vertebrate. Of 100 classes drawn by lot from the
1,005 that fall in the release of 2026 by this and by definitions (`met.tree.scope`), 99 are no human's.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from met.tree.ontology.terms import Term

# Ids of classes of fishes and amphibians; of theirs and of skeletons; of what the ontology itself says of animals.
_THEIRS: Final = re.compile(r"UBERON:[23]\d{6}")
_TAKEN_OVER: Final = re.compile(r"UBERON:[2-5]\d{6}")
_REST: Final = re.compile(r"UBERON:[018]\d{6}")
_WORD: Final = re.compile(r"[a-z]{4,}")
_MUSCLE: Final = re.compile(r"m(?:usculus|\.) ?\w")
_SOMITE: Final = re.compile(r"\bsomites?\b")
# Names of theirs that bear a foreign word, for each text of the rest that does; and names that make it a sure one.
_OFTENER: Final = 2
_SEVERAL: Final = 2


def of_other_animals(terms: Sequence[Term]) -> set[str]:
    """Return the CURIEs of those of `terms`, none of them obsolete, that are classes of other animals alone."""
    taken = [term for term in terms if _TAKEN_OVER.fullmatch(term.curie)]
    rest = [term for term in terms if _REST.fullmatch(term.curie)] if taken else []
    theirs = Counter(word for term in taken if _is_theirs(term) for word in set(_words(term.name)))
    ours = Counter(word for term in rest for word in set(_words(" ".join(_texts(term)))))
    foreign = {word: count for word, count in theirs.items() if count >= _OFTENER * ours[word]}
    said = "\n".join(text.lower() for term in rest for text in _texts(term))
    general = {parent for term in rest for parent, _ in term.parents}
    return {term.curie for term in taken if term.curie not in general and _is_foreign(term, foreign, said)}


def _is_foreign(term: Term, foreign: Mapping[str, int], said: str) -> bool:
    name = term.name.lower()
    if _SOMITE.search(name):
        return False
    if _is_theirs(term) and (_MUSCLE.match(name) or any(word in foreign for word in _words(name))):
        return True
    sure = [word for word in _words(f"{name} {term.definition or ''}") if foreign.get(word, 0) >= _SEVERAL]
    return bool(sure) and (name not in said or not {*sure}.isdisjoint(_words(name)))


def _is_theirs(term: Term) -> bool:
    return _THEIRS.fullmatch(term.curie) is not None


def _texts(term: Term) -> Iterator[str]:
    yield term.name
    yield from (synonym.text for synonym in term.synonyms)
    yield term.definition or ""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
