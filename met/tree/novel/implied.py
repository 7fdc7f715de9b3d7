"""The node that a text means by a shorter name than the node's own.

A book on the skin says "stratum basale" where the tree has "stratum basale of epidermis", and a page on one syndrome
names two of the three people whom the tree names. Such a term is no new concept. What says so is, in this order:

* `said`: the definition gives another name, and a node alone bears that ("also, greater vestibular glands");
* `bracket`: a name of the node is the term and words in brackets ("uterine tube (sensu Mammalia)");
* `group`: the node's name is the term without a last word that names no kind ("iliocostalis group"), or with "muscle"
  in its place;
* `eponyms`: all persons in the term's chain of names stand in the node's chain, vowels left out, and the term holds
  nothing else but "disease" or "syndrome" ("Swyer-James syndrome"), or what the node's name holds too;
* `person`: the term of a disease begins with the person after whom nodes are named ("Stargardt macular degeneration",
  where the tree has Stargardt disease): of several the node of the shortest name. The rare second disease of one
  person is left out with it. Where names begin with capitals anyway, nobody is told by them;
* `forms`: the words are those of one name of a node in other forms ("dystrophic epidermolysis bullosa");
* `exchange`: the words are those of a name of the node but for one, and both mean the same in names
  (`met.tree.novel.exchanged`). Of anatomy, the definitions share a word besides, here as for `forms` of which none
  begins with the other: no pectineal line is the pectinate line. For a `bracket` behind one word they share two;
* `definition`: a name of the node holds all words of the term, and each further word stands in the definition that
  texts give of the term, or a word of its stem ("deepest layer of the epidermis"), or says no more than "tissue" or
  "tetrapod"; of several the shortest name;
* `place`: one node of anatomy alone is named "term of something", and what else is said agrees
  (`met.tree.novel.places`);
* `likely`: as `exchange`, of words that are likely to be one, neither a side nor a number, where definitions of anatomy
  share two words besides ("premotor area", where the tree has "premotor cortex").

Numbers, sides and words such as "acute" keep two names apart, whatever else agrees (`met.tree.normalise.words`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from met.tree.discover.kinds import defining_noun
from met.tree.discover.words import singular
from met.tree.normalise.keys import LITTLE, TAILS, folded_words
from met.tree.normalise.words import contrast
from met.tree.novel.exchanged import EXCHANGED, Exchanged
from met.tree.novel.places import Places
from met.tree.novel.stems import kindred_stem, told_stems
from met.tree.spelling import fold_letters
from met.types import Edge, Facet, Node

# Further words of a node's name that a definition may account for.
MOST_FURTHER: Final = 4
# Letters by which the forms of a word are looked for, and the share of the longer form that both begin with.
_FORM: Final = 4
_FORM_SHARE: Final = 0.6
_BRACKET: Final = re.compile(r"\s*\([^()]*\)")
_CHAIN: Final = re.compile(r"[\w'’()]+(?:-[\w'’()]+)+")
_SOUND: Final = re.compile(r"[^bcdfghjklmnpqrstvwxz]")
# "(also, duct of Santorini)", "also called X", "formerly known as X".
_ALSO: Final = re.compile(
    r"\((?:also|or|formerly)[,:]?\s+(?P<bracket>[^()]{3,80})\)|"
    r"\b(?P<also>also\s+)?(?:called|known as|referred to as|termed)\s+(?P<plain>[^,.;:()]{3,60})"
)
# One word, with a capital where names of diseases have none, and then small letters alone.
_PERSON: Final = re.compile(r"[A-Z][a-z]{3,}(?:['’]s)?(?: [a-z][a-z-]*)+")
_CAPITALS: Final = 0.5
_LETTERS: Final = re.compile(r"[A-Za-z]{5,}")
_EACH: Final = re.compile(r",|\bor\b|\band\b")
_ARTICLE: Final = re.compile(r"(?:the|an?)\s+")
# "Gland that secretes a fluid called saliva": what is called so is the fluid.
_OF_ANOTHER: Final = re.compile(r",|\b(?:that|which|who|whose|by|with|containing|into|to|from)\b")
_CLAUSE: Final = re.compile(r"\s+(?:that|which|who|whose|where)\b")
# Words that definitions share of one thing where its names are only likely to be one.
_SHARED: Final = 2
# They say nothing that a text would say.
_FREE: Final = frozenset(
    {"organ", "tissue", "element", "part", "structure", "tetrapod", "mammalian", "vertebrate", "proper"}
)
_FREE_BEHIND: Final = _FREE | {"muscle"}
_NO_KIND: Final = frozenset({"group", "region", "structure"})
# Names of several things are the name of none of them.
_SEVERAL: Final = frozenset({"and", "or", "/"})


class ImpliedNames:
    """Names of nodes, by the words, the beginnings and the persons in them. The order of the nodes does not matter."""

    def __init__(self, nodes: Iterable[Node], edges: Iterable[Edge] = ()) -> None:
        self._names: list[tuple[Facet, str, str, frozenset[str]]] = []
        self._holding: dict[tuple[Facet, str], set[int]] = defaultdict(set)
        self._whole: dict[tuple[Facet, str], set[str]] = defaultdict(set)
        self._bare: dict[tuple[Facet, str], set[str]] = defaultdict(set)
        self._places = Places(edges)
        self._persons: dict[tuple[Facet, str], list[tuple[str, frozenset[str], frozenset[str]]]] = defaultdict(list)
        self._forms: dict[tuple[Facet, frozenset[str]], set[tuple[str, str]]] = defaultdict(set)
        self._diseases = self._capitals = 0
        self._first: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._defined: dict[str, frozenset[str]] = {}
        self._exchanged = Exchanged()
        for node in sorted(nodes, key=lambda node: node.key):
            if node.facet == "anatomy" and node.definition:
                self._defined[node.key] = _told(node.definition)
            names = (node.name, *node.synonyms)
            if node.facet in EXCHANGED:
                self._exchanged.put(node.key, node.facet, list(map(_words, names)))
            for name in names:
                self._put(node, name)

    def _put(self, node: Node, name: str) -> None:
        words = _words(name)
        self._whole[node.facet, " ".join(words)].add(node.key)
        bare = _BRACKET.sub("", name) if "(" in name else name
        if bare != name:
            self._bare[node.facet, _key(bare)].add(node.key)
        if node.facet == "anatomy":
            self._places.put(node.key, words, is_own=name == node.name)
        if node.facet == "disease" and name == node.name:
            self._diseases += 1
            self._capitals += name[:1].isupper()
            if _PERSON.fullmatch(name):
                self._first[words[0]].append((len(name), node.key))
        persons = _persons(name)
        for person in persons:
            self._persons[node.facet, person].append((node.key, persons, frozenset(words)))
        if not _SEVERAL.intersection(words):
            number, content = len(self._names), _content(words)
            self._forms[node.facet, _beginnings(content)].add((node.key, name))
            self._names.append((node.facet, node.key, name, content))
            for word in content:
                self._holding[node.facet, word].add(number)

    def find(
        self, name: str, facet: Facet, definition: str | None, *, but: frozenset[str] = frozenset()
    ) -> tuple[str, str] | None:
        """Return the node of `facet` that a text means by `name`, and what says so; never one of `but`."""
        words = _words(name)
        found = {
            "said": self._by_other_name(facet, definition or "", but),
            "bracket": self._by_bracket(words, facet, definition or "", but),
            "group": self._by_group(words, facet, but),
            "eponyms": self._by_persons(name, words, facet, but),
            "person": self._by_person(name, words, but) if facet == "disease" else "",
            "forms": self._by_forms(name, words, facet, definition or "", but),
            "exchange": self._by_exchange(words, facet, definition or "", but),
            "definition": self._by_definition(name, words, facet, definition or "", but),
            "place": self._by_place(words, definition or "", but) if facet == "anatomy" else "",
            "likely": self._by_likely(words, facet, definition or "", but) if facet == "anatomy" else "",
        }
        return next(((node, how) for how, node in found.items() if node), None)

    def _by_other_name(self, facet: Facet, definition: str, but: frozenset[str]) -> str:
        for match in _ALSO.finditer(definition):
            if match["plain"] and not match["also"] and _OF_ANOTHER.search(definition, 0, match.start()):
                continue
            for part in _EACH.split(_CLAUSE.split(match["bracket"] or match["plain"])[0]):
                node = _one(self._whole.get((facet, _key(_ARTICLE.sub("", part.strip(), count=1))), set()) - but)
                if node:
                    return node
        return ""

    def _by_bracket(self, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]) -> str:
        node = _one(self._bare.get((facet, " ".join(words)), set()) - but)
        return node if len(words) > 1 or self._shared(node, words, definition) >= _SHARED else ""

    def _by_group(self, words: tuple[str, ...], facet: Facet, but: frozenset[str]) -> str:
        if len(words) < 2 or words[-1] not in _NO_KIND:
            return ""
        names = (" ".join(words[:-1]), " ".join((*words[:-1], "muscle")))
        return next((node for name in names if (node := _one(self._whole.get((facet, name), set()) - but))), "")

    def _by_persons(self, name: str, words: tuple[str, ...], facet: Facet, but: frozenset[str]) -> str:
        persons = _persons(name)
        chain = {word for part in _CHAIN.findall(name) for word in folded_words(part)}
        rest = set(words) - chain - TAILS
        known = self._persons.get((facet, min(persons)), ()) if persons else ()
        found = ((len(others), node) for node, others, held in known if persons <= others and rest <= held)
        return min((each for each in found if each[1] not in but), default=(0, ""))[1]

    def _by_person(self, name: str, words: tuple[str, ...], but: frozenset[str]) -> str:
        told = self._capitals <= _CAPITALS * self._diseases and _PERSON.fullmatch(name)
        known = self._first.get(words[0], ()) if told else ()
        return min((each for each in known if each[1] not in but), default=(0, ""))[1]

    def _by_forms(self, name: str, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]) -> str:
        alike = self._forms.get((facet, _beginnings(_content(words))), set()) if len(words) > 1 else set()
        same = {node for node, other in alike if _same_forms(words, other) and not contrast(name, other)}
        node = _one(same - but)
        derived = any(_same_forms(words, other, derived=True) for each, other in alike if each == node)
        return node if derived or self._agrees(node, words, definition) else ""

    def _by_exchange(self, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]) -> str:
        node = _one(self._exchanged.find(words, facet) - but)
        return node if self._agrees(node, words, definition) else ""

    def _by_likely(self, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]) -> str:
        node = _one(self._exchanged.find(words, facet, likely=True) - but)
        return node if self._shared(node, words, definition) >= _SHARED else ""

    def _agrees(self, node: str, words: tuple[str, ...], definition: str) -> bool:
        """Say whether two definitions share a word that is none of the name; true where either is missing."""
        return node not in self._defined or not definition or self._shared(node, words, definition) > 0

    def _shared(self, node: str, words: tuple[str, ...], definition: str) -> int:
        """Return how many words, none of the name's, the definition shares with that of a node of anatomy."""
        return len(_told(definition) & self._defined.get(node, frozenset()) - set(map(kindred_stem, words)))

    def _by_definition(
        self, name: str, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]
    ) -> str:
        own = _content(words)
        if not own:
            return ""
        said, kind = _told(definition), defining_noun(definition, name)
        numbers = set.intersection(*(self._holding.get((facet, word), set()) for word in own))
        best: list[tuple[int, str]] = []
        for number in numbers:
            _, node, other, held = self._names[number]
            further = held - own
            told = 0 < len(further) <= MOST_FURTHER and all(kindred_stem(word) in said for word in further - _FREE)
            if told and node not in but and contrast(name, other) is None and not _is_something_of(words, other, kind):
                best.append((len(further), node))
        return min(best, default=(0, ""))[1]

    def _by_place(self, words: tuple[str, ...], definition: str, but: frozenset[str]) -> str:
        return self._places.find(words, _told(definition), self._defined, but)


