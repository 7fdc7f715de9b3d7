"""The page of the tree: it holds every node, loads nothing, and what it draws, finds and tells is right.

The parts that draw and search are run by node, the whole page in a real Chromium without a window.
"""

import base64
import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pytest
from servers.chromium import Page, chromium, program

from met.evaluate.synthetic import synthetic_tree
from met.keys import content_key
from met.tree.plot import Plotted, pack, plot_page
from met.tree.quotes import best_quotes
from met.tree.show import Quote
from met.types import Document, Edge, Evidence, Node, Relation

SCRIPT = Path(__file__).parent.parent / "met" / "tree" / "plot.js"
NODES, EDGES = synthetic_tree(300, seed=4, branching=60)
EVIDENCE = {NODES[7].key: 3}
TREE = Plotted(nodes=NODES, edges=EDGES, sentences=EVIDENCE)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/octet-stream" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    packed: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return packed


def test_the_page_holds_every_node_and_loads_nothing() -> None:
    page = plot_page(TREE, title="a <b> tree")
    packed = data_of(page)
    assert sorted(packed["names"].split("\n")) == sorted(node.name for node in NODES)
    assert sum(packed["evidence"]) == 3 and len(packed["depths"]) == 300
    assert "a &lt;b&gt; tree" in page and "default-src 'none'" in page
    assert not re.search(r"""\ssrc\s*=|https?://|import\s*\(|fetch\s*\(""", page)
    turned = Plotted(nodes=list(reversed(NODES)), edges=list(reversed(EDGES)), sentences=EVIDENCE)
    assert page == plot_page(turned, title="a <b> tree")


def test_names_of_any_kind_stay_text() -> None:
    odd = [replace(NODES[0], name="</script><b>", synonyms=("a\nb", "c|d"))]
    page = plot_page(Plotted(nodes=odd, edges=[]), title="t")
    assert "</script><b>" not in page
    assert data_of(page)["synonyms"] == "a b|c/d"


def test_the_picture_of_the_page_is_small() -> None:
    assert 20_000 < (SCRIPT.parents[2] / "docs" / "tree.png").stat().st_size < 300_000


def test_several_roots_stand_under_one() -> None:
    packed = pack(Plotted(nodes=[NODES[0], replace(NODES[1], facet="anatomy")], edges=[]))
    assert packed["names"].split("\n") == ["medical entity", NODES[0].name, NODES[1].name]
    assert packed["depths"] == "011" and packed["facets"] == ["medical entity", "disease", "anatomy"]


def test_the_best_sentences_are_whole_different_and_of_the_best_sources() -> None:
    documents = [document("web"), document("textbook")]
    rows = [
        evidence("mention", "web", "Asthma is common in many countries."),
        evidence("mention", "textbook", "Asthma may begin in childhood and may end."),
        evidence("mention", "textbook", "Asthma"),
        evidence("definition", "web", "Asthma is a disease of the airways that comes and goes."),
        evidence("mention", "web", "Asthma is common in many countries.", start=90),
    ]
    quotes, counts = best_quotes(rows, documents)
    assert [(each.kind, each.authority) for each in quotes["node:1"]] == [
        ("definition", "web"), ("mention", "textbook"), ("mention", "web"),
    ]  # fmt: skip
    assert counts["node:1"] == 5 and quotes["node:1"][0].licence == "CC0-1.0"
    assert best_quotes(reversed(rows), documents) == (quotes, counts)


def document(authority: Any) -> Document:
    return Document(
        key=f"document:{authority}", path="a.txt", title=f"A {authority} page", kind="text", authority=authority,
        licence="CC0-1.0", sha256="", characters=9, text="",
    )  # fmt: skip


def evidence(kind: Any, authority: str, sentence: str, start: int = 0) -> Evidence:
    return Evidence(
        key=content_key("evidence", kind, authority, sentence, start), subject="node:1", kind=kind,
        document=f"document:{authority}", start_char=start, end_char=start + 6, sentence=sentence, surface="Asthma",
    )  # fmt: skip


