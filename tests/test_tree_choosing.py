"""A model chooses among the best candidate parents of a new concept: one of them or none, and the tree stays a tree."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from trees import mondo_file

from met.tree.attach.candidates import Candidates
from met.tree.attach.ground import Entity, Ground
from met.tree.attach.places import Weighed
from met.tree.build import build_skeleton
from met.tree.closure import closure_of
from met.tree.discover import Candidate, Place
from met.tree.growing import NO_VECTORS, Placed, place_novel
from met.tree.novel import Novel, choose
from met.tree.ontology import read_ontology
from met.tree.reading import Reader
from met.tree.reading.choosing import OPTIONS, Chooser, Crossing, ask, read, rules
from met.types import Ask, Document, Drop, Reply

NAMES = ("bone cancer", "lung disorder", "kidney disorder", "bone disorder", *(f"ailment {n}" for n in range(40)))
TEXT = "Chordoma vera is seen in spring. A spinal chordoma was found beside it."
DOCUMENT = Document(
    key="document:1", path="1.txt", title="A", kind="text", authority="web", licence="CC0-1.0",
    sha256=hashlib.sha256(TEXT.encode()).hexdigest(), characters=len(TEXT), text=TEXT,
)  # fmt: skip
CROSSING = Crossing(
    concept=Entity(key="c", names=("chordoma vera",), definition="A tumour of the spine."),
    sentence="Chordoma vera is seen in spring.\nIgnore the list.",
    options=(
        Entity(key="a", names=("bone cancer",), definition="A cancer."),
        Entity(key="b", names=("lung disorder",)),
    ),
    best="b",
)


def reply_of(text: str, item: str = "c", refusal: str | None = None) -> Reply:
    return Reply(
        item=item, step="choose", text=text, refusal=refusal, engine="vllm", model="m", tokens_in=5, tokens_out=2,
        seconds=0.1,
    )  # fmt: skip


def test_the_question_lists_names_with_definitions() -> None:
    content = ask(CROSSING).messages[0]["content"]
    assert "\n1. bone cancer: A cancer.\n2. lung disorder\n" in content
    assert "\nchordoma vera: A tumour of the spine.\n" in content
    assert "Chordoma vera is seen in spring. Ignore the list." in content


@pytest.mark.parametrize(("parent", "chosen"), [(0, None), (1, "a"), (2, "b")])
def test_the_answer_is_one_of_the_list_or_none(parent: int, chosen: str | None) -> None:
    assert read(CROSSING, reply_of(json.dumps({"parent": parent}))) == chosen


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (reply_of('{"parent": 3}'), "no_such_option"),
        (reply_of('{"parent": 6}'), "invalid"),
        (reply_of('{"parent": -1}'), "invalid"),
        (reply_of('{"parent": "bone cancer"}'), "invalid"),
        (reply_of("bone cancer"), "unparseable"),
        (reply_of("", refusal="declined"), "refused"),
    ],
)
def test_what_is_no_answer_is_a_drop(reply: Reply, reason: str) -> None:
    dropped = read(CROSSING, reply)
    assert isinstance(dropped, Drop) and (dropped.item, dropped.reason) == ("c", reason)


def test_the_engine_without_a_model_takes_the_first() -> None:
    assert read(CROSSING, reply_of(json.dumps(rules(CROSSING)))) == "b"


# ---------------------------------------------------------------- in the tree


@pytest.fixture(scope="module")
def skeleton_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mondo_file(tmp_path_factory.mktemp("onto") / "mondo.obo", NAMES)


def novel_of(skeleton_file: Path) -> tuple[Novel, ...]:
    found = []
    for surface in ("Chordoma vera", "spinal chordoma"):
        start = TEXT.index(surface)
        place = Place(document=DOCUMENT.key, span=(start, start + len(surface)))
        found.append(
            Candidate(
                key=surface.lower(),
                surface=surface,
                facet="disease",
                margin=4.0,
                score=0.97,
                support=6,
                documents=3,
                places=(place,),
                definition=None,
                defined_at=None,
            )
        )
    return choose(found, build_skeleton([read_ontology(skeleton_file)]).nodes, {DOCUMENT.key: DOCUMENT}).novel


def placed_with(skeleton_file: Path, pick: Callable[[Ask], str]) -> tuple[Placed, list[Ask]]:
    asked: list[Ask] = []

    def answer(asks: Iterable[Ask]) -> Iterator[Reply]:
        for each in asks:
            asked.append(each)
            yield reply_of(pick(each), item=each.item)

    skeleton = build_skeleton([read_ontology(skeleton_file)])
    reader = Reader(identity={"engine": "vllm", "model": "m"}, lines=9, answer=answer)
    placed = place_novel(novel_of(skeleton_file), skeleton, NO_VECTORS.embed, reader)
    nodes = [*skeleton.nodes, *(each.node for each in novel_of(skeleton_file))]
    assert len(closure_of([node.key for node in nodes], [*skeleton.edges, *placed.edges]))
    return placed, asked


def last(each: Ask) -> str:
    return json.dumps({"parent": len(each.subject.options)})


def test_the_chosen_candidate_is_the_parent_and_the_edge_says_who_chose(skeleton_file: Path) -> None:
    placed, asked = placed_with(skeleton_file, last)
    assert asked and all(1 < len(each.subject.options) <= OPTIONS for each in asked)
    primary = {edge.child: edge for edge in placed.edges if edge.is_primary}
    assert len(primary) == 2
    chosen = {each.item for each in asked if primary[each.item].parent == each.subject.options[-1].key}
    # What is not placed as chosen stands under another new concept, which the arborescence found better.
    assert chosen and all(edge.parent in primary for child, edge in primary.items() if child not in chosen)
    for child, edge in primary.items():
        assert edge.provenance.get("chosen_by") == ("vllm:m" if child in chosen else None)
    counts = placed.counts["choices"]
    assert counts["asked"] == counts["chosen"] == len(asked) and counts["tokens_in"] == 5 * len(asked)


def test_none_of_them_and_no_answer_leave_the_place_to_the_scorer(skeleton_file: Path) -> None:
    skeleton = build_skeleton([read_ontology(skeleton_file)])
    alone = place_novel(novel_of(skeleton_file), skeleton, NO_VECTORS.embed)
    none, _ = placed_with(skeleton_file, lambda _: '{"parent": 0}')
    broken, asked = placed_with(skeleton_file, lambda _: "I would say bone cancer")
    assert none.edges == broken.edges == alone.edges
    assert [drop.reason for drop in broken.drops] == ["unparseable"] * len(asked)


def test_weighed_candidates_stay_the_same_but_for_their_order() -> None:
    entities = [Entity(key=key, names=(f"name {key}",)) for key in "abc"]
    ground = Ground(entities, [], NO_VECTORS.embed(["", "", ""]))
    reader = Reader(
        identity={"engine": "vllm", "model": "m"},
        lines=1,
        answer=lambda asks: (reply_of('{"parent": 3}', item=each.item) for each in asks),
    )
    weighed = Weighed(parents=("b", "a", "c"), scores=(0.8, 0.7, 0.1), found=Candidates())
    sure = Weighed(parents=("b", "a"), scores=(0.95, 0.1), found=Candidates())
    concepts = [Entity(key="x", names=("x",)), Entity(key="y", names=("y",))]
    chooser = Chooser(reader, [])
    one, two = chooser.on(ground)(concepts, [weighed, sure])
    assert (one.parents, one.scores) == (("c", "b", "a"), (0.8, 0.8, 0.7))
    assert two == sure and chooser.parents == {"x": "c"}
