"""A dataset is a pure function of its pairs, keeps to the licences, loads back, and shows when somebody touched it."""

import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.export import score_export
from met.evaluate.synthetic import picture
from met.export import FORMATS, CardFacts, Manifest, Material, export_dataset
from met.export.folder import replaced
from met.export.formats import conversation
from met.export.schema import COLUMNS
from met.harvest.article import harvest_article
from met.harvest.panels import panels_of
from met.keys import content_key, digest
from met.pixels import decode_rgb, encode_png
from met.sources.folder import read_file, scan_folder
from met.types import (
    Anchor,
    Article,
    Box,
    Caption,
    Dossier,
    Figure,
    Image,
    Mention,
    Modality,
    Node,
    Panel,
    PlacedNode,
    Question,
    Region,
    Verdict,
)

SIDE = 48
HOSTILE = (
    "<script>alert(1)</script> \"quoted\" 'x' \u202egnp.exe\u202c שלום 🫁 | `a` "
    "<img src=x onerror=y> [l](javascript:z) & <image>"
)
BLOBS: dict[str, bytes] = {}


@cache
def stored(index: int) -> Image:
    """An image of which `BLOBS` holds the file."""
    data = encode_png(picture((index,), side=SIDE))
    sha256 = hashlib.sha256(data).hexdigest()
    BLOBS[sha256] = data
    return Image(
        sha256=sha256, media_type="image/png", bytes=len(data), width=SIDE, height=SIDE, mode="RGB", phash=index
    )


NODE = Node(
    key=content_key("node", "disease", "MONDO:0005249"),
    digest="0" * 32,
    facet="disease",
    curie="MONDO:0005249",
    name="pneumonia",
    synonyms=("lung inflammation",),
    definition=None,
    xrefs=(),
    provenance={},
    licence="CC-BY-4.0",
    text_digest="0" * 32,
)


def dossier(
    index: int,
    *,
    licence: str = "CC-BY-4.0",
    text_licence: str | None = None,
    box: Box = (0, 0, SIDE, SIDE),
    caption: str = "Chest radiograph with pneumonia (arrow).",
    written: str | None = "The radiograph shows pneumonia.",
) -> Dossier:
    """A kept pair with one node, one region, and, where `written` is given, a written caption and two questions."""
    image = stored(index)
    article = content_key("article", "pmc", f"PMC{index}", "1")
    figure = content_key("figure", article, 0)
    panel = content_key("panel", figure, image.sha256, list(box))
    made: dict[str, Any] = {
        "panel": panel,
        "nodes": (NODE.key,),
        "licence": licence,
        "engine": "rules",
        "model": "rules",
    }
    captions, questions = (), ()
    if written is not None:
        support = {"sentence": 0, "field": "subcaption", "start_char": 0, "end_char": len(caption)}
        captions = (
            Caption(key=content_key("caption", panel, "short"), kind="short", text=written, supports=[support], **made),
        )
        questions = (
            Question(
                key=content_key("question", panel, "node", "What?"),
                kind="node",
                text="What does the image show?",
                options=("asthma", "pneumonia"),
                answer="pneumonia",
                rationale="The caption names it.",
                edges=[],
                needs="image",
                **made,
            ),
            Question(
                key=content_key("question", panel, "open", "Where?"),
                kind="open",
                text="Which part of the image is marked?",
                options=(),
                answer="The part at the arrow.",
                rationale="",
                edges=[],
                needs="image+context",
                **made,
            ),
        )
    return Dossier(
        panel=Panel(
            key=panel,
            figure=figure,
            image=image.sha256,
            box=box,
            phash=0,
            position=0,
            letter=None,
            spans=((0, len(caption)),),
            method="whole",
            confidence=1.0,
            digest=digest(index),
        ),
        figure=Figure(
            key=figure,
            article=article,
            position=0,
            digest=digest(index),
            xml_id="f1",
            label="Figure 1",
            title=None,
            caption=caption,
            graphic="f1.png",
            image=image.sha256,
            licence=licence,
            licence_url="https://creativecommons.org/licenses/by/4.0/",
            credit=f"Courtesy of {HOSTILE}",
        ),
        article=Article(
            key=article,
            repository="pmc",
            id=f"PMC{index}",
            edition="1",
            digest=digest(index),
            title="A case",
            journal="Journal of <b>Cases</b>",
            year=2020,
            doi=f"10.0000/{index}",
            pmcid=f"PMC{index}",
            article_type="case-report",
            licence=text_licence or licence,
            licence_url=None,
            copyright="The authors",
            retracted=False,
            abstract=None,
            keywords=(),
            data_class="open",
            path=f"PMC{index}/a.nxml",
            published="2020-02",
            subjects=("Radiology",),
            related=({"kind": "correction-forward", "target": "doi:10.0000/correction"},),
        ),
        image=image,
        mentions=(
            Mention(
                key=content_key("mention", figure, 0),
                figure=figure,
                position=0,
                text="Figure 1 shows pneumonia.",
                start_char=0,
                end_char=8,
                panel_letters=(),
            ),
        ),
        modality=Modality(
            key=content_key("modality", panel), panel=panel, label="x-ray", probability=0.9, medical=0.99, method="test"
        ),
        anchors=(
            Anchor(
                key=content_key("anchor", panel, NODE.key),
                panel=panel,
                node=NODE.key,
                role="depicted",
                polarity="affirmed",
                certainty="certain",
                score=0.8123,
                method="dictionary",
                field="subcaption",
                surface="pneumonia",
                start_char=22,
                end_char=31,
            ),
        ),
        nodes={NODE.key: PlacedNode(node=NODE, path=("disease", "lung disease"), siblings=())},
        verdicts=(
            Verdict(
                key=content_key("verdict", panel, "align"),
                panel=panel,
                stage="align",
                keep=True,
                reason="named",
                node=NODE.key,
                signals={"named": True},
                engine="rules",
                model="rules",
            ),
        ),
        regions=(
            Region(
                key=content_key("region", panel, "whole"),
                panel=panel,
                box=box,
                rle=None,
                node=NODE.key,
                producer="whole",
                producer_version="1",
                score=1.0,
            ),
        ),
        captions=captions,
        questions=questions,
    )


