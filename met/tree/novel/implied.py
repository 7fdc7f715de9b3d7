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
  (`met.tree.novel.exchanged`); of anatomy, the definitions share a word besides;
* `definition`: a name of the node holds all words of the term, and each further word stands in the definition that
  texts give of the term, or a word of its stem ("deepest layer of the epidermis"), or says no more than "tissue" or
  "tetrapod"; of several the shortest name;
* `place`: one node alone is named "term of something", the term having two words or more, and its own definition, if it
  has one, shares words with that of the texts. This holds for anatomy only.

Numbers, sides and words such as "acute" keep two names apart, whatever else agrees (`met.tree.normalise.words`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from met.tree.discover.words import singular
from met.tree.normalise.keys import LITTLE, TAILS, folded_words
from met.tree.normalise.words import contrast
from met.tree.novel.exchanged import EXCHANGED, Exchanged
from met.tree.spelling import fold_letters
from met.types import Facet, Node

# Further words of a node's name that a definition may account for.
MOST_FURTHER: Final = 4
_STEM: Final = 6
# Letters by which the forms of a word are looked for, and the share of the longer form that both begin with.
_FORM: Final = 4
_FORM_SHARE: Final = 0.6
# Words that two definitions of one thing share, besides those of its name.
_SHARED: Final = 2
_BRACKET: Final = re.compile(r"\s*\([^()]*\)")
_CHAIN: Final = re.compile(r"[\w'’()]+(?:-[\w'’()]+)+")
_SOUND: Final = re.compile(r"[^bcdfghjklmnpqrstvwxz]")
# "(also, duct of Santorini)", "also called X", "formerly known as X".
_ALSO: Final = re.compile(
    r"\((?:also|or|formerly)[,:]?\s+(?P<bracket>[^()]{3,80})\)|"
    r"\b(?:called|known as|referred to as|termed)\s+(?P<plain>[^,.;:()]{3,60})"
)
# One word, with a capital where names of diseases have none, and then small letters alone.
_PERSON: Final = re.compile(r"[A-Z][a-z]{3,}(?:['’]s)?(?: [a-z][a-z-]*)+")
_CAPITALS: Final = 0.5
_LETTERS: Final = re.compile(r"[A-Za-z]{5,}")
_EACH: Final = re.compile(r",|\bor\b|\band\b")
_ARTICLE: Final = re.compile(r"(?:the|an?)\s+")
# They say nothing that a text would say.
_FREE: Final = frozenset({"organ", "tissue", "element", "structure", "tetrapod", "mammalian", "vertebrate", "proper"})
_NO_KIND: Final = frozenset({"group", "region", "structure"})
# Names of several things are the name of none of them.
_SEVERAL: Final = frozenset({"and", "or", "/"})
_SAME: Final = {
    "hepatic": "liver", "renal": "kidney", "cardiac": "heart", "pulmonary": "lung", "gastric": "stomach",
    "cerebral": "brain", "musculus": "muscle", "muscular": "muscle", "uterine": "uterus", "nasal": "nose",
    "femoral": "femur", "tibial": "tibia", "ovarian": "ovary", "spinal": "spine", "cutaneous": "skin",
}  # fmt: skip


class ImpliedNames:
    """Names of nodes, by the words, the beginnings and the persons in them. The order of the nodes does not matter."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._names: list[tuple[Facet, str, str, frozenset[str]]] = []
        self._holding: dict[tuple[Facet, str], set[int]] = defaultdict(set)
        self._whole: dict[tuple[Facet, str], set[str]] = defaultdict(set)
        self._bare: dict[tuple[Facet, str], set[str]] = defaultdict(set)
        self._before_of: dict[str, set[str]] = defaultdict(set)
        self._persons: dict[tuple[Facet, str], list[tuple[str, frozenset[str], frozenset[str]]]] = defaultdict(list)
        self._forms: dict[tuple[Facet, frozenset[str]], set[tuple[str, str]]] = defaultdict(set)
        self._diseases = self._capitals = 0
        self._first: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._defined: dict[str, str] = {}
        self._exchanged = Exchanged()
        for node in sorted(nodes, key=lambda node: node.key):
            if node.facet == "anatomy" and node.definition:
                self._defined[node.key] = node.definition
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
            for at, word in enumerate(words):
                if word == "of" and at:
                    self._before_of[_plain(words[:at])].add(node.key)
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
            "bracket": _one(self._bare.get((facet, " ".join(words)), set()) - but),
            "group": self._by_group(words, facet, but),
            "eponyms": self._by_persons(name, words, facet, but),
            "person": self._by_person(name, words, but) if facet == "disease" else "",
            "forms": self._by_forms(name, words, facet, but),
            "exchange": self._by_exchange(words, facet, definition or "", but),
            "definition": self._by_definition(name, words, facet, definition or "", but),
            "place": self._by_place(words, definition or "", but) if facet == "anatomy" and len(words) > 1 else "",
        }
        return next(((node, how) for how, node in found.items() if node), None)

    def _by_other_name(self, facet: Facet, definition: str, but: frozenset[str]) -> str:
        for match in _ALSO.finditer(definition):
            for part in _EACH.split(match["bracket"] or match["plain"]):
                node = _one(self._whole.get((facet, _key(_ARTICLE.sub("", part.strip(), count=1))), set()) - but)
                if node:
                    return node
        return ""

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

    def _by_forms(self, name: str, words: tuple[str, ...], facet: Facet, but: frozenset[str]) -> str:
        alike = self._forms.get((facet, _beginnings(_content(words))), set()) if len(words) > 1 else set()
        same = {node for node, other in alike if _same_forms(words, other) and not contrast(name, other)}
        return _one(same - but)

    def _by_exchange(self, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]) -> str:
        node = _one(self._exchanged.find(words, facet) - but)
        told = _told(definition) & _told(self._defined.get(node, ""))
        return node if node not in self._defined or not definition or told - set(map(_stem, words)) else ""

    def _by_definition(
        self, name: str, words: tuple[str, ...], facet: Facet, definition: str, but: frozenset[str]
    ) -> str:
        own = _content(words)
        if not own:
            return ""
        said = _told(definition)
        numbers = set.intersection(*(self._holding.get((facet, word), set()) for word in own))
        best: list[tuple[int, str]] = []
        for number in numbers:
            _, node, other, held = self._names[number]
            further = held - own
            told = 0 < len(further) <= MOST_FURTHER and all(_stem(word) in said for word in further - _FREE)
            if told and node not in but and contrast(name, other) is None:
                best.append((len(further), node))
        return min(best, default=(0, ""))[1]

    def _by_place(self, words: tuple[str, ...], definition: str, but: frozenset[str]) -> str:
        node = _one(self._before_of.get(_plain(words), set()) - but)
        shared = _told(definition) & _told(self._defined.get(node, ""))
        return node if node not in self._defined or len(shared - set(map(_stem, words))) >= _SHARED else ""


def _words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, Latin and Greek plurals in the singular."""
    return folded_words(_LETTERS.sub(lambda word: _singular(word.group().lower()), text))


@lru_cache(maxsize=1 << 17)
def _singular(word: str) -> str:
    return singular(word)


def _key(name: str) -> str:
    return " ".join(_words(name))


def _plain(words: tuple[str, ...]) -> str:
    return " ".join(word for word in words if word != "the")


def _one(nodes: set[str]) -> str:
    return min(nodes) if len(nodes) == 1 else ""


def _content(words: Iterable[str]) -> frozenset[str]:
    return frozenset(words) - LITTLE


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset([word[:_FORM] for word in words])


def _same_forms(words: tuple[str, ...], other: str) -> bool:
    """Say whether two names share a word, and their other words are pairwise forms of one."""
    one, two = _content(words), _content(_words(other))
    left, right = sorted(one - two), sorted(two - one)
    return bool(one & two) and len(left) == len(right) and all(map(_one_stem, left, right))


def _one_stem(one: str, two: str) -> bool:
    longer = max(len(one), len(two))
    shared = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    return shared >= _FORM_SHARE * longer


def _told(definition: str) -> frozenset[str]:
    return frozenset(map(_stem, _content(_words(definition))))


def _stem(word: str) -> str:
    """Return what the noun and the adjective of one part share: its first letters, or the noun where they differ."""
    return _SAME.get(word, word)[:_STEM]


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
