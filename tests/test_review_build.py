"""What reviewers say of a real build: every row that rests on it heeds it after the next one, and an undo undoes it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command import met
from homes import BuiltSample, running_home

from flows.services import database
from met.sources.sample import Sample
from met.store import Store, review
from met.store.dossiers import load_dossiers
from met.types import Anchor, Dossier, Panel, Review

# Four builds, one after the other, on a home in which the sample is built.
pytestmark = pytest.mark.slow

# Words of the caption by which a panel of the sample is found.
WORDS = {
    "heart": "transthoracic", "lymph": "Vessels branch", "abdomen": "focal lesion", "head": "head rest",
    "base": "mastoid air cells", "spine": "aorta beside it", "callipers": "callipers", "bars": "Bar chart",
    "flow": "Flow diagram", "sketch": "Sketch of", "tiny": "sixty-four", "again": "The same frame again",
}  # fmt: skip
REWRITTEN = "By which technique was this image made?"
# What Ann, an annotator, says of the pairs that her plan gives her; of the others she says nothing.
ANN = {
    "heart": ("accept",),
    "lymph": ("accept",),
    "base": ("correct", "--set", "spans=[[12, 137]]"),
    "bars": ("correct", "--set", "modality=ultrasound", "--set", "node=heart"),
    "flow": ("accept",),
    "sketch": ("accept",),
}


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a build printed, the dossiers of its panels and its exported rows by name, and its data card."""

    summary: dict[str, Any]
    dossiers: dict[str, Dossier]
    rows: dict[str, list[dict[str, Any]]]
    card: str

    def reason(self, name: str) -> str:
        """Why stage 1 kept or dropped a panel."""
        return next(one.reason for one in self.dossiers[name].verdicts if one.stage == "screen")

    def anchor(self, name: str, node: str) -> Anchor | None:
        """The anchor of a panel at the node of that name."""
        found = self.dossiers[name]
        return next((one for one in found.anchors if found.nodes[one.node].node.name == node), None)


