"""The pages of `met serve` over a small store, in a real Chromium: what they show and refuse, and that all is text."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Literal

import httpx
import numpy as np
import pytest
from conftest import _database
from hostile_store import HOSTILE, LONG, NODES, ODD, PNEUMONIA, Filled, fill, serving
from hypothesis import given
from hypothesis import strategies as st
from servers.chromium import Page, chromium, program

from met.blobs import Blobs
from met.errors import BadInput, BadSetting
from met.pixels import decode_rgb
from met.regions.masks import mask_of, rle_of
from met.review.sample import Candidate, plan_of
from met.serve.coverage import squarified
from met.serve.desk import Desk
from met.serve.guard import COOKIE, Access
from met.serve.items import item_page, render_item
from met.serve.marked import Mark, marked
from met.serve.nodes import panels_below
from met.serve.outlines import mask_path
from met.serve.searching import nearest_hashes
from met.serve.server import access_for, count_if_due, listen
from met.store import Store, embedded, review
from met.types import Anchor, Panel, Review

TOKEN = "a-token-of-this-test"
ELSEWHERE = {"Origin": "http://elsewhere.example"}


@pytest.fixture(scope="module")
def desk(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    for url in _database(postgres_url, template):
        with Store.open(url) as store:
            yield Desk(store=store, blobs=Blobs(str(tmp_path_factory.mktemp("blobs"))))


@pytest.fixture(scope="module")
def filled(desk: Desk) -> Filled:
    made = fill(desk.store, desk.blobs)
    assert count_if_due(desk) > 0
    candidates = [
        Candidate(**row._mapping) for row in desk.store.query("review_candidates", build=made.build, node=None)
    ]
    plan, items = plan_of(candidates, build=made.build, name=f"a plan {HOSTILE}"[:60], seed=1, size=40)
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
    with chromium(width=1280, height=900) as page:
        yield page


@pytest.fixture
def tab(browser: Page, address: str) -> Iterator[Page]:
    """A tab that must ask this server alone for things, and complain about nothing."""
    browser.forget()
    yield browser
    assert [asked for asked in browser.requests() if not asked.startswith((address, "blob:"))] == []
    assert browser.faults() == []


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=60) as client:
        yield client


def words(tab: Page) -> str:
    return str(tab.value("document.querySelector('main').innerText"))


# ---------------------------------------------------------------- every page


PAGES = {
    "overview": "/",
    "tree": "/tree",
    "node": f"/node/{PNEUMONIA.key}",
    "odd-node": f"/node/{ODD.key}",
    "items": "/items",
    "refused": "/items?of=screen/too_small",
    "refused-files": "/items?of=harvest/not_jats",
    "under-a-node": f"/items?node={PNEUMONIA.key}",
    "funnel": "/funnel",
    "coverage": "/coverage",
    "search": "/search?q=pneumonia",
    "review": "/review",
    "results": "/review/results?plan=newest",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_elsewhere_and_runs_nothing_hostile(name: str, tab: Page, address: str) -> None:
    assert tab.open(address + PAGES[name]) == 200
    tab.tab.wait_for_load_state("networkidle")
    assert tab.tab.title() != "owned"
    assert tab.value("document.querySelectorAll('img[src=x], main script').length") == 0
    assert tab.value("document.documentElement.scrollWidth") <= 1280, "no page is wider than the screen"
    tab.shot(name)


def test_no_page_is_wider_than_a_telephone(tab: Page, address: str, filled: Filled) -> None:
    tab.tab.set_viewport_size({"width": 400, "height": 800})
    try:
        wide = {}
        for name, path in (PAGES | {"item": f"/item/{filled.pair}"}).items():
            assert tab.open(address + path) == 200
            wide[name] = tab.value("document.documentElement.scrollWidth")
        assert max(wide.values()) <= 400, wide
    finally:
        tab.tab.set_viewport_size({"width": 1280, "height": 900})


def test_everything_of_an_item_is_shown_as_text(tab: Page, address: str, filled: Filled) -> None:
    assert tab.open(f"{address}/item/{filled.pair}") == 200
    shown = words(tab)
    for said in (
        "pair: kept by both stages", "radiograph 0.90", "privacy: flagged", "Chest radiograph with pneumonia.",
        "passage 1 that cites the figure", "screen: keep, kept", "align: keep, agrees", "A chest radiograph.",
        "Which technique?", "javascript:alert(1)", "plain.xml", filled.pair, "name in image at 4, 4, 40, 20",
    ):  # fmt: skip
        assert said in shown, said
    assert HOSTILE in shown and tab.tab.title() != "owned"
    assert tab.value("document.querySelectorAll('a[href^=javascript]').length") == 0
    assert tab.value("[...document.querySelectorAll('mark.role-depicted')].map((m) => m.textContent)[0]") == "pneumonia"
    stages = tab.value(
        "[...document.querySelectorAll('section:last-of-type tbody td:first-child')].map((c) => c.textContent)"
    )
    assert stages[0] == "harvest" and stages[-1] == "question"
    tab.shot("item")


def test_regions_lie_over_the_original_and_can_be_hidden(tab: Page, address: str, filled: Filled) -> None:
    tab.open(f"{address}/item/{filled.pair}")
    layers = "[...document.querySelectorAll('.view .region')].map((g) => getComputedStyle(g).display)"
    assert tab.value(layers) == ["inline", "inline"]
    tab.click(".of-region input")
    assert tab.value(layers) == ["none", "inline"]
    assert tab.value("document.querySelector('.view').getAttribute('viewBox')") == "0 0 160 240"
    tab.press("w")
    assert tab.value("document.querySelector('.view').getAttribute('viewBox')") == "0 0 320 240"
    tab.click("[data-shows=panels]")
    assert tab.value("document.querySelectorAll('.view .panels:not([hidden]) path').length") == 2
    source = tab.value("document.querySelector('.view image').getAttribute('href')")
    answer = httpx.get(address + source)
    assert answer.content == filled.images["PNG"] and answer.headers["content-type"] == "image/png"
    tab.shot("regions")


def test_a_format_that_browsers_do_not_show_comes_as_png(address: str, filled: Filled, tab: Page) -> None:
    tab.open(f"{address}/item/{filled.refused}")
    source = tab.value("document.querySelector('.view image').getAttribute('href')")
    answer = httpx.get(address + source)
    assert answer.headers["content-type"] == "image/png" and answer.headers["x-content-type-options"] == "nosniff"
    assert (decode_rgb(answer.content) == decode_rgb(filled.images["TIFF"])).all()
    assert tab.value("new Promise((done) => { const i = new Image(); i.onload = () => done(i.naturalWidth); "
                     f"i.src = '{source}'; }})") == 320  # fmt: skip


def test_a_long_caption_is_folded(tab: Page, address: str, filled: Filled) -> None:
    tab.open(f"{address}/item/{filled.refused}")
    assert len(words(tab)) < 20_000 and "more characters" in words(tab)
    tab.click(".fold summary")
    whole = tab.value("document.querySelector('.texts .text').textContent")
    assert len(whole) >= len(LONG.encode("utf-16-le")) // 2


def test_light_and_dark_follow_the_system(tab: Page, address: str) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    colours = []
    for scheme in schemes:
        tab.scheme(scheme)
        tab.open(f"{address}/funnel")
        colours.append(tab.value("getComputedStyle(document.documentElement).backgroundColor"))
    tab.shot("funnel-dark")
    tab.scheme(None)
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


def test_every_control_has_a_name_and_the_keyboard_reaches_the_content(tab: Page, address: str, filled: Filled) -> None:
    nameless = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
        .filter((one) => !one.labels?.length && !one.getAttribute('aria-label') && !one.textContent.trim())
        .map((one) => one.outerHTML)"""
    for path in ("/", "/tree", "/items", "/search", "/review", f"/item/{filled.pair}"):
        tab.open(address + path)
        assert tab.value(nameless) == [], path
    tab.open(f"{address}/funnel")
    tab.press("Tab")
    tab.press("Enter")
    assert tab.value("document.activeElement.id") == "main"
    tab.press("/")
    assert tab.value("document.activeElement.name") == "q"


