"""Which panel of a cluster is kept: what may be used, then what shows more, then what says more, whatever the order."""

import random
from dataclasses import replace
from functools import partial

import numpy as np
import psycopg
import pytest
from dossiers import dossier
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import build_of, finish

from met.harvest.duplicates import duplicates_of
from met.harvest.duplicates.keepers import MOST_CHARS, NOTICES, keeper_of
from met.stages import DUPLICATES, HARVEST, MODALITY, PANELS, PRIVACY
from met.store import Store
from met.store.dossiers import load_dossiers
from met.types import DataClass, Dossier, Panel, Privacy, PrivacyCheck

SHORT = "Axial CT."
LONG = "Axial CT of the chest shows a round mass in the left lung and fluid in the pleural space on the same side."
PASSAGE = "The mass of the left lung (Fig. 1) was round and had a smooth edge, and there was fluid beside it."


def one(
    name: str,
    caption: str = SHORT,
    *,
    size: tuple[int, int] = (640, 480),
    mentions: tuple[str, ...] = (),
    licence: str = "CC-BY-4.0",
    text_licence: str = "CC-BY-4.0",
) -> Dossier:
    return dossier(
        caption,
        mentions=mentions,
        image_licence=licence,
        text_licence=text_licence,
        key=f"panel:{name}",
        box=(0, 0, *size),
    )


def checked(said: Dossier, status: Privacy) -> Dossier:
    check = PrivacyCheck(key="privacy:0", panel=said.panel.key, status=status, reasons=(), looked=(), lacking=())
    return replace(said, privacy=check)


def of_kind(said: Dossier, kind: str) -> Dossier:
    return replace(said, article=replace(said.article, article_type=kind))


def of_class(said: Dossier, data_class: DataClass) -> Dossier:
    return replace(said, article=replace(said.article, data_class=data_class))


def kept(*cluster: Dossier) -> str:
    keepers = {keeper_of(some).panel.key for some in (cluster, cluster[::-1])}
    assert len(keepers) == 1
    return keepers.pop().removeprefix("panel:")


def test_of_equal_pictures_the_one_that_says_more_is_kept() -> None:
    assert kept(one("a"), one("b", LONG)) == "b"
    assert kept(one("a"), one("b", mentions=(PASSAGE,))) == "b"
    assert kept(one("a", LONG), one("b", mentions=(PASSAGE,) * 4)) == "a"
    assert kept(one("a", LONG, size=(650, 480)), one("b", LONG + " There.", size=(660, 480))) == "b"


def test_what_cannot_be_checked_in_the_image_says_no_more() -> None:
    assert kept(one("a"), one("b", SHORT + " Values are means and standard deviations (n = 12, p < 0.05).")) == "a"


