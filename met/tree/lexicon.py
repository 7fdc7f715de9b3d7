"""The dictionary of the tree: finds every name of every node in running text (Aho and Corasick, 1975)."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import ahocorasick

from met.keys import digest
from met.tree.names import GREEK, fold, is_abbreviation, tokens
from met.tree.stops import is_stop_name
from met.types import Node

# No form holds a line end, so no name goes over it; the next one begins after a separator as everywhere.
BLOCK_BREAK: Final = "\n "
# Whatever is no letter, digit or one of +&% separates words; line ends are kept apart by _squeeze.
_SEPARATOR: Final = re.compile(r"[^\w+&%\n]|_")
_ASCII: Final = {code: " " for code in range(128) if _SEPARATOR.match(chr(code)) or chr(code) == "\n"}
_WHITE_RUN: Final = re.compile(r"\s{2,}")
_LATIN_OF: Final = {symbol: word for word, symbol in GREEK.items()}
_LAST: Final = 1 << 62
_SINGULAR_FROM: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A name found in a text: `text[start:end]` is `surface`, and `nodes` (sorted) are all that bear it."""

    start: int
    end: int
    surface: str
    nodes: tuple[str, ...]


class Lexicon:
    """Names of nodes, compiled. Equal pairs in any order give the same lexicon.

    A name matches whole words alone, whatever the case, with spaces for hyphens and the reverse, with alpha for α, in
    the singular and a simple plural, "Crohn disease" for "Crohn's disease". Abbreviations (up to four letters, two of
    them capitals) match in their own case alone. Names that mean nothing by themselves ("disease", "left side") never
    match.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._automaton: Any = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        self._bearers: list[tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = []
        self._lengths: list[int] = []
        forms: dict[str, tuple[set[str], dict[str, set[str]]]] = defaultdict(lambda: (set(), defaultdict(set)))
        for name, node in names:
            if is_stop_name(name):
                continue
            for form in _forms(name):
                anyhow, exactly = forms[form]
                (exactly[name] if is_abbreviation(name) else anyhow).add(node)
        for form, (anyhow, exactly) in forms.items():
            self._automaton.add_word(form, len(self._bearers))
            self._lengths.append(len(form))
            self._bearers.append(
                (tuple(sorted(anyhow)), {name: tuple(sorted(nodes)) for name, nodes in exactly.items()})
            )
        self._automaton.make_automaton()

    def find(self, text: str) -> tuple[Match, ...]:
        """Return the names in `text`, leftmost first and the longest of those that start together, without overlap."""
        if not self._bearers:
            return ()
        folded, shifts = _squeeze(text)
        chosen: list[Match] = []
        end = 0
        for start, falling, form in sorted(self._raw(folded)):
            if start < end:
                continue
            stop = -falling
            here = slice(_original(start, shifts), _original(stop - 1, shifts) + 1)
            nodes = self._nodes(form, text[here])
            if nodes:
                chosen.append(Match(start=here.start, end=here.stop, surface=text[here], nodes=nodes))
                end = stop
        return tuple(chosen)

    def _raw(self, folded: str) -> Iterator[tuple[int, int, int]]:
        """Yield (start, -end, form) of every name that stands between word boundaries, a plural ending included."""
        lengths = self._lengths
        last = len(folded)
        for stop, form in self._automaton.iter(folded):
            end = stop + 1
            # The text begins with a separator and so does every form, which saves the look at the letter before.
            if end < last and folded[end].isalnum():
                if folded[end] == "e" and folded[end + 1 : end + 2] == "s":
                    end += 2
                elif folded[end] == "s":
                    end += 1
                else:
                    continue
                if end < last and folded[end].isalnum():
                    continue
            yield stop + 2 - lengths[form], -end, form

    def _nodes(self, form: int, surface: str) -> tuple[str, ...]:
        anyhow, exactly = self._bearers[form]
        if not exactly:
            return anyhow
        written = exactly.get(surface) or exactly.get(surface.removesuffix("s")) or ()
        return tuple(sorted({*anyhow, *written}))


def names_of(node: Node) -> tuple[str, ...]:
    """Return every name that the dictionary knows the node by: its own first."""
    return (node.name, *node.synonyms)


def lexicon_digest(nodes: Iterable[Node]) -> str:
    """Return the digest of all (name, key) pairs: equal where every text gives equal matches."""
    return digest(sorted([name, node.key] for node in nodes for name in names_of(node)))


# ---------------------------------------------------------------- forms


def _forms(name: str) -> Iterator[str]:
    """Yield the folded spellings of a name, each with the separator that stands before a word."""
    for spelling in dict.fromkeys((name, *_possessives(name), *_letters(name))):
        words = _folded(spelling).strip()
        if not words:
            continue
        yield f" {words}"
        if not is_abbreviation(name):
            yield from (f" {other}" for other in _numbers(words))


def _possessives(name: str) -> Iterator[str]:
    straight = name.replace("’", "'")
    if "'s " in straight:
        yield straight.replace("'s ", " ")
        yield straight.replace("'s ", "s ")


def _letters(name: str) -> Iterator[str]:
    """Yield the name with Greek letters for their names, and the reverse."""
    words = tokens(name)
    if any(word in GREEK for word in words):
        yield re.sub(r"[^\W\d_]+", lambda match: GREEK.get(match.group().lower(), match.group()), name)
    if any(symbol in name for symbol in _LATIN_OF):
        yield "".join(_LATIN_OF.get(letter, letter) for letter in name)


def _numbers(words: str) -> Iterator[str]:
    """Yield plural forms that no s or es makes, and the singular of a plural name."""
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        yield f"{words[:-1]}ies"
    if words.endswith("sis"):
        yield f"{words[:-2]}es"
    if " " in words or len(words) >= _SINGULAR_FROM:
        if words.endswith("ies"):
            yield f"{words[:-3]}y"
        elif words.endswith("s") and not words.endswith(("ss", "us", "is")):
            yield words[:-1]


# ---------------------------------------------------------------- offsets


def _folded(text: str) -> str:
    plain = fold(text).translate(_ASCII)
    return plain if plain.isascii() else _SEPARATOR.sub(" ", plain)


def _squeeze(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the folded text after one separator, and where it was shortened: (offset in it, offset in `text` less
    that).

    A run of white space counts as one, so that a name may go on in the next line; a blank line ends every name.
    """
    parts, shifts = [" "], [(0, -1)]
    done, length = 0, 1
    for run in _WHITE_RUN.finditer(text):
        parts += (_folded(text[done : run.start()]), BLOCK_BREAK if run.group().count("\n") > 1 else " ")
        length += run.start() - done + len(parts[-1])
        done = run.end()
        shifts.append((length, done - length))
    parts.append(_folded(text[done:]))
    return "".join(parts), shifts


def _original(offset: int, shifts: list[tuple[int, int]]) -> int:
    return offset + shifts[bisect_right(shifts, (offset, _LAST)) - 1][1]