FACTS = CardFacts(
    engine="rules",
    tree="tree:1",
    inputs={"ontologies": [{"name": "hp.obo", "sha256": "0" * 64}], "texts": []},
    tree_report={"nodes": {"disease": 3}},
    versions={"harvest": "1", "caption": "1-rules"},
    funnel=[{"stage": "align", "kept": 3, "dropped": 1}, {"stage": "harvest", "kept": 5, "dropped": 1}],
    drops=[
        {"stage": "align", "reason": "text_names_no_node", "items": 1},
        {"stage": "harvest", "reason": "missing_graphic", "items": 1},
    ],
    settings={"image_side": 448},
    materials=[Material(kind="ontology", name="hp", version="2026-01-01", licence="HPO")],
)


def export(out: Path, dossiers: Sequence[Dossier], **changes: Any) -> Manifest:
    arguments: dict[str, Any] = {
        "read_blob": BLOBS.__getitem__,
        "formats": FORMATS,
        "facts": FACTS,
        "run": {"key": "run:1"},
    }
    in_order = sorted(dossiers, key=lambda one: one.panel.key)
    return export_dataset(in_order, out=out, **{**arguments, **changes})


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(out / "rows.parquet").to_pylist()
    return found


def content(out: Path) -> dict[str, bytes]:
    paths = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def drops(manifest: Manifest) -> list[tuple[str, str]]:
    return sorted((drop.item.partition(":")[0], drop.reason) for drop in manifest.drops)


# ---------------------------------------------------------------- same input, same output


def test_equal_pairs_make_equal_bytes_whatever_the_run(tmp_path: Path) -> None:
    pairs = [dossier(index) for index in range(5)]
    first = export(tmp_path / "a", pairs, run={"key": "run:1", "machine": "here", "seconds": {"export": 1.5}})
    second = export(tmp_path / "far" / "b", pairs, run={"key": "run:2", "machine": "there", "usd": 3})
    assert first == second
    assert content(tmp_path / "a") == content(tmp_path / "far" / "b")
    assert (tmp_path / "a/run.json").read_bytes() != (tmp_path / "far/b/run.json").read_bytes()


