"""Mentions of diseases found without marked texts, and the score of exact spans."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.entities import (
    Tagged,
    joined_text,
    read_iob,
    score_spans,
    spans_of,
    surfaces_of,
    untrained_spans,
)
from met.evaluate.tagged import score_entities
from met.tree.extract import Extractor
from met.tree.extract.short import short_forms
from met.tree.lexicon import Lexicon
from met.types import Facet

NAMES: list[tuple[str, str, Facet]] = [
    ("breast cancer", "n:breast-cancer", "disease"),
    ("ovarian cancer", "n:ovarian-cancer", "disease"),
    ("male breast cancer", "n:male-breast-cancer", "disease"),
    ("familial breast cancer", "n:familial-breast-cancer", "disease"),
    ("Huntington disease", "n:hd", "disease"),
    ("HD", "n:hd", "disease"),
    ("G6PD deficiency", "n:g6pd", "disease"),
    ("G6PD", "n:g6pd", "disease"),
    ("hypertension", "n:hypertension", "disease"),
    ("pulmonary hypertension", "n:ph", "disease"),
    ("pulmonary embolism", "n:pe", "disease"),
    ("pulmonary oedema", "n:po", "disease"),
    ("familial ovarian cancer", "n:foc", "disease"),
    ("familial hypertension", "n:fh", "disease"),
    ("ovarian cyst", "n:oc", "disease"),
    ("ovarian failure", "n:of", "disease"),
    ("breast cyst", "n:bc", "disease"),
    ("nausea", "n:nausea", "symptom"),
    ("breast", "n:breast", "anatomy"),
]
EXTRACTOR = Extractor(
    Lexicon((name, node) for name, node, _ in NAMES),
    {node: facet for _, node, facet in NAMES},
    (name for name, _, facet in NAMES if facet == "disease"),
)


def found(text: str) -> list[str]:
    return [mention.surface for mention in EXTRACTOR.read(text).mentions]


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("Inherited breast and ovarian cancer runs in families.", ["breast and ovarian cancer"]),
        ("She had severe pulmonary nephritis.", ["pulmonary nephritis"]),
        ("Huntington disease (HD) begins late. HD is rare.", ["Huntington disease", "HD", "HD"]),
        ("The HD gene was sequenced.", []),
        ("The G6PD gene in G6PD deficiency; G6PD was low.", ["G6PD deficiency"]),
        ("A disease of the breast.", []),
        ("hypertensive patients", ["hypertensive"]),
        ("No metabolism, no diagnosis.", []),
    ],
)
def test_names_and_their_ends(text: str, surfaces: list[str]) -> None:
    assert found(text) == surfaces


def test_a_mention_says_facet_assertion_and_nodes() -> None:
    text = "There was no nausea. Possible pulmonary embolism."
    nausea, embolism = EXTRACTOR.read(text).mentions
    assert (nausea.facet, nausea.assertion, nausea.nodes) == ("symptom", "negated", ("n:nausea",))
    assert (embolism.facet, embolism.assertion, embolism.method) == ("disease", "hypothetical", "dictionary")
    assert text[nausea.start : nausea.end] == nausea.surface


SHORTS: list[tuple[str, str, Facet]] = [
    ("Huntington disease", "n:hd", "disease"),
    ("HD", "n:hd", "disease"),
    ("HD", "n:hodgkin", "disease"),
    ("Hodgkin disease", "n:hodgkin", "disease"),
    ("CT", "n:ct", "modality"),
    ("gout", "n:gout", "disease"),
    ("AIDS", "n:aids", "disease"),
    ("AIDS2", "n:aids", "disease"),
    ("ARMS", "n:arms", "disease"),
    ("ARMS", "n:sarcoma", "disease"),
]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("HD begins late. Huntington disease is rare.", [("HD", ["n:hd"]), ("Huntington disease", ["n:hd"])]),
        ("Hodgkin disease (HD). HD was cured.", [(name, ["n:hodgkin"]) for name in ("Hodgkin disease", "HD", "HD")]),
        ("The high dose (HD) was given. HD was safe.", []),
        ("HD was low.", []),
        ("Some HD patients came.", [("HD", ["n:hd", "n:hodgkin"])]),
        ("A CT was made.", [("CT", ["n:ct"])]),
        ("Huntington disease (HUND). HUNDs.", [(name, ["n:hd"]) for name in ("Huntington disease", "HUND", "HUNDs")]),
        ("Gout hurts.", [("Gout", ["n:gout"])]),
        ("AIDS spreads.", [("AIDS", ["n:aids"])]),
        ("AIDS spreads; hearing aids help.", []),
        ("The acquired immune distressing sepsitis (AIDS) spreads. AIDS kills.", [("AIDS", ["n:aids"])] * 2),
        ("An aid in daily situations (AIDS) helps. AIDS helps.", []),
        ("ARMS grow.", []),
        ("AIDS2 spreads.", []),
    ],
)  # fmt: skip
def test_short_forms_are_read_as_the_document_means_them(text: str, meant: list[tuple[str, list[str]]]) -> None:
    facets: dict[str, Facet] = {node: facet for _, node, facet in SHORTS}
    extractor = Extractor(Lexicon((name, node) for name, node, _ in SHORTS), facets, ())
    read = extractor.read(text).names
    assert [(match.surface, list(match.nodes)) for match in read] == meant
    assert all(text[match.start : match.end] == match.surface for match in read)


def test_the_score_measures_what_the_build_reads() -> None:
    rows = [tagged(f"Patient/O had/O {name}/B ./O") for name in ("nausea", "hypertension", "XYZ", "nephritis")] * 9
    texts = [joined_text(row.tokens)[0] for row in rows]
    spans = untrained_spans(rows, EXTRACTOR)
    assert spans[:4] == [((2, 3, "Disease"),), ((2, 3, "Disease"),), (), ((2, 3, "Disease"),)]
    assert [len(found) for found in spans] == [len(EXTRACTOR.read(text).mentions) for text in texts]
    told = [tagged("The/O xanthic/B yellow/I zosteritis/I (/O XYZ/B )/O ./O"), *rows]
    assert untrained_spans(told, EXTRACTOR)[3] == ((2, 3, "Disease"),)


def test_what_the_dictionary_finds_already_is_not_looked_for_again() -> None:
    text = "Huntington disease (HD) and no breast and ovarian cancer. HD."
    assert EXTRACTOR.read(text, EXTRACTOR.lexicon.find(text)) == EXTRACTOR.read(text)
    assert EXTRACTOR.read(text, ()).names == ()


def test_a_short_form_is_read_with_the_shortest_long_form() -> None:
    text = "In acute lymphoblastic leukemia (ALL) and (ii) others (N = 5)."
    assert [text[slice(*form.long)] for form in short_forms(text, (0, len(text)))] == ["acute lymphoblastic leukemia"]


PIECES = [
    "breast",
    "and",
    "ovarian",
    "cancer",
    "HD",
    "(",
    ")",
    ",",
    "-",
    "'",
    "s",
    "G6PD",
    "deficiency",
    ".",
    "é",
    "no",
]


@given(st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_mentions_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    mentions = EXTRACTOR.read(text).mentions
    assert all(text[mention.start : mention.end] == mention.surface for mention in mentions)
    assert all(first.end <= second.start for first, second in pairwise(mentions))


# ---------------------------------------------------------------- score


def tagged(marked: str) -> Tagged:
    tokens = [word.split("/") for word in marked.split()]
    tags = {"B": "B-Disease", "I": "I-Disease"}
    return Tagged(tokens=tuple(word[0] for word in tokens), tags=tuple(tags.get(word[-1], "O") for word in tokens))


GOLD = [tagged("Lung/B cancer/I and asthma/B"), tagged("no lung/B cancer/I")]


def test_only_exact_spans_count() -> None:
    facts = score_spans(GOLD, [[(0, 2, "Disease"), (2, 4, "Disease")], []])
    assert (facts["n"], facts["precision"], facts["recall"], facts["f1"]) == (3, 1 / 2, 1 / 3, 0.4)
    assert facts["interval"][0] <= facts["f1"] <= facts["interval"][1]


def test_recall_on_names_that_training_never_had() -> None:
    assert surfaces_of(GOLD) == {"lung cancer", "asthma"}
    facts = score_spans(GOLD, [[(3, 4, "Disease")], []], seen={"lung cancer"})
    assert (facts["unseen"]["n"], facts["unseen"]["recall"]) == (1, 1.0)


@given(st.lists(st.sampled_from(["B-Disease", "I-Disease", "B-Chemical", "I-Chemical", "O"])))
def test_spans_cover_exactly_the_marked_tokens(tags: list[str]) -> None:
    spans = spans_of(tags)
    covered = [at for start, end, _ in spans for at in range(start, end)]
    assert covered == [at for at, tag in enumerate(tags) if tag != "O"]


@given(st.lists(st.text(alphabet="aé-'(),s", min_size=1)))
def test_joined_tokens_stand_at_their_offsets(tokens: list[str]) -> None:
    text, offsets = joined_text(tokens)
    assert [text[start:end] for start, end in offsets] == tokens


@pytest.mark.parametrize("content", ["", "\n\n", "word without tag\n", "word\tX\n"])
def test_a_file_that_is_no_iob_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput):
        read_iob(path)


def test_without_names_there_is_no_score(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text("asthma\tB-Disease\n", encoding="utf-8")
    with pytest.raises(BadInput, match="--ontology"):
        score_entities([path], images=None, root=None, options={"no_tagger": True})


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("gold", "least"), [("NCBI", 0.72), ("BC5CDR", 0.72)])
def test_diseases_are_found_without_training(shared_data: Path, gold: str, least: float) -> None:
    ontologies = [*shared_data.glob("ontologies/mondo/*.json.gz"), *shared_data.glob("ontologies/symp/*.obo.gz")]
    ontologies += shared_data.glob("ontologies/hpo/*.obo.gz")
    ontologies.append(shared_data / "ontologies/doid/HumanDO_2026.tsv.gz")
    facts = score_entities(
        [shared_data / f"gold/ner/{gold}-disease-IOB_devel.tsv.gz"],
        images=None,
        root=None,
        options={"no_tagger": True, "ontologies": ontologies},
    )
    assert facts["f1"] >= least
