"""What the texts themselves say about their words: which end a noun phrase, which are verbs.

No tagger and no word list of a language is needed beyond the closed classes below.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from met.tree.attach.names import without_plural

WORD: Final = re.compile(r"[^\W_]+(?:[-–'’][^\W_]+)*")
_DETERMINERS: Final = (
    "a an the this that these those each every its their his her our your my any some no another both either neither "
    "such one two three four five six seven eight nine ten several many most all other"
)
DETERMINERS: Final = frozenset(_DETERMINERS.split())
# Closed classes and adverbs of degree: they stand between phrases, never inside one ("of" is handled apart).
_CLOSED: Final = (
    "and or but nor of in on at by to for from with without within into onto upon over under between among through "
    "during before after above below behind beside across along around about against toward towards per via as "
    "than is are was were be been being am do does did has have had having can could may might must shall should "
    "will would not also only very more less much few little own same so then thus therefore hence however if "
    "when while where why how because although though unless until since whether which who whom whose what it he "
    "she they we you i him them us me itself themselves himself yourself there here too yet still just even ever "
    "never always often sometimes usually again once now first second third next last later further almost nearly "
    "rather quite well far instead like unlike called known termed named see figure table chapter section e.g i.e "
    "etc don't doesn't it's"
)
CLOSED: Final = DETERMINERS | frozenset(_CLOSED.split())
_VERB_FOLLOWS: Final = "to can could may might must shall should will would not they we you i it which that who cannot"
_AFTER_VERB: Final = DETERMINERS | {"in", "from", "with", "and", ""}
_BEFORE_VERB: Final = frozenset(_VERB_FOLLOWS.split())


_IRREGULAR: Final = {
    "rami": "ramus", "ganglia": "ganglion", "nuclei": "nucleus", "axes": "axis", "foramina": "foramen",
    "alveoli": "alveolus", "calyces": "calyx", "testes": "testis", "mitochondria": "mitochondrion", "ova": "ovum",
    "bronchi": "bronchus", "villi": "villus", "sulci": "sulcus", "gyri": "gyrus", "septa": "septum", "glomeruli":
    "glomerulus", "bacteria": "bacterium", "fungi": "fungus", "phalanges": "phalanx", "meninges": "meninx",
    "canaliculi": "canaliculus", "lumina": "lumen", "cilia": "cilium", "flagella": "flagellum", "atria": "atrium",
    "labia": "labium", "crura": "crus", "cortices": "cortex", "apices": "apex", "teeth": "tooth", "feet": "foot",
    "menisci": "meniscus", "thrombi": "thrombus", "emboli": "embolus", "retinacula": "retinaculum", "fasciculi":
    "fasciculus", "condyli": "condylus", "metastases": "metastasis",
}  # fmt: skip


# Texts hold far fewer words than places of words.
_CACHED: Final = 1 << 18
stem = lru_cache(maxsize=_CACHED)(without_plural)


@dataclass(slots=True)
class WordCounts:
    """How often a stem stands after a determiner at the end of a phrase, and how often after what only verbs follow."""

    noun: Counter[str] = field(default_factory=Counter)
    verb: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    _verbs: dict[str, bool] = field(default_factory=dict)

    def is_verb(self, word: str) -> bool:
        """Say whether `word` (folded) is rather a verb than a noun or an adjective in these texts.

        Asked when all is counted: the answer stays.
        """
        found = self._verbs.get(word)
        if found is None:
            found = self._verbs[word] = self._is_verb(word)
        return found

    def _is_verb(self, word: str) -> bool:
        if word.endswith("ly") and len(word) > 4:
            return True
        if word.endswith(("ed", "ing")):
            return False
        root = verb_root(word)
        return self.verb[root] > max(1, 2 * self.noun[stem(word)])

    def nounness(self, word: str) -> float:
        """Return the share, 0 to 1, of uses of `word` that end a phrase begun by a determiner."""
        return self.noun[stem(word)] / (self.seen[stem(word)] + 2)


@lru_cache(maxsize=_CACHED)
def verb_root(word: str) -> str:
    """Return `word` without the ending of the third person.

    >>> [verb_root(word) for word in ("carries", "contains", "passes", "act")]
    ['carry', 'contain', 'pass', 'act']
    """
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=_CACHED)
def singular(word: str) -> str:
    """Return the folded `word` in the singular, Latin and Greek plurals of the field included.

    >>> [singular(word) for word in ("processes", "arches", "axes", "bodies", "cells", "vertebrae", "iris")]
    ['process', 'arch', 'axis', 'body', 'cell', 'vertebra', 'iris']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("sses", "ches", "shes", "xes")) and len(word) > 5:
        return word[:-2]
    if word.endswith(("yses", "oses", "eses", "ases")) and len(word) > 6 and not word.endswith("eases"):
        return f"{word[:-2]}is"
    if word.endswith("ae") and len(word) > 4:
        return word[:-1]
    return stem(word)


def singular_name(name: str) -> str:
    """Return the folded `name` with each word in the singular.

    >>> singular_name("Flexor retinacula")
    'flexor retinaculum'
    """
    return " ".join(map(singular, name.lower().split()))


def words_of(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """Return (folded word, start, end) of the words of `text[start:end]`."""
    return [
        (match.group().lower().replace("–", "-").replace("’", "'"), match.start(), match.end())
        for match in WORD.finditer(text, start, end)
    ]


def count_words(sentences: Iterable[Sequence[tuple[str, int, int]]]) -> WordCounts:
    """Return the counts over sentences, each a list as `words_of` returns."""
    counts = WordCounts()
    for words in sentences:
        for at, (word, _, _) in enumerate(words):
            if word in CLOSED:
                continue
            counts.seen[stem(word)] += 1
            before = words[at - 1][0] if at else ""
            after = words[at + 1][0] if at + 1 < len(words) else ""
            if before in _BEFORE_VERB and after in _AFTER_VERB:
                counts.verb[verb_root(word)] += 1
            elif (before in DETERMINERS or (at > 1 and words[at - 2][0] in DETERMINERS)) and (
                after in CLOSED or not after
            ):
                counts.noun[stem(word)] += 1
    return counts


def runs(words: Sequence[tuple[str, int, int]], text: str, counts: WordCounts) -> Iterator[tuple[int, int]]:
    """Yield (first, stop) of the runs of words that no punctuation, closed class or verb interrupts."""
    first = 0
    for at, (word, start, _) in enumerate(words):
        joined = at > first and text[words[at - 1][2] : start].strip() == ""
        blocked = word in CLOSED or word.isdecimal() or counts.is_verb(word)
        if at > first and (blocked or not joined):
            yield first, at
            first = at
        if blocked:
            first = at + 1
    if first < len(words):
        yield first, len(words)