# ---------------------------------------------------------------- funnel, coverage, lists, search


def test_the_funnel_shows_examples_behind_each_bar(tab: Page, address: str, filled: Filled) -> None:
    tab.open(f"{address}/funnel")
    shown = words(tab)
    assert "ingest" in shown and "passed" in shown
    tab.click(".reason:has-text('too small') summary")
    tab.until("document.querySelector('.reason[open] .card a')")
    assert tab.value("document.querySelector('.reason[open] .card a').getAttribute('href')").endswith(filled.refused)
    tab.click(".reason[open] >> text=all 1")
    assert tab.tab.url.endswith("/items?of=screen%2Ftoo_small") and "size: side 20" in words(tab)


def test_lists_go_on_behind_the_last_key(tab: Page, address: str, filled: Filled) -> None:
    tab.open(f"{address}/items")
    keys = "[...document.querySelectorAll('.card .about a')].map((a) => a.getAttribute('href').split('/').pop())"
    pairs = tab.value(keys)
    assert pairs == sorted([filled.pair, filled.second])
    tab.open(f"{address}/items?after={pairs[0]}")
    assert tab.value(keys) == pairs[1:]
    tab.tab.select_option("select[name=of]", "screen/too_small")
    tab.until("location.search.includes('too_small')")
    assert tab.value(keys) == [filled.refused]


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("limit", [1, 2, 9])
def test_panels_below_a_node_are_the_same_gathered_or_looked_through(
    after: int, limit: int, desk: Desk, filled: Filled
) -> None:
    scope = desk.the_scope()
    now = desk.store.select(Anchor, build=filled.build, role="depicted", polarity="affirmed")
    # What an older version of the stage made of a panel counts no more.
    old = replace(now[0], key="anchor:of-an-older-version", node=ODD.key)
    desk.store.add([old], input="before", version="0")
    panels = ["", *sorted({anchor.panel for anchor in now})]
    where = {"build": filled.build, "tree": scope.tree, "after": panels[after], "limit": limit}
    for node in NODES:
        (row,) = desk.store.query("serve_nodes", scope=scope.key, tree=scope.tree, keys=[node.key])
        under = {below.key for below in desk.store.query("tree_subtree", tree=scope.tree, node=node.key)}
        shown = sorted({anchor.panel for anchor in now if anchor.node in under})
        expected = [panel for panel in shown if panel > panels[after]][:limit]
        few = desk.store.query("serve_panels_below_few", scope=scope.key, node=node.key, **where)
        many = desk.store.query("serve_panels_below_many", id=row.id, **where)
        assert [one.panel for one in few] == [one.panel for one in many] == expected, node.name
        assert panels_below(desk, scope, node.key, after=panels[after], limit=limit) == expected


