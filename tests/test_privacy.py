"""Identifiers of patients in texts and in pixels, the status that follows, and what may leave."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dossiers import dossier
from hypothesis import given
from hypothesis import strategies as st

from met.align.screen import screen
from met.errors import BadSetting
from met.evaluate.privacy import score_privacy
from met.evaluate.privacy_planted import CLEAN, drawn_texts, planted_into, written_cases
from met.export.samples import samples_of
from met.harvest.modality.taxonomy import GROUP_OF, OTHER_MEDICAL, UNKNOWN
from met.harvest.privacy import FACELESS, Phi, privacy_of, refuse, status_of
from met.harvest.privacy.drawn import drawn_identifiers
from met.harvest.privacy.faces import load_faces
from met.harvest.privacy.text import text_identifiers
from met.keys import canonical_json
from met.ocr import open_reader
from met.pixels import encode_png
from met.types import Box, DataClass, Dossier, Modality, TextLine

MET = str(Path(sys.executable).parent / "met")
PATIENT = "Chest radiograph of Mrs. Adeyemi, MRN 4456712."


def line(text: str, box: Box = (0, 0, 90, 12)) -> TextLine:
    return TextLine(box=box, text=text, score=0.9)


def panel(
    label: str = "radiograph",
    *,
    caption: str = "Chest radiograph.",
    data_class: DataClass = "open",
    probability: float = 0.9,
    **changes: Any,
) -> Dossier:
    one = dossier(caption)
    modality = Modality(key="m", panel=one.panel.key, label=label, probability=probability, medical=0.9, method="test")
    return replace(one, modality=modality, article=replace(one.article, data_class=data_class), **changes)


def checked(one: Dossier, *, lines: Sequence[TextLine] | None = None, faces: Sequence[Box] | None = None) -> Dossier:
    return replace(one, privacy=privacy_of(one, lines=lines, faces=faces))


# ---------------------------------------------------------------- running text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PATIENT, [("name", "Adeyemi"), ("number", "4456712")]),
        ("A 93-year-old woman from Tampere.", [("age", "93-year-old"), ("place", "Tampere")]),
        ("A ninety-two-year-old man was seen.", [("age", "ninety-two-year-old")]),
        ("She was born on 3 May 1931.", [("date", "3 May 1931")]),
        ("Name: Quang, Xiomara", [("name", "Quang, Xiomara")]),
        ("Torvald Novak, a 40-year-old man, fell.", [("name", "Torvald Novak")]),
        ("The patient's SSN is 900-11-2222.", [("number", "900-11-2222")]),
        ("Call +44 20 7946 0001 today.", [("phone", "+44 20 7946 0001")]),
        ("Write to a.b@example.org.", [("email", "a.b@example.org")]),
    ],
)  # fmt: skip
def test_what_says_who_a_patient_is_is_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in text_identifiers(text)] == found


@pytest.mark.parametrize("sentence", CLEAN)
def test_sentences_of_publications_say_nothing_of_a_patient(sentence: str) -> None:
    assert text_identifiers(sentence) == ()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.integers(0, 29))
def test_an_identifier_is_found_in_any_surroundings_and_spans_lie_inside(around: str, number: int) -> None:
    cases = list(written_cases(1, 1))
    case = cases[number % len(cases)]
    text = around + "\n" + case.text
    found = text_identifiers(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(before.end < after.end for before, after in pairwise(found))
    end = len(around) + 1 + case.span[1]
    assert any(one.end > end - (case.span[1] - case.span[0]) for one in found)


@pytest.mark.shared
def test_captions_and_mentions_of_real_articles_are_clean(shared_data: Path) -> None:
    from met.harvest.jats import ParsedArticle, parse_article

    flagged, texts = [], 0
    for place in sorted((shared_data / "articles" / "openstax").rglob("*.nxml"))[:20]:
        article = parse_article(place.read_bytes(), place.name)
        assert isinstance(article, ParsedArticle)
        for text in (part for one in article.figures for part in (one.caption, *(cite.text for cite in one.mentions))):
            texts += 1
            flagged += text_identifiers(text)
    assert texts > 100
    assert len(flagged) <= texts * 0.01


# ---------------------------------------------------------------- drawn text


def test_every_form_is_found_in_a_line_of_its_own_or_needs_a_known_name() -> None:
    missed = [one for one in drawn_texts(11, 600) if not drawn_identifiers([line(one.text)], clinical=True)]
    assert {one.kind for one in missed} <= {"name"}
    assert len(missed) <= 30


@pytest.mark.parametrize(
    "text",
    ["a", "R", "10 um", "120 kV 250 mA", "T2 TSE", "W 400 L 40", "TE: 95 ms", "LUNG, LEFT", "Right Lung", "n = 1,234"],
)
def test_what_scanners_and_authors_write_besides_is_no_identifier(text: str) -> None:
    assert drawn_identifiers([line(text)], clinical=True) == ()


def test_in_a_chart_only_what_a_label_calls_a_patients_counts() -> None:
    for text in ("Martin Lopez 2010", "2020-03-01", "12345678", "Smith, John"):
        assert drawn_identifiers([line(text)], clinical=True)
        assert drawn_identifiers([line(text)], clinical=False) == ()
    assert drawn_identifiers([line("DOB: 03/04/1951")], clinical=False)[0].kind == "date"


def test_a_label_and_its_value_are_one_line_where_they_stand_beside_each_other() -> None:
    label, value, below = line("Name:", (5, 5, 50, 17)), line("Eluned", (60, 6, 120, 18)), line("Mid", (5, 90, 50, 102))
    (found,) = drawn_identifiers([below, value, label], clinical=False)
    assert (found.kind, found.box) == ("name", (5, 5, 120, 18))
    far = line("Eluned", (400, 6, 460, 18))
    assert drawn_identifiers([label, far], clinical=False) == ()


@given(st.lists(st.tuples(st.text(max_size=30), st.tuples(*[st.integers(0, 300)] * 2)), max_size=8), st.booleans())
def test_any_lines_give_boxes_of_lines(texts: list[tuple[str, tuple[int, int]]], clinical: bool) -> None:
    lines = [line(text, (x, y, x + 40, y + 12)) for text, (x, y) in texts]
    for found in drawn_identifiers(lines, clinical=clinical):
        assert found.box[0] in {one.box[0] for one in lines}
        assert found.box[3] in {one.box[3] for one in lines}
    assert drawn_identifiers(lines[::-1], clinical=clinical) == drawn_identifiers(lines, clinical=clinical)


# ---------------------------------------------------------------- status


@pytest.mark.parametrize(
    ("label", "read", "finder", "status"),
    [
        ("radiograph", False, False, "unscreened"),
        ("radiograph", True, False, "clean"),
        ("chart", True, False, "clean"),
        ("chart", False, True, "unscreened"),
        ("clinical_photo", True, False, "unscreened"),
        ("clinical_photo", True, True, "clean"),
        ("unknown", True, False, "unscreened"),
    ],
)
def test_a_panel_is_clean_where_all_that_must_has_looked(label: str, read: bool, finder: bool, status: str) -> None:
    one = checked(panel(label), lines=[line("R")] if read else None, faces=[] if finder else None)
    assert one.privacy is not None
    assert one.privacy.status == status
    assert (one.privacy.lacking == ()) == (status == "clean")
    assert "text" in one.privacy.looked


def test_a_kind_counts_where_it_is_sure_and_no_photograph_is_spoken_of() -> None:
    for one in (
        panel("radiograph", caption="Photograph of the patient before surgery."),
        panel("radiograph", probability=0.55),
    ):
        check = privacy_of(one, lines=[], faces=None)
        assert (check.status, check.lacking) == ("unscreened", ("faces",))
    assert privacy_of(panel("fundus_photo", caption="Fundus photograph."), lines=[], faces=None).status == "clean"


def test_kinds_without_faces_are_kinds_of_the_taxonomy() -> None:
    assert set(GROUP_OF) >= FACELESS
    assert not FACELESS & {"clinical_photo", "other_photo", UNKNOWN, OTHER_MEDICAL}


def test_what_nothing_has_looked_at_is_unscreened() -> None:
    assert status_of(panel()) == "unscreened"


def test_a_finding_flags_and_its_words_stay_out_of_the_row() -> None:
    one = checked(panel(caption=PATIENT), lines=[line("OKAFOR^CHIDI", (4, 4, 90, 16))], faces=[(9, 9, 40, 40)])
    assert one.privacy is not None
    assert one.privacy.status == "flagged"
    assert {(reason["kind"], reason["where"]) for reason in one.privacy.reasons} == {
        ("name", "caption"), ("number", "caption"), ("name", "image"), ("face", "image"),
    }  # fmt: skip
    stored = canonical_json([[dict(reason) for reason in one.privacy.reasons], one.privacy.looked])
    drop = refuse(one, None)
    assert drop is not None
    for word in ("Adeyemi", "4456712", "OKAFOR", "CHIDI"):
        assert word not in stored + canonical_json(drop.detail) + canonical_json(screen(one).signals)


def test_what_a_source_says_beside_is_searched_under_the_names_of_its_columns() -> None:
    told = {"row": {"patient_name": "Wenceslas Iyer", "mrn": 445671, "patient_id": 12345, "label": "name: CT"}}
    check = privacy_of(panel(facts={**told, "asked": ["What did Mrs. Novak have?"]}), lines=[], faces=None)
    assert [(reason["kind"], reason["where"], reason["key"]) for reason in check.reasons] == [
        ("name", "facts", "/asked/0"), ("number", "facts", "/row/mrn"), ("name", "facts", "/row/patient_name"),
    ]  # fmt: skip
    kept = {"dicom": {"patient": "5f0c11aa90", "modality": "CT", "rows": 512.0}, "slice": {"axis": 2, "number": 93}}
    assert privacy_of(panel("ct", facts=kept), lines=[], faces=None).status == "clean"


def test_text_drawn_into_another_panel_is_not_this_ones() -> None:
    one = panel()
    half = replace(one, panel=replace(one.panel, box=(0, 0, 100, 100)))
    there = [line("OKAFOR^CHIDI", (150, 4, 240, 16))]
    assert checked(half, lines=there).privacy != checked(one, lines=there).privacy
    assert status_of(checked(half, lines=there)) == "clean"


# ---------------------------------------------------------------- what may leave


@pytest.mark.parametrize(
    ("one", "phi", "reason"),
    [
        (checked(panel(caption=PATIENT)), None, "phi_flagged"),
        (checked(panel(caption=PATIENT)), "strict", "phi_flagged"),
        (checked(panel("clinical_photo")), None, None),
        (checked(panel("clinical_photo")), "strict", "phi_unscreened"),
        (checked(panel("ultrasound")), "strict", "phi_unscreened"),
        (checked(panel("ultrasound"), lines=[]), "strict", None),
        (checked(panel("unknown")), "strict", "phi_unscreened"),
        (panel("clinical_photo"), "strict", "phi_unscreened"),
        (checked(panel("ct")), "strict", None),
        (checked(panel("ct", facts={"dicom": {"modality": "CT"}})), "strict", "phi_unscreened"),
        (checked(panel("ct", facts={"dicom": {"modality": "CT"}}), lines=[]), "strict", None),
        (checked(panel("ct", data_class="restricted")), "strict", "phi_unscreened"),
        (checked(panel("chart")), "strict", None),
    ],
)
def test_what_may_leave(one: Dossier, phi: Phi | None, reason: str | None) -> None:
    drop = refuse(one, phi)
    assert (drop.reason if drop else None) == reason
    verdict = screen(one, phi=phi)
    assert verdict.signals["privacy"]["passed"] == (reason is None)
    assert (verdict.reason == reason) == (reason is not None)
    samples, drops = samples_of(one, use="any", phi=phi)
    assert [drop.reason for drop in drops if drop.reason.startswith("phi_")] == ([reason] if reason else [])
    assert bool(samples) == (reason is None)


# ---------------------------------------------------------------- faces


def test_a_finder_of_faces_is_named_by_setting() -> None:
    finder = load_faces("face_finder:bright_squares")
    assert finder is not None
    pixels = np.zeros((40, 60, 3), np.uint8)
    assert finder(pixels) == []
    pixels[5:15, 20:30] = 255
    assert finder(pixels) == [(20, 5, 30, 15)]
    assert load_faces("none") is None


@pytest.mark.parametrize(
    "setting", ["", "face_finder", "no_such_module:x", "face_finder:missing", "face_finder:nameless"]
)
def test_what_is_no_finder_is_a_bad_setting(setting: str) -> None:
    with pytest.raises(BadSetting, match="MET_FACES"):
        load_faces(setting)


# ---------------------------------------------------------------- the score


def test_planted_identifiers_are_read_and_found(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    rows = ["image\tlabel"]
    for number in range(2):
        smooth = np.kron(draw.integers(20, 90, (10, 14), dtype=np.uint8), np.ones((40, 40), np.uint8))
        (tmp_path / f"{number}.png").write_bytes(encode_png(np.repeat(smooth[:, :, None], 3, axis=2)))
        rows.append(f"{number}.png\tradiograph")
    gold = tmp_path / "gold.tsv"
    gold.write_text("\n".join(rows))
    reader = open_reader("rapidocr")
    assert reader is not None
    facts = score_privacy([gold], images=None, root=tmp_path, options={"lines": reader.lines, "limit": 2})
    assert facts["headline"] == "recall"
    assert facts["n"] == sum(kind["n"] for kind in facts["drawn"].values()) == 6
    assert facts["recall"] >= 0.8
    assert facts["drawn_clean"]["flagged"] == 0
    assert facts["drawn_clean_charts"]["n"] == 0
    assert facts["written_clean"]["flagged"] == 0


def test_planting_alters_a_copy_and_stays_inside() -> None:
    pixels = np.full((220, 300, 3), 40, np.uint8)
    planted, boxes = planted_into(pixels, ["MRN: 1234567", "x" * 60], seed=1)
    assert (pixels == 40).all()
    assert (planted != pixels).any()
    assert all(0 <= box[0] < box[2] <= 300 and 0 <= box[1] < box[3] <= 220 for box in boxes)


def test_the_score_without_gold_reads_no_image() -> None:
    done = subprocess.run([MET, "score", "privacy"], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["drawn"] == {}
    assert facts["n"] == sum(kind["n"] for kind in facts["written"].values())