def _words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, Latin and Greek plurals in the singular."""
    return folded_words(_LETTERS.sub(lambda word: _singular(word.group().lower()), text))


@lru_cache(maxsize=1 << 17)
def _singular(word: str) -> str:
    return singular(word)


def _key(name: str) -> str:
    return " ".join(_words(name))


def _one(nodes: set[str]) -> str:
    return min(nodes) if len(nodes) == 1 else ""


def _content(words: Iterable[str]) -> frozenset[str]:
    return frozenset(words) - LITTLE


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset([word[:_FORM] for word in words])


def _same_forms(words: tuple[str, ...], other: str, *, derived: bool = False) -> bool:
    """Say whether two names share a word, and their other words are pairwise forms of one, or one `derived` from the
    other ("chorionic").
    """
    one, two = _content(words), _content(_words(other))
    left, right = sorted(one - two), sorted(two - one)
    forms = len(left) == len(right) and all(
        _begin_alike(*pair) >= (len(min(pair, key=len)) if derived else _FORM_SHARE * len(max(pair, key=len)))
        for pair in zip(left, right, strict=True)
    )
    return bool(one & two) and forms


def _begin_alike(one: str, two: str) -> int:
    """Return with how many letters both words begin."""
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _is_something_of(words: tuple[str, ...], other: str, kind: str) -> bool:
    """Say whether a longer name is that of something else with the thing: "branch of T", "T fluid".

    A "T tooth" is T, where that is a tooth.
    """
    held = _words(other)
    behind = held[len(words) :] if held[: len(words)] == words else ()
    is_more = bool(behind) and behind[0] not in LITTLE and not (_FREE_BEHIND | {kind}).issuperset(behind)
    return is_more or held[-len(words) - 1 :] == ("of", *words)


def _told(definition: str) -> frozenset[str]:
    return told_stems(_words(definition))


def _persons(name: str) -> frozenset[str]:
    """Return the consonants of the names of persons that hyphens chain; none where it is one person or none.

    >>> _persons("Birt-Hogg-Dubé syndrome") == _persons("Birt-Hogg-Dub syndrome")
    True
    >>> _persons("X-linked recessive"), _persons("Crohn disease")
    (frozenset(), frozenset())
    """
    if "-" not in name:
        return frozenset()
    parts = [part.strip("()'’") for chain in _CHAIN.findall(name) for part in chain.split("-")]
    known = [part for part in parts if part[:1].isupper() and len(part) > 2 and part.lower() not in TAILS]
    found = frozenset(_SOUND.sub("", fold_letters(part)) for part in known)
    return found if len(found) > 1 else frozenset()
