"""Gold of panel anchors and its score: lines parse, panels are found again, and the figures are what they say."""

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from servers.picture import png

from met.errors import BadInput
from met.evaluate.anchors import score_anchors, scored
from met.evaluate.anchors_found import Anchored, FoundAnchor, NamedNode
from met.evaluate.anchors_gold import GoldPanels, PlacedPanel, facet_of, matched, read_gold
from met.evaluate.modality_gold import read_gold as read_images
from met.harvest.modality import ModalityModel
from met.store import Store
from met.types import Facet, Role

GOLD = Path(__file__).parent / "gold" / "panel_anchors.tsv"
HEAD = "# a comment\npanel\tnode\trole\tpolarity\tneed\thalf\n"


def gold_of(folder: Path, *lines: str) -> GoldPanels:
    path = folder / "gold.tsv"
    path.write_text(HEAD + "".join("\t".join(line.split(" ")) + "\n" for line in lines))
    return read_gold(path)


def placed(key: str, figure: str = "m1/a.jpg", letter: str | None = None, position: int = 0) -> PlacedPanel:
    article, graphic = figure.split("/")
    return PlacedPanel(key=key, article=f"book/{article}", graphic=graphic, letter=letter, position=position)


def found(
    panel: str, node: str, role: Role = "depicted", score: float = 0.5, method: str = "dictionary"
) -> FoundAnchor:
    return FoundAnchor(panel=panel, node=node, role=role, polarity="affirmed", score=score, method=method)


def named(key: str, facet: Facet, name: str, curie: str | None = None) -> NamedNode:
    return NamedNode(key=key, facet=facet, name=name, curie=curie)


NODES = [
    named("lung", "anatomy", "lung", "UBERON:1"),
    named("lobe", "anatomy", "lobe of lung", "UBERON:2"),
    named("heart", "anatomy", "heart", "UBERON:3"),
    named("flu", "disease", "influenza", "MONDO:1"),
    named("flu", "disease", "influenza", "DOID:9"),
    named("ct", "modality", "computed tomography"),
]


def test_every_line_of_the_gold_parses_and_both_halves_are_there() -> None:
    gold = read_gold(GOLD)
    halves = list(gold.halves.values())
    assert len(halves) > 200
    assert 0.4 < halves.count("dev") / len(halves) < 0.6
    lines = [line for panel in gold.anchors.values() for line in panel]
    assert {line.need for line in lines} == {"must", "may"}
    assert {line.facet for line in lines} == {"disease", "anatomy", "modality", "symptom"}
    assert gold.anchors.keys() <= gold.halves.keys()
    assert all(len(set(rows)) == len(rows) for rows in gold.anchors.values())


@pytest.mark.shared
def test_every_figure_of_the_gold_is_there(shared_data: Path) -> None:
    for panel in read_gold(GOLD).halves:
        article, graphic = panel.rpartition("#")[0].split("/")
        kind = "pmc" if article.startswith("PMC") else "openstax"
        assert (shared_data / "articles" / kind / article / graphic).is_file()


