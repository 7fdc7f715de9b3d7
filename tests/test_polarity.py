"""The score `polarity`: what sentences say of the entities that they name, against labels given by reading."""

import hashlib
import json
from pathlib import Path

import pytest

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