def test_no_fact_of_the_run_stands_in_a_hashed_file(tmp_path: Path) -> None:
    export(tmp_path / "marked-place", [dossier(0)], run={"key": "run:marked-run", "machine": "marked-machine"})
    assert not [path for path, data in content(tmp_path / "marked-place").items() if b"marked-" in data]


def test_other_pairs_make_another_hash(tmp_path: Path) -> None:
    assert export(tmp_path / "a", [dossier(0)]).sha256 != export(tmp_path / "b", [dossier(1)]).sha256


def test_the_manifest_lists_every_file_with_its_hash(tmp_path: Path) -> None:
    made = export(tmp_path / "out", [dossier(0), dossier(1)])
    data = (tmp_path / "out/manifest.json").read_bytes()
    assert made.sha256 == hashlib.sha256(data).hexdigest()
    listed = {file["path"]: file for file in json.loads(data)["files"]}
    assert list(listed) == sorted(listed)
    there = content(tmp_path / "out")
    assert set(listed) == set(there) - {"manifest.json"}
    for path, file in listed.items():
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(there[path]).hexdigest(), len(there[path]))
    assert listed["rows.parquet"]["rows"] == listed["llava.json"]["rows"] == made.rows == 6


def test_dossiers_out_of_order_are_refused(tmp_path: Path) -> None:
    backwards = sorted([dossier(0), dossier(1)], key=lambda one: one.panel.key, reverse=True)
    with pytest.raises(ValueError, match="order of their panel keys"):
        export_dataset(
            backwards, read_blob=BLOBS.__getitem__, out=tmp_path / "out", formats=["parquet"], facts=FACTS, run={}
        )
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- rows and images


def test_a_row_has_every_column_and_its_facts(tmp_path: Path) -> None:
    one = dossier(0)
    export(tmp_path / "out", [one])
    found = rows(tmp_path / "out")
    assert [(row["sample"], row["kind"]) for row in found[:1]] == [("caption", "short")]
    assert sorted(row["kind"] for row in found[1:]) == ["node", "open"]
    row = found[0]
    assert set(row) == set(COLUMNS)
    never_null = set(COLUMNS) - {
        "options",
        "answer",
        "rationale",
        "needs",
        "edges_json",
        "panel_letter",
        "figure_title",
        "facts_json",
    }
    assert {name for name in never_null if row[name] is None} == {"text_licence_url"}
    assert row["box"] == [0, 0, SIDE, SIDE]
    assert (row["published"], row["subjects"]) == ("2020-02", ["Radiology"])
    assert row["related"] == [{"kind": "correction-forward", "target": "doi:10.0000/correction"}]
    assert row["node_path"] == ["disease", "lung disease"]
    assert row["anchors"][0]["score"] == pytest.approx(0.8123)
    assert row["anchors"][0]["node_name"] == "pneumonia"
    assert json.loads(row["supports_json"])[0]["field"] == "subcaption"
    assert json.loads(row["verdicts"][0]["signals_json"]) == {"named": True}
    assert row["versions"] == [{"stage": "caption", "version": "1-rules"}, {"stage": "harvest", "version": "1"}]


def test_a_whole_figure_leaves_with_its_pixel_stream_and_both_hashes(tmp_path: Path) -> None:
    one = dossier(0)
    export(tmp_path / "out", [one])
    row = rows(tmp_path / "out")[0]
    data = (tmp_path / "out" / row["image"]).read_bytes()
    assert row["image_pixels"] == "original"
    assert row["image_sha256"] == hashlib.sha256(data).hexdigest()
    assert row["figure_image_sha256"] == one.image.sha256
    assert np.array_equal(decode_rgb(data), decode_rgb(BLOBS[one.image.sha256]))


def test_a_panel_of_a_figure_leaves_as_a_lossless_crop(tmp_path: Path) -> None:
    one = dossier(0, box=(8, 4, 40, 20))
    export(tmp_path / "out", [one])
    row = rows(tmp_path / "out")[0]
    cropped = decode_rgb((tmp_path / "out" / row["image"]).read_bytes())
    assert np.array_equal(cropped, decode_rgb(BLOBS[one.image.sha256])[4:20, 8:40])
    assert (row["image_pixels"], row["image_width"], row["image_height"]) == ("crop", 32, 16)
    assert (row["figure_image_sha256"], row["box"]) == (one.image.sha256, [8, 4, 40, 20])


