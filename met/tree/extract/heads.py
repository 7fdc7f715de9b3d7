"""Names of diseases by their head noun: what stands before it and belongs to the name, known to an ontology or not."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from met.tree.extract.tokens import TOKEN, Found, Token, lacking
from met.tree.extract.words import GENERIC_HEADS, JOINERS, LACKS, LINKS, OUTER, PREFIXES, SYMBOL, adjectives_of, is_head
from met.tree.lexicon import Lexicon
from met.tree.names import fold

_NUMBER: Final = re.compile(r"[ivx]+|\d+[a-z]?|[a-d]")
_WORD: Final = re.compile(r"[^\W_]+")
_MODIFIER_NAMES: Final = 3
# Texts hold far fewer words than places of words.
_CACHED: Final = 1 << 18


class Heads:
    """The words that head names of diseases, and those that modify them in the names that are known."""

    def __init__(self, names: Iterable[str], lexicon: Lexicon) -> None:
        known = tuple(names)
        self._lexicon = lexicon
        self._modifiers = _modifiers(known)
        self._adjectives = _adjectives(known)
        self._telling: dict[str, bool] = {}

    def may_name(self, text: str, start: int, end: int) -> bool:
        """Say whether a word of `text[start:end]` can head the name of a disease."""
        telling = self._telling
        for word in _WORD.findall(text, start, end):
            known = telling.get(word)
            if known is None:
                if len(telling) > _CACHED:
                    telling.clear()
                folded = fold(word)
                known = telling[word] = folded in GENERIC_HEADS or is_head(folded) or folded in self._adjectives
            if known:
                return True
        return False

    def find(self, tokens: Sequence[Token], text: str) -> Iterator[Found]:
        """Yield the names that heads give: a head alone, a generic one with what modifies it."""
        for at, token in enumerate(tokens):
            if is_head(token.word) or token.word in self._adjectives:
                yield Found(at, at + 1, "head")
            elif token.word in GENERIC_HEADS:
                first = self._modified_from(tokens, text, at)
                if first < at:
                    yield Found(first, at + 1, "head")

    def widened(self, tokens: Sequence[Token], text: str, found: Found) -> Found:
        """Return the name with the words before it that belong to it, and with its type behind it."""
        first, last = found.first, found.last
        if not SYMBOL.fullmatch(text, tokens[first].start, tokens[last - 1].end):
            first = self._modified_from(tokens, text, first)
            first = self._coordinated_from(tokens, text, first, last)
        if (
            last + 1 < len(tokens)
            and tokens[last].word in ("type", "types")
            and _NUMBER.fullmatch(tokens[last + 1].word)
        ):
            last += 2
        return found if (first, last) == (found.first, found.last) else Found(first, last, found.method, found.nodes)

    def _modified_from(self, tokens: Sequence[Token], text: str, at: int) -> int:
        """Return the first token of the modifiers that stand before token `at` and belong to its name."""
        first = at
        if tokens[at].word in LACKS:
            first -= lacking(tokens, text, at)
        while first > 0:
            step = self._modifier_before(tokens, text, first)
            if step == 0:
                break
            first -= step
        return first

    def _modifier_before(self, tokens: Sequence[Token], text: str, at: int) -> int:
        """Return of how many tokens the modifier before token `at` is; 0 where none stands there."""
        before = tokens[at - 1]
        if at > 2 and tokens[at - 2].word == "-" and text[tokens[at - 3].start : before.end].count(" ") == 0:
            parts = tokens[at - 3].word, before.word
            if parts in LINKS:
                return 3
            return 3 if before.word not in OUTER and self._modifiers.issuperset(parts) else 0
        if before.word in self._modifiers and before.word not in OUTER:
            return 1
        if before.word == "-" and at > 1 and text[tokens[at - 2].end : tokens[at].start] == "-":
            return 2 if tokens[at - 2].word in self._modifiers or tokens[at - 2].word in PREFIXES else 0
        if before.word == "s" and at > 2 and tokens[at - 2].word in "'’":
            return 3 if text[tokens[at - 3].start].isupper() else 0
        return 0

    def _coordinated_from(self, tokens: Sequence[Token], text: str, first: int, last: int) -> int:
        """Return where "breast and ovarian cancer" begins, `first` being "ovarian"."""
        at = first
        while at > 1 and last - first > 1 and tokens[at - 1].word in JOINERS:
            left = at - 1
            while left > 0 and tokens[left - 1].word in JOINERS:
                left -= 1
            start = self._shared_head(tokens, text, left, range(first + 1, last)) if left else left
            if start == left:
                break
            at = start
        return at

    def _shared_head(self, tokens: Sequence[Token], text: str, left: int, heads: range) -> int:
        """Return where the words before token `left` begin that name a disease with one of `heads`; else `left`."""
        for start in range(max(0, left - 2), left):
            words = text[tokens[start].start : tokens[left - 1].end]
            if tokens[start].word in OUTER or any(tokens[at].word in JOINERS for at in range(start, left)):
                continue
            for head in heads:
                name = f"{words} {text[tokens[head].start : tokens[heads.stop - 1].end]}"
                if any(match.surface == name for match in self._lexicon.find(name)):
                    return start
        return left


def _modifiers(names: Iterable[str]) -> frozenset[str]:
    """Return the words that stand before the last one in several names."""
    counts: Counter[str] = Counter()
    for name in names:
        counts.update({match.group() for match in TOKEN.finditer(fold(name).rpartition(" ")[0])})
    return frozenset(
        word for word, count in counts.items() if count >= _MODIFIER_NAMES and len(word) > 2 and word.isalpha()
    )


def _adjectives(names: Iterable[str]) -> frozenset[str]:
    return frozenset(adjective for name in names if " " not in name for adjective in adjectives_of(fold(name)))
