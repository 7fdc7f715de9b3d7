"""Fits the scorer of `met.tree.attach` on an ontology's own edges: nodes are hidden and their parents asked for.

Whole groups are hidden, every child of a parent with all that stands below, because a parent that is new to having
children is the usual case where a tree grows; some single leaves are hidden besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from met.evaluate.attach_boost import Lists, boost
from met.keys import digest
from met.tree.attach.candidates import Embed, candidates_of, queries_of
from met.tree.attach.features import features
from met.tree.attach.ground import Entity, Ground, Said, genus_text
from met.tree.attach.names import series_stem, stems
from met.tree.attach.nearest import Floats
from met.tree.attach.scorer import Scorer

GROUP_SHARE: Final = 0.3
SERIES_SHARE: Final = 0.15
LEAF_SHARE: Final = 0.15
MAX_GROUP: Final = 150
_BRANCH: Final = range(120, 1500)
MAX_QUERIES: Final = 2000
LESSON_QUERIES: Final = 1500
WRONG_KEPT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What can be seen (nodes and the edges between them) and what is asked: (entity, keys of its visible parents)."""

    visible: tuple[Entity, ...]
    edges: tuple[tuple[str, str], ...]
    asked: tuple[tuple[Entity, frozenset[str]], ...]


def hide(entities: Sequence[Entity], edges: Sequence[tuple[str, str]], hidden: frozenset[str]) -> Hidden:
    """Return what is left without the `hidden` keys; those of them with a visible parent are asked for.

    A visible node whose parents are all hidden stands under its nearest visible ancestors.
    """
    above: dict[str, list[str]] = {}
    for child, parent in sorted(set(edges)):
        above.setdefault(child, []).append(parent)
    kept = [entity for entity in entities if entity.key not in hidden]
    lifted = {(entity.key, parent) for entity in kept for parent in _visible(entity.key, above, hidden)}
    asked = [
        (entity, frozenset(parent for parent in above.get(entity.key, ()) if parent not in hidden))
        for entity in entities
        if entity.key in hidden
    ]
    return Hidden(
        visible=tuple(kept), edges=tuple(sorted(lifted)), asked=tuple((entity, gold) for entity, gold in asked if gold)
    )


def _visible(key: str, above: Mapping[str, Sequence[str]], hidden: frozenset[str]) -> set[str]:
    direct = {parent for parent in above.get(key, ()) if parent not in hidden}
    if direct:
        return direct
    found: set[str] = set()
    for parent in above.get(key, ()):
        found |= _visible(parent, above, hidden)
    return found


def leaves_of(entities: Sequence[Entity], edges: Sequence[tuple[str, str]]) -> list[str]:
    """Return the keys that have a parent and no child, sorted."""
    parents, children = {parent for _, parent in edges}, {child for child, _ in edges}
    return sorted(entity.key for entity in entities if entity.key in children and entity.key not in parents)


def some(keys: Sequence[str], share: float, salt: str) -> frozenset[str]:
    """Return the `share` of `keys` that comes first by digest with `salt`."""
    ordered = sorted(keys, key=lambda key: digest([salt, key]))
    return frozenset(ordered[: round(share * len(ordered))])


def groups_of(
    entities: Sequence[Entity], edges: Sequence[tuple[str, str]], share: float, salt: str, *, series: bool = False
) -> frozenset[str]:
    """Return the keys below parents that are drawn until `share` of all keys is chosen; no group exceeds MAX_GROUP.

    With `series` parents are drawn only that have at least two children with numbered names.
    """
    below: dict[str, list[str]] = {}
    numbered = {entity.key for entity in entities if series_stem(words := stems(entity.names[0])) != words}
    for child, parent in sorted(set(edges)):
        below.setdefault(parent, []).append(child)
    chosen: set[str] = set()
    for parent in sorted(below, key=lambda key: digest([salt, key])):
        if len(chosen) >= share * len(entities):
            break
        if parent not in chosen and (not series or len(numbered.intersection(below[parent])) > 1):
            group = reached(parent, below, most=MAX_GROUP)
            if len(group) <= MAX_GROUP:
                chosen |= group
    return frozenset(chosen)


def reached(key: str, below: Mapping[str, Sequence[str]], *, most: int | None = None) -> set[str]:
    """Return everything that stands below `key`; where that is more than `most`, as many and one of it."""
    seen: set[str] = set()
    stack = list(below.get(key, ()))
    while stack and (most is None or len(seen) <= most):
        current = stack.pop()
        if current not in seen:
            seen.add(current)
            stack.extend(below.get(current, ()))
    return seen