def test_a_panel_without_written_text_keeps_its_own_caption(tmp_path: Path) -> None:
    export(tmp_path / "out", [dossier(0, written=None)])
    (row,) = rows(tmp_path / "out")
    assert (row["kind"], row["text"], row["made_licence"]) == (
        "source",
        "Chest radiograph with pneumonia (arrow).",
        None,
    )


# ---------------------------------------------------------------- licences


def test_a_work_without_derivatives_leaves_whole_with_its_own_caption_alone(tmp_path: Path) -> None:
    made = export(tmp_path / "out", [dossier(0, licence="CC-BY-ND-4.0")])
    (row,) = rows(tmp_path / "out")
    assert (row["kind"], row["image_pixels"], row["mentions"]) == ("source", "original", [])
    assert drops(made) == [
        ("caption", "licence_forbids_made_text"),
        ("question", "licence_forbids_made_text"),
        ("question", "licence_forbids_made_text"),
    ]


@pytest.mark.parametrize(("image", "text"), [("CC-BY-ND-4.0", "CC-BY-4.0"), ("CC-BY-4.0", "CC-BY-NC-ND-4.0")])
def test_a_crop_of_a_work_without_derivatives_stays(tmp_path: Path, image: str, text: str) -> None:
    made = export(tmp_path / "out", [dossier(0, licence=image, text_licence=text, box=(0, 0, 10, 10))])
    assert drops(made) == [("panel", "licence_forbids_crop")]
    assert rows(tmp_path / "out") == []


def test_commercial_use_leaves_out_what_forbids_it(tmp_path: Path) -> None:
    pairs = [
        dossier(0),
        dossier(1, licence="CC-BY-NC-4.0"),
        dossier(2, text_licence="CC-BY-NC-SA-4.0"),
        dossier(3, licence="unknown"),
    ]
    made = export(tmp_path / "out", pairs, use="commercial")
    assert {row["pmcid"] for row in rows(tmp_path / "out")} == {"PMC0"}
    assert drops(made) == [("panel", "licence_forbids_use")] * 3
    assert {drop.detail["field"] for drop in made.drops} == {"image", "text"}


def test_a_text_of_a_stricter_licence_stays_where_it_may_not_go(tmp_path: Path) -> None:
    one = dossier(0)
    one = replace(one, captions=tuple(replace(caption, licence="CC-BY-NC-4.0") for caption in one.captions))
    made = export(tmp_path / "out", [one], use="commercial")
    assert sorted(row["kind"] for row in rows(tmp_path / "out")) == ["node", "open", "source"]
    assert drops(made) == [("caption", "licence_forbids_use")]


def test_a_question_whose_answer_is_no_option_is_dropped(tmp_path: Path) -> None:
    one = dossier(0)
    wrong = replace(one, questions=tuple(replace(question, answer="gout") for question in one.questions))
    made = export(tmp_path / "out", [wrong])
    assert drops(made) == [("question", "answer_not_an_option")]
    assert made.rows == 2


# ---------------------------------------------------------------- formats


def test_every_format_loads_back_with_the_same_ids(tmp_path: Path) -> None:
    export(tmp_path / "out", [dossier(index) for index in range(3)])
    out = tmp_path / "out"
    ids = [row["id"] for row in rows(out)]
    llava, sharegpt = (json.loads((out / name).read_bytes()) for name in ("llava.json", "sharegpt.json"))
    assert [record["id"] for record in llava] == [record["id"] for record in sharegpt] == ids
    for record, other in zip(llava, sharegpt, strict=True):
        assert (out / record["image"]).is_file()
        assert other["images"] == [record["image"]]
        assert [turn["from"] for turn in record["conversations"]] == ["human", "gpt"]
        assert record["conversations"] == other["conversations"]
        assert sum(turn["value"].count("<image>") for turn in record["conversations"]) == 1


def test_a_question_with_options_is_asked_and_answered_by_letter() -> None:
    row = {"sample": "vqa", "text": "What?", "options": ["asthma", "gout"], "answer": "gout", "needs": "image"}
    asked, answered = conversation(row)
    assert asked["value"] == "<image>\nWhat?\nA. asthma\nB. gout\nAnswer with the letter and the text of one option."
    assert answered["value"] == "B. gout"