def test_the_coverage_map_leads_down(tab: Page, address: str) -> None:
    tab.open(f"{address}/coverage")
    assert "1 of 1 part has pairs" in words(tab)
    tab.tab.locator(".map a").first.press("Enter")
    tab.until("document.querySelector('h1').textContent.includes('of disease')")
    named = tab.value("[...document.querySelectorAll('.map a')].map((a) => a.getAttribute('aria-label'))")
    assert any(name.startswith("lung disease: 2 pairs, 3 panels, 2 nodes below") for name in named)


@pytest.mark.parametrize(
    ("text", "nodes", "panels"),
    [
        ("lung inflammation", 1, 0),
        ("MONDO:2", 1, 0),
        ("radiograph", 0, 3),
        ("10.1/X", 0, 3),
        ("PMC0", 0, 2),
        ("100% _ \\ nothing", 0, 0),
        (HOSTILE, 1, 0),
        ("\0", 0, 0),
    ],
)
def test_search_finds_names_words_and_sources(
    text: str, nodes: int, panels: int, client: httpx.Client, filled: Filled
) -> None:
    answer = client.get("/search", params={"q": text})
    assert answer.status_code == 200
    assert answer.text.count('class="chip facet-') == nodes
    assert answer.text.count('class="card"') == panels


def test_search_by_image_compares_a_file_and_keeps_nothing(tab: Page, address: str, filled: Filled) -> None:
    tab.open(f"{address}/search")
    file = {"name": f"{HOSTILE}.png", "mimeType": "image/png", "buffer": filled.images["PNG"]}
    tab.tab.set_input_files("#by-image input", file)  # type: ignore[arg-type]
    tab.until("document.querySelector('h1').textContent.includes('Images like')")
    assert "the same picture" in words(tab) and "320 × 240" in words(tab)
    tab.open(f"{address}/search?like={filled.pair}")
    first = tab.value("document.querySelector('.card .about a').getAttribute('href')")
    assert first.endswith(filled.pair)
    tab.shot("search-by-image")


