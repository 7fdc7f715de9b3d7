"""Samples of a build for review: stratified by stage, reason, facet and score band, kept and dropped items alike.

Which items are drawn depends on the set of items and the seed alone: within a stratum those come first whose digest
with the seed is smallest, which is a simple random sample without replacement.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final, get_args

from met.errors import BadInput
from met.keys import content_key, digest
from met.types import ItemKind, PlanItem, ReviewPlan

# What part of a plan goes to each group of items; what one cannot use goes to the others.
SHARES: Final[Mapping[str, float]] = {
    "pair": 0.3, "dropped": 0.25, "anchor": 0.2, "caption": 0.1, "question": 0.1, "refused": 0.05
}  # fmt: skip
KINDS: Final = get_args(ItemKind)
BANDS: Final = (0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that a plan may draw. `facet` and `score` are those of what it was kept or dropped for, if anything."""

    item: str
    kind: ItemKind
    panel: str | None
    stage: str
    reason: str
    kept: bool
    facet: str | None = None
    score: float | None = None

    @property
    def stratum(self) -> str:
        """Group, stage, reason, facet and score band in words: `pair align agrees disease 0.50-0.75`.

        The group is the kind of item, or `dropped` for pairs that the filter dropped. Anchors are many and of many
        roles, so they have no bands.
        """
        group = "dropped" if self.kind == "pair" and not self.kept else self.kind
        band = "-" if self.kind == "anchor" else band_of(self.score)
        return " ".join((group, self.stage, self.reason, self.facet or "-", band))


def band_of(score: float | None) -> str:
    """Return the band of a score in words.

    >>> band_of(0.5), band_of(0.9), band_of(None)
    ('0.50-0.75', '0.75-1.00', '-')
    """
    if score is None:
        return "-"
    edges = (0.0, *BANDS, 1.0)
    at = sum(score >= edge for edge in BANDS)
    return f"{edges[at]:.2f}-{edges[at + 1]:.2f}"


def plan_of(
    candidates: Iterable[Candidate],
    *,
    build: str,
    name: str,
    seed: int,
    size: int,
    node: str | None = None,
    kinds: Iterable[ItemKind] = KINDS,
) -> tuple[ReviewPlan, list[PlanItem]]:
    """Return a plan, and its items in the order in which they are judged: `size` of them, or all there are.

    Each group of items gets its share of the plan, and within it each stratum a part that grows with the square root of
    the items that it holds (power allocation; Bankier, 1988), at least one: small strata are seen, too.

    Raises:
        BadInput: the size is no positive number, or there is nothing to draw.
    """
    if size < 1:
        raise BadInput(what=f"size {size}", why="a plan has at least one item")
    wanted = sorted(set(kinds))
    drawn = _Strata(seed=seed, most=size)
    for candidate in candidates:
        if candidate.kind in wanted:
            drawn.add(candidate)
    if not drawn.counts:
        raise BadInput(what="plan", why="the build has no such items")
    settings = {"kinds": wanted, "node": node}
    plan = ReviewPlan(
        key=content_key("plan", build, seed, size, settings),
        name=name,
        build=build,
        seed=seed,
        size=size,
        settings=settings,
    )
    parts = allocation(drawn.counts, size)
    chosen = [one for stratum, part in sorted(parts.items()) for one in drawn.first(stratum, part)]
    # Reviewers see strata mixed, so that they do not guess what the engine had decided from the item before.
    chosen.sort(key=lambda one: (digest([seed, "order", one.item]), one.item))
    return plan, [
        PlanItem(
            plan=plan.key,
            position=position,
            item=one.item,
            kind=one.kind,
            panel=one.panel,
            stage=one.stage,
            reason=one.reason,
            kept=one.kept,
            stratum=one.stratum,
            population=drawn.counts[one.stratum],
            sampled=parts[one.stratum],
        )
        for position, one in enumerate(chosen)
    ]


def allocation(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many items each stratum gives; the first word of a stratum is its group.

    The sum is `size`, or all items where there are fewer. No stratum gives more than it holds.
    """
    groups: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for stratum, count in counts.items():
        groups[stratum.split(" ", 1)[0]][stratum] = count
    by_group = _shared({group: sum(strata.values()) for group, strata in groups.items()}, SHARES, size)
    parts: dict[str, int] = {}
    for group, strata in groups.items():
        parts |= _shared(strata, {stratum: sqrt(count) for stratum, count in strata.items()}, by_group[group])
    return {stratum: part for stratum, part in parts.items() if part}


def _shared(room: Mapping[str, int], weights: Mapping[str, float], size: int) -> dict[str, int]:
    """Return whole parts of `size` by weight, at least one each while it lasts, none above its room."""
    parts = dict.fromkeys(room, 0)
    # One each first, the heaviest first; then each goes to whoever is furthest behind its weight.
    queue = [(parts[name] / weights[name], -weights[name], name) for name in sorted(room) if room[name]]
    heapq.heapify(queue)
    left = min(size, sum(room.values()))
    while left:
        _, _, name = heapq.heappop(queue)
        parts[name] += 1
        left -= 1
        if parts[name] < room[name]:
            heapq.heappush(queue, (parts[name] / weights[name], -weights[name], name))
    return parts


class _Strata:
    """Counts of candidates by stratum, and the first `most` of each in the order of the seed, in bounded memory."""

    def __init__(self, *, seed: int, most: int) -> None:
        self.counts: dict[str, int] = {}
        self._seed, self._most = seed, most
        self._first: defaultdict[str, list[tuple[int, str, Candidate]]] = defaultdict(list)

    def add(self, candidate: Candidate) -> None:
        stratum = candidate.stratum
        self.counts[stratum] = self.counts.get(stratum, 0) + 1
        rank = -int(digest([self._seed, candidate.item]), 16)
        queue = self._first[stratum]
        # Heaps pop the smallest, so ranks are negative: what is popped is the last in the order of the seed.
        entry = (rank, candidate.item, candidate)
        if len(queue) < self._most:
            heapq.heappush(queue, entry)
        elif entry[:2] > queue[0][:2]:
            heapq.heapreplace(queue, entry)

    def first(self, stratum: str, count: int) -> list[Candidate]:
        return [candidate for _, _, candidate in sorted(self._first[stratum], key=lambda one: one[:2], reverse=True)][
            :count
        ]