def test_a_question_that_needs_context_gets_it() -> None:
    row = {
        "sample": "vqa",
        "text": "Where?",
        "options": [],
        "answer": "Left.",
        "needs": "image+context",
        "subcaption": "A scan.",
    }
    assert [turn["value"] for turn in conversation(row)] == ["<image>\nContext: A scan.\nWhere?", "Left."]


def test_a_shard_holds_each_panel_once_with_neutral_headers(tmp_path: Path) -> None:
    export(tmp_path / "out", [dossier(index) for index in range(3)])
    with tarfile.open(tmp_path / "out/webdataset/shard-000000.tar") as tar:
        members = tar.getmembers()
        read = {member.name: tar.extractfile(member) for member in members}
        data = {name: file.read() for name, file in read.items() if file}
    assert {(member.mtime, member.uid, member.gid, member.uname, member.mode) for member in members} == {
        (0, 0, 0, "", 0o644)
    }
    assert sorted(Path(name).suffix for name in data) == [".json"] * 3 + [".png"] * 3 + [".txt"] * 3
    ids = [row["id"] for name, text in data.items() if name.endswith(".json") for row in json.loads(text)["rows"]]
    assert ids == [row["id"] for row in rows(tmp_path / "out")]


def test_an_unknown_format_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="format 'csv'"):
        export(tmp_path / "out", [], formats=["csv"])
    assert list(tmp_path.iterdir()) == []


def test_no_pairs_make_a_valid_empty_dataset(tmp_path: Path) -> None:
    made = export(tmp_path / "out", [])
    assert (made.rows, made.drops) == (0, ())
    assert rows(tmp_path / "out") == []
    assert pq.read_schema(tmp_path / "out/rows.parquet").names == list(COLUMNS)
    assert json.loads((tmp_path / "out/llava.json").read_bytes()) == []
    assert score_export([tmp_path / "out"])["integrity"] == 1.0


@settings(max_examples=25, deadline=None)
@given(caption=st.text(min_size=1, max_size=80), written=st.text(min_size=1, max_size=80))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, caption: str, written: str) -> None:
    out = tmp_path_factory.mktemp("any") / "out"
    export(out, [dossier(0, caption=caption, written=written)])
    row = rows(out)[0]
    assert (row["caption"], row["subcaption"], row["text"]) == (caption, caption, written)
    assert (
        "<image>" in written or json.loads((out / "llava.json").read_bytes())[0]["conversations"][1]["value"] == written
    )
    assert score_export([out])["integrity"] == 1.0


# ---------------------------------------------------------------- the data card


