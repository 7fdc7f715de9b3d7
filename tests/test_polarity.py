"""The score `polarity`: what sentences say of the entities that they name, against labels given by reading."""

import hashlib
import json
from pathlib import Path

import pytest

from met.anchor.context import Context
from met.errors import BadInput
from met.evaluate.polarity import score_polarity

GOLD = Path(__file__).parent / "gold" / "polarity.tsv"
HEADER = "document field figure number start end entity_start entity_end facet polarity certainty half sentence"


def write(folder: Path, *rows: tuple[str, str, str, str, str]) -> Path:
    """Write notes and a gold file of (sentence, entity, polarity, certainty, half); return the gold file."""
    notes = [{"clinical_notes": f"Seen today. {sentence}"} for sentence, *_ in rows]
    (folder / "notes.json").write_text(json.dumps(notes))
    lines = ["# Made for this test.", HEADER.replace(" ", "\t")]
    for at, (sentence, entity, polarity, certainty, half) in enumerate(rows):
        first = 12 + sentence.index(entity)
        sha = hashlib.sha256(sentence.encode()).hexdigest()[:12]
        places = (12, 12 + len(sentence), first, first + len(entity))
        lines.append(
            "\t".join(["notes.json", "note", str(at), "", *map(str, places), "symptom", polarity, certainty, half, sha])
        )
    gold = folder / "gold.tsv"
    gold.write_text("\n".join(lines) + "\n")
    return gold


def test_halves_and_labels_are_counted_apart(tmp_path: Path) -> None:
    gold = write(
        tmp_path,
        ("There is no fever.", "fever", "negated", "certain", "test"),
        ("Probable cough.", "cough", "affirmed", "hedged", "test"),
        ("There is fever.", "fever", "negated", "certain", "test"),
        ("There is pain.", "pain", "affirmed", "certain", "dev"),
    )
    facts = score_polarity([gold], images=None, root=None, options={})
    test, dev = facts["halves"]["test"], facts["halves"]["dev"]
    assert (facts["n"], facts["accuracy"]) == (3, pytest.approx(2 / 3))
    assert facts["interval"] == test["both"]["interval"] == (0.2077, 0.9385)
    assert (test["polarity"]["accuracy"], test["certainty"]["accuracy"]) == (pytest.approx(2 / 3), 1.0)
    assert test["baseline"]["accuracy"] == 0.0
    assert test["confusion"]["negated certain"] == {"affirmed certain": 1, "negated certain": 1}
    assert dev["both"]["accuracy"] == dev["baseline"]["accuracy"] == 1.0


def test_gold_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    gold = write(tmp_path, ("There is no fever.", "fever", "negated", "certain", "test"))
    right = gold.read_text()
    for wrong, why in (
        (right.replace("polarity", "sign"), "columns"),
        (right.replace("\t12\t", "\tx\t"), "no numbers"),
        (right.replace("\t12\t", "\t11\t"), "not the labelled sentence"),
        (right.replace("notes.json", "absent.json"), "not found"),
        (right.replace("note\t0", "note\t7"), "holds no note 7"),
    ):
        assert wrong != right
        gold.write_text(wrong)
        with pytest.raises(BadInput, match=why):
            score_polarity([gold], images=None, root=tmp_path, options={})


@pytest.mark.shared
def test_denials_and_doubts_in_real_sentences_are_told_as_a_reader_tells_them(shared_data: Path) -> None:
    facts = score_polarity([GOLD], images=None, root=shared_data, options={})
    test = facts["halves"]["test"]
    assert facts["n"] == 100
    assert test["polarity"]["accuracy"] >= 0.95
    assert test["certainty"]["accuracy"] >= 0.93
    assert facts["accuracy"] >= 0.92 > test["baseline"]["accuracy"]


# ---------------------------------------------------------------- what cues reach

NEGATED, HEDGED, PLAIN = ("negated", "certain"), ("affirmed", "hedged"), ("affirmed", "certain")


def said_of(marked: str) -> tuple[str, str]:
    """Return what a sentence says of the entity in its square brackets."""
    start, end = marked.index("["), marked.index("]") - 1
    return Context(marked.replace("[", "").replace("]", "")).polarity((start, end))


@pytest.mark.parametrize(
    "marked",
    [
        "CT failed to show [metastases].",
        "There is nothing to suggest [metastasis].",
        "The findings are not suggestive of [malignancy].",
        "This is not consistent with [pneumonia].",
        "The lungs are clear of [infiltrates].",
        "None of the patients had [oedema].",
        "Nobody had [sepsis].",
        "She was not known to have [diabetes].",
        "She did not develop [diabetes].",
        "[Lymphadenopathy] was not palpable.",
        "[Effusion] absent.",
        "[Pneumothorax]: none.",
        "[Infection] had never been diagnosed.",
        "The patient did not complain of [pain].",
        "No effusion (see Fig. 2) or [mass] is seen.",
        "[Pneumothorax] (arrow) is not seen.",
        "The scan shows no consolidation, effusion, or [pneumothorax].",
    ],
)
def test_what_is_denied(marked: str) -> None:
    assert said_of(marked) == NEGATED


@pytest.mark.parametrize(
    "marked",
    [
        "The mass is most likely [lymphoma].",
        "It is unclear whether the patient has [lymphoma].",
        "[Lymphoma] is still a possibility.",
        "A diagnosis of [lymphoma] was considered.",
        "Her complaints could be due to a range of diseases, such as [influenza].",
        "The fall may produce a contrecoup (opposite) [fracture] of the skull.",
        "Potential complications include [bleeding].",
        "The physician suspects [tuberculosis].",
        "?[fracture] of the wrist",
    ],
)
def test_what_is_doubted(marked: str) -> None:
    assert said_of(marked) == HEDGED


@pytest.mark.parametrize(
    "marked",
    [
        # The clause ends before the entity.
        "Fever, which may come suddenly, often includes [chills].",
        "People whose skin is not as dark, are [pale].",
        "With so many possible causes, all [chest pain] should be checked.",
        "There is no effusion and there is a [nodule] in the left lung.",
        "There is consolidation with no effusion and a [mass] in the hilum.",
        "Fever with no known cause - red [rash] on the face",
        "The test does not require fasting and [blood] can be drawn at any time.",
        "Lack of oxygen may damage the [brain].",
        "(a) No fracture, (b) a [fracture] of the wrist.",
        # What is done to a thing does not bring it into doubt.
        "The tumour may block the [ureter].",
        "The stomach may crowd the developing [heart].",
        "The drug could minimise [pain].",
        "It appears to reduce [insulin resistance].",
        "How might [pneumonia] be treated?",
        "There may be other reasons why people with [asthma] cough.",
        "Patients with [tuberculosis] were excluded.",
        # Words that only look like a cue.
        "The bolus passes the mostly, but not fully, closed [sphincter].",
        "They kept their pressure as low as possible and had less [nerve damage].",
        "The embryo breaks free of the [zona pellucida].",
        "The [lesion] is not seen well.",
        "On May 3 the patient had [fever].",
        "In May she developed [cough].",
        "The [mass] is likely benign.",
        "Because the [films] are thick, they cannot be seen in the microscope.",
    ],
)
def test_what_is_neither(marked: str) -> None:
    assert said_of(marked) == PLAIN
