"""What texts say against the skeleton: a conflict with the sentence, and the edge stays."""

from pathlib import Path

import pytest

from met.tree.grow import grow
from met.types import Grown

TERMS = {0: ("disease", None), 1: ("skin disease", 0), 2: ("dermatitis", 1), 3: ("hand eczema", 2), 4: ("hepatitis", 0)}


@pytest.fixture
def skeleton_file(tmp_path: Path) -> Path:
    stanzas = [
        f"[Term]\nid: MONDO:{n}\nname: {name}\n" + ("" if parent is None else f"is_a: MONDO:{parent}\n")
        for n, (name, parent) in TERMS.items()
    ]
    path = tmp_path / "mondo.obo"
    path.write_text("format-version: 1.2\nontology: mondo\n\n" + "\n".join(stanzas))
    return path


def grown_with(skeleton_file: Path, *sentences: str) -> Grown:
    text = skeleton_file.with_name("text.txt")
    text.write_text("\n\n".join(sentences))
    return grow([skeleton_file], [text])


def conflicts_of(grown: Grown) -> list[tuple[str, str, str]]:
    return [
        (drop.item, str(drop.detail["why"]), str(drop.detail["kept"]))
        for drop in grown.drops
        if drop.reason == "conflict"
    ]


def test_a_sentence_that_turns_an_edge_round_is_a_conflict_and_the_edge_stays(skeleton_file: Path) -> None:
    grown = grown_with(skeleton_file, "A skin disease is a type of hand eczema.")
    assert conflicts_of(grown) == [("skin disease -> hand eczema", "against_skeleton", "disease")]
    (drop,) = (drop for drop in grown.drops if drop.reason == "conflict")
    sentences = {row.key: row.sentence for row in grown.evidence}
    assert [sentences[key] for key in drop.detail["refused_evidence"]] == ["A skin disease is a type of hand eczema."]
    plain = grown_with(skeleton_file, "Nothing is said here.")
    assert grown.edges == plain.edges


def test_another_parent_in_the_facet_is_a_conflict(skeleton_file: Path) -> None:
    grown = grown_with(skeleton_file, "Skin diseases such as hepatitis are common.")
    assert conflicts_of(grown) == [("hepatitis -> skin disease", "other_parent", "disease")]


@pytest.mark.parametrize(
    "sentence",
    [
        "Skin diseases such as hand eczema are common.",
        "Hepatitis is not a type of skin disease.",
        "Hepatitis is a type of weather.",
        "Hepatitis and skin disease are common.",
    ],
)
def test_what_the_skeleton_says_what_is_denied_and_what_is_no_node_is_none(skeleton_file: Path, sentence: str) -> None:
    assert conflicts_of(grown_with(skeleton_file, sentence)) == []
