"""The pages of review in a real Chromium: every key, blind reviewers, and what people need who see or hear them."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

import pytest
from conftest import _database
from hostile_store import Filled, fill, serving
from servers.chromium import Page, chromium, program

from met.blobs import Blobs
from met.review.sample import Candidate, plan_of
from met.serve.desk import Desk
from met.serve.server import count_if_due
from met.store import Store, review
from met.store.why import chain_of
from met.types import PlanItem, Review

WIDTH = 1280
KINDS = ("pair", "anchor", "caption", "question", "refused")
# Of every element that takes the focus or says something: its name, and what is drawn around it.
CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
NAMELESS = """(selector) => [...document.querySelectorAll(selector)].filter((one) => {
  if (!one.checkVisibility()) return false;
  const named = one.getAttribute("aria-label") || [...(one.labels || [])].map((label) => label.textContent).join("")
    || (["INPUT", "SELECT", "TEXTAREA"].includes(one.tagName) ? "" : one.textContent);
  return !named.trim();
}).map((one) => one.outerHTML.slice(0, 120))"""
# What has the focus, whether that is to be seen, and how.
FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const ring = [style.outlineStyle, parseFloat(style.outlineWidth)];
  return [one.outerHTML.slice(0, 80), one.matches(":focus-visible"), ...ring];
}"""
# The least contrast of any text with what lies behind it (WCAG 2.1, success criterion 1.4.3), and where.
CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((part, at) => part * a + below[at] * (1 - a));
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(numbers(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = (colour) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const told = [];
  const tell = (element, colour, what) => {
    const ground = behind(element), ink = over(numbers(colour), ground);
    const [high, low] = [light(ink), light(ground)].sort((one, other) => other - one);
    told.push([(high + 0.05) / (low + 0.05), `${element.tagName}.${element.className}: ${what.trim().slice(0, 40)}`]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("svg, option, datalist, script") || !element.checkVisibility()) continue;
    tell(element, getComputedStyle(element).color, node.data);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!field.checkVisibility()) continue;
    tell(field, getComputedStyle(field).color, field.name || field.type);
    if (field.placeholder) tell(field, getComputedStyle(field, "::placeholder").color, field.placeholder);
  }
  return told.sort((one, other) => one[0] - other[0]).slice(0, 3);
}"""


@pytest.fixture(scope="module")
def desk(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    for url in _database(postgres_url, template):
        with Store.open(url) as store:
            yield Desk(store=store, blobs=Blobs(str(tmp_path_factory.mktemp("blobs"))))


@pytest.fixture(scope="module")
def filled(desk: Desk) -> Filled:
    made = fill(desk.store, desk.blobs)
    assert count_if_due(desk) > 0
    rows = desk.store.query("review_candidates", build=made.build, node=None)
    plan, items = plan_of([Candidate(**row._mapping) for row in rows], build=made.build, name="all", seed=1, size=40)
    review.put_plan(desk.store, plan, items)
    return made


@pytest.fixture(scope="module")
def address(desk: Desk, filled: Filled) -> Iterator[str]:
    with serving(desk) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    if program() is None:
        pytest.skip("chromium is not installed")
    with chromium(width=WIDTH, height=900) as page:
        yield page


@pytest.fixture
def tab(browser: Page, address: str) -> Iterator[Page]:
    """A tab that must ask this server alone for things, and complain about nothing."""
    browser.forget()
    yield browser
    browser.scheme(None)
    assert [asked for asked in browser.requests() if not asked.startswith((address, "blob:"))] == []
    assert browser.faults() == []


def items_of(desk: Desk) -> list[PlanItem]:
    return review.items_of(desk.store, review.find_plan(desk.store).key)


def first(desk: Desk, kind: str) -> PlanItem:
    return next(item for item in items_of(desk) if item.kind == kind)


def come(tab: Page, address: str, name: str, at: int | None = None) -> None:
    """The page of the item at a position, or of the next that this reviewer has to judge, is open."""
    place = "" if at is None else f"&at={at}"
    tab.open(f"{address}/review/next?plan=newest&reviewer={name}&kind=annotator{place}")
    tab.ready()


def press(tab: Page, *keys: str) -> None:
    """Press keys, the last of which leads to another page."""
    for key in keys[:-1]:
        tab.press(key)
    with tab.tab.expect_navigation():
        tab.press(keys[-1])
    tab.ready()


def said_by(desk: Desk, name: str) -> list[Review]:
    """What a reviewer said, in the order of the plan and of turns."""
    places = {item.item: item.position for item in items_of(desk)}
    return sorted(desk.store.select(Review, reviewer=name), key=lambda one: (places[one.item], one.turn))


def focused(tab: Page) -> str:
    return str(tab.value("document.activeElement.getAttribute('name') || document.activeElement.tagName"))


def words(tab: Page) -> str:
    return str(tab.value("document.querySelector('main').innerText"))


# ---------------------------------------------------------------- keys


def test_one_key_accepts_and_two_reject(tab: Page, address: str, desk: Desk) -> None:
    come(tab, address, "keys")
    press(tab, "a")
    press(tab, "r", "2")
    press(tab, "r", "ArrowDown", "Enter")
    told = [(one.judgement, one.reason) for one in said_by(desk, "keys")]
    items = items_of(desk)
    assert [judgement for judgement, _ in told] == ["accept", "reject", "reject"]
    assert [one.item for one in said_by(desk, "keys")] == [item.item for item in items[:3]]
    assert None not in [reason for judgement, reason in told if judgement == "reject"]


def test_a_note_goes_with_another_reason(tab: Page, address: str, desk: Desk) -> None:
    come(tab, address, "noter")
    tab.press("r")
    assert focused(tab) == "reason"
    tab.tab.select_option("#reject select", "other")
    tab.press("Tab")
    assert focused(tab) == "note"
    tab.write("a stain on the film, and no finding")
    press(tab, "Enter")
    (made,) = said_by(desk, "noter")
    assert (made.reason, made.note) == ("other", "a stain on the film, and no finding")


def test_escape_says_nothing_and_letters_in_a_field_are_letters(tab: Page, address: str, desk: Desk) -> None:
    at = first(desk, "pair").position
    come(tab, address, "shy", at)
    tab.press("r")
    tab.press("Escape")
    assert focused(tab) == "BODY"
    tab.press("c")
    assert not tab.value("document.getElementById('correct').hidden")
    assert tab.value("document.getElementById('open-correct').getAttribute('aria-expanded')") == "true"
    assert focused(tab) == "role"
    tab.tab.focus("#correct input[name=node]")
    tab.press("a")
    tab.press("u")
    tab.press("Escape")
    assert tab.value("document.querySelector('#correct input[name=node]').value") == "au"
    assert tab.value("document.getElementById('correct').hidden")
    tab.press("/")
    assert focused(tab) == "q"
    tab.press("a")
    tab.press("Control+a")
    tab.press("Escape")
    tab.press("w")
    assert tab.value("document.querySelector('[data-whole]').checked")
    assert said_by(desk, "shy") == []


def test_a_correction_is_made_by_the_keyboard_alone(tab: Page, address: str, desk: Desk) -> None:
    item = first(desk, "pair")
    come(tab, address, "cody", item.position)
    tab.press("c")
    # The names of options that begin so: a select takes letters.
    tab.press("h")
    tab.press("Tab")
    tab.write("lung inflammation")
    tab.press("Tab")
    tab.tab.keyboard.type("mri")
    tab.press("Tab")
    tab.write("0-12, 30-36")
    press(tab, "Enter")
    (made,) = said_by(desk, "cody")
    assert made.item == item.item
    assert made.correction == {
        "role": "history",
        "node": made.correction["node"],
        "modality": "mri",
        "spans": [[0, 12], [30, 36]],
    }
    assert str(made.correction["node"]).startswith("node:")


def test_keys_move_and_take_back_even_when_all_is_judged(tab: Page, address: str, desk: Desk) -> None:
    items = items_of(desk)
    place = "Number(document.getElementById('judge').dataset.at)"
    come(tab, address, "mover")
    press(tab, "j")
    press(tab, "j")
    press(tab, "k")
    assert tab.value(place) == 1
    press(tab, "n")
    assert tab.value(place) == 0
    come(tab, address, "mover", len(items) - 1)
    press(tab, "j")
    assert tab.value(place) == len(items) - 1, "there is nothing behind the last"
    for item in items:
        review.record(
            desk.store, item=item.item, reviewer="mover", kind="annotator", judgement="accept", plan=item.plan
        )
    come(tab, address, "mover")
    assert "All of it is judged" in words(tab)
    tab.shot("review-all-judged")
    press(tab, "u")
    assert tab.value(place) in range(len(items))
    assert sum(one.judgement == "undo" for one in said_by(desk, "mover")) == 1


def test_a_key_that_is_held_down_judges_one_item(tab: Page, address: str, desk: Desk) -> None:
    come(tab, address, "heavy")
    with tab.tab.expect_navigation():
        for _ in range(5):
            tab.tab.keyboard.down("a")
    tab.ready()
    tab.tab.keyboard.up("a")
    assert [one.judgement for one in said_by(desk, "heavy")] == ["accept"]


# ---------------------------------------------------------------- blind


def test_nobody_sees_a_word_of_another_before_the_own_is_in(tab: Page, address: str, desk: Desk) -> None:
    secret = "only one of the two may read this"
    plan, items = review.find_plan(desk.store), items_of(desk)
    for item in items:
        review.record(
            desk.store, item=item.item, reviewer="first", kind="annotator", judgement="reject", reason="other",
            note=secret, plan=plan.key,
        )  # fmt: skip
    come(tab, address, "second")
    press(tab, "a")
    for item in items[1:]:
        come(tab, address, "second", item.position)
        assert secret not in tab.tab.content()
        if item.panel:
            tab.tab.click("details.rest summary")
            tab.tab.click("details.rest a")
            tab.tab.wait_for_load_state("load")
            assert secret not in tab.tab.content() and "Reviews" not in words(tab)
    for item in items[1:]:
        # By the address of an item alone, and on the command line: what is still awaited is withheld.
        chain = chain_of(desk.store, item.item)
        assert [one for one in chain["reviews"] if one["item"] == item.item] == []
        if item.panel:
            tab.open(f"{address}/item/{item.panel}")
            assert "withheld" in words(tab)
        told = review.next_items(desk.store, plan.key, "second", limit=99)
        assert secret not in str(told)
    for item in items[1:]:
        review.record(
            desk.store, item=item.item, reviewer="second", kind="annotator", judgement="accept", plan=plan.key
        )
    for name in ("keys", "noter", "cody", "heavy", "mover"):
        for item in review.next_items(desk.store, plan.key, name, limit=99):
            review.record(
                desk.store, item=item.item, reviewer=name, kind="annotator", judgement="accept", plan=plan.key
            )
    pair = first(desk, "pair")
    assert secret in str(chain_of(desk.store, pair.item)["reviews"])
    tab.open(f"{address}/item/{pair.panel}")
    assert secret in words(tab) and "withheld" not in words(tab)
    tab.shot("item-reviews")
    tab.open(f"{address}/review/results?plan={plan.key}")
    assert "first, second" in words(tab) and "0 % alike" in words(tab)


# ---------------------------------------------------------------- for everybody


def pages(desk: Desk) -> Iterator[tuple[str, str]]:
    """Every page of review by name, and the page of an item that was judged."""
    yield "plans", "/review"
    yield "results", "/review/results?plan=newest"
    yield "item", f"/item/{first(desk, 'pair').panel}"
    for kind in KINDS:
        yield kind, f"/review/next?plan=newest&reviewer=looker&kind=annotator&at={first(desk, kind).position}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(
    scheme: Literal["light", "dark"], tab: Page, address: str, desk: Desk
) -> None:
    review.record(
        desk.store, item=first(desk, "pair").item, reviewer=f"reader-{scheme}", kind="annotator", judgement="accept"
    )
    tab.scheme(scheme)
    found: list[tuple[float, str, str]] = []
    for name, path in pages(desk):
        assert tab.open(address + path) == 200
        tab.tab.wait_for_load_state("load")
        if tab.value("Boolean(document.getElementById('open-correct'))"):
            tab.ready()
            tab.press("c")
        found += [(round(ratio, 2), name, what) for ratio, what in tab.tab.evaluate(CONTRAST)]
        assert tab.value("document.documentElement.scrollWidth") <= WIDTH, f"{name} is wider than the screen"
        tab.shot(f"review-{scheme}-{name}")
    assert [one for one in sorted(found) if one[0] < 4.5] == []


def test_every_control_has_a_name_and_every_page_its_landmarks(tab: Page, address: str, desk: Desk) -> None:
    for name, path in pages(desk):
        tab.open(address + path)
        tab.tab.wait_for_load_state("load")
        if tab.value("Boolean(document.getElementById('open-correct'))"):
            tab.ready()
            tab.press("c")
        assert tab.tab.evaluate(NAMELESS, CONTROLS) == [], name
        count: Any = lambda selector: tab.value(f"document.querySelectorAll('{selector}').length")  # noqa: E731
        assert (count("main"), count("h1"), count("header.top"), count("html[lang]")) == (1, 1, 1, 1), name
        assert count("nav:not([aria-label])") == count("section.viewer:not([aria-label])") == 0, name
        assert count("svg[role=img]:not([aria-label])") == count("img:not([alt])") == 0, name
        levels = tab.value("[...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))")
        assert all(after - before <= 1 for before, after in pairwise(levels)), (name, levels)


def test_the_focus_is_seen_wherever_it_goes(tab: Page, address: str, desk: Desk) -> None:
    for kind in ("pair", "question"):
        come(tab, address, "tabber", first(desk, kind).position)
        tab.press("c")
        tab.tab.evaluate("document.activeElement.blur()")
        wanted = int(
            tab.tab.evaluate(
                f'[...document.querySelectorAll("{CONTROLS}")].filter((one) => one.checkVisibility()).length'
            )
        )
        seen = set()
        for _ in range(wanted + 5):
            tab.press("Tab")
            told = tab.tab.evaluate(FOCUS)
            if told[0].startswith("<body"):
                continue
            seen.add(told[0])
            assert told[1] and told[2] == "solid" and told[3] >= 2, told
        # A checkbox or a link may be like another; none of them traps the focus.
        assert len(seen) >= 0.7 * wanted


def test_what_judges_is_on_the_screen_without_scrolling(tab: Page, address: str, desk: Desk) -> None:
    for kind in KINDS:
        come(tab, address, "looker", first(desk, kind).position)
        for form in ("accept", "reject", "undo"):
            place = tab.value(f"document.querySelector('#{form} button').getBoundingClientRect().bottom")
            assert 0 < place <= 900, (kind, form)