class Tags(HTMLParser):
    """Collects the tags and attributes of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    export(tmp_path / "out", [dossier(0, caption=HOSTILE, written=HOSTILE)])
    return tmp_path / "out"


def test_the_html_card_loads_nothing_and_shows_hostile_text_as_text(hostile: Path) -> None:
    page = (hostile / "DATA_CARD.html").read_text()
    tags = Tags()
    tags.feed(page)
    assert tags.tags <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "bdi"} | {
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert not tags.attributes & {"src", "href", "onerror", "onload", "style"}
    assert "<script>alert(1)</script>" in tags.text
    assert "שלום 🫁" in tags.text
    assert "\u202e" not in page
    assert "url(" not in page


def test_the_markdown_card_holds_no_markup_of_the_sources(hostile: Path) -> None:
    card = (hostile / "DATA_CARD.md").read_text()
    assert "<script" not in card
    assert "<img" not in card
    assert "[l](" not in card
    assert "\u202e" not in card
    assert all(line.count(" | ") == 1 for line in card.splitlines() if "Courtesy" in line)


def test_the_card_says_what_a_user_must_know(tmp_path: Path) -> None:
    export(tmp_path / "out", [dossier(0), dossier(1, licence="CC-BY-ND-4.0"), dossier(2, licence="unknown")])
    card = (tmp_path / "out/DATA_CARD.md").read_text()
    for said in (
        "Not for diagnosis",
        "| panels | 3 |",
        "| disease | 3 |",
        "| x-ray | 3 |",
        "| CC-BY-ND-4.0 | 1 |",
        "| unscreened | 3 |",
        "| harvest | missing\\_graphic | 1 |",
        "| export | licence\\_forbids\\_made\\_text | 3 |",
        "uses the Human Phenotype Ontology (version 2026-01-01)",
        "The licence of 1 panels is unknown",
        "| nodes.disease | 3 |",
    ):
        assert said in card, said
    assert card.index("| harvest | 5 | 1 |") < card.index("| align | 3 | 1 |")


# ---------------------------------------------------------------- the folder


def test_an_earlier_export_is_replaced_whole(tmp_path: Path) -> None:
    export(tmp_path / "out", [dossier(0), dossier(1)])
    export(tmp_path / "out", [dossier(2)], formats=["parquet"])
    assert {row["pmcid"] for row in rows(tmp_path / "out")} == {"PMC2"}
    assert score_export([tmp_path / "out"])["integrity"] == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("foreign", ["notes.txt", "manifest.json", "images/mine.png"])
def test_a_folder_with_anything_else_is_refused_and_untouched(tmp_path: Path, foreign: str) -> None:
    path = tmp_path / "out" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(BadInput, match="which no export wrote"):
        export(tmp_path / "out", [dossier(0)])
    assert path.read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_added_to_an_export_is_not_deleted(tmp_path: Path) -> None:
    export(tmp_path / "out", [dossier(0)])
    (tmp_path / "out/checkpoint.bin").write_bytes(b"dear")
    with pytest.raises(BadInput, match=r"checkpoint\.bin"):
        export(tmp_path / "out", [dossier(1)])
    assert (tmp_path / "out/checkpoint.bin").read_bytes() == b"dear"


def test_a_file_or_a_mount_point_is_no_output_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is a file"):
        export(tmp_path / "file", [])
    with pytest.raises(BadInput, match="mount point"):
        export(Path("/"), [])


def test_an_export_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    first = export(tmp_path / "out", [dossier(0)])
    missing = dossier(1)
    with pytest.raises(KeyError):
        export(tmp_path / "out", [missing], read_blob={}.__getitem__)
    assert hashlib.sha256((tmp_path / "out/manifest.json").read_bytes()).hexdigest() == first.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_export_left_is_cleared(tmp_path: Path) -> None:
    first = export(tmp_path / "out", [dossier(0)])
    (tmp_path / "out").rename(tmp_path / ".out.old")  # killed between the two renames
    (tmp_path / ".out.partial/images").mkdir(parents=True)
    (tmp_path / ".out.partial/rows.parquet").write_bytes(b"half")
    assert export(tmp_path / "out", [dossier(0)]) == first
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_exports_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    with replaced(tmp_path / "out"), pytest.raises(BadInput, match="another process"):
        export(tmp_path / "out", [dossier(0)])


# ---------------------------------------------------------------- real figures


@pytest.mark.shared
def test_real_figures_leave_with_their_pixels_and_words(shared_data: Path, tmp_path: Path) -> None:
    source, files = scan_folder(shared_data / "articles/pmc/PMC7003341")
    harvests = []
    for file in files:
        xml, graphics = read_file(source.uri, file.path)
        harvests.append(
            harvest_article(
                item=file.item, path=file.path, xml=xml, graphics=graphics, max_pixels=10**8, data_class="open"
            )
        )
    made = [row for harvest in harvests for row in harvest.made.rows]
    blobs = {sha256: data for harvest in harvests for sha256, data in harvest.blobs.items()}
    images = {row.sha256: row for row in made if isinstance(row, Image)}
    (article,) = (row for row in made if isinstance(row, Article))
    pairs = [
        Dossier(panel=panel, figure=figure, article=article, image=images[figure.image], mentions=())
        for figure in made
        if isinstance(figure, Figure)
        for panel in panels_of(figure, images[figure.image])
    ]
    export(tmp_path / "out", pairs, read_blob=blobs.__getitem__, use="commercial")
    found = rows(tmp_path / "out")
    assert len(found) == 10
    assert {(row["pmcid"], row["image_licence"], row["kind"]) for row in found} == {
        ("PMC7003341", "CC-BY-4.0", "source")
    }
    for row in found:
        assert row["text"] == row["caption"]
        exported = decode_rgb((tmp_path / "out" / row["image"]).read_bytes())
        assert np.array_equal(exported, decode_rgb(blobs[row["figure_image_sha256"]]))
    assert score_export([tmp_path / "out"])["integrity"] == 1.0


# ---------------------------------------------------------------- met score export


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    export(tmp_path / "out", [dossier(index) for index in range(4)])
    return tmp_path / "out"


def faults(score: Mapping[str, Any]) -> dict[str, int]:
    names = (
        "missing",
        "hash_mismatch",
        "orphan_files",
        "bad_images",
        "id_mismatch",
        "duplicate_ids",
        "rows_without_image",
    )
    return {name: score[name] for name in names if score[name]}


def test_an_untouched_dataset_is_whole(dataset: Path) -> None:
    score = score_export([dataset])
    # Four images, four formats, two cards and the manifest.
    assert (score["integrity"], score["n"], score["rows"], faults(score)) == (1.0, 11, 12, {})
    assert score["interval"][0] < 1.0


@pytest.mark.parametrize(
    "name", ["rows.parquet", "llava.json", "DATA_CARD.html", "manifest.json", "webdataset/shard-000000.tar"]
)
def test_one_flipped_bit_is_found(dataset: Path, name: str) -> None:
    data = bytearray((dataset / name).read_bytes())
    place = data.index(b'"rows":3') + 7 if name == "manifest.json" else len(data) // 2
    data[place] ^= 1
    (dataset / name).write_bytes(data)
    score = score_export([dataset])
    assert faults(score) == {"hash_mismatch": 1}
    assert score["wrong"] == [f"out/{name}"]
    assert score["integrity"] == pytest.approx(10 / 11)


def test_a_missing_and_an_added_file_are_found(dataset: Path) -> None:
    image = sorted((dataset / "images").iterdir())[0]
    image.unlink()
    (dataset / "images/extra.png").write_bytes(b"x")
    score = score_export([dataset])
    assert faults(score) == {"missing": 1, "orphan_files": 1, "rows_without_image": 3}


def rewrite(dataset: Path, path: str, data: bytes) -> None:
    """Put other content into a dataset and make its hashes agree, as somebody who covers his traces does."""
    (dataset / path).write_bytes(data)
    manifest = json.loads((dataset / "manifest.json").read_bytes())
    for file in manifest["files"]:
        if file["path"] == path:
            file.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    (dataset / "manifest.json").write_text(json.dumps(manifest))
    (dataset / "run.json").unlink()


def test_an_image_of_another_size_is_found_behind_right_hashes(dataset: Path) -> None:
    path = rows(dataset)[0]["image"]
    rewrite(dataset, path, encode_png(picture((9,), side=16)))
    assert faults(score_export([dataset])) == {"bad_images": 1}


def test_an_image_that_does_not_decode_is_found(dataset: Path) -> None:
    path = rows(dataset)[0]["image"]
    rewrite(dataset, path, b"no image")
    assert faults(score_export([dataset])) == {"bad_images": 1}


def test_records_that_do_not_match_the_rows_are_found(dataset: Path) -> None:
    lines = (dataset / "llava.json").read_bytes().splitlines(keepends=True)
    rewrite(dataset, "llava.json", b"".join([lines[0], *lines[2:]]))
    assert faults(score_export([dataset])) == {"id_mismatch": 1}


def test_a_row_twice_is_found(dataset: Path) -> None:
    table = pq.read_table(dataset / "rows.parquet")
    pq.write_table(table.take([0, *range(1, 11), 0]), dataset / "twice.parquet")
    data = (dataset / "twice.parquet").read_bytes()
    (dataset / "twice.parquet").unlink()
    rewrite(dataset, "rows.parquet", data)
    found = faults(score_export([dataset]))
    assert found["duplicate_ids"] == 1
    assert found["id_mismatch"] == 3  # the other formats still hold the row that is gone


def test_a_folder_without_a_manifest_and_one_that_reaches_out_are_bad_input(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        score_export([tmp_path])
    text = (dataset / "manifest.json").read_text()
    (dataset / "manifest.json").write_text(text.replace("DATA_CARD.md", "../../etc/passwd"))
    with pytest.raises(BadInput, match="lies outside"):
        score_export([dataset])