def test_nobody_gains_by_words_beyond_the_most_that_count() -> None:
    words = "The left lung shows a round mass. " * (MOST_CHARS // 20)
    assert kept(one("a", words), one("b", words * 3)) == "a"


def test_a_clearly_larger_picture_is_kept_whatever_is_said() -> None:
    assert kept(one("a", size=(700, 500)), one("b", LONG, size=(350, 250))) == "a"
    assert kept(one("a", size=(700, 500)), one("b", LONG, size=(560, 400))) == "b"
    # Both show all that anybody can ask for.
    assert kept(one("a", size=(4000, 3000)), one("b", LONG, size=(1200, 1000))) == "b"


def test_of_what_is_left_the_largest_is_kept_and_then_the_first() -> None:
    assert kept(one("a"), one("b", size=(641, 480))) == "b"
    assert kept(one("b"), one("a"), one("c")) == "a"


@pytest.mark.parametrize(
    "licences",
    [
        ("CC-BY-4.0", "CC-BY-NC-4.0"),
        ("CC-BY-NC-4.0", "CC-BY-ND-4.0"),
        ("CC-BY-ND-4.0", "TDM"),
        ("TDM", "unknown"),
        ("CC0-1.0", "unknown"),
    ],
)
def test_wider_rights_come_before_pixels_and_text(licences: tuple[str, str]) -> None:
    wider, narrower = licences
    other = one("a", LONG, size=(2000, 2000), licence=narrower)
    assert kept(other, one("b", licence=wider, text_licence=wider)) == "b"
    assert kept(replace(other, figure=replace(other.figure, licence=wider)), one("b", licence=narrower)) == "a"


def test_rights_are_those_of_image_and_text_together() -> None:
    assert kept(one("a", LONG, text_licence="unknown"), one("b")) == "b"


def test_what_may_not_leave_is_kept_last() -> None:
    assert kept(checked(one("a", LONG), "flagged"), checked(one("b", licence="unknown"), "unscreened")) == "b"
    assert kept(checked(one("a", LONG), "unscreened"), checked(one("b"), "clean")) == "b"
    assert kept(one("a", LONG), checked(one("b"), "unscreened")) == "a"


def test_an_article_is_kept_before_notices_and_before_restricted_data() -> None:
    for kind in sorted(NOTICES):
        assert kept(of_kind(one("a", LONG, size=(2000, 2000)), kind), of_kind(one("b"), "research-article")) == "b"
    assert kept(of_class(one("a", LONG), "restricted"), one("b")) == "b"
    assert kept(of_class(one("a", LONG), "phi"), of_class(one("b"), "restricted")) == "b"
    # Rows of somebody's dataset are chosen among like anything else.
    assert kept(of_class(one("a"), "restricted"), of_class(one("b", LONG), "restricted")) == "b"


@st.composite
def clusters(draw: st.DrawFn) -> list[Dossier]:
    def said(number: int) -> Dossier:
        made = one(
            f"{number:02}",
            draw(st.sampled_from([SHORT, LONG, LONG + " " + LONG])),
            size=draw(st.sampled_from([(100, 90), (640, 480), (800, 600), (3000, 2000)])),
            mentions=draw(st.sampled_from([(), (PASSAGE,)])),
            licence=draw(st.sampled_from(["CC-BY-4.0", "CC-BY-NC-4.0", "unknown"])),
        )
        return checked(made, draw(st.sampled_from(["clean", "flagged"])))

    return [said(number) for number in range(draw(st.integers(1, 6)))]


@settings(max_examples=60, deadline=None)
@given(clusters(), st.randoms(use_true_random=False))
def test_the_keeper_is_a_function_of_the_set(cluster: list[Dossier], shuffle: random.Random) -> None:
    keeper = keeper_of(cluster)
    shuffled = list(cluster)
    shuffle.shuffle(shuffled)
    assert keeper_of(shuffled) == keeper
    # Who is kept is kept beside fewer as well, as long as the one that sets the measure is there.
    assert keeper_of([keeper]) == keeper
    best = max(cluster, key=lambda said: said.privacy is not None and said.privacy.status == "clean")
    assert keeper.privacy is not None
    assert best.privacy is not None
    assert keeper.privacy.status == best.privacy.status


# ---------------------------------------------------------------- in a build


def input_of(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("select input from work where stage = 'duplicates'").fetchone()
        assert row is not None
        return str(row[0])


def test_what_privacy_says_is_heard(store: Store, database_url: str) -> None:
    build = build_of(store)
    finish(store, build, [HARVEST, PANELS, MODALITY])
    store.plan(build, DUPLICATES, "1")
    before = input_of(database_url)
    finish(store, build, [PRIVACY])
    store.plan(build, DUPLICATES, "1")
    assert input_of(database_url) != before


def test_the_keeper_is_chosen_by_what_the_store_knows(store: Store) -> None:
    build = build_of(store)
    finish(store, build, [HARVEST, PANELS, MODALITY, PRIVACY])
    panels = store.select(Panel, build=build)
    flat = np.full((48, 64, 3), 200, np.uint8)
    tell = partial(load_dossiers, store, build)
    (row,) = duplicates_of(panels, lambda _: flat, tell)
    assert {row.keeper, row.panel} == {panel.key for panel in panels}
    assert row.keeper == keeper_of(list(tell([panel.key for panel in panels]))).panel.key
