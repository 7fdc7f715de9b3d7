"""Whether a text bears a node that its vector comes near: by the words of one of the node's names, close together.

A vector finds what is alike, and that is as a rule a narrower node than the text means ("cutaneous tuberculosis" near
"skin test", "third thoracic dorsal root ganglion" near "dorsal root ganglion"): one of ten was right. What stands
above such a node and is named in the text is found by the dictionary.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from met.anchor.sentences import sentences_of
from met.anchor.surfaces import GENERIC
from met.tree.attach.names import without_plural
from met.types import Span

# As many words of other meaning may stand between those of a name.
_BETWEEN: Final = 1
_WORD: Final = re.compile(r"[^\W_]+")
_LEAST: Final = 2
_TURNING_WORDS: Final = "of in on at to for from with is are was were"
_JOINING_WORDS: Final = f"a an the by and or as its their {_TURNING_WORDS}"
_JOINING: Final = frozenset(_JOINING_WORDS.split())
# Where one of these stands between, the words stand the other way round: the "wall of an artery" is an "artery wall",
# and a "complex is abnormal" where there is an "abnormal complex".
_TURNING: Final = frozenset(_TURNING_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Words:
    """The telling words of a sentence: stems, their spans, and before each whether the order may turn there."""

    sentence: str
    stems: tuple[str, ...]
    spans: tuple[Span, ...]
    turns: tuple[bool, ...]


class Bearing:
    """The sentences of one text, read once."""

    def __init__(self, text: str) -> None:
        self._sentences = [_words_of(text[start:end]) for start, end in sentences_of(text)]
        self._known = frozenset(word for sentence in self._sentences for word in sentence.stems)

    def places(self, names: Iterable[str]) -> Iterator[tuple[str, Span]]:
        """Yield the sentences, with the span in it, in which the words of one of `names` stand close together.

        Names of one word are left to the dictionary.

        >>> list(Bearing("Wall of the coronary artery.").places(["coronary artery wall"]))
        [('Wall of the coronary artery.', (0, 27))]
        >>> list(Bearing("A nerve trunk.").places(["trunk nerve"]))
        []
        """
        for name in names:
            # "Fungal infectious disease" is said as "fungal infection".
            wanted = _words_of(name.replace("infectious disease", "infection"))
            if (
                len(wanted.stems) >= _LEAST
                and self._known.issuperset(wanted.stems)
                and not GENERIC.issuperset(wanted.stems)
            ):
                for sentence in self._sentences:
                    if (found := _close(sentence, wanted)) is not None:
                        yield sentence.sentence, found


def _words_of(text: str) -> _Words:
    stems: list[str] = []
    spans: list[Span] = []
    turns: list[bool] = []
    turning = False
    for found in _WORD.finditer(text.lower() if len(text.lower()) == len(text) else text):
        word = found.group()
        if word in _JOINING:
            turning |= word in _TURNING
            continue
        stems.append(without_plural(word))
        spans.append(found.span())
        turns.append(turning)
        turning = False
    return _Words(text, tuple(stems), tuple(spans), tuple(turns))


def _close(sentence: _Words, wanted: _Words) -> Span | None:
    """Return where the words of a name stand in their order, with at most one other between."""
    size, name = len(wanted.stems), _straight(wanted.stems, wanted.turns)
    for first, word in enumerate(sentence.stems):
        if word not in name:
            continue
        for last in range(first + size, min(first + size + _BETWEEN, len(sentence.stems)) + 1):
            rest = iter(_straight(sentence.stems[first:last], sentence.turns[first:last]))
            if all(one in rest for one in name):
                return sentence.spans[first][0], sentence.spans[last - 1][1]
    return None


def _straight(stems: Sequence[str], turns: Sequence[bool]) -> Sequence[str]:
    """Return the words as they stand in a compound: what follows "of" first."""
    at = next((at for at in range(1, len(turns)) if turns[at]), 0)
    return (*stems[at:], *stems[:at])
