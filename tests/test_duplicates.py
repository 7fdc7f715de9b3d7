"""Near-duplicate panels: every pair within 3 bits, one keeper a cluster, whatever the order."""

import random
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from met.harvest.duplicates import RADIUS, duplicates_of, near_pairs
from met.pixels import perceptual_hash
from met.types import Panel


def panel(name: str, phash: int, side: int = 100, figure: str | None = None) -> Panel:
    return Panel(
        key=f"panel:{name}",
        figure=figure or f"figure:{name}",
        image=f"sha-{name}",
        box=(0, 0, side, side),
        phash=phash,
        position=0,
        letter=None,
        spans=(),
        method="whole",
        confidence=1.0,
        privacy="unscreened",
        digest=name,
    )


def flipped(value: int, *bits: int) -> int:
    for bit in bits:
        value ^= 1 << bit
    return value - (1 << 64) if value >> 63 else value


@st.composite
def crowded_hashes(draw: st.DrawFn) -> list[int]:
    """Hashes in small families, so that near pairs occur."""
    seeds = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    return [
        flipped(draw(st.sampled_from(seeds)), *draw(st.sets(st.integers(0, 63), max_size=4))) % 2**64
        for _ in range(draw(st.integers(0, 24)))
    ]


@given(crowded_hashes())
def test_near_pairs_are_those_of_brute_force(values: list[int]) -> None:
    expected = {
        (one, other)
        for one, other in combinations(range(len(values)), 2)
        if (values[one] ^ values[other]).bit_count() <= RADIUS
    }
    found = near_pairs(np.array(values, dtype=np.uint64))
    assert [tuple(pair) for pair in found.tolist()] == sorted(expected)


@given(crowded_hashes(), st.randoms(use_true_random=False))
def test_clusters_are_connected_components_and_ignore_order(values: list[int], shuffle: random.Random) -> None:
    panels = [panel(f"{index:02}", flipped(value)) for index, value in enumerate(values)]
    rows = duplicates_of(panels)
    shuffled = list(panels)
    shuffle.shuffle(shuffled)
    assert duplicates_of(shuffled) == rows
    keeper = {row.panel: row.keeper for row in rows}
    for one, other in combinations(range(len(values)), 2):
        if (values[one] ^ values[other]).bit_count() <= RADIUS:
            first, second = f"panel:{one:02}", f"panel:{other:02}"
            assert keeper.get(first, first) == keeper.get(second, second)
    assert not set(keeper.values()) & set(keeper)


def test_a_chain_is_one_cluster_and_the_largest_is_kept() -> None:
    chain = [panel("a", 0, 10), panel("b", flipped(0, 1, 2, 63), 10), panel("c", flipped(0, 1, 2, 63, 7, 8, 9), 20)]
    rows = duplicates_of(chain)
    assert [(row.panel, row.keeper, row.distance) for row in rows] == [
        ("panel:a", "panel:c", 6),
        ("panel:b", "panel:c", 3),
    ]


def test_of_equal_size_the_first_key_is_kept() -> None:
    rows = duplicates_of([panel("b", 5), panel("a", 5)])
    assert [(row.panel, row.keeper, row.distance) for row in rows] == [("panel:b", "panel:a", 0)]


def test_four_bits_apart_are_no_duplicates() -> None:
    assert duplicates_of([panel("a", 0), panel("b", flipped(0, 1, 20, 40, 60))]) == ()
    assert duplicates_of([]) == ()


def test_panels_of_one_figure_are_no_duplicates_of_each_other() -> None:
    scans = [panel("a", 0, figure="figure:1"), panel("b", 1, figure="figure:1")]
    assert duplicates_of(scans) == ()
    rows = duplicates_of([*scans, panel("c", 0, figure="figure:2")])
    assert [(row.panel, row.keeper) for row in rows] == [("panel:c", "panel:a")]


def test_a_part_cut_from_an_image_has_the_hash_of_the_part_alone() -> None:
    dice = np.random.default_rng(3)
    part = np.kron(dice.integers(0, 255, (8, 8, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    page = np.full((200, 400, 3), 255, np.uint8)
    page[20:180, 30:190] = part
    assert perceptual_hash(page[20:180, 30:190]) == perceptual_hash(part) != perceptual_hash(page)


def test_many_equal_hashes_stay_cheap() -> None:
    rows = duplicates_of([panel(f"{index:05}", 0) for index in range(5000)])
    assert len(rows) == 4999
    assert {row.keeper for row in rows} == {"panel:00000"}