def test_images_that_look_alike_are_all_that_differ_in_at_most_15_bits(desk: Desk, filled: Filled) -> None:
    scope = desk.the_scope()
    hashes = {panel.key: panel.phash for panel in desk.store.select(Panel, build=scope.build)}
    chance = Random(1)
    for differ in (0, 3, 4, 7, 11, 12, 15, 16, 40):
        for phash in sorted(set(hashes.values())):
            asked = phash
            for bit in chance.sample(range(64), differ):
                asked ^= -(1 << 63) if bit == 63 else 1 << bit
            bits = {key: ((asked ^ other) & (1 << 64) - 1).bit_count() for key, other in hashes.items()}
            near = sorted(((value, key) for key, value in bits.items() if value <= 15))
            found = nearest_hashes(desk, scope, asked)
            assert [(value, key) for key, value in found.items()] == near
            first = near[:2]
            assert [(value, key) for key, value in nearest_hashes(desk, scope, asked, limit=2).items()] == first


# ---------------------------------------------------------------- the tree


def drawn(tab: Page) -> list[str]:
    found: list[str] = tab.value("[...document.querySelectorAll('#plot .node title')].map((one) => one.textContent)")
    return found


def test_the_tree_opens_finds_and_tells_of_a_node_by_keyboard(tab: Page, address: str) -> None:
    tab.open(f"{address}/tree")
    tab.ready()
    assert {"medical entity", "disease", "lung disease", "infection"} <= set(drawn(tab))
    assert "pneumonia" not in drawn(tab)
    tab.press("f")
    tab.write("LUNG inflam")
    tab.until("document.querySelectorAll('#hits li').length > 0")
    tab.press("Enter")
    tab.until("document.querySelector('#about h2')?.textContent.includes('pneumonia')")
    assert "pneumonia" in drawn(tab) and "An inflammation of the lung." in tab.value(
        "document.getElementById('about').innerText"
    )
    assert tab.value("document.querySelectorAll('#plot path.other').length") == 1, "the way to its second parent"
    assert "infection" in tab.value("document.getElementById('about').innerText")
    assert tab.value("document.querySelector('.selected circle').getAttribute('class')") == "c1"
    tab.press("ArrowLeft")
    tab.press("ArrowLeft")
    assert "pneumonia" not in drawn(tab)
    tab.press("ArrowRight")
    tab.until("document.querySelectorAll('#plot .node').length > 4")
    assert "pneumonia" in drawn(tab) and ODD.name[:60] in " ".join(drawn(tab))
    before = tab.value("document.getElementById('drawing').getAttribute('transform')")
    tab.press("+")
    assert tab.value("document.getElementById('drawing').getAttribute('transform')") != before
    tab.shot("tree-open")
    tab.press("o")
    tab.tab.wait_for_url("**/node/**")
    assert "lung disease" in tab.value("document.querySelector('h1').textContent")