# ---------------------------------------------------------------- what is drawn, run by node


def run(body: str) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    packed = json.dumps(pack(TREE))
    whole = f"const p = require({json.dumps(str(SCRIPT))}); const tree = p.unpack({packed});\n{body}"
    done = subprocess.run([node, "-e", whole], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_script_rebuilds_the_tree() -> None:
    names = {node.key: node.name for node in NODES}
    above = {names[edge.child]: names[edge.parent] for edge in EDGES if edge.is_primary}
    found = run("console.log(JSON.stringify(tree.names.map((n, i) => [n, tree.parent[i], tree.size[i]])))")
    parents = {name: found[parent][0] if parent >= 0 else None for name, parent, _ in found}
    assert parents == {node.name: above.get(node.name) for node in NODES}
    assert found[0][2] == len(NODES) - 1
    others = run("console.log(JSON.stringify([...tree.others.values()].flat().length))")
    assert others == sum(not edge.is_primary for edge in EDGES)


def test_closed_at_first_and_opened_in_steps() -> None:
    rows, more, opened = run(
        "const state = p.opened(tree); let rows = p.layout(tree, state);"
        "const more = rows.find((row) => row.more !== undefined); state.shown.set(more.more, 2 * p.STEP);"
        "console.log(JSON.stringify([rows.length, more.left, p.layout(tree, state).length]))"
    )
    below = sum(edge.is_primary and edge.parent == NODES[0].key for edge in EDGES)
    assert (rows, more) == (1 + 25 + 1, below - 25)
    assert opened == 1 + min(below, 50) + (below > 50)


def test_no_two_rows_of_a_column_lie_on_each_other() -> None:
    places = run(
        "const state = p.opened(tree); for (let i = 0; i < tree.n; i++) state.shown.set(i, 99);"
        "console.log(JSON.stringify(p.layout(tree, state).map((row) => [row.depth, row.y])))"
    )
    columns: dict[int, list[float]] = {}
    for depth, y in places:
        columns.setdefault(depth, []).append(y)
    assert len(places) == len(NODES)
    assert all(
        low - high >= 26 for ys in columns.values() for high, low in zip(sorted(ys), sorted(ys)[1:], strict=False)
    )


def test_search_finds_by_name_synonym_curie_and_words_and_opens_the_way() -> None:
    wanted = NODES[250]
    program = (
        "const state = p.opened(tree); const found = TEXTS.map((text) => tree.names[p.search(tree, text, 5)[0]]);"
        "const i = tree.names.indexOf(found[0]); p.reveal(tree, state, i); const rows = p.layout(tree, state);"
        "const drawn = p.drawing(tree, rows, { selected: i });"
        "console.log(JSON.stringify([found, rows.some((row) => row.i === i), drawn.includes('selected')]))"
    )
    texts = [wanted.name.upper(), wanted.synonyms[0], wanted.curie, " ".join(reversed(wanted.name.split()))]
    found, drawn, selected = run(program.replace("TEXTS", json.dumps(texts)))
    assert found == [wanted.name] * 4 and drawn and selected


def test_every_node_has_an_address_that_leads_back() -> None:
    assert run("console.log(JSON.stringify(tree.names.every((_, i) => p.addressed(tree, p.address(tree, i)) === i)))")
    assert run("console.log(JSON.stringify(p.addressed(tree, 'no such thing at all')))") == -1


def test_a_drawing_escapes_names_and_leaves_out_what_is_not_in_view() -> None:
    drawn = run(
        "tree.names[0] = '<img onerror=x>'; const rows = p.layout(tree, p.opened(tree));"
        "console.log(JSON.stringify([p.drawing(tree, rows, {}), p.drawing(tree, rows, { top: 0, bottom: 100 })]))"
    )
    assert "<img" not in drawn[0]
    assert drawn[1].count('class="node') < 8 < drawn[0].count('class="node')


# ---------------------------------------------------------------- the whole page, in a browser


def leaf(name: str, facet: Any, **facts: Any) -> Node:
    return replace(
        NODES[0], key=content_key("node", facet, name), facet=facet, name=name, curie=None, synonyms=(), **facts
    )


WHEEZE = leaf("wheezing", "symptom")
SIGN = leaf("silent chest", "symptom", provenance={"terms": [], "literature": {"documents": 3, "support": 5}})
ROOT = leaf("symptom", "symptom", provenance={"terms": [{"ontology": "met", "version": "1"}]})
PLACED = {"by": "texts", "score": 0.71, "signals": ["head", "near"]}
FIRST = NODES[1]


def a_tree() -> Plotted:
    """The synthetic diseases, and three symptoms: of our own list, of an ontology, of literature alone."""
    edges = [
        *EDGES,
        Edge(child=WHEEZE.key, parent=ROOT.key, kind="is_a", is_primary=True, provenance={}),
        Edge(child=SIGN.key, parent=WHEEZE.key, kind="part_of", is_primary=True, provenance=PLACED),
    ]
    relation = Relation(
        key="relation:1", subject=FIRST.key, kind="has_symptom", object=WHEEZE.key, confidence=0.81, provenance={}
    )
    said = Quote(
        kind="definition", sentence="A silent chest is a sign of danger.", title="Breath", authority="textbook",
        surface="silent chest", licence="CC0-1.0",
    )  # fmt: skip
    return Plotted(
        nodes=[*NODES, ROOT, WHEEZE, SIGN], edges=edges, relations=[relation],
        quotes={SIGN.key: [said], "relation:1": [replace(said, kind="relation", surface="")]}, sentences={SIGN.key: 4},
    )  # fmt: skip


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    if program() is None:
        pytest.skip("chromium is not installed")
    with chromium() as page:
        yield page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("plot") / "tree.html"
    path.write_text(plot_page(a_tree(), title="Medical Entity Tree"), encoding="utf-8")
    return path.as_uri()


def opened(tab: Page, address: str) -> None:
    tab.open(address)
    tab.ready()


def side(tab: Page) -> str:
    return str(tab.value("document.getElementById('facts').innerText"))


def drawn(tab: Page) -> list[str]:
    """Return the names that are drawn, in reading order."""
    found: list[str] = tab.value("[...document.querySelectorAll('.node title')].map((title) => title.textContent)")
    return found


def test_the_page_asks_for_nothing_and_throws_nothing(tab: Page, address: str) -> None:
    tab.forget()
    opened(tab, address)
    assert tab.requests() == [address]
    assert tab.faults() == []
    assert {"medical entity", NODES[0].name, "symptom", "wheezing"} <= set(drawn(tab))
    legend = tab.value("document.getElementById('legend').innerText")
    for words in ("from an ontology", "own lists", "found in literature alone", "part of", "disease", "symptom"):
        assert words in legend


def test_an_address_leads_to_a_node_with_all_that_is_known_of_it(tab: Page, address: str) -> None:
    opened(tab, f"{address}#node={quote('symptom/silent chest')}")
    told = side(tab)
    for words in (
        "silent chest",
        "found in literature alone",
        "A silent chest is a sign of danger.",
        "Breath",
        "textbook",
    ):
        assert words in told
    assert "1 of 4 sentences" in told and "CC0-1.0" in told and "3 documents" in told
    assert "placed by texts, score 0.71 (head, near)" in told
    assert tab.value("document.querySelector('mark').textContent") == "silent chest"
    assert tab.value("document.querySelector('.selected path.shape') !== null"), "a diamond, whatever its colour"
    opened(tab, f"{address}#node={FIRST.curie}")
    assert "has symptom wheezing (confidence 0.81)" in side(tab).replace("\n", " ")
    tab.click("#facts a.go[href*=wheezing]")
    tab.until("document.querySelector('#facts h2').textContent === 'wheezing'")
    assert f"symptom of {FIRST.name}" in side(tab).replace("\n", " ")


def test_search_jumps_to_a_node(tab: Page, address: str) -> None:
    opened(tab, address)
    wanted = NODES[280]
    assert wanted.name not in drawn(tab)
    tab.press("/")
    tab.write(wanted.synonyms[0].upper())
    tab.until("document.querySelectorAll('#hits li').length > 0")
    tab.press("Enter")
    tab.until(f"document.querySelector('#facts h2').textContent === {json.dumps(wanted.name)}")
    assert wanted.name in drawn(tab)
    assert tab.value("document.querySelector('.selected title').textContent") == wanted.name
    box = tab.value(
        "(() => { const b = document.querySelector('.selected').getBoundingClientRect(); return [b.x, b.y]; })()"
    )
    assert 0 < box[0] < 1000 and 0 < box[1] < 900, "in view"
    assert tab.value("decodeURIComponent(location.hash)") == f"#node={wanted.curie}"


def test_keys_and_mouse_open_close_and_move(tab: Page, address: str) -> None:
    opened(tab, f"{address}#node={quote('symptom/wheezing')}")
    assert "silent chest" not in drawn(tab)
    tab.press("ArrowRight")
    assert "silent chest" in drawn(tab)
    assert tab.value("document.querySelector('.selected').getAttribute('aria-expanded')") == "true"
    tab.press("ArrowDown")
    assert "silent chest" in side(tab).splitlines()[0]
    tab.press("ArrowLeft")
    tab.press("ArrowLeft")
    assert "silent chest" not in drawn(tab) and side(tab).startswith("wheezing")
    tab.click(".selected text")
    assert "silent chest" in drawn(tab)
    transform = "document.getElementById('drawing').getAttribute('transform')"
    before = tab.value(transform)
    tab.press("+")
    zoomed = tab.value(transform)
    tab.tab.mouse.move(500, 400)
    tab.tab.mouse.wheel(0, 240)
    tab.until(f"{transform} !== {json.dumps(zoomed)}")
    wheeled = tab.value(transform)
    tab.tab.mouse.move(900, 700)
    tab.tab.mouse.down()
    tab.tab.mouse.move(800, 640)
    tab.tab.mouse.up()
    assert len({before, zoomed, wheeled, tab.value(transform)}) == 4
    assert tab.faults() == []


def test_a_filter_leaves_what_literature_gave(tab: Page, address: str) -> None:
    opened(tab, address)
    tab.value(
        "(() => { const f = document.getElementById('filter'); f.value = 'literature';"
        " f.dispatchEvent(new Event('change')); })()"
    )
    assert drawn(tab) == ["medical entity", "symptom", "wheezing"]
    assert "1" in tab.value("document.querySelector('.node .sub').textContent")


def test_the_page_is_dark_where_the_system_is(tab: Page, address: str) -> None:
    colours = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        tab.scheme(scheme)
        opened(tab, address)
        colours.append(tab.value("getComputedStyle(document.body).backgroundColor"))
    tab.scheme(None)
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


@pytest.mark.slow
def test_sixty_thousand_nodes_draw_only_what_is_in_view(tab: Page, tmp_path: Path) -> None:
    nodes, edges = synthetic_tree(60_000, seed=2, branching=400)
    path = tmp_path / "large.html"
    path.write_text(plot_page(Plotted(nodes=nodes, edges=edges), title="large"), encoding="utf-8")
    opened(tab, path.as_uri())
    for _ in range(8):
        tab.press("ArrowDown")
        tab.press("ArrowRight")
        tab.value(
            "(() => { const m = document.querySelector('.more');"
            " m && m.dispatchEvent(new MouseEvent('click', { bubbles: true, shiftKey: true })); })()"
        )
    assert 0 < tab.value("document.querySelectorAll('.node').length") < 600
    opened(tab, f"{path.as_uri()}#node={nodes[-1].curie}")
    assert side(tab).startswith(nodes[-1].name)
