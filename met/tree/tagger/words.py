"""What the learned tagger sees of a token: its letters, how it is written, and where it stands in dictionary names."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from met.tree.lexicon import Lexicon
from met.types import Facet, Span

# A name of the dictionary: from the first token to the one after the last, and the facets of the nodes that bear it.
Hit: TypeAlias = tuple[int, int, Collection[Facet]]
# Tokens of one sentence -> the names in it.
Find: TypeAlias = Callable[[Sequence[str]], Sequence[Hit]]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.,'/()+%"
NO_LETTER: Final = 0
OTHER_LETTER: Final = 1
SPELLED: Final = 18  # a longer word is known by its first and its last letters
CASES: Final = 6
FACETS: Final[tuple[Facet, ...]] = ("disease", "anatomy", "symptom")
PLACES: Final = 4  # a token begins a name, is inside it, ends it, or is all of it
HIT_FEATURES: Final = len(FACETS) * PLACES + 1
_LONGEST: Final = 4
_NUMBER_OF: Final = {letter: number for number, letter in enumerate(LETTERS, start=OTHER_LETTER + 1)}
_TIGHT: Final = frozenset("-'/’–")
_CLOSING: Final = frozenset(",.;:)]%")
_OPENING: Final = frozenset("([")


def word_form(token: str) -> str:
    """Return the form by which the table of word vectors knows `token`: lower case, "0" for every number.

    >>> [word_form(token) for token in ("Lung", "12.5", "p53", "-")]
    ['lung', '0', 'p53', '-']
    """
    lower = token.lower()
    is_number = lower[:1].isdigit() and all(letter.isdigit() or letter in ".," for letter in lower)
    return "0" if is_number else lower


def letters_of(token: str) -> list[int]:
    """Return SPELLED numbers of letters, NO_LETTER after the last."""
    half = SPELLED // 2
    short = token if len(token) <= SPELLED else token[:half] + token[-half:]
    numbers = [_NUMBER_OF.get(letter, OTHER_LETTER) for letter in short]
    return numbers + [NO_LETTER] * (SPELLED - len(numbers))


def case_of(token: str) -> int:
    """Return how `token` is written, 0 to CASES - 1: lower, Title, UPPER, number first, other with letters, signs.

    >>> [case_of(token) for token in ("lung", "Lung", "CT", "3D", "mRNA", "(")]
    [0, 1, 2, 3, 4, 5]
    """
    if token.islower():
        return 0
    if token[:1].isupper() and token[1:].islower():
        return 1
    if token.isupper() and len(token) > 1:
        return 2
    if token[:1].isdigit():
        return 3
    return 4 if any(letter.isalpha() for letter in token) else 5


def hit_features(length: int, hits: Sequence[Hit]) -> NDArray[np.float32]:
    """Return (length, HIT_FEATURES): per facet 1 at the place that a token has in a name, and the name's length."""
    features = np.zeros((length, HIT_FEATURES), dtype=np.float32)
    for start, end, facets in hits:
        for at in range(start, end):
            place = 3 if end - start == 1 else 0 if at == start else 2 if at == end - 1 else 1
            for number, facet in enumerate(FACETS):
                if facet in facets:
                    features[at, number * PLACES + place] = 1.0
            features[at, -1] = min(end - start, _LONGEST) / _LONGEST
    return features


def joined(tokens: Sequence[str]) -> tuple[str, tuple[Span, ...]]:
    """Return the tokens as running text, and where each stands in it: "Crohn ' s" is written "Crohn's".

    >>> joined(["non", "-", "Hodgkin", "lymphoma", "(", "NHL", ")", "."])[0]
    'non-Hodgkin lymphoma (NHL).'
    """
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for before, token in pairwise(("(", *tokens)):
        if not (before in _TIGHT or before in _OPENING or token in _TIGHT or token in _CLOSING):
            parts.append(" ")
            length += 1
        spans.append((length, length + len(token)))
        parts.append(token)
        length += len(token)
    return "".join(parts), tuple(spans)


def dictionary_of(lexicon: Lexicon, facets: Mapping[str, Facet]) -> Find:
    """Return what finds the names of `lexicon` in tokens; `facets` has the facet of every node.

    A name that begins or ends within a token is left out.
    """

    def find(tokens: Sequence[str]) -> list[Hit]:
        text, spans = joined(tokens)
        first = {start: at for at, (start, _) in enumerate(spans)}
        last = {end: at + 1 for at, (_, end) in enumerate(spans)}
        return [
            (first[match.start], last[match.end], {facets[node] for node in match.nodes})
            for match in lexicon.find(text)
            if match.start in first and match.end in last
        ]

    return find