def test_a_node_tells_what_is_known_and_what_is_missing(tab: Page, address: str) -> None:
    tab.open(f"{address}/node/pneumonia")
    shown = words(tab)
    for said in (
        "An inflammation of the lung.", "lung inflammation", "secondary", "A pneumonia is seen.", "located in",
        "3 panels at this very node", "mention", "web",
    ):  # fmt: skip
        assert said in shown, said
    tab.open(f"{address}/node/MONDO:4")
    assert "It has no definition." in words(tab) and "1 or more" not in words(tab)


# ---------------------------------------------------------------- review


def begin(tab: Page, address: str, name: str, kind: str = "annotator") -> None:
    tab.open(f"{address}/review")
    tab.tab.fill("input[name=reviewer]", name)
    tab.tab.select_option("select[name=kind]", kind)
    tab.click("main form button")
    tab.ready()


def said_by(desk: Desk, name: str) -> list[Review]:
    return desk.store.select(Review, reviewer=name)


def moved(tab: Page) -> None:
    """The page that comes after a judgement is there."""
    tab.tab.wait_for_load_state("load")
    tab.ready()


def press(tab: Page, key: str) -> None:
    with tab.tab.expect_navigation():
        tab.press(key)
    tab.ready()


def open_kind(tab: Page, address: str, desk: Desk, name: str, kind: str) -> str:
    """Open the first item of a kind and return its key."""
    plan = review.find_plan(desk.store)
    item = next(one for one in review.items_of(desk.store, plan.key) if one.kind == kind)
    tab.open(f"{address}/review/next?plan={plan.key}&reviewer={name}&kind=annotator&at={item.position}")
    tab.ready()
    return item.item


def test_review_by_keyboard_accepts_rejects_and_takes_back(tab: Page, address: str, desk: Desk, filled: Filled) -> None:
    begin(tab, address, "ann <b>")
    press(tab, "a")
    first = said_by(desk, "ann <b>")
    assert [one.judgement for one in first] == ["accept"] and first[0].reviewer_kind == "annotator"
    tab.press("r")
    press(tab, "1")
    second = [one for one in said_by(desk, "ann <b>") if one.key != first[0].key]
    assert [one.judgement for one in second] == ["reject"] and second[0].reason is not None
    assert "2 judged by ann <b>" in words(tab)
    press(tab, "u")
    assert sorted(one.judgement for one in said_by(desk, "ann <b>")) == ["accept", "reject", "undo"]
    place = "document.getElementById('judge').dataset.at"
    at = int(tab.value(place))
    press(tab, "j")
    assert int(tab.value(place)) == at + 1
    press(tab, "k")
    assert int(tab.value(place)) == at
    tab.shot("review-item")


def test_a_correction_names_role_node_modality_and_span(tab: Page, address: str, desk: Desk, filled: Filled) -> None:
    item = open_kind(tab, address, desk, "cora", "pair")
    tab.press("c")
    tab.tab.select_option("#correct select[name=role]", "history")
    tab.tab.fill("#correct input[name=node]", "no such thing at all")
    tab.click("#correct button.main")
    tab.until("document.querySelector('[role=alert]')")
    assert "not found" in words(tab) and said_by(desk, "cora") == []
    tab.forget()  # The browser notes that an answer said 400.
    tab.ready()
    tab.press("c")
    tab.tab.select_option("#correct select[name=role]", "history")
    tab.tab.fill("#correct input[name=node]", "lung inflammation")
    tab.tab.select_option("#correct select[name=modality]", "ct")
    tab.value("""(() => { const text = document.getElementById('caption').firstChild, range = document.createRange();
        range.setStart(text, 4); range.setEnd(text, 20);
        getSelection().removeAllRanges(); getSelection().addRange(range); })()""")
    tab.tab.evaluate("document.getElementById('take').click()")
    assert tab.value("document.querySelector('#correct input[name=spans]').value") == "4-20"
    tab.shot("review-correction")
    with tab.tab.expect_navigation():
        tab.click("#correct button.main")
    (made,) = said_by(desk, "cora")
    assert made.item == item and made.judgement == "correct"
    assert made.correction == {"role": "history", "node": PNEUMONIA.key, "modality": "ct", "spans": [[4, 20]]}


