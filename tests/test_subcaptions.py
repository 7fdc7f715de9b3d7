"""Captions fall into the parts of their panels, verbatim, however authors name these."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.evaluate.subcaptions import read_parts, score_subcaptions
from met.harvest.cited.checkable import caption_sentences, why_not_seen
from met.harvest.subcaptions import parse_caption, subcaptions_of

GOLD = Path(__file__).parent / "gold" / "subcaptions.tsv"
SIDE_BY_SIDE = [(0, 0, 100, 100), (110, 0, 210, 100)]
FOUR = [(0, 0, 100, 100), (110, 0, 210, 100), (0, 110, 100, 210), (110, 110, 210, 210)]


def parts(caption: str, panels: int | None = None) -> dict[str, list[str]]:
    return {name: [caption[a:b] for a, b in part.spans] for name, part in parse_caption(caption, panels).items()}


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("(A) Radiograph. (B) MRI.", {"a": ["Radiograph."], "b": ["MRI."]}),
        ("Knee: a) plain film; b) MRI", {"a": ["plain film"], "b": ["MRI"]}),
        ("A, axial CT. B, coronal CT.", {"a": ["axial CT."], "b": ["coronal CT."]}),
        ("Effect in children A: 12 weeks; B: 8 weeks.", {"a": ["12 weeks"], "b": ["8 weeks."]}),
        ("Skin that is thin (a), and thick (b).", {"a": ["Skin that is thin"], "b": ["thick"]}),
        ("Sections of (a) thin and (b) thick skin. Stained alike.", {"a": ["thin"], "b": ["thick skin."]}),
        ("(a, b) CT. (c) MRI.", {"a": ["CT."], "b": ["CT."], "c": ["MRI."]}),
        ("(A-C) Axial CT. (D) Biopsy.", {"a": ["Axial CT."], "b": ["Axial CT."], "c": ["Axial CT."], "d": ["Biopsy."]}),
        ("(a) and (b) Rash. (c) Virus.", {"a": ["Rash."], "b": ["Rash."], "c": ["Virus."]}),
        ("Lung. a Before. b After treatment", {"a": ["Before."], "b": ["After treatment"]}),
        ("Lung: a and b showed fat, c showed air", {"a": ["showed fat"], "b": ["showed fat"], "c": ["showed air"]}),
        ("Lung: a (thin) and b (thick) showed fat", {"a": ["(thin)", "showed fat"], "b": ["(thick) showed fat"]}),
        ("(a) Cat. (b) Dog. (credit a: Smith; credit b: Jones)", {"a": ["Cat."], "b": ["Dog."]}),
        ("(A) Cells. (B) Cells from (A) after a day.", {"a": ["Cells."], "b": ["Cells from (A) after a day."]}),
        ("(A) One. (B) Two. Error bars: SEM.", {"a": ["One."], "b": ["Two."]}),
        ("Errors in two tracts (a. arcuate; b. callosum) fell.", {"a": ["arcuate"], "b": ["callosum"]}),
        ("Bias. A, B, C and D show four doses.", {name: ["show four doses."] for name in "abcd"}),
        ("Old sp. nov. (A, B), new cone (C), and young cone (D).", {
            "a": ["Old sp. nov."], "b": ["Old sp. nov."], "c": ["new cone"], "d": ["young cone"]
        }),
        ("Cats (A, D) and dogs (B, C) were seen.", {"a": ["Cats"], "b": ["dogs"], "c": ["dogs"], "d": ["Cats"]}),
        ("(A) Skin. The hair (B) and nails (C) are cut.", {
            "a": ["Skin."], "b": ["The hair", "are cut."], "c": ["nails", "are cut."]
        }),
        ("Growth. A–B Counts in liver (A) and lung (B). C Survival of all.", {
            "a": ["Counts in liver (A) and lung (B)."], "b": ["Counts in liver (A) and lung (B)."],
            "c": ["Survival of all."],
        }),
        ("Lakes with letters (A-F) are deep.", {}),
        ("Movement down. B→A, inwards; A→B, outwards.", {}),
    ],
)  # fmt: skip
def test_ways_of_naming_panels(caption: str, expected: dict[str, list[str]]) -> None:
    assert parts(caption) == expected


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("(A) One. (B) Two. The error bars are SEM. It fell.", ["One.", "Two."]),
        ("(A) One. Data are means. (B) Two. Data are means.", ["One. Data are means.", "Two. Data are means."]),
        ("Bias plots (a: allele; b: genotype). Each dot is a study.", ["allele", "genotype"]),
        (
            "Ends are (a) free or (b) cased. Rods are (c) cells. They see.",
            ["free", "cased.", "Rods are|cells. They see."],
        ),
        ("Cats (A, B) and a dog (C). (A) Old; (B) young; (C) old.", ["Cats|Old", "Cats|young", "a dog|old."]),
        ("Pain (A) and fever (B) were measured. A. Pain fell. B. Fever rose.", ["Pain fell.", "Fever rose."]),
        ("Film (A) and scan (B) show a hand. (C) Drawing.", ["Film|show a hand.", "scan|show a hand.", "Drawing."]),
        (
            "CT and MRI of knees (A and B, respectively). (C) Film.",
            ["CT and MRI of knees", "CT and MRI of knees", "Film."],
        ),
        ("(A) CT. (B) MRI. (A) is enlarged. Note the mass. Bars, 1 cm.", ["CT.|is enlarged.", "MRI."]),
    ],
)
def test_sentences_go_to_the_panels_that_they_speak_of(caption: str, expected: list[str]) -> None:
    assert ["|".join(texts) for texts in parts(caption).values()] == expected


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "A man of 38 years with fever.",
        "Vitamin C and hepatitis B (n = 4).",
        "Group A received the drug.",
        "(C) Only a later letter. (D) And another.",
        "T4 (A) alone.",
    ],
)
def test_captions_that_name_no_panels(caption: str) -> None:
    assert parse_caption(caption) == {}


def test_shared_text_goes_to_all() -> None:
    caption = "Chest CT at admission. (A) Left lung. (B) Right lung. Scale bars are 1 cm."
    for part in parse_caption(caption).values():
        assert [caption[a:b] for a, b in part.shared] == ["Chest CT at admission.", "Scale bars are 1 cm."]


def test_places_are_looked_up_in_the_boxes() -> None:
    caption = "Knee before (left) and after surgery (right)."
    left, right = subcaptions_of(caption, SIDE_BY_SIDE, [None, None])
    assert [caption[a:b] for a, b in left.spans] == ["Knee before"]
    assert [caption[a:b] for a, b in right.spans] == ["after surgery"]


@pytest.mark.parametrize(
    "caption",
    [
        "Left: Film. Right: MRI.",
        "The left panel shows film. The right panel shows MRI.",
        "On the left, film. On the right, MRI.",
    ],
)
def test_places_at_the_beginning_of_a_sentence(caption: str) -> None:
    left, right = subcaptions_of(caption, SIDE_BY_SIDE, [None, None])
    assert "ilm" in caption[slice(*left.spans[0])]
    assert "MRI" in caption[slice(*right.spans[0])]


def test_a_title_without_a_stop_is_shared() -> None:
    caption = "Hands of a patient Film (A) and scan (B)."
    parts = parse_caption(caption, title_end=len("Hands of a patient"))
    assert [caption[slice(*part.spans[0])] for part in parts.values()] == ["Film", "scan"]
    assert [caption[a:b] for a, b in parts["a"].shared] == ["Hands of a patient"]


def test_rows_are_places() -> None:
    caption = "Top row: CT of the chest. Bottom row: MRI of the chest."
    found = subcaptions_of(caption, FOUR, [None] * 4)
    assert [caption[slice(*part.spans[0])] for part in found] == ["CT of the chest."] * 2 + ["MRI of the chest."] * 2


def test_numbers_that_disagree_give_nothing() -> None:
    assert subcaptions_of("(A) One. (B) Two. (C) Three.", SIDE_BY_SIDE, [None, None]) == ()


@pytest.mark.parametrize(
    ("read", "letters"),
    [
        (["d", "c", "b", "a"], "dcba"),
        ([None, None, None, None], "abcd"),
        ([None, "c", None, "d"], "acbd"),
        ([None, "d", "c", None], "adcb"),
        ([None, "c", None, None], "abcd"),
    ],
)
def test_letters_read_in_the_image_decide(read: list[str | None], letters: str) -> None:
    found = subcaptions_of("(A) One. (B) Two. (C) Three. (D) Four.", FOUR, read)
    assert [part.letter for part in found] == list(letters)


@given(st.text(alphabet="ab ABC(),.;:-)and é\n", max_size=80), st.integers(1, 6))
def test_spans_lie_inside_any_caption(caption: str, panels: int) -> None:
    for part in parse_caption(caption, panels).values():
        for start, end in (*part.spans, *part.shared, *part.together):
            assert 0 <= start < end <= len(caption)


@given(st.lists(st.sampled_from(["a nodule", "both lungs", "no fracture", "CT, axial"]), min_size=2, max_size=8))
def test_what_is_written_is_read(texts: list[str]) -> None:
    caption = "Lead. " + " ".join(f"({chr(65 + at)}) Shown is {text}." for at, text in enumerate(texts))
    assert list(parts(caption).values()) == [[f"Shown is {text}."] for text in texts]


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("CT shows a nodule in the left upper lobe.", None),
        ("Arrows point at the fracture.", None),
        ("Bars are means of n = 3, p < 0.05.", "statistics"),
        ("Cells were stained with eosin.", "method"),
        ("(credit: modification of work by CDC)", "credit"),
        ("A 38 years old male with fever for 3 days.", "history"),
        ("See text for abbreviations.", "reference"),
    ],
)
def test_sentences_that_can_be_checked_in_the_image(sentence: str, why: str | None) -> None:
    assert why_not_seen(sentence) == why


def test_marked_sentences_lie_in_the_spans() -> None:
    caption = "CT shows a nodule. Bars are means, n = 3. (B) A mass."
    marked = caption_sentences(caption, [(0, 41), (46, 53)])
    assert [(caption[slice(*one.span)], one.checkable) for one in marked] == [
        ("CT shows a nodule.", True),
        ("Bars are means, n = 3.", False),
        ("A mass.", True),
    ]


@pytest.mark.shared
def test_captions_of_real_compound_figures(shared_data: Path) -> None:
    assert len(read_parts(GOLD, shared_data)) >= 100
    facts = score_subcaptions([GOLD], images=None, root=shared_data, options={})
    assert facts["exact"] >= 0.97


@pytest.mark.shared
def test_captions_drawn_from_all_articles(shared_data: Path) -> None:
    facts = score_subcaptions([GOLD.with_name("subcaptions_drawn.tsv")], images=None, root=shared_data, options={})
    assert facts["n"] >= 350
    assert facts["exact"] >= 0.9


@pytest.mark.shared
def test_captions_that_were_drawn_later(shared_data: Path) -> None:
    facts = score_subcaptions([GOLD.with_name("subcaptions_later.tsv")], images=None, root=shared_data, options={})
    assert facts["n"] >= 350
    assert facts["exact"] >= 0.95
