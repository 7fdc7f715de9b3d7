"""Which terms are in scope: entities of the human body and its diseases. Everything else is a Drop with its reason.

Outside are (1) seeds: MONDO's "non-human animal disease" and names that say so, anatomy whose name belongs to other
species, anatomy whose definition begins by speaking of other species and names no human, mammal or vertebrate, anatomy
that UBERON took over from ontologies of fishes and amphibians (`met.tree.taken_over`); what stands under a part of the
ontology that holds no entities (modes of inheritance, life stages); and (2) terms all of whose parents are outside.
Terms inside stand under the nearest terms inside that are above them.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Final

from met.tree.names import normal_form
from met.tree.ontology.terms import Ontology, Term
from met.tree.taken_over import of_other_animals
from met.types import Drop, EdgeKind, Facet

_Parents = tuple[tuple[str, EdgeKind], ...]
# From the most to the least that an edge says.
_KINDS: Final[tuple[EdgeKind, ...]] = ("is_a", "part_of", "unknown")

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
# What holds of limbs as of fins holds of a human's.
_HUMAN_ANYWAY: Final = re.compile(r"\b(?:human|canine|cauda equina|pes anserinus|hippocampus|limb fin|limb or fin)\b")
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
# Animals that a definition may name anywhere in its first sentence, and whose part it then defines.
_NAMED_ANIMALS: Final = re.compile(
    r"\b(?:birds?|avian|reptil(?:es?|ian)|fish(?:es)?|teleosts?|zebrafish|catfish\w*|lungfish\w*|coelacanths?|sharks?|"
    r"elasmobranchs?|chondrichthyans?|placoderms?|actinopterygians?|lampreys?|hagfish\w*|amphibians?|anurans?|frogs?|"
    r"toads?|xenopus|salamanders?|newts?|urodeles?|caecilians?|snakes?|lizards?|turtles?|crocodil\w+|dinosaurs?|"
    r"theropods?|pterosaurs?|archosaurs?|lepidosaurs?|squamates?|sauropsids?|ruminants?|ungulates?|horses?|equids?|"
    r"bovines?|cattle|camels?|giraffes?|elephants?|felids?|canids?|carnivores?|cetaceans?|whales?|pinnipeds?|sirenians?|"
    r"marsupials?|monotremes?|kangaroos?|opossums?|insects?|drosophila|lepidoptera\w*|moths?|beetles?|bees?|arthropods?|"
    r"crustaceans?|arachnids?|spiders?|nematodes?|annelids?|earthworms?|leech\w*|platyhelminth\w*|mollus[ck]s?|"
    r"cephalopods?|gastropods?|snails?|brachiopods?|echinoderms?|sea urchins?|invertebrates?|tunicates?|cnidarians?)\b"
)
# Whoever else is named, it is not theirs alone.
_NAMED_WITH_US: Final = re.compile(
    r"\b(?:eutherians?|gnathostomes?|chordates?|people|men|women|monkeys?|apes?|rodents?|rats?|mouse|mice)\b"
)
_ANIMAL_DISEASE: Final = re.compile(r"\b(?:non human|animal disease|canine hip|veterinary)\b")
# Where a pattern is found in the normal form of a name, the entity is none of a human, by facet.
OTHER_SPECIES: Final[Mapping[Facet, str]] = {
    "disease": _ANIMAL_DISEASE.pattern,
    "anatomy": f"^(?!.*{_HUMAN_ANYWAY.pattern}).*{_OTHER_SPECIES.pattern}",
}

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
    terms, spreads = ontology.terms, ontology.facet == "anatomy"
    reasons = {term.curie: reason for term in terms if (reason := _seed(term, ontology.facet))}
    named = {term.curie for term in terms if term.curie in reasons and is_other_species(term.name, ontology.facet)}
    below = _with_orphaned(terms, {curie: reasons[curie] for curie in named}, spreads=spreads, vague=frozenset())
    vague = reasons.keys() - below.keys()
    outside = _with_orphaned(terms, reasons | below, spreads=spreads, vague=vague)
    if ontology.facet == "anatomy":
        others = of_other_animals([term for term in terms if term.curie not in outside and not term.obsolete])
        outside |= dict.fromkeys(others, "non_human")
        # What stands under a bird's air sac alone is a bird's as surely as what is named so, and passes it on.
        outside = _with_orphaned(terms, outside, spreads=spreads, vague=vague | others)
    return replace(
        ontology,
        terms=_inside(ontology.terms, outside),
        drops=(*ontology.drops, *(Drop(item=curie, reason=reason) for curie, reason in sorted(outside.items()))),
    )


def is_other_species(name: str, facet: Facet) -> bool:
    """Say whether an entity of that name is none of a human.

    >>> is_other_species("Pectoral fin", "anatomy"), is_other_species("canine tooth", "anatomy")
    (True, False)
    """
    return facet in OTHER_SPECIES and re.search(OTHER_SPECIES[facet], normal_form(name)) is not None


def _seed(term: Term, facet: Facet) -> str | None:
    name = normal_form(term.name)
    if name in _NO_ENTITIES.get(facet, frozenset()):
        return "not_an_entity"
    if facet == "disease" and _ANIMAL_DISEASE.search(name):
        return "non_human"
    if facet != "anatomy" or _HUMAN_ANYWAY.search(name):
        return None
    definition = (term.definition or "").lower()
    return "non_human" if _OTHER_SPECIES.search(name) or _is_elsewhere(definition) else None


def _is_elsewhere(definition: str) -> bool:
    """Say whether a definition, in small letters, begins by speaking of other species, and names none like us."""
    first = definition.partition(". ")[0]
    named = _NAMED_ANIMALS.search(first) and not _NAMED_WITH_US.search(definition)
    return bool(named or _DEFINED_ELSEWHERE.search(first)) and not _DEFINED_HERE.search(definition)


def _with_orphaned(
    terms: Iterable[Term], seeds: Mapping[str, str], *, spreads: bool, vague: Set[str]
) -> dict[str, str]:
    """Return `seeds` and every term whose known parents are all outside, with the reason of the first of them.

    Where being outside `spreads`, one parent is enough, a kind or a whole: the radius of a fish's scale is no human's,
    though it is a space. The `vague` seeds, told by more than their names, do not spread it, nor what is left out with
    them alone.
    """
    children: dict[str, list[Term]] = defaultdict(list)
    inside: dict[str, int] = {}
    known = {term.curie for term in terms}
    for term in terms:
        parents = {curie for curie, _ in term.parents} & known
        inside[term.curie] = len(parents)
        for curie in sorted(parents):
            children[curie].append(term)
    outside, told = dict(seeds), set(vague)
    # What spreads goes first: the order of the others does not matter.
    queue = deque(sorted(outside, key=lambda curie: (curie in told, curie)))
    while queue:
        curie = queue.popleft()
        for child in children[curie]:
            inside[child.curie] -= 1
            enough = not inside[child.curie] or (spreads and curie not in told)
            human = spreads and _HUMAN_ANYWAY.search(normal_form(child.name)) is not None
            if enough and not human and child.curie not in outside:
                outside[child.curie] = outside[curie]
                if curie in told:
                    told.add(child.curie)
                queue.append(child.curie)
    return outside


def _inside(terms: Sequence[Term], outside: Mapping[str, str]) -> tuple[Term, ...]:
    """Return the terms inside. In place of a parent outside stand the nearest terms inside above it, where nothing else
    says that they are above: what is true through a term that is left out stays true.
    """
    above = {term.curie: term.parents for term in terms}
    found = []
    for term in terms:
        if term.curie in outside:
            continue
        kept = tuple(parent for parent in term.parents if parent[0] not in outside)
        if len(kept) < len(term.parents):
            known = {term.curie} | _reached(kept, above)
            lifted = tuple(pair for pair in _through(term, above, outside) if pair[0] not in known)
            found.append(replace(term, parents=(*kept, *lifted)))
        else:
            found.append(term)
    return tuple(found)


def _reached(parents: _Parents, above: Mapping[str, _Parents]) -> set[str]:
    """Return the CURIEs of `parents` and of everything above them."""
    seen: set[str] = set()
    stack = [curie for curie, _ in parents]
    while stack:
        curie = stack.pop()
        if curie not in seen:
            seen.add(curie)
            stack.extend(parent for parent, _ in above.get(curie, ()))
    return seen


def _through(term: Term, above: Mapping[str, _Parents], outside: Mapping[str, str]) -> list[tuple[str, EdgeKind]]:
    """Return the nearest terms inside above `term` through terms outside, with what the steps make together: is_a of
    is_a alone, part_of where is_a and part_of are mixed, else unknown; of several the first of these.
    """
    best: dict[str, EdgeKind] = {}
    seen: set[tuple[str, EdgeKind]] = set()
    stack: list[tuple[str, EdgeKind]] = [parent for parent in term.parents if parent[0] in outside]
    while stack:
        curie, kind = stack.pop()
        if (curie, kind) in seen:
            continue
        seen.add((curie, kind))
        if curie in outside:
            stack.extend((parent, max(kind, step, key=_KINDS.index)) for parent, step in above.get(curie, ()))
        elif curie in above:
            best[curie] = min(kind, best.get(curie, kind), key=_KINDS.index)
    return sorted(best.items())