def test_a_question_is_corrected_word_by_word(tab: Page, address: str, desk: Desk, filled: Filled) -> None:
    open_kind(tab, address, desk, "quinn", "question")
    tab.press("c")
    tab.tab.fill("textarea[name=question_text]", "Which imaging technique is this?")
    tab.tab.fill("textarea[name=question_options]", "radiography\nultrasound")
    with tab.tab.expect_navigation():
        tab.click("#correct button.main")
    (made,) = said_by(desk, "quinn")
    assert made.correction["question"] == {
        "text": "Which imaging technique is this?", "answer": "radiography", "options": ["radiography", "ultrasound"],
    }  # fmt: skip


def test_reviewers_are_blind_to_each_other_and_every_kind_of_item_has_a_page(
    tab: Page, address: str, desk: Desk, filled: Filled
) -> None:
    plan = review.find_plan(desk.store)
    items = review.items_of(desk.store, plan.key)
    assert {item.kind for item in items} == {"pair", "anchor", "caption", "question", "refused"}
    for item in items:
        review.record(
            desk.store, item=item.item, reviewer="bob", kind="annotator", judgement="reject", reason="other",
            note="bob's secret", plan=plan.key,
        )  # fmt: skip
    for kind in ("pair", "anchor", "caption", "question", "refused"):
        open_kind(tab, address, desk, "eve", kind)
        assert "secret" not in tab.tab.content() and "bob" not in tab.tab.content()
        tab.shot(f"review-{kind}")
    tab.open(f"{address}/review/results?plan={plan.key}")
    assert "annotator" in words(tab) and "Agreement" in words(tab)
    tab.shot("results-judged")


def test_a_model_is_never_taken_for_a_person(client: httpx.Client, desk: Desk, filled: Filled) -> None:
    plan = review.find_plan(desk.store)
    item = review.items_of(desk.store, plan.key)[0].item
    said = {"plan": plan.key, "item": item, "judgement": "accept", "reviewer": "robo"}
    assert client.post("/review/judge", data={**said, "kind": "model"}).status_code == 303
    refused = client.post("/review/judge", data={**said, "kind": "clinician"})
    assert refused.status_code == 400 and "kinds are never mixed" in refused.text
    assert client.post("/review/judge", data={**said, "kind": "oracle"}).status_code == 400
    assert client.post("/review/judge", data={**said, "kind": "model", "reviewer": " "}).status_code == 400


# ---------------------------------------------------------------- who may look


def test_every_answer_carries_the_policy(client: httpx.Client, filled: Filled) -> None:
    for path in ("/", "/static/serve.css", f"/item/{filled.pair}", "/nowhere", "/item/panel:gone"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; img-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/item/panel:gone", 404, "panel:gone"),
        ("/node/no-such-node", 404, "no-such-node"),
        ("/items?of=nonsense", 404, "nonsense"),
        ("/items?node=node:gone", 404, "node:gone"),
        ("/coverage?node=node:gone", 404, "node:gone"),
        ("/search?like=panel:gone", 404, "panel:gone"),
        ("/review/next?plan=gone&reviewer=a&kind=model", 404, "gone"),
        ("/review/next?plan=newest&reviewer=a&kind=model&at=999", 404, "999"),
        ("/image/" + "0" * 64, 404, "Not here"),
        ("/image/..%2f..%2fetc%2fpasswd", 404, "no such page"),
        ("/static/..%2fguard.py", 404, "no such page"),
        ("/tree/children?node=a&offset=-1", 400, "address"),
        ("/search?q=" + "x" * 500, 400, "address"),
        ("/count", 405, "no such request"),
        ("/nowhere", 404, "no such page"),
    ],
)
def test_what_is_not_there_has_a_clear_page(path: str, status: int, says: str, client: httpx.Client) -> None:
    answer = client.get(path)
    assert answer.status_code == status and says in answer.text and "<h1>" in answer.text


