"""The commands that look at a tree: show, report, plot, export and import, versions and diff, over a real store."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lung_ontology import lung_obo
from numpy.typing import NDArray

from flows.cli import run
from met.evaluate.attach_tree import tree_accuracy
from met.store import Store
from met.tree.closure import closure_of
from met.tree.grow import grow
from met.tree.ontology import read_ontology
from met.tree.report import report_of, thin
from met.tree.report.coverage import coverage_of
from met.tree.report.page import report_page
from met.tree.show import NodeView, Parent, Quote, render_node, said_by
from met.types import Edge, Grown, Node, NodeAlias, Relation
from tasks.tree import put_export

OBO = lung_obo("asthma", synonyms=["bronchial asthma"])
SYMP = """format-version: 1.2
ontology: symp

[Term]
id: SYMP:1
name: symptom

[Term]
id: SYMP:2
name: wheezing
is_a: SYMP:1
"""
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
TEXT = f"Asthma is a disease of the bronchi that comes and goes.\n\nSymptoms of asthma include wheezing.\n\n{LICENCE}\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "mondo.obo").write_text(OBO)
    (folder / "symp.obo").write_text(SYMP)
    (folder / "a.txt").write_text(TEXT)
    return folder


@pytest.fixture(scope="module")
def trees(library: Path) -> tuple[Grown, Grown]:
    """A tree of the ontologies alone, and the one that a text adds to."""
    ontologies = [library / "mondo.obo", library / "symp.obo"]
    return grow(ontologies, []), grow(ontologies, [library / "a.txt"])


@pytest.fixture
def home(store: Store, database_url: str, trees: tuple[Grown, Grown], monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DATABASE_URL", database_url)
    for grown in trees:
        names = ("key", "inputs", "lexicon_digest", "report", "nodes", "aliases", "edges", "closure", "relations")
        store.put_tree(
            Grown(**{name: getattr(grown, name) for name in (*names, "documents", "evidence", "drops")}, version="1")
        )
    return store


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code = run([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out.splitlines()[-1])


def test_an_export_comes_back_as_the_same_tree(home: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rows(home, newest(home))
    for form in ("obograph", "skos", "csv"):
        facts = said(capsys, "tree", "export", "--format", form, "--out", str(tmp_path / form))
        assert facts["nodes"] == len(before[0])
        back = put_export(home, tmp_path / form)
        assert rows(home, back["tree"]) == before
    assert len(home.query("tree_versions")) == 3, "the three imports are one tree"
    assert run(["tree", "import", str(tmp_path / "obograph")]) == 0


def rows(store: Store, tree: int) -> list[Any]:
    kinds = (Node, Edge, NodeAlias, Relation)
    return [[asdict(row) for row in store.select(kind, tree=tree)] for kind in kinds]  # type: ignore[call-overload]


def newest(store: Store) -> int:
    return int(store.query("newest_tree")[0].id)


def test_show_tells_relations_from_both_ends_and_their_sentences(
    home: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    asthma = said(capsys, "tree", "show", "bronchial asthma")
    (relation,) = asthma["relations"]
    assert (relation["kind"], relation["name"]) == ("has_symptom", "wheezing") and 0 < relation["confidence"] < 1
    assert relation["said_by"].startswith("texts: together in 1 sentence of 1 document")
    assert relation["quotes"][0]["sentence"] == "Symptoms of asthma include wheezing."
    assert {quote["kind"] for quote in asthma["quotes"]} >= {"mention", "definition"}
    assert asthma["quotes"][0]["kind"] == "definition" and asthma["quotes"][0]["licence"] == "CC0-1.0"
    (other,) = said(capsys, "tree", "show", "wheezing")["relations"]
    assert (other["kind"], other["name"], other["quotes"]) == ("symptom_of", "asthma", relation["quotes"])


def test_report_says_what_is_thin_and_how_much_of_a_reference_is_covered(
    home: Store, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    reference = str(library / "mondo.obo")
    whole = said(capsys, "tree", "report", "--page", str(page), "--reference", reference)
    assert whole["facets"]["disease"]["nodes"] == 3 and "nodes" in whole["thin_facets"]["disease"]
    assert whole["relations_from_texts"] == {"has_symptom": 1}
    (found,) = whole["coverage"]
    assert found["forward"] == {"covered": 3, "of": 3, "share": 1.0}
    assert found["backward"]["share"] == 1.0 and found["edges"] == {"covered": 2, "of": 2, "share": 1.0}
    text = page.read_text()
    assert "forward: terms of the reference" in text and "The facet disease is thin" in text


def test_plot_writes_one_page_of_all_or_of_one_branch(
    home: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = said(capsys, "tree", "plot", "--out", str(tmp_path / "all.html"))
    branch = said(capsys, "tree", "plot", "--out", str(tmp_path / "one.html"), "--node", "lung disorder")
    assert whole["nodes"] == len(home.select(Node, tree=newest(home))) and branch["nodes"] == 2


def test_diff_names_versions_by_number_key_and_word(home: Store, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = reversed(said(capsys, "tree", "versions")["trees"])
    by_word = said(capsys, "tree", "diff", "previous", "newest")
    assert by_word == said(capsys, "tree", "diff", str(first["number"]), second["tree"])
    assert by_word["counts"]["added"] == by_word["counts"]["retired"] == 0
    assert run(["tree", "diff", "newest", "nowhere"]) == 2
    assert "tree 'nowhere' not found; there are 2" in capsys.readouterr().err


def test_a_tree_of_nothing_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["tree", "build", "--home", str(tmp_path / "home")]) == 2
    assert "there is nothing to grow a tree from" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_the_report_for_people_has_a_table_for_every_part(home: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tree", "report"]) == 0
    printed = capsys.readouterr().out
    for words in (
        "Facets",
        "deepest",
        "3+ sentences",
        "web 1",
        "mean confidence",
        "The facet disease is thin: ",
    ):
        assert words in printed
    assert "{" not in printed and "Counter" not in printed


def test_a_term_of_literature_alone_says_so() -> None:
    """Its view names the documents, who placed it, and each sentence with source, authority and licence once."""
    node = Node(
        key="node:new", digest="", facet="disease", curie=None, name="bronchiolitis fugax", synonyms=(),
        definition=None, xrefs=(), provenance={"terms": [], "literature": {"documents": 1, "support": 2}},
        licence="CC0-1.0", text_digest="",
    )  # fmt: skip
    quote = Quote(kind="mention", sentence="It passes.", title="Breath", authority="web", licence="CC0")
    placed = Parent(name="asthma", kind="is_a", said_by=said_by({"by": "texts", "score": 0.71, "signals": ["head"]}))
    lines = render_node(NodeView(node=node, path=["disease", "asthma"], parents=[placed], quotes=[quote, quote]))
    assert "origin      found in literature alone: no ontology of this tree holds it" in lines
    assert "sources     named 2 times in 1 document" in lines
    assert "placed      under asthma (is_a, said by texts, score 0.71 (head))" in lines
    assert lines[-2:] == [
        "evidence    1 sentence of 1 source (web 1)",
        "  mention: It passes. [Breath, web, CC0]",
    ]


def test_hidden_leaves_are_placed_again_and_counted(trees: tuple[Grown, Grown]) -> None:
    def same(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 1), np.float32)

    found = tree_accuracy(trees[1].nodes, trees[1].edges, same, leaves=20)
    assert set(found["facets"]) == {"modality", "symptom"}, "the other two are too small to be asked"
    for facts in found["facets"].values():
        assert facts["n"] == 20 and 0 <= facts["hit1"] <= facts["hit5"] <= facts["reach"] <= 1
        assert facts["interval"][0] <= facts["hit1"] <= facts["interval"][1]
    page = report_page({**trees[1].report, "attached": {**trees[1].report["attached"], "accuracy": found}})
    assert "leaves hidden" in page and "hit@5: one of the best five is" in page


# ---------------------------------------------------------------- the report's parts


def test_coverage_counts_by_curie_alias_xref_and_unambiguous_name(library: Path, trees: tuple[Grown, Grown]) -> None:
    grown = trees[0]
    closure = closure_of([node.key for node in grown.nodes], grown.edges)
    doid = library / "doid.obo"
    doid.write_text(
        OBO.replace("MONDO", "DOID").replace("mondo", "doid").replace("name: lung disorder", "name: of no tree")
    )
    found = coverage_of(read_ontology(doid), nodes=grown.nodes, aliases=grown.aliases, closure=closure)
    assert (found["forward"]["covered"], found["forward"]["of"]) == (2, 3)
    assert (found["backward"]["covered"], found["backward"]["of"]) == (2, 3)
    assert found["edges"] == {"covered": 0, "of": 0, "share": 0.0}


def test_a_report_counts_depth_branching_and_evidence(trees: tuple[Grown, Grown]) -> None:
    report = trees[1].report
    disease = report["facets"]["disease"]
    assert (disease["depth"], disease["mean_depth"], disease["leaves"]) == (2, 1.0, 1)
    assert disease["branching"] == {"mean": 1.0, "median": 1.0, "max": 1}
    assert disease["nodes_by_authority"] == {"web": 1} and disease["sentences"]["1"] == 1
    assert report["evidence_by_authority"]["web"] == sum(report["evidence"].values())
    assert thin({"nodes": 900, "depth": 9, "defined": 900, "sentences": {"1": 900}}) == {}


def test_the_report_of_nothing_is_a_page_too() -> None:
    empty: dict[str, Any] = dict.fromkeys(
        ("nodes", "edges", "closure", "aliases", "relations", "documents", "evidence", "drops"), ()
    )
    report = report_of(**empty)
    assert report["nodes"] == 0 and report["facets"]["disease"]["branching"]["max"] == 0
    assert "<h2>Size</h2>" in report_page({"tree": "tree:none", **report})
