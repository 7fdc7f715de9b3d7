"""Whether what a text says of a new term settles what kind of thing it is: the noun of its definition, its own head.

Termhood and facet alone let in words of no facet ("energy", "specimen"): of 110 terms that they chose in textbooks and
health pages about a third were entities of their facet that no node was yet; of those that a definition settles, 83 of
93. What settles it is a definition by a noun that names things of one facet
alone ("muscle that flexes the thumb"), or a definition of a phrase that ends in such a noun ("adductor tubercle"). A
glossary may also say what a structure is by where it is ("region of the frontal lobe"). What only says what something
does ("muscle that opposes another") is a role.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from met.tree.attach.names import genus_of
from met.tree.discover.facets import FacetWords, genus_head, head_of
from met.tree.discover.phrases import phrase_key
from met.types import Facet

# Where a definition stands: an author who explains a term in a glossary means an entity.
Source: TypeAlias = Literal["glossary", "text"]
# Names of a facet that end in a noun, and the share of its rate among all facets, from which the noun is of the facet.
_NAMES: Final = 20
_SHARE: Final = 0.9
# Of a term's places, those inside a longer known name.
MOST_WITHIN: Final = 0.4
_VAGUE_WORDS: Final = (
    "form type kind variant variation group class process phase substance unit network matrix related region cluster "
    "barrier period stage factor material term number set system segment plate element component part portion series "
    "level state pathway complex grade mass stream function response product amount measure place space center area "
    "branch pattern member example point line site cause complication result name individual person child event step "
    "mechanism position movement action ability removal deletion addition loss change role sequence family "
    "mutation tube end"
)
_OTHER_WORDS: Final = (
    "treatment therapy drug medicine medication test protein enzyme hormone molecule compound gene virus bacterium "
    "procedure technique sign finding method measurement study program way chemical approach tool device risk acid "
    "food diet plant animal organism scientist doctor specialist field branch law theory agency organization "
    "anion cation ion electrolyte salt atom peptide lipid sugar carbohydrate vitamin nutrient mineral steroid antibody "
    "antigen"
)
# They define things of every facet, or things of none.
VAGUE: Final = frozenset(_VAGUE_WORDS.split())
_OTHER: Final = frozenset(_OTHER_WORDS.split()) | {"complication", "example", "cause", "removal", "measure"}
_PLAIN_WORDS: Final = (
    "thin thick affected multiple primary secondary severe initial outermost outer inner innermost sensitive "
    "functional left right main major minor large small long short normal abnormal healthy new old other common rare "
    "mild chronic acute different early late upper lower same single typical"
)
_PLAIN: Final = frozenset(_PLAIN_WORDS.split())
# Not of "muscle that is the prime mover", where something is said of the muscle.
_IS: Final = re.compile(r"(?<!\bthat )(?<!\bwhich )(?<!\bwho )\b(?:is|are)\s+(?=(?:an?|the|one|any)\b)")
_SMALL: Final = re.compile(
    r"\b(?:cells?|neurons?|neuroglial?|gametes?|sperm|organelles?|proteins?|dna|rna|molecules?|genes?)\b", re.IGNORECASE
)
# "Appendage on certain cells" is smaller than anatomy.
_ON_CELLS: Final = re.compile(
    r"(?:[\w-]+,?\s+){1,4}(?:on|in|inside|within)\s+(?:(?:certain|some|most|many|all|an?|the|each|every)\s+)?cells?\b",
    re.IGNORECASE,
)
_NEAR_START: Final = 60
# "Anion released into the intestine" is no intestine.
_PARTICIPLE: Final = re.compile(
    r"(?<=\w)\s+(?:\w+ed|made|found|seen)\s+(?=(?:in|into|from|by|to|at|on|within|as|for|through|during)\b)",
    re.IGNORECASE,
)
# A process is said to involve structures.
_OF_A_PROCESS: Final = re.compile(r"\W*(?:involves?|involving|describes?|refers?)\b", re.IGNORECASE)
_BRACKET: Final = re.compile(r"^\W*\([^()]*\)\W*")
# "The specimen is a juvenile" speaks of one thing; "describes the back" of a word.
_ONE_THING: Final = re.compile(r"\W*(?:the|this|these|that|those|his|her|their|our)\b", re.IGNORECASE)
_OF_A_WORD: Final = re.compile(
    r"\W*(?:describes?|refers?|involves?|involving|relating|pertaining|having|of or|characterized|occurring|located|"
    r"able|capable|also|"
    r"behind|above|below|beneath|beside|between|within|outside|inside|near|toward|towards|before|after|without|"
    r"(?:(?:alternate|alternative|another|other|old|older)\s+(?:name|term|word))|(?:\S+\s){1,6}?means)\b",
    re.IGNORECASE,
)
# Nouns by which a glossary places a structure at, in or between others.
_PARTS: Final = (
    r"(?:region|area|part|portion|segment|section|zone|layer|division|end|surface|side|border|margin|edge|wall|floor|roof|"
    r"projections?|bony process|extensions?|branch(?:es)?|openings?|passages?|passageway|channels?|folds?|ridges?|"
    r"grooves?|notch|depressions?|spaces?|cavity|cavities|canals?|connections?|bands?|sheets?|bundles?|tubes?|tubules?|"
    r"group|groups|structures?|expansion|enlargement|swelling|curvature|angle|junction|partition|covering|lining|"
    r"membranes?|network|cluster|bump|prominence|indentation|pouch|sacs?|pads?|rings?|loops?|arch(?:es)?|pockets?|point)"
)
_PLACED: Final = re.compile(
    r"(?:\([^()]{1,80}\)\s*)?(?:in the \w+,\s+)?(?:(?!(?:that|which|of|in|by|for|to)\b)[\w,-]+\s+){0,6}?"
    rf"{_PARTS}\s+"
    r"(?:(?:that|which)\s+)?(?:(?!(?:that|which)\b)\w+\s+){0,3}?"
    r"(?:of|in|on|between|at|from|along|within|around|under|beneath|across|near|above|below|surrounding|connecting|"
    r"connects?|lining|separating|separates?)\s+(?P<where>[^.;]*)"
)
_WHERE_WORDS: Final = 8
_LONGEST: Final = 4
# "Effector", "synergist": a noun of who does something, defined by what it does.
_DOER: Final = re.compile(r"\w+(?:[ct]or|sor|onist|gist)s?")
_DOES: Final = re.compile(r"(?:\([^()]*\)\s*)?(?:[\w,-]+\s+){1,7}?(?:that|which|whose)\b")
_SIDE_WORDS: Final = "outermost outer inner innermost left right main major minor large small upper lower"
_SIDES: Final = frozenset(_SIDE_WORDS.split())


class Kinds:
    """Which facet the nouns of known names settle."""

    def __init__(self, words: FacetWords, names: Iterable[tuple[str, Facet]]) -> None:
        """`names` are (phrase key, facet) of known names, those that `words` counts."""
        self._words = words
        self._alone: dict[str, set[Facet]] = defaultdict(set)
        self._places: set[str] = set()
        for key, facet in names:
            if key and " " not in key:
                self._alone[key].add(facet)
            if facet == "anatomy":
                self._places.add(key)

    def facet_of_noun(self, noun: str) -> Facet | None:
        """Return the one facet that has a node of that name, or nearly all names that end so; None where it is vague.

        Of findings, names end in all that can be abnormal, so there the noun itself must be a name.
        """
        if noun in VAGUE or noun in _OTHER:
            return None
        alone = self._alone.get(noun, set())
        if alone:
            return next(iter(alone)) if len(alone) == 1 else None
        counts: Mapping[Facet, int] = self._words.held.get(("head", noun), {})
        rates = {facet: count / self._words.size[facet] for facet, count in counts.items()}
        facet = max(sorted(rates), key=lambda one: rates[one], default=None)
        if facet is None or facet == "symptom" or counts[facet] < _NAMES:
            return None
        return facet if rates[facet] >= _SHARE * sum(rates.values()) else None

    def settled(
        self,
        key: str,
        surface: str,
        facet: Facet | None,
        definition: str | None,
        *,
        within: float,
        source: Source = "text",
    ) -> bool:
        """Say whether the definition of a term makes it an entity of `facet`.

        `within` is the share of its places, 0 to 1, that lie inside a longer known name; `source` is where the
        definition stands.
        """
        parts = key.split()
        if facet is None or definition is None:
            return False
        plain = _PLAIN - _SIDES if source == "glossary" else _PLAIN
        if not _is_defined(surface, parts, definition, within, plain):
            return False
        if facet == "anatomy" and _ON_CELLS.match(meaning_of(definition, surface)):
            return False
        genus = defining_noun(definition, surface)
        if genus and self.facet_of_noun(genus) == facet:
            return True
        if len(parts) > 1 and genus not in _OTHER and self.facet_of_noun(head_of(parts)) == facet:
            return True
        return source == "glossary" and facet == "anatomy" and self._is_placed(definition)

    def is_open(self, key: str, surface: str, facet: Facet | None, definition: str | None, *, within: float) -> bool:
        """Say whether something else than its definition may settle that a term of several words is of `facet`.

        So it is where it is defined, but by a noun of no one facet ("branch", "condition"). What is told by its cells
        or molecules is smaller than anatomy.
        """
        parts = key.split()
        if facet is None or definition is None or not _is_defined(surface, parts, definition, within, _PLAIN):
            return False
        small = facet == "anatomy" and _SMALL.search(f"{surface} {definition}") is not None
        return len(parts) > 1 and not small and defining_noun(definition, surface) not in _OTHER

    def _is_placed(self, definition: str) -> bool:
        """Say whether a definition says of which known structure a structure is a part, or between which it lies."""
        found = None if _OF_A_PROCESS.match(definition) else _PLACED.match(definition)
        if found is None or _SMALL.search(definition, 0, found.start("where")):
            return False
        words = found["where"].split()[:_WHERE_WORDS]
        runs = (words[first:stop] for first in range(len(words)) for stop in range(first + 1, first + _LONGEST + 1))
        return any(phrase_key([word.strip(",") for word in run]) in self._places for run in runs)


def is_role(surface: str, definition: str) -> bool:
    """Say whether a definition tells what something does, and the term is the noun for that.

    >>> is_role("synergist", "muscle whose contraction helps a prime mover"), is_role("sphincter", "muscle that closes")
    (True, False)
    """
    return bool(_DOER.fullmatch(surface.split()[-1].lower()) and _DOES.match(definition))


def defining_noun(definition: str, surface: str) -> str:
    """Return the noun by which a definition, of a glossary or "X is a ...", says what X is; empty where it does not.

    >>> defining_noun("muscle that flexes the thumb", "flexor"), defining_noun("A cyst is a sac of fluid.", "cyst")
    ('muscle', 'sac')
    """
    meaning = _PARTICIPLE.split(meaning_of(definition, surface), maxsplit=1)[0]
    genus = genus_of(meaning) if meaning else ""
    return genus_head(genus) if genus else ""


def meaning_of(definition: str, surface: str) -> str:
    """Return what a definition, of a glossary or "X is a ...", says that X is; empty where it speaks of a word.

    >>> meaning_of("A cyst is a sac of fluid.", "cyst"), meaning_of("(also, sac) bag of fluid", "cyst")
    ('a sac of fluid.', 'bag of fluid')
    """
    bare = _BRACKET.sub("", definition)
    if _OF_A_WORD.match(bare):
        return ""
    verb = _IS.search(bare, 0, len(surface) + _NEAR_START)
    return bare[verb.end() :] if verb else bare


def _is_defined(surface: str, parts: list[str], definition: str, within: float, plain: frozenset[str]) -> bool:
    """Say whether a definition is one of a kind of thing, and the phrase its name."""
    of_one = _ONE_THING.match(definition) and _IS.search(definition)
    return within <= MOST_WITHIN and _is_name(surface, parts, plain) and not of_one and not is_role(surface, definition)


def _is_name(surface: str, parts: list[str], plain: frozenset[str]) -> bool:
    """Say whether a phrase looks like the name of a kind: no abbreviation, number, bracket, repetition, mere degree."""
    words = surface.split()
    # What an abbreviation stands for may be a node already.
    short = any(word.isupper() and len(word) > 1 for word in words)
    short = short or (len(words) == 1 and sum(letter.isupper() for letter in surface) > 1)
    signs = any(letter.isdigit() or letter in "()[]/" for letter in surface)
    return not (short or signs or len(set(parts)) < len(parts) or (len(parts) > 1 and parts[0] in plain))
