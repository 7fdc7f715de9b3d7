"""The score `polarity`: what sentences say of the entities that they name, against labels given by reading."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from met.anchor.context import Context
from met.errors import BadInput
from met.evaluate.polarity import score_polarity

GOLD = Path(__file__).parent / "gold" / "polarity.tsv"
LATER = GOLD.with_name("polarity_later.tsv")
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


def test_only_parts_that_the_rules_were_not_mended_with_count(tmp_path: Path) -> None:
    gold = write(
        tmp_path,
        ("There is no fever.", "fever", "negated", "certain", "fresh"),
        ("There is fever.", "fever", "negated", "certain", "later_1"),
        ("There is pain.", "pain", "negated", "certain", "dev"),
    )
    facts = score_polarity([gold], images=None, root=None, options={})
    assert (facts["n"], facts["accuracy"]) == (1, 1.0)
    assert {half: part["mended_with"] for half, part in facts["halves"].items()} == {
        "fresh": False,
        "dev": True,
        "later_1": True,
    }


def test_documents_in_archives_are_read(tmp_path: Path) -> None:
    gold = write(tmp_path, ("There is no fever.", "fever", "negated", "certain", "test"))
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "notes.json", "ward/notes.json")
    (tmp_path / "notes.json").unlink()
    with pytest.raises(BadInput, match="not found"):
        score_polarity([gold], images=None, root=tmp_path, options={})
    gold.write_text(gold.read_text().replace("notes.json", "all.tar.gz/ward/notes.json"))
    assert score_polarity([gold], images=None, root=tmp_path, options={})["accuracy"] == 1.0


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


@pytest.mark.shared
def test_later_parts_are_told_as_well(shared_data: Path) -> None:
    facts = score_polarity([LATER], images=None, root=shared_data, options={})
    assert facts["n"] == 100
    assert facts["accuracy"] >= 0.9 > facts["halves"]["fresh"]["baseline"]["accuracy"]
    assert min(part["both"]["accuracy"] for part in facts["halves"].values()) >= 0.9


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
        "The patient doesn't have [fever].",
        "[Fever] isn't present.",
        "A missing [thumb] was noted at birth.",
        "The left [thumb] is missing.",
        "The [rash] had faded completely.",
        "The cough went on after the [fever] had subsided.",
        "She had none of these [symptoms].",
        "None of these [symptoms] was present.",
        "Tests for [influenza] were negative.",
        "The [malaria] smear was negative.",
        "Neither [effusion] nor pneumothorax is present.",
        "[Fracture] can be excluded.",
        "None of the following: fever, [cough].",
        "[Embolism] was excluded by CT.",
        "No patient in the control group developed [infection].",
        "[MRI] was not performed.",
        "There was no clinical suspicion of [meningitis].",
        "No features suspicious for [malignancy].",
        "Nothing suggests [malignancy].",
        "The findings are inconsistent with [lymphoma].",
        "[Jaundice] was seen in neither group.",
        "There was no [family history] of gout.",
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
        "Is there a [fracture]?",
        "[Embolism] must be ruled out.",
        "The score depends on the presence or absence of [effusion].",
        "A blocked duct, with or without [infection], swells.",
        "[Effusion], if present, is small.",
        "Check if there is [haematuria].",
        "CT was performed to look for [metastases].",
        "[Sarcoidosis] was the presumptive diagnosis.",
        "Children may develop [rash] later.",
        "The lesion may reach the pulp and cause an [abscess].",
        "The germ may spread to the blood, causing [sepsis].",
        "Symptoms may include: chills, [fever].",
        "Symptoms may include a runny nose, sneezing, and a [fever].",
        "The course may be complicated by [pneumonia].",
        "They may have mild to severe [scoliosis].",
        "Symptoms may include purple spots on the skin; [skin lesions] on the legs; hives.",
        "There may be blood in the stool, vomiting, [jaundice], or fever.",
        "They may have thinning of the bones ([osteoporosis]).",
        "The change in position may cause you to [faint].",
        "One kidney may fail to develop ([renal agenesis]).",
        "It is possible that [tumour] was present.",
        "It is not certain that he had [meningitis].",
        "It is not known whether [meningitis] was present.",
        "Apparently, he had [asthma].",
        "[Stroke] is a possible complication of the operation.",
        "[Lymphoma] is thought likely.",
        "Potential [malignancy] is a worry.",
        "There was doubt about [thrombosis].",
        "[Fever] may or may not be present.",
        "They asked whether it was a [cyst].",
    ],
)
def test_what_is_doubted(marked: str) -> None:
    assert said_of(marked) == HEDGED


@pytest.mark.parametrize(
    "marked",
    [
        "[Hair] may be absent.",
        "[Fever] may not occur.",
        "[Malignancy] seems unlikely.",
        "It is unlikely that he has [cancer].",
        "There is probably no [fracture].",
    ],
)
def test_denials_that_are_in_doubt(marked: str) -> None:
    assert said_of(marked) == ("negated", "hedged")


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
        "You cannot live without a [liver].",
        "If the test doesn't help, you have [anaemia].",
        "Tendon has no [blood] supply.",
        "The drug may cause [skin] irritation.",
        "The virus may be associated with [asthma].",
        "This is perhaps the most common sign of [sarcoidosis].",
        "They are more likely to get [gout].",
        "Patients with and without [diabetes] were compared.",
        "It remains open whether the gene may cause the [malformation].",
        "Neither the [lung] nor the heart has large vessels.",
        "The [blood] smear was negative.",
        "The stain binds to stroma and not to [carcinoma].",
        "The lesion may be benign; a [nodule] on the left is stable.",
        "The mass may be a cyst, and a [fracture] is seen.",
        "No drug can cure [asthma].",
        "There is no treatment for kidney disease with [anaemia].",
        "He lacks reflexes; the absence of reflexes ([areflexia]) was noted.",
        # Of what one does, or does not, the object is there.
        "Do not ignore [chest pain].",
        "You should not drive with [epilepsy].",
        "They will not need [blood].",
        "The eye does not produce [tears] properly.",
        "Doctors may use [MRI].",
        "The block but not placebo reduced [pain].",
        "He was vaccinated rather than risk an [infection].",
        "The fluid may be retained, causing [urine] to pool.",
        # The cue has a subject of its own.
        "There is [oedema], and infection cannot be excluded.",
        "A man with fever and suspected malaria had [anaemia].",
        "Whether [obesity] causes asthma is unclear.",
        "Women who are not pregnant can have [cysts].",
        "The tumour may also be called [lymphoma].",
        "There may be [heart] and muscle problems.",
        "An action potential of the [heart] follows.",
    ],
)
def test_what_is_neither(marked: str) -> None:
    assert said_of(marked) == PLAIN