@dataclass(frozen=True, kw_only=True)
class World:
    """A home in which the sample is built again and again."""

    home: Path
    sample: Sample
    outs: Path
    store: Store

    def met(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run a command in the home and return the JSON that it prints last."""
        done = met(*arguments, "--home", str(self.home), "--json", check=code)
        return dict(json.loads(done.stdout.strip().splitlines()[-1])) if done.stdout.strip() else {}

    def build(self, name: str) -> Built:
        ontologies = [part for path in self.sample.ontologies for part in ("--ontology", str(path))]
        inputs = [str(self.sample.articles), "--texts", str(self.sample.texts), *ontologies]
        summary = self.met("build", *inputs, "--out", str(self.outs / name))
        key = str(self.store.query("latest_build")[0].key)
        panels = [panel.key for panel in self.store.select(Panel, build=key)]
        dossiers = {_name(dossier): dossier for dossier in load_dossiers(self.store, key, panels)}
        names = {dossier.panel.key: word for word, dossier in dossiers.items()}
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in pq.read_table(self.outs / name / "rows.parquet").to_pylist():
            rows.setdefault(names[row["panel"]], []).append(row)
        card = (self.outs / name / "DATA_CARD.md").read_text("utf-8")
        return Built(summary=summary, dossiers=dossiers, rows=rows, card=card)

    def record(self, item: str, judgement: str, who: str, kind: str, **more: Any) -> Review:
        return review.record(self.store, item=item, reviewer=who, kind=kind, judgement=judgement, **more)  # type: ignore[arg-type]

    def ledger(self, item: str) -> list[tuple[Any, ...]]:
        """What was ever worked on for a panel."""
        build = self.store.query("latest_build")[0].key
        rows = self.store.query("why_ledger", build=build, keys=[item])
        return [(row.stage, row.version, row.at) for row in rows]


def _name(dossier: Dossier) -> str:
    return next(name for name, words in WORDS.items() if words in dossier.figure.caption)


@pytest.fixture(scope="module")
def world(sample_build: BuiltSample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_home(sample_build.home) as home, database(home) as store:
        yield World(home=home, sample=sample_build.sample, outs=tmp_path_factory.mktemp("outs"), store=store)


@pytest.fixture(scope="module")
def before(world: World) -> Built:
    """The sample as the engine alone builds it."""
    return world.build("before")


@pytest.fixture(scope="module")
def worked(world: World, before: Built) -> list[tuple[Any, ...]]:
    """What was worked on for a pair that is to be accepted."""
    return world.ledger(before.dossiers["lymph"].panel.key)


@pytest.fixture(scope="module")
def after(world: World, before: Built, worked: list[tuple[Any, ...]]) -> Built:
    """The same, after a plan and judgements of a clinician, an annotator and a model."""
    plan = world.met("review", "plan", "--size", "12", "--item", "pair", "--name", "pairs")
    assert plan["items"] == len(WORDS)
    asked = world.met("review", "next", "--reviewer", "ann", "--plan", "pairs", "--limit", "12")["items"]
    names = {dossier.panel.key: name for name, dossier in before.dossiers.items()}
    for item in asked:
        if said := ANN.get(names[item["item"]]):
            ann = ("--reviewer", "ann", "--kind", "annotator", "--plan", "pairs")
            world.met("review", "record", item["item"], *said, *ann)
    left = world.met("review", "next", "--reviewer", "ann", "--plan", "pairs", "--limit", "12")["items"]
    assert {names[item["item"]] for item in left} == WORDS.keys() - ANN.keys()
    _say_of_pairs(world, before)
    _say_of_rows(world, before)
    return world.build("after")


def _say_of_pairs(world: World, before: Built) -> None:
    of = {name: dossier.panel.key for name, dossier in before.dossiers.items()}
    brain = before.anchor("head", "brain")
    assert brain is not None
    world.record(of["heart"], "reject", "cora", "clinician", reason="wrong_text", note="another patient")
    world.record(of["head"], "correct", "cora", "clinician", correction={"node": brain.node})
    world.record(of["again"], "accept", "cora", "clinician")
    for name in ("head", "callipers"):
        world.record(of[name], "reject", "robo", "model", reason="nothing_visible")
    world.record(of["tiny"], "accept", "robo", "model")
    world.record(of["lymph"], "correct", "robo", "model", correction={"modality": "chart"})


def _say_of_rows(world: World, before: Built) -> None:
    questions = {question.kind: question.key for question in before.dossiers["abdomen"].questions}
    world.record(questions["anatomy"], "reject", "ann", "annotator", reason="needs_no_image")
    world.record(questions["modality"], "correct", "ann", "annotator", correction={"question": {"text": REWRITTEN}})
    aorta, vertebra = before.anchor("spine", "aorta"), before.anchor("spine", "thoracic vertebra")
    assert aorta is not None and vertebra is not None
    world.record(aorta.key, "reject", "ann", "annotator", reason="not_depicted")
    world.record(vertebra.key, "correct", "cora", "clinician", correction={"role": "mentioned"})
    caption = before.dossiers["spine"].captions[0]
    world.record(caption.key, "reject", "robo", "model", reason="unsupported")


@pytest.mark.parametrize(("name", "by"), [("heart", "clinician"), ("callipers", "model-audited")])
def test_a_rejected_pair_leaves_nothing_behind(before: Built, after: Built, name: str, by: str) -> None:
    assert before.rows[name] and before.reason(name) == "kept"
    assert after.reason(name) == "review_rejected"
    (verdict,) = after.dossiers[name].verdicts
    assert verdict.signals["review"]["by"] == by
    assert (after.dossiers[name].captions, after.dossiers[name].questions) == ((), ())
    assert name not in after.rows
    # Two pairs, an anchor, a caption and a question.
    assert after.summary["drops"]["review_rejected"] == 5


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sketch", "review_accepted"),  # a person brings it back
        ("tiny", "too_small"),  # a model does not
        ("again", "duplicate"),  # nor does anybody a repeat
        ("flow", "not_medical"),  # nor what is for no node
    ],
)
def test_who_brings_a_dropped_pair_back(before: Built, after: Built, name: str, reason: str) -> None:
    assert before.reason(name) != "kept" and name not in before.rows
    assert after.reason(name) == reason
    assert (name in after.rows) is (reason == "review_accepted")


def test_an_accepted_pair_is_not_worked_on_again(world: World, after: Built, worked: list[tuple[Any, ...]]) -> None:
    assert world.ledger(after.dossiers["lymph"].panel.key) == worked
    said = {(one["by"], one["judgement"]) for row in after.rows["lymph"] for one in row["reviews"]}
    assert said == {("annotator", "accept"), ("model-audited", "correct")}
    assert {row["modality"] for row in after.rows["lymph"]} == {"ultrasound"}


def test_a_corrected_node_is_that_of_the_pair_and_of_its_row(before: Built, after: Built) -> None:
    assert {row["node_name"] for row in before.rows["head"]} != {"brain"}
    assert {row["node_name"] for row in after.rows["head"]} == {"brain"}
    (anchor,) = (one for one in after.rows["head"][0]["anchors"] if one["node_name"] == "brain")
    assert anchor["method"] == "review:clinician"
    assert {one.node for one in after.dossiers["head"].verdicts} == {anchor["node"]}


def test_a_corrected_part_of_the_caption_reaches_every_text(before: Built, after: Built) -> None:
    assert before.dossiers["base"].subcaption == f"Skull base. {after.dossiers['base'].subcaption}"
    for row in after.rows["base"]:
        assert row["spans"] == [[12, 137]] and row["subcaption"].startswith("Axial CT")
    assert all(caption.text.startswith("Axial CT") for caption in after.dossiers["base"].captions)
    # The word that made the panel what it is holds for it still.
    assert [one.judgement for one in after.dossiers["base"].reviews] == ["correct"]


def test_a_corrected_modality_and_a_given_node_make_a_pair(before: Built, after: Built) -> None:
    assert before.reason("bars") == "not_medical" and not before.dossiers["bars"].anchors
    (row, *_) = after.rows["bars"]
    assert (row["modality"], row["modality_method"], row["node_name"]) == ("ultrasound", "review:annotator", "heart")
    told = {one["node_name"]: (one["role"], one["method"]) for one in row["anchors"]}
    assert told["heart"] == ("depicted", "review:annotator")
    assert told["ultrasonography"] == ("depicted", "modality")


def test_a_judged_anchor_is_gone_or_of_another_role(before: Built, after: Built) -> None:
    rows = after.dossiers["spine"].anchors
    assert before.anchor("spine", "aorta") is not None and after.anchor("spine", "aorta") is None
    vertebra = after.anchor("spine", "thoracic vertebra")
    assert vertebra is not None and (vertebra.role, vertebra.method) == ("mentioned", "review:clinician")
    told = {(one["key"], one["role"]) for row in after.rows["spine"] for one in row["anchors"]}
    assert told == {(one.key, one.role) for one in rows}


def test_a_rejected_caption_is_not_exported(before: Built, after: Built) -> None:
    assert before.dossiers["spine"].captions and not after.dossiers["spine"].captions
    # Gone as well is the question about a structure of which a clinician says that the text merely mentions it.
    (asked,) = (one for one in before.dossiers["spine"].questions if one.kind == "anatomy")
    vertebra = before.anchor("spine", "thoracic vertebra")
    assert vertebra is not None and asked.nodes == (vertebra.node,)
    gone = {row["kind"] for row in before.rows["spine"]} - {row["kind"] for row in after.rows["spine"]}
    assert gone == {"grounded", "anatomy"}


def test_judged_questions_are_gone_or_rewritten(before: Built, after: Built) -> None:
    assert {one.kind for one in before.dossiers["abdomen"].questions} == {"anatomy", "modality"}
    (row,) = (row for row in after.rows["abdomen"] if row["sample"] == "vqa")
    assert (row["text"], row["model"], row["answer"]) == (REWRITTEN, "review:annotator", "magnetic resonance imaging")


def test_the_card_counts_kinds_of_reviewers_apart(before: Built, after: Built) -> None:
    assert "reviewed by" not in before.card
    for by in ("clinician", "annotator", "model-audited"):
        assert f"| {by} |" in after.card
    for name in ("ann", "cora", "robo"):
        assert name not in after.card.split()


def test_why_tells_who_by_kind_and_what_it_changed(world: World, after: Built) -> None:
    told = {
        name: [(one["by"], one["judgement"], one["changed"]) for one in world.met("why", item)["reviews"]]
        for name, item in (
            ("heart", after.dossiers["heart"].panel.key),
            ("sketch", after.dossiers["sketch"].panel.key),
            ("bars", after.dossiers["bars"].panel.key),
            ("base", after.dossiers["base"].panel.key),
            ("question", after.dossiers["abdomen"].questions[0].key),
            ("spine", after.dossiers["spine"].panel.key),
        )
    }
    assert ("clinician", "reject", "the pair is dropped at screen") in told["heart"]
    assert ("annotator", "accept", "nothing: clinician decides") in told["heart"]
    kept = "the pair is kept at screen against not medical; the pair is kept at align against caption disagrees"
    assert told["sketch"] == [("annotator", "accept", kept)]
    ((by, judgement, changed),) = told["bars"]
    assert (by, judgement) == ("annotator", "correct")
    for part in ("the modality is ultrasound, before chart", "the anchor is heart, depicted"):
        assert part in changed
    assert told["base"] == [("annotator", "correct", "its part of the caption is another")]
    assert set(told["question"]) == {
        ("annotator", "reject", "the question is dropped"), ("annotator", "correct", "the question is rewritten")
    }  # fmt: skip
    assert set(told["spine"]) == {
        ("annotator", "reject", "the anchor is dropped"),
        ("clinician", "correct", "the anchor is thoracic vertebra, mentioned"),
        ("model-audited", "reject", "the caption is dropped"),
    }


def test_why_withholds_what_somebody_has_still_to_judge(world: World, after: Built) -> None:
    chain = world.met("why", after.dossiers["callipers"].panel.key)
    assert (chain["reviews"], chain["reviews_withheld"]) == ([], 1)


@pytest.fixture(scope="module")
def again(world: World, after: Built) -> Built:
    """Built once more after Ann has accepted what she had corrected."""
    said = world.record(after.dossiers["bars"].panel.key, "accept", "ann", "annotator")
    assert (said.judgement, set(said.correction)) == ("correct", {"modality", "node"})
    return world.build("again")


def test_who_accepts_what_was_corrected_confirms_the_correction(after: Built, again: Built) -> None:
    assert again.summary["manifest_sha256"] == after.summary["manifest_sha256"]


def test_after_an_undo_everything_is_as_before(world: World, before: Built, again: Built) -> None:
    for who, times in (("ann", 9), ("cora", 4), ("robo", 5)):
        for _ in range(times):
            review.undo(world.store, reviewer=who)
    world.met("review", "undo", "--reviewer", "ann", code=2)
    undone = world.build("undone")
    assert undone.summary["work"] == 0
    assert undone.summary["manifest_sha256"] == before.summary["manifest_sha256"]
    assert undone.dossiers == before.dossiers