def cases_of(entities: Sequence[Entity], edges: Sequence[tuple[str, str]], rounds: int = 1) -> list[Hidden]:
    """Return what a scorer learns from: in each round other groups are hidden, then other series, then other leaves;
    what would be hidden twice is hidden once.
    """
    ways = [
        way
        for number in range(rounds)
        for way in (
            groups_of(entities, edges, GROUP_SHARE, f"group {number}"),
            groups_of(entities, edges, SERIES_SHARE, f"series {number}", series=True),
            some(leaves_of(entities, edges), LEAF_SHARE, f"leaf {number}"),
        )
    ]
    return [case for hidden in dict.fromkeys(ways) if (case := hide(entities, edges, hidden)).asked]


def varied(case: Hidden) -> Hidden:
    """Return the case with less known of half of the asked concepts: nothing but their own names, or besides these only
    that a text calls them what their definitions do.
    """
    asked = []
    for entity, gold in case.asked:
        way = int(digest(["way", entity.key])[:8], 16) % 4
        genus = genus_text(entity)
        said = (Said(parent=genus),) if genus and way == 1 else ()
        asked.append((entity if way > 1 else Entity(key=entity.key, names=entity.names[:1], said=said), gold))
    return replace(case, asked=tuple(asked))


def flat_cases(entities: Sequence[Entity], edges: Sequence[tuple[str, str]], rounds: int) -> list[Hidden]:
    """Return parts of an ontology to be ordered without any edge: of each of `rounds` branches, three terms of five.

    Every term is asked for; its gold are its nearest ancestors among the terms of the part, none for the topmost.
    """
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for child, parent in sorted(set(edges)):
        above.setdefault(child, []).append(parent)
        below.setdefault(parent, []).append(child)
    by_key = {entity.key: entity for entity in entities}
    cases: list[Hidden] = []
    for top in sorted(below, key=lambda key: digest(["branch", key])):
        if len(cases) == rounds:
            break
        branch = reached(top, below, most=_BRANCH.stop)
        if len(branch) in _BRANCH:
            kept = some(sorted(branch), 0.6, top)
            missing = frozenset(by_key.keys() - kept)
            terms = tuple(by_key[key] for key in sorted(kept))
            asked = tuple((term, frozenset(_visible(term.key, above, missing))) for term in terms)
            cases.append(Hidden(visible=terms, edges=(), asked=asked))
    return cases


# ---------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The candidates of the asked concepts, one below the other: row, its concept, its place, whether it is right."""

    rows: Floats
    concept: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    right: npt.NDArray[np.bool_]


def ask(case: Hidden, embed: Embed, *, limit: int | None = None) -> tuple[Ground, Asked]:
    """Return the ground of what is visible, and the candidates of the first `limit` asked concepts by digest."""
    ground = Ground(case.visible, case.edges, embed([entity.names[0] for entity in case.visible]))
    return ground, rows_of(ground, first_of(case, limit), embed)


def first_of(case: Hidden, limit: int | None) -> list[tuple[Entity, frozenset[str]]]:
    """Return the first `limit` asked concepts by digest, all of them without a limit."""
    return sorted(case.asked, key=lambda pair: digest(pair[0].key))[:limit]


def rows_of(ground: Ground, asked: Sequence[tuple[Entity, frozenset[str]]], embed: Embed) -> Asked:
    """Return the candidates of the concepts of `asked`; those in the set beside a concept are right."""
    queries = queries_of(ground, [entity for entity, _ in asked], embed)
    found = candidates_of(ground, queries)
    parts, places = [], []
    for block, rows in features(ground, queries, found):
        places += block
        parts.append(rows)
    right = [
        ground.entities[place].key in gold for near, (_, gold) in zip(places, asked, strict=True) for place in near
    ]
    return Asked(
        rows=np.concatenate(parts),
        concept=np.repeat(np.arange(len(places)), [len(near) for near in places]),
        place=np.array([place for near in places for place in near], np.int64),
        right=np.array(right, bool),
    )


def fit(parts: Sequence[Asked]) -> Scorer:
    """Return the scorer fitted to these rows; the same rows give the same trees."""
    ends = np.cumsum([0, *(int(part.concept.max(initial=-1)) + 1 for part in parts)])
    rows, right = np.concatenate([part.rows for part in parts]), np.concatenate([part.right for part in parts])
    concept = np.concatenate([part.concept + end for part, end in zip(parts, ends[:-1], strict=True)])
    # Wrong candidates are many: every third speaks for three.
    kept = right | (np.arange(len(right)) % WRONG_KEPT == 0)
    weight = np.where(right, 1.0, float(WRONG_KEPT))
    return boost(rows[kept], Lists(concept=concept[kept], right=right[kept].astype(np.float64), weight=weight[kept]))
