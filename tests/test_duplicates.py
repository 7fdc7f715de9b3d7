"""Repeated panels: hashes propose pairs, pixels decide, one keeper a cluster, whatever the order; crops are found."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from dossiers import dossier
from hypothesis import given, settings
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.duplicates import PLANTS, Plant, score_duplicates
from met.evaluate.synthetic import picture
from met.harvest.duplicates import Reader, clusters_of, duplicates_of, proposed_pairs
from met.harvest.duplicates.confirmation import LEAST, Sight, agreement, same_picture
from met.harvest.duplicates.proposals import COMMON, MOST, RADIUS, WINDOW_RADIUS, closest, like_windows, near_pairs
from met.harvest.duplicates.windows import MOST as MOST_WINDOWS
from met.harvest.duplicates.windows import window_hashes
from met.pixels import Pixels, encode_png, perceptual_hash, recompressed, resized
from met.types import Dossier, Duplicate, Panel

FLAT = np.full((40, 40, 3), 200, np.uint8)


def panel(
    name: str, phash: int = 0, side: int = 100, figure: str | None = None, windows: tuple[int, ...] = ()
) -> Panel:
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
        digest=name,
        windows=windows,
    )


def shown(name: str, pixels: Pixels) -> Panel:
    height, width = pixels.shape[:2]
    return panel(name, perceptual_hash(pixels), max(height, width), windows=window_hashes(pixels))


def flat(_: Panel) -> Pixels:
    """Pixels that confirm whatever the hashes propose."""
    return FLAT


def repeats(panels: Sequence[Panel], read: Reader = flat) -> tuple[Duplicate, ...]:
    """What is found of panels of which the same is said."""
    said = dossier("Axial CT.")

    def tell(keys: Sequence[str]) -> Iterator[Dossier]:
        yield from (replace(said, panel=panel) for panel in panels if panel.key in keys)

    return duplicates_of(panels, read, tell)


def flipped(value: int, *bits: int) -> int:
    for bit in bits:
        value ^= 1 << bit
    return value - (1 << 64) if value >> 63 else value


def scene(seed: int, side: int = 400) -> Pixels:
    """A picture of the size of a figure, with structure from coarse to fine."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 9, 3)).astype(np.float64)
    fine = np.random.default_rng(seed + 1000).integers(0, 256, (40, 52, 3)).astype(np.float64)
    grown = [np.kron(grid, np.ones((side // grid.shape[0], side // grid.shape[1], 1))) for grid in (coarse, fine)]
    height, width = (min(layer.shape[axis] for layer in grown) for axis in (0, 1))
    return (0.7 * grown[0][:height, :width] + 0.3 * grown[1][:height, :width]).astype(np.uint8)


# ---------------------------------------------------------------- proposals


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


@given(crowded_hashes(), st.integers(1, 4))
def test_windows_are_shared_within_ten_bits_and_always_within_three(values: list[int], each: int) -> None:
    windows = [[flipped(value) for value in values[at : at + each]] for at in range(0, len(values), each)]
    pairs, shared = like_windows(windows)
    counted = {(one, other): count for (one, other), count in zip(pairs.tolist(), shared.tolist(), strict=True)}
    for one, other in combinations(range(len(windows)), 2):
        bits = [((a ^ b) & (2**64 - 1)).bit_count() for a in windows[one] for b in windows[other]]
        least, most = sum(n <= RADIUS for n in bits), sum(n <= WINDOW_RADIUS for n in bits)
        assert least <= counted.get((one, other), 0) <= most


def test_far_windows_are_found_as_often_as_said() -> None:
    dice = random.Random(5)
    found = {}
    for bits in (6, 10):
        hashes = [dice.getrandbits(64) for _ in range(1000)]
        others = [flipped(value, *dice.sample(range(64), bits)) for value in hashes]
        pairs, _ = like_windows([*([flipped(value)] for value in hashes), *([value] for value in others)])
        found[bits] = sum(other - one == 1000 for one, other in pairs.tolist()) / 1000
    assert found[6] > 0.9
    assert found[10] > 0.35


def test_what_many_panels_show_says_nothing() -> None:
    pairs, _ = like_windows([[7]] * COMMON)
    assert len(pairs) == COMMON * (COMMON - 1) // 2
    pairs, _ = like_windows([[7]] * (COMMON + 1))
    assert len(pairs) == 0
    assert len(like_windows([])[0]) == len(like_windows([[], []])[0]) == 0


def test_a_panel_is_compared_with_those_that_share_most() -> None:
    # The last shares with all others, the more the higher their number; the others share with nobody else.
    last = MOST + 5
    pairs = np.array([(one, last) for one in range(last)])
    lonely = closest(pairs, np.arange(last))
    assert lonely.tolist() == pairs.tolist()
    every = np.array(list(combinations(range(40), 2)))
    kept = closest(every, np.ones(len(every), dtype=np.int64))
    assert len(kept) <= 40 * MOST
    assert {0, 39} <= set(kept.ravel().tolist())


# ---------------------------------------------------------------- clusters


@settings(max_examples=12, deadline=None)
@given(crowded_hashes(), st.randoms(use_true_random=False))
def test_clusters_are_connected_components_and_ignore_order(values: list[int], shuffle: random.Random) -> None:
    panels = [panel(f"{index:02}", flipped(value)) for index, value in enumerate(values)]
    rows = repeats(panels)
    shuffled = list(panels)
    shuffle.shuffle(shuffled)
    assert repeats(shuffled) == rows
    keeper = {row.panel: row.keeper for row in rows}
    for one, other in combinations(range(len(values)), 2):
        if (values[one] ^ values[other]).bit_count() <= RADIUS:
            first, second = f"panel:{one:02}", f"panel:{other:02}"
            assert keeper.get(first, first) == keeper.get(second, second)
    assert not set(keeper.values()) & set(keeper)


def test_a_chain_is_one_cluster_and_the_largest_is_kept() -> None:
    chain = [panel("a", 0, 10), panel("b", flipped(0, 1, 2, 63), 10), panel("c", flipped(0, 1, 2, 63, 7, 8, 9), 20)]
    rows = repeats(chain)
    assert [(row.panel, row.keeper, row.distance) for row in rows] == [
        ("panel:a", "panel:c", 6),
        ("panel:b", "panel:c", 3),
    ]


def test_of_equal_size_the_first_key_is_kept() -> None:
    rows = repeats([panel("b", 5), panel("a", 5)])
    assert [(row.panel, row.keeper, row.distance) for row in rows] == [("panel:b", "panel:a", 0)]


def test_what_no_hash_proposes_is_not_looked_at() -> None:
    def unread(one: Panel) -> Pixels:
        raise AssertionError(one.key)

    assert repeats([panel("a", 0), panel("b", flipped(0, 1, 20, 40, 60))], unread) == ()
    assert repeats([], unread) == ()


def test_panels_of_one_figure_are_no_duplicates_of_each_other() -> None:
    scans = [panel("a", 0, figure="figure:1"), panel("b", 1, figure="figure:1")]
    assert repeats(scans) == ()
    rows = repeats([*scans, panel("c", 0, figure="figure:2")])
    assert [(row.panel, row.keeper) for row in rows] == [("panel:c", "panel:a")]


def test_many_equal_hashes_stay_cheap() -> None:
    blank = [panel(f"{index:05}") for index in range(5000)]
    assert len(proposed_pairs(blank)) < 5000 * MOST
    looked: list[str] = []

    def read(one: Panel) -> Pixels:
        looked.append(one.key)
        return FLAT

    assert len(repeats(blank[:60], read)) == 59
    # Once for a glance, once to be compared.
    assert len(looked) == 120


# ---------------------------------------------------------------- pixels decide


@pytest.mark.parametrize("kind", PLANTS)
def test_planted_copies_are_found_and_nothing_else(kind: str) -> None:
    pixels = {f"{seed:02}": scene(seed) for seed in range(8)}
    pixels |= {f"{name} copy": PLANTS[kind](one) for name, one in pixels.items()}
    panels = [shown(name, one) for name, one in pixels.items()]
    clusters = clusters_of(panels, lambda one: pixels[one.key.removeprefix("panel:")])
    names = sorted(sorted(panels[index].key for index in members) for members in clusters)
    assert names == [[f"panel:{seed:02}", f"panel:{seed:02} copy"] for seed in range(8)]


def same(one: Pixels, other: Pixels) -> bool:
    """Whether they pass for one picture, whichever comes first."""
    sights = Sight.of(one), Sight.of(other)
    found = {same_picture(*sights), same_picture(*sights[::-1])}
    assert len(found) == 1
    return found.pop()


def test_agreement_is_that_of_the_worst_part() -> None:
    one = scene(3)
    changed = one.copy()
    changed[150:190, 200:240] = scene(4)[150:190, 200:240]
    assert agreement(Sight.of(one), Sight.of(one)) == 1.0
    assert agreement(Sight.of(one), Sight.of(recompressed(one, 40))) > LEAST
    assert agreement(Sight.of(one), Sight.of(changed)) < LEAST
    assert agreement(Sight.of(one), Sight.of(scene(4))) == 0.0
    assert not same(one, changed)


def test_a_brighter_copy_of_less_contrast_is_a_copy_and_a_mirrored_one_is_none() -> None:
    one = scene(5)
    assert same(one, (one * 0.7 + 60).astype(np.uint8))
    assert not same(one, one[:, ::-1].copy())
    assert not same(one, 255 - one)


def test_a_detail_is_another_picture() -> None:
    one = scene(6)
    assert not same(one, one[100:300, 100:300].copy())


# Left, top and height of the boxes of a template.
BOXES = ((120, 40, 210), (420, 330, 130), (380, 560, 240), (200, 900, 170))
FONT = PIL.ImageFont.load_default(size=24)


def flow_chart(*counts: int) -> Pixels:
    """Boxes of one template, as published: what was counted stands in them."""
    page = PIL.Image.new("RGB", (1100, 1120), "white")
    pen = PIL.ImageDraw.Draw(page)
    words = ("identified through searching", "screened", "assessed in full", "included in the review")
    for (left, top, high), count, word in zip(BOXES, counts, words, strict=True):
        pen.rectangle(xy=(left, top, left + 560, top + high), outline="black", width=3)
        pen.text(xy=(left + 60, top + 25), text=f"Records {word}", fill="black", font=FONT)
        pen.text(xy=(left + 60, top + high // 2 + 10), text=f"(n = {count})", fill="black", font=FONT)
        pen.line(xy=(left + 300, top + high, left + 300, top + high + 60), fill="black", width=3)
    return np.asarray(page)


MADE: Mapping[str, Plant] = {
    **PLANTS,
    "as it is": lambda pixels: pixels,
    "resized and recompressed": lambda pixels: recompressed(resized(pixels, 0.45), 50),
    "enlarged": lambda pixels: recompressed(resized(pixels, 1.4), 70),
    "compressed hard": lambda pixels: recompressed(pixels, 30),
    "cropped and resized": lambda pixels: resized(PLANTS["cropped"](pixels), 0.6),
}


@pytest.mark.parametrize("kind", MADE)
def test_charts_of_one_template_differ_in_their_numbers(kind: str) -> None:
    chart = flow_chart(289, 255, 31, 5)
    assert same(chart, MADE[kind](chart))
    assert not same(chart, MADE[kind](flow_chart(285, 151, 28, 9)))
    # One number alone is other, with two of its digits.
    assert not same(chart, MADE[kind](flow_chart(289, 217, 31, 5)))


@pytest.mark.parametrize("kind", MADE)
def test_what_is_no_drawing_is_found_in_detail_as_well(kind: str) -> None:
    smooth = resized(scene(9), 1.5)
    grain = np.random.default_rng(7).normal(0, 14, (*smooth.shape[:2], 1))
    one = (smooth * 0.8 + 20 + grain).clip(0, 255).astype(np.uint8)
    assert same(one, MADE[kind](one))


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (7, 9), (30, 900), (1, 3000)])
def test_images_of_any_shape_are_compared(size: tuple[int, int]) -> None:
    one = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert len(window_hashes(one)) <= MOST_WINDOWS
    assert agreement(Sight.of(one), Sight.of(one)) == (0.0 if max(size) == 3000 else 1.0)
    assert same(one, one) == (max(size) != 3000)
    assert -1 <= agreement(Sight.of(one), Sight.of(scene(1))) < LEAST
    assert not same(one, scene(1))


def test_windows_stay_with_the_picture() -> None:
    for seed in range(6):
        one = picture((seed,), side=300)
        pairs, _ = like_windows([window_hashes(one), window_hashes(resized(one, 0.6)), window_hashes(one[15:, 15:])])
        assert {(0, 1), (0, 2)} <= {(a, b) for a, b in pairs.tolist()}
    assert window_hashes(FLAT) == ()


def test_a_part_cut_from_an_image_has_the_hash_of_the_part_alone() -> None:
    dice = np.random.default_rng(3)
    part = np.kron(dice.integers(0, 255, (8, 8, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    page = np.full((200, 400, 3), 255, np.uint8)
    page[20:180, 30:190] = part
    assert perceptual_hash(page[20:180, 30:190]) == perceptual_hash(part) != perceptual_hash(page)


# ---------------------------------------------------------------- the score


def test_the_score_counts_copies_and_wrong_matches(tmp_path: Path) -> None:
    for seed in range(4):
        (tmp_path / f"{seed}.png").write_bytes(encode_png(scene(seed)))
    (tmp_path / "again.png").write_bytes(encode_png(scene(0)))
    (tmp_path / "alike.png").write_bytes(encode_png(recompressed(scene(1), 60)))
    facts = score_duplicates([tmp_path], images=None, root=None, options={})
    assert facts["n"] == 5
    assert [facts[f"{kind}_recall"] for kind in PLANTS] == [1.0] * len(PLANTS)
    assert facts["false_rate"] == 2 / 5
    assert [Path(name).name for name in facts["wrong"][0]["images"]] == ["1.png", "alike.png"]


@pytest.mark.parametrize("text", ["", "name\tlabel\nx\ty\n", "image\nnowhere.png\n"])
def test_gold_without_images_is_bad_input(tmp_path: Path, text: str) -> None:
    (tmp_path / "gold.tsv").write_text(text)
    with pytest.raises(BadInput):
        score_duplicates([tmp_path / "gold.tsv"], images=None, root=None, options={})


@pytest.mark.shared
def test_radiographs_look_alike_and_are_told_apart(shared_data: Path) -> None:
    places = sorted((shared_data / "gold" / "roi" / "chest_xray_lungs" / "images").glob("*.jpg"))[:12]
    read = {place.name: resized(decode(place), 0.6) for place in places}
    copies = {f"{name} copy": PLANTS["cropped"](one) for name, one in read.items()}
    pixels = read | copies
    panels = [shown(name, one) for name, one in sorted(pixels.items())]
    clusters = clusters_of(panels, lambda one: pixels[one.key.removeprefix("panel:")])
    assert len(clusters) >= 11
    for members in clusters:
        assert len({panels[index].key.removesuffix(" copy") for index in members}) == 1


def decode(place: Path) -> Pixels:
    from met.pixels import decode_rgb

    return decode_rgb(place.read_bytes())
