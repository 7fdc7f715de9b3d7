"""Who may be the parent of a new concept: nodes that its name, definition or a text names; near nodes, and what is
above these.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from met.tree.attach.ground import Entity, Ground, genus_text, series_key
from met.tree.attach.names import MAX_WORDS, inside_chain, number_in_series, series_stem, spans, spelt, stems
from met.tree.attach.nearest import EXACT_UP_TO, Floats, Ints
from met.tree.attach.wider import Analogies, analogies, wider_names

NEAR: Final = 40
NEAR_GENUS: Final = 12
NEAR_SPELT: Final = 25
NEAR_ABOVE: Final = 12
NEAR_BENT: Final = 12
VOTED: Final = 15
SYNONYMS: Final = 6
# Of very many nodes: names that a concept's rarest grams look at, and names that are compared whole.
_HELD: Final = 4000
_COMPARED: Final = 100
# Of very many nodes: how many of the nearest by meaning, of those by spelling, and of analogies lead to candidates.
_LEADING: Final = 12
# Concepts that are looked at together.
_BLOCK: Final = 256
Embed = Callable[[Sequence[str]], Floats]


# What named a candidate, the plainest first. `above` lies where the skeleton's own edges lead up from the concept,
# `voted` has children of like spelling.
SOURCES: Final = (
    *("said", "series", "genus", "named", "defined", "near_genus", "near", "above", "bent", "spelt"),
    *("voted", "wider"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A node's name stands in words of the concept's: how many words, of how many, at the start, at the end."""

    length: int
    of: int
    first: bool
    last: bool