@pytest.mark.parametrize(
    "line",
    [
        "m1/a.jpg#0 UBERON1 depicted affirmed must dev",
        "m1/a.jpg#0 UBERON:1 seen affirmed must dev",
        "m1/a.jpg#0 UBERON:1 depicted perhaps must dev",
        "m1/a.jpg#0 UBERON:1 depicted affirmed should dev",
        "m1/a.jpg#0 UBERON:1 depicted affirmed must train",
        "a.jpg UBERON:1 depicted affirmed must dev",
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadInput, match=r"gold\.tsv:3"):
        gold_of(tmp_path, line)


def test_a_panel_is_in_one_half(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="other half"):
        gold_of(tmp_path, "m1/a.jpg#0 - - - none dev", "m1/a.jpg#0 UBERON:1 depicted affirmed must test")


def test_the_facet_is_that_of_the_first_node() -> None:
    assert [facet_of(node) for node in ("HP:0002090", "UBERON:1", "CL:2", "modality:x")] == [
        "symptom",
        "anatomy",
        "cell",
        "modality",
    ]


def test_panels_are_found_by_letter_in_any_order() -> None:
    panels = [placed("p2", letter="b", position=0), placed("p1", letter="a", position=1)]
    assert matched(["m1/a.jpg#a", "m1/a.jpg#b", "m2/a.jpg#a"], panels) == {"m1/a.jpg#a": "p1", "m1/a.jpg#b": "p2"}


def test_without_letters_panels_are_found_in_reading_order_if_their_number_is_right() -> None:
    panels = [placed("p2", position=1), placed("p1", position=0)]
    assert matched(["m1/a.jpg#1", "m1/a.jpg#2"], panels) == {"m1/a.jpg#1": "p1", "m1/a.jpg#2": "p2"}
    assert matched(["m1/a.jpg#b"], panels) == {"m1/a.jpg#b": "p2"}
    assert matched(["m1/a.jpg#0"], panels) == {}
    assert matched(["m1/a.jpg#1", "m1/a.jpg#2"], panels[:1]) == {}
    assert matched(["m1/a.jpg#0"], panels[:1]) == {"m1/a.jpg#0": "p2"}


def test_a_letter_that_two_panels_bear_is_no_panel() -> None:
    panels = [placed("p1", letter="a"), placed("p2", letter="a", position=1)]
    assert matched(["m1/a.jpg#a"], panels) == {}


def test_hits_misses_and_what_is_wrong(tmp_path: Path) -> None:
    gold = gold_of(
        tmp_path,
        "m1/a.jpg#0 UBERON:1 depicted affirmed must test",
        "m1/a.jpg#0 UBERON:3 depicted affirmed may test",
        "m1/a.jpg#0 DOID:9 diagnosis|depicted affirmed must test",
        "m1/a.jpg#0 UBERON:77 depicted affirmed must test",
        "m2/b.jpg#0 modality:Computed depicted affirmed may dev",
    )
    anchored = Anchored(
        panels=[placed("p1"), placed("p2", "m2/b.jpg")],
        anchors=[
            found("p1", "lobe", method="vector"),
            found("p1", "heart"),
            found("p1", "flu", "depicted", method="dictionary+vector"),
            found("p1", "flu", "mentioned"),
            found("p2", "ct"),
        ],
        nodes=NODES,
        near=frozenset({("lobe", "lung")}),
    )
    told = scored([gold], anchored)
    assert (told["n"], told["gold_panels"], told["matched_panels"]) == (1, 2, 2)
    assert told["outside_tree"] == ["UBERON:77"]
    built = told["test"]["as_built"]
    assert (built["musts"], built["wrong"], built["precision"], built["recall"]) == (2, 1, 0.5, 0.5)
    assert told["f1"] == built["f1"] == 0.5
    assert built["f1_near"] == 1.0
    assert built["wrong_role"] == 0
    assert built["by_role"]["diagnosis"]["recall"] == 1.0
    assert built["by_facet"]["anatomy"]["f1"] == 0.0
    dictionary, vector = told["test"]["dictionary"], told["test"]["vector"]
    assert (dictionary["wrong"], dictionary["recall"]) == (0, 0.5)
    assert (vector["wrong"], vector["recall"]) == (1, 0.5)
    assert told["dev"]["as_built"]["by_facet"]["modality"]["wrong"] == 1


def test_several_right_nodes_count_once_and_other_roles_have_recall_alone(tmp_path: Path) -> None:
    gold = gold_of(
        tmp_path,
        "m1/a.jpg#0 UBERON:1|UBERON:2 depicted affirmed must test",
        "m1/a.jpg#0 MONDO:1 mentioned affirmed must test",
    )
    anchors = [found("p1", "lung"), found("p1", "lobe"), found("p1", "heart", "mentioned")]
    told = scored([gold], Anchored(panels=[placed("p1")], anchors=anchors, nodes=NODES, near=frozenset()))
    assert (told["f1"], told["test"]["as_built"]["musts"]) == (1.0, 1)
    assert told["test"]["as_built"]["recall_of"] == {"mentioned": {"musts": 1, "recall": 0.0}}


def test_a_right_node_in_a_wrong_role_is_wrong_and_told_apart(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, "m1/a.jpg#0 MONDO:1 mentioned affirmed must test")
    anchors = [found("p1", "flu"), found("p1", "heart", "diagnosis")]
    told = scored([gold], Anchored(panels=[placed("p1")], anchors=anchors, nodes=NODES, near=frozenset()))
    built = told["test"]["as_built"]
    assert (built["wrong"], built["wrong_role"], built["f1"]) == (2, 1, 0.0)


def test_what_a_store_holds_is_read_by_name(store: Store) -> None:
    assert store.query("score_panels", build="build:none") == []
    assert store.query("score_anchors", build="build:none") == []
    assert store.query("score_nodes", tree=1) == []
    assert store.query("score_near", build="build:none", tree=1) == []


def test_panels_are_ranked_by_the_score_of_the_anchor(tmp_path: Path) -> None:
    names = [f"m{at}/a.jpg#0" for at in range(1, 15)]
    gold = gold_of(
        tmp_path,
        *(f"{name} UBERON:1 depicted affirmed must test" for name in names[:12]),
        f"{names[12]} UBERON:1 depicted affirmed may test",
        f"{names[13]} MONDO:1 depicted affirmed must test",
    )
    panels = [placed(f"p{at}", f"m{at}/a.jpg") for at in range(1, 15)]
    anchors = [found(f"p{at}", "lung", score=0.4) for at in range(1, 7)]
    anchors += [found("p13", "lung", score=0.9), found("p14", "lung", score=0.8), found("p14", "lung", "mentioned")]
    told = scored([gold], Anchored(panels=panels, anchors=anchors, nodes=NODES, near=frozenset()))["test"]["as_built"]
    assert (told["nodes"], told["nodes_that_find"]) == (2, 1)
    assert told["p_at_10"] == 7 / 8
    assert told["node_recall"] == (6 / 12 + 0) / 2
    assert told["node_recall_at_10"] == (6 / 10 + 0) / 2


def test_the_order_of_what_is_read_changes_nothing(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, *(f"m{at}/a.jpg#0 UBERON:{at % 3 + 1} depicted affirmed must test" for at in range(9)))
    panels = [placed(f"p{at}", f"m{at}/a.jpg") for at in range(9)]
    anchors = [found(f"p{at}", ("lung", "lobe", "heart")[at % 2], score=at / 10) for at in range(9)]
    first = scored([gold], Anchored(panels=panels, anchors=anchors, nodes=NODES, near=frozenset()))
    for some in (panels, anchors):
        random.Random(3).shuffle(some)
    assert scored([gold], Anchored(panels=panels, anchors=anchors, nodes=NODES[::-1], near=frozenset())) == first


def test_no_build_and_no_panel_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs --home"):
        score_anchors([GOLD])
    gold = gold_of(tmp_path, "m1/a.jpg#0 UBERON:1 depicted affirmed must test")
    with pytest.raises(BadInput, match="none of the panels"):
        scored([gold], Anchored(panels=[], anchors=[], nodes=NODES, near=frozenset()))


# ---------------------------------------------------------------- weights that saw the panels


def labelled_images(folder: Path) -> Path:
    """Write two images into each of six articles, and return their labels as the score `modality` reads them."""
    lines = ["image\tlabel\tmedical_image"]
    for number in range(1, 7):
        article = folder / f"m{number}"
        article.mkdir()
        (article / "article.nxml").write_text("<article/>")
        for name, label, medical, shade in (("a", "ct", "yes", 20), ("b", "chart", "no", 250)):
            (article / f"{name}.png").write_bytes(png(40, shade=shade - number))
            lines.append(f"m{number}/{name}.png\t{label}\t{medical}")
    (folder / "modality.tsv").write_text("\n".join(lines) + "\n")
    return folder / "modality.tsv"


def test_panels_in_whose_files_the_weights_learnt_are_told_apart(tmp_path: Path) -> None:
    gold = gold_of(tmp_path, *(f"m{at}/a.jpg#0 UBERON:1 depicted affirmed must test" for at in (1, 2)))
    panels = [placed("p1"), placed("p2", "m2/a.jpg")]
    anchors = [found("p1", "lung"), found("p2", "heart")]
    built = Anchored(panels=panels, anchors=anchors, nodes=NODES, near=frozenset())
    told = scored([gold], replace(built, learnt=lambda keys: frozenset({"p1"}) & set(keys)))
    assert (told["n"], told["f1"], told["trained_on_gold"]) == (2, 0.5, True)
    assert (told["unseen_by_weights"]["n"], told["unseen_by_weights"]["f1"]) == (1, 0.0)
    assert scored([gold], built)["trained_on_gold"] is False


def test_the_refitted_score_is_of_weights_that_saw_none_of_the_article(tmp_path: Path) -> None:
    gold_of(tmp_path, *(f"m{at}/a.jpg#0 UBERON:1 depicted affirmed must test" for at in (1, 2, 9)))
    labels = labelled_images(tmp_path)
    asked: dict[str, ModalityModel] = {}

    def again(models: Mapping[str, ModalityModel]) -> list[FoundAnchor]:
        asked.update(models)
        return [found("p1", "lung")]

    panels = [placed("p1"), placed("p2", "m2/a.jpg"), placed("p9", "m9/a.jpg")]
    built = Anchored(panels=panels, anchors=[], nodes=NODES, near=frozenset(), again=again)
    told = score_anchors([tmp_path / "gold.tsv"], options={"anchored": built, "refit": labels})
    assert (told["f1"], told["refitted"]["f1"], told["refitted"]["by"]) == (0.0, 0.5, "article")
    seen = {row.group: set[int]() for row in read_images(labels, root=tmp_path)}
    for row in read_images(labels, root=tmp_path):
        seen[row.group].add(row.seen)
    for panel, article in (("p1", "m1"), ("p2", "m2")):
        learnt = set(asked[panel].seen.tolist())
        assert learnt and not learnt & seen[article]
        assert len(learnt) < sum(map(len, seen.values()))
    assert asked["p9"].seen.size, "an article without labelled images"