def test_a_thumbnail_is_of_its_box_and_of_nothing_else(client: httpx.Client, filled: Filled, desk: Desk) -> None:
    sha256 = item_page(desk.store, filled.pair).dossier.image.sha256
    made = client.get(f"/thumb/{sha256}/0-0-160-240")
    assert made.headers["content-type"] == "image/jpeg" and decode_rgb(made.content).shape == (240, 160, 3)
    assert [client.get(f"/thumb/{sha256}/{box}").status_code for box in ("0-0-999-9", "9-9-1-1", "x", "0-0-0-0")] == [
        404
    ] * 4


def test_what_changes_something_must_come_from_the_page_itself(
    client: httpx.Client, address: str, filled: Filled
) -> None:
    assert client.post("/count").status_code == 303
    for headers in (ELSEWHERE, {"Origin": "null"}, {"Origin": "", "Sec-Fetch-Site": "cross-site"}):
        assert client.post("/count", headers=headers).status_code == 403
    assert httpx.post(f"{address}/count").status_code == 403, "no browser says where it comes from"
    assert client.get("/", headers={"Host": "elsewhere.example"}).status_code == 421
    assert client.post("/search/image", content=b"no image").status_code == 415
    assert client.post("/search/image", content=iter([b"x"])).status_code == 411


def test_a_token_opens_the_pages_once_and_stands_in_no_address_after(desk: Desk, filled: Filled, browser: Page) -> None:
    with serving(desk, Access(token=TOKEN)) as url:
        browser.forget()
        assert browser.open(f"{url}/items") == 401
        assert browser.open(f"{url}/items?token=wrong") == 401
        assert "not the one" in words(browser)
        browser.shot("wrong-token")
        assert browser.open(f"{url}/items?token={TOKEN}&of=align") == 200
        assert browser.tab.url == f"{url}/items?of=align"
        (cookie,) = browser.tab.context.cookies()
        assert cookie["name"] == COOKIE and cookie["httpOnly"] and cookie["sameSite"] == "Strict"
        assert TOKEN not in cookie["value"]
        assert browser.open(f"{url}/funnel") == 200
        assert sum(TOKEN in asked for asked in browser.requests()) == 1
        browser.tab.context.clear_cookies()
        browser.open(url)
        browser.tab.fill("input[name=token]", TOKEN)
        browser.click("button")
        browser.tab.wait_for_url(f"{url}/")
        assert "Overview" in words(browser)
        browser.tab.context.clear_cookies()
        for given in ("", "wrong", "é", TOKEN[:-1]):
            answer = httpx.post(f"{url}/login", data={"token": given}, headers={"Origin": url})
            assert answer.status_code == 401 and "set-cookie" not in answer.headers
        forged = httpx.get(url, headers={"Cookie": f"{COOKIE}={TOKEN}"})
        assert forged.status_code == 401
        assert httpx.get(f"{url}//elsewhere.example?token={TOKEN}").headers["location"] == "/elsewhere.example"


def test_who_needs_a_token() -> None:
    assert access_for("127.0.0.1", None) == (Access(), False) and access_for("::1", None) == (Access(), False)
    access, made = access_for("0.0.0.0", None)
    assert made and access.token and len(access.token) >= 32
    assert access_for("0.0.0.0", TOKEN) == (Access(token=TOKEN), False)
    with pytest.raises(BadSetting):
        access_for("0.0.0.0", "short")


def test_an_answer_is_sent_without_waiting_for_the_browser_to_confirm_its_head() -> None:
    with listen("127.0.0.1", 0) as found, socket.create_connection(found.getsockname()):
        answering, _ = found.accept()
        with answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_an_address_that_is_taken_is_said_in_one_line() -> None:
    with (
        listen("127.0.0.1", 0) as found,
        pytest.raises(BadInput, match=r"already in use\): try another"),
    ):
        listen("127.0.0.1", found.getsockname()[1])
    with pytest.raises(BadInput):
        listen("no.such.host.invalid", 0)