@dataclass(slots=True, kw_only=True)
class Candidates:
    """The candidate parents of one concept with what each source says of them; places in the ground."""

    named: dict[int, Named] = field(default_factory=dict)
    genus: dict[int, Named] = field(default_factory=dict)
    defined: dict[int, int] = field(default_factory=dict)
    said: dict[int, float] = field(default_factory=dict)
    series: dict[int, int] = field(default_factory=dict)
    near: dict[int, float] = field(default_factory=dict)
    near_genus: dict[int, float] = field(default_factory=dict)
    spelt: dict[int, float] = field(default_factory=dict)
    above: dict[int, float] = field(default_factory=dict)
    bent: dict[int, float] = field(default_factory=dict)
    voted: dict[int, float] = field(default_factory=dict)
    wider: dict[int, int] = field(default_factory=dict)
    alike: Analogies = field(default_factory=Analogies)
    unsaid: frozenset[int] = frozenset()

    def forget(self, place: int) -> None:
        """Take the node at `place` out of every source."""
        for source in SOURCES:
            getattr(self, source).pop(place, None)
        self.alike.like.pop(place, None)

    def places(self, ground: Ground) -> list[int]:
        """Return every candidate, sorted: what any source names, the parents of what lies near, and what is said by
        analogy. Where nodes are very many, so are these, since each near node has parents of its own: the parents of
        the nearest and the best analogies alone.
        """
        most = _LEADING if len(ground.entities) > EXACT_UP_TO else None
        like = sorted(self.alike.like, key=lambda place: (-self.alike.likes[place], place))
        near = [*islice(self.near, most), *islice(self.spelt, most)]
        _, above = ground.parents.of(np.array(near, np.int64))
        found = {place for source in SOURCES for place in getattr(self, source)}.union(like[:most], above.tolist())
        return sorted(found - self.unsaid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A concept with its genus, empty where it has none, and the vectors, zero where there is nothing: of its name, of
    its genus, and of where its parent is to be looked for, by both maps of the ground.
    """

    concept: Entity
    genus: str
    vector: Floats
    told: Floats
    above: Floats
    bent: Floats


def queries_of(ground: Ground, concepts: Sequence[Entity], embed: Embed) -> list[Query]:
    """Return what the concepts are looked for with. `embed` gives unit vectors of texts, as those of the ground."""
    if not concepts:
        return []
    names, genera = [concept.names[0] for concept in concepts], [genus_text(concept) for concept in concepts]
    vectors, told = np.asarray(embed(names)), _embedded(genera, embed)
    above, bent = ground.upward.straight(vectors), ground.upward.bent(vectors)
    return [
        Query(
            concept=concept,
            genus=genera[at],
            vector=vectors[at],
            told=told[at],
            above=above[at],
            bent=bent[at],
        )
        for at, concept in enumerate(concepts)
    ]


def _embedded(texts: Sequence[str], embed: Embed) -> Floats:
    """Return the vectors of `texts`, zero for empty ones."""
    said = sorted({text for text in texts if text})
    row = {text: number for number, text in enumerate(said)}
    vectors = np.asarray(embed(said or [""]), dtype=np.float32)
    padded = np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
    found: Floats = padded[[row.get(text, len(vectors)) for text in texts]]
    return found


def candidates_of(ground: Ground, asked: Sequence[Query]) -> list[Candidates]:
    """Return the candidates of each concept. One that stands in the ground itself is no candidate of its own."""
    if not asked:
        return []
    found = [_by_words(ground, each.concept, each.genus) for each in asked]
    _take_near(ground, asked, found)
    concepts = [each.concept for each in asked]
    for each, (like, voted) in zip(found, _spelt(ground, concepts), strict=True):
        each.spelt.update(like)
        each.voted.update(voted)
    names = [stems(concept.names[0]) for concept in concepts]
    own = [ground.place.get(concept.key) for concept in concepts]
    near = [{*each.near, *each.spelt} - {place} for each, place in zip(found, own, strict=True)]
    blocks = (slice(start, start + _BLOCK) for start in range(0, len(names), _BLOCK))
    alike = chain.from_iterable(analogies(ground, names[block], near[block]) for block in blocks)
    for each, concept, words, others in zip(found, concepts, names, alike, strict=True):
        each.unsaid = _unsaid(ground, concept)
        each.wider, each.alike = wider_names(ground, words), others
        if concept.key in ground.place:
            each.forget(ground.place[concept.key])
    return found


def _take_near(ground: Ground, asked: Sequence[Query], found: Sequence[Candidates]) -> None:
    """Put in what lies near the vectors of the concepts: of names, of where parents are looked for, of genera."""
    stated = [place for place, each in enumerate(asked) if each.genus]
    wanted = [("near", found, np.stack([each.vector for each in asked]), NEAR)]
    if ground.upward.known:
        wanted.append(("above", found, np.stack([each.above for each in asked]), NEAR_ABOVE))
        wanted.append(("bent", found, np.stack([each.bent for each in asked]), NEAR_BENT))
    if stated:
        told = np.stack([asked[place].told for place in stated])
        wanted.append(("near_genus", [found[place] for place in stated], told, NEAR_GENUS))
    near = ground.nearest.all_of([(queries, k) for *_, queries, k in wanted])
    for (source, those, *_), (places, scores) in zip(wanted, near, strict=True):
        _take(those, source, places, scores)


def _take(found: Sequence[Candidates], source: str, places: Ints, scores: Floats) -> None:
    rounded = np.round(scores.astype(np.float64), 4).tolist()
    for each, row, values in zip(found, places.tolist(), rounded, strict=True):
        getattr(each, source).update((place, value) for place, value in zip(row, values, strict=True) if place >= 0)


# ---------------------------------------------------------------- words


def _by_words(ground: Ground, concept: Entity, genus: str) -> Candidates:
    found = Candidates()
    for name in concept.names[: 1 + SYNONYMS]:
        words = stems(name)
        # Where words were joined to one meaning the places of persons are no longer those of words.
        inside = inside_chain(name) if len(words) == len(spelt(name)) else frozenset[int]()
        _read(ground, words, found.named, inside=inside)
        _count_up(ground, words, found)
    if genus:
        _read(ground, stems(genus), found.genus)
    words = stems(concept.definition or "")[:MAX_WORDS]
    for start, end in spans(words):
        for place in ground.nodes_named(words[start:end]):
            found.defined[place] = min(start, found.defined.get(place, MAX_WORDS))
    for said in concept.said:
        for place in ground.nodes_named(stems(said.parent)):
            found.said[place] = found.said.get(place, 0.0) + said.weight
    return found


def _unsaid(ground: Ground, concept: Entity) -> frozenset[int]:
    """Return the nodes that are a mode of inheritance of which nothing that is known of the concept speaks."""
    known = (*concept.names, concept.definition or "", *(said.parent for said in concept.said))
    words = {word for text in known for word in stems(text)} if ground.modes() else set()
    return frozenset(place for mode, place in ground.modes() if not mode <= words)


def _read(
    ground: Ground, words: tuple[str, ...], found: dict[int, Named], *, inside: frozenset[int] = frozenset()
) -> None:
    """Find the names in `words`; none begins at a place that is `inside` a chain of persons."""
    for start, end in spans(words):
        for place in ground.nodes_named(words[start:end]) if start not in inside else ():
            new = Named(length=end - start, of=len(words), first=start == 0, last=end == len(words))
            if place not in found or new.length > found[place].length:
                found[place] = new


def _count_up(ground: Ground, words: tuple[str, ...], found: Candidates) -> None:
    """Put in the series that the name is numbered in: "type 4" of "type 4B" where there is one."""
    base = series_stem(words)
    if base != words:
        for place in ground.nodes_named(base):
            found.series.setdefault(place, 1)
    member = number_in_series(words)
    if member and member[2]:
        for place in ground.by_name.get(series_key(member[0], member[1], ""), ()):
            # The part of the series is the parent, as if the name held all of its words; the series is a step too high.
            found.series.clear()
            found.series[place] = 1
            found.named[place] = Named(length=len(words), of=len(words), first=True, last=False)


def _spelt(ground: Ground, concepts: Sequence[Entity]) -> Iterator[tuple[dict[int, float], dict[int, float]]]:
    """Yield of each concept the nodes of like spelling, and the parents that its grams vote for.

    Where nodes are very many only the rarest grams look for them, and the names that these find are compared whole.
    """
    rows = ground.grams.of([concept.names[0] for concept in concepts])
    many = len(ground.entities) > EXACT_UP_TO
    seeking = ground.grams.rarest(rows, _HELD) if many else rows
    weights = seeking.copy()
    weights.data = weights.data**2
    for start in range(0, len(concepts), _BLOCK):
        like = ground.grams.similar(seeking[start : start + _BLOCK])
        votes = (weights[start : start + _BLOCK] @ ground.votes).tocsr()
        for row in range(like.shape[0]):
            part = slice(like.indptr[row], like.indptr[row + 1])
            cast = slice(votes.indptr[row], votes.indptr[row + 1])
            names, scores = like.indices[part], like.data[part]
            if many:
                names = names[_largest(scores, _COMPARED)]
                scores = ground.grams.products(rows, start + row, names)
            yield (
                _best(ground.owner[names], scores, NEAR_SPELT),
                _best(votes.indices[cast], votes.data[cast], VOTED),
            )


def _largest(scores: npt.NDArray[Any], number: int) -> Ints:
    """Return the places of the scores that are no less than the one of that rank; all where there are fewer."""
    if len(scores) <= number:
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, len(scores) - number)[len(scores) - number])


def _best(owners: Ints, scores: npt.NDArray[Any], number: int) -> dict[int, float]:
    """Return the best score of each of the `number` best owners; ties by place."""
    if len(scores) > 8 * number:
        top = np.argpartition(-scores, 8 * number)[: 8 * number]
        owners, scores = owners[top], scores[top]
    rounded = np.round(scores.astype(np.float64), 4)
    order = np.lexsort((owners, -rounded))
    best: dict[int, float] = {}
    for owner, score in zip(owners[order].tolist(), rounded[order].tolist(), strict=True):
        if len(best) == number:
            break
        best.setdefault(owner, score)
    return best