def test_a_fault_that_nobody_foresaw_has_a_page_under_the_same_policy(desk: Desk) -> None:
    broken = Desk(store=None, blobs=desk.blobs)  # type: ignore[arg-type]
    with serving(broken) as url:
        answer = httpx.get(url)
    assert answer.status_code == 500 and "AttributeError" in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_stopped_database_has_a_clear_page(home: Path, browser: Page) -> None:
    folder = home / "postgres"
    with Store.open(embedded.start(folder).url) as store:
        store.migrate()
        desk = Desk(store=store, blobs=Blobs(str(home / "blobs")))
        with serving(desk) as url:
            assert browser.open(url) == 200 and "Nothing is built yet" in words(browser)
            browser.shot("nothing-built")
            assert browser.open(f"{url}/funnel") == 404
            embedded.stop(folder)
            assert browser.open(f"{url}/funnel") == 503
            assert "The database" in words(browser) and "does not answer" in words(browser)
            browser.shot("stopped-database")


# ---------------------------------------------------------------- parts


def test_the_picture_of_the_pages_is_small() -> None:
    assert 50_000 < (Path(__file__).parents[1] / "docs" / "serve.png").stat().st_size < 300_000


def test_the_page_of_a_folder_needs_no_server(desk: Desk, filled: Filled, tmp_path: Path, browser: Page) -> None:
    page = item_page(desk.store, filled.pair, build=filled.build)
    whole = render_item(page, static=True)
    assert 'href="/' not in whole and "http-equiv" in whole and "<form" not in whole
    assert f"../images/{page.dossier.image.sha256}.png" in whole


def test_counts_are_made_again_when_something_happened(desk: Desk, filled: Filled) -> None:
    scope = desk.the_scope()
    assert count_if_due(desk) == 0
    desk.store.put_gate(build=filled.build, name="later", run="run:x", passed=False, expectations=[], failing=["a"])
    assert desk.store.counts_are_due(scope.key, scope.tree)
    assert count_if_due(desk) > 0 and not desk.store.counts_are_due(scope.key, scope.tree)


@given(st.lists(st.floats(0.5, 5_000), min_size=1, max_size=60), st.floats(10, 2_000), st.floats(10, 2_000))
def test_a_treemap_fills_its_area_without_overlap(sizes: list[float], width: float, height: float) -> None:
    ordered = sorted(sizes, reverse=True)
    placed = squarified(ordered, width, height)
    scale = width * height / sum(ordered)
    for size, (x, y, wide, high) in zip(ordered, placed, strict=True):
        assert wide * high == pytest.approx(size * scale, rel=1e-6)
        assert -1e-6 <= x <= x + wide <= width + 1e-4 and -1e-6 <= y <= y + high <= height + 1e-4
    for one, other in combinations(placed, 2):
        across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
        down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
        assert min(across, down) < 1e-4


@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6), st.integers(1, 80)
)
def test_marked_pieces_are_the_text(text: str, spans: list[tuple[int, int]], shown: int) -> None:
    made = marked(text, [Mark(start=start, end=end, kind="x", title="t") for start, end in spans], shown=shown)
    assert "".join(piece.text for piece in (*made.shown, *made.folded)) == text
    covered = sum(len(piece.text) for piece in (*made.shown, *made.folded) if piece.marks)
    kept = [(start, min(end, len(text))) for start, end in spans if 0 <= start < min(end, len(text))]
    assert covered == len({at for start, end in kept for at in range(start, end)})


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=5))
def test_a_mask_is_drawn_run_by_run(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    box = (3, 5, 7, 5 + len(rows))
    drawn_mask = np.zeros_like(mask)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", mask_path(rle_of(mask), box)):
        drawn_mask[int(y) - 5, int(x) - 3 : int(x) - 3 + int(length)] = True
    assert (drawn_mask == mask).all() and (mask_of(rle_of(mask), box) == mask).all()
