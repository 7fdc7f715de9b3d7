"""Discovery: terms that no ontology holds, their facet, the list of findings, the score of glossaries."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.glossary import LABELS, score_glossary, spellings, term_key
from met.keys import content_key
from met.tree.build import build_skeleton
from met.tree.discover import discover
from met.tree.discover.facets import FacetWords, genus_head
from met.tree.discover.kinds import Kinds
from met.tree.discover.phrases import phrase_key, read_phrases
from met.tree.discover.words import count_words, runs, singular, words_of
from met.tree.extract import Reading
from met.tree.extract.names import extractor_of, lexicon_of
from met.tree.findings import FACETS, findings_ontology, findings_text
from met.tree.modalities import modality_ontology
from met.tree.names import normal_form
from met.tree.ontology.terms import Ontology, Term
from met.tree.texts import Text
from met.tree.texts.blocks import GlossaryEntry
from met.types import Document, Facet, Node

STORY = (
    "The femoral canal is a passage in the thigh. The femoral nerve crosses the thigh beside the femoral canal. "
    "Behind it lies a band called the iliac ligament. The iliac ligament holds the femoral canal. "
    "The thigh contains the femoral nerve and the femoral artery. Surgeons open the femoral canal from the front."
)


def text(body: str, *, name: str = "book.txt", glossary: tuple[tuple[str, str], ...] = ()) -> Text:
    entries, whole = [], body
    for term, meaning in glossary:
        whole += "\n\n"
        start = len(whole)
        whole += f"{term}: {meaning}"
        entries.append(GlossaryEntry(term=(start, start + len(term)), meaning=(len(whole) - len(meaning), len(whole))))
    document = Document(
        key=content_key("document", name), path=name, title=name, kind="text", authority="textbook",
        licence="CC-BY-4.0", sha256="0", characters=len(whole), text=whole,
    )  # fmt: skip
    return Text(document=document, glossary=tuple(entries))


def nodes_of(**facets: tuple[str, ...]) -> tuple[Node, ...]:
    prefixes = {"anatomy": "UBERON", "disease": "MONDO", "symptom": "HP"}
    ontologies = [
        Ontology(
            name=prefixes[facet].lower(),
            version="1",
            licence="CC0-1.0",
            facet=facet,  # type: ignore[arg-type]
            holds="terms",
            terms=tuple(Term(curie=f"{prefixes[facet]}:{at}", name=name) for at, name in enumerate(names, 1)),
        )
        for facet, names in facets.items()
    ]
    return build_skeleton(ontologies).nodes


NOTHING = Reading(names=(), mentions=())
ANATOMY = ("femoral nerve", "femoral artery", "thigh", "ulnar canal", "sacral canal", "ulnar ligament", "knee ligament")


# ---------------------------------------------------------------- the list


def test_every_finding_has_a_parent_in_the_list_a_definition_and_names_of_its_own() -> None:
    rows = list(csv.DictReader(findings_text().splitlines(), delimiter="\t"))
    assert len(rows) > 400 and {row["facet"] for row in rows} == set(FACETS)
    for facet in FACETS:
        own = [row for row in rows if row["facet"] == facet]
        above = {row["name"] for row in own} | {term.name for term in modality_ontology().terms}
        assert all(row["parent"] in above or not row["parent"] for row in own)
        names = [normal_form(name) for row in own for name in (row["name"], *row["synonyms"].split("|")) if name]
        assert len(names) == len(set(names))
    assert all(row["definition"].endswith(".") and len(row["definition"]) > 15 for row in rows)


def test_the_findings_of_a_caption_are_nodes() -> None:
    nodes = build_skeleton([]).nodes
    by_key = {node.key: node for node in nodes}
    caption = "CT shows ground-glass opacities, a paving stone-like pattern and consolidation with ring enhancement."
    found = {by_key[key].name: by_key[key].facet for match in lexicon_of(nodes).find(caption) for key in match.nodes}
    assert found == {
        "computed tomography": "modality", "ground-glass opacity": "symptom", "crazy-paving pattern": "symptom",
        "consolidation": "symptom", "ring enhancement": "symptom",
    }  # fmt: skip


def test_a_published_finding_keeps_its_words_and_takes_ours_in() -> None:
    nodes = nodes_of(symptom=("Consolidation",))
    merged = [node for node in nodes if normal_form(node.name) == "consolidation"]
    assert [(node.curie, node.name, node.definition) for node in merged] == [("HP:1", "Consolidation", None)]
    assert [term["ontology"] for term in merged[0].provenance["terms"]] == ["hp", "met-findings"]


def test_the_list_holds_no_other_facet() -> None:
    with pytest.raises(ValueError, match="disease"):
        findings_ontology("disease")


# ---------------------------------------------------------------- words


def test_runs_end_at_function_words_punctuation_and_verbs() -> None:
    sentence = "The femoral nerve, which supplies the thigh, carries signals"
    words = words_of(sentence, 0, len(sentence))
    also = words_of("They supply blood. It supplies the arm. It can carry the arm. They carry the load.", 0, 80)
    counts = count_words([words, also, also])
    found = [" ".join(word for word, _, _ in words[first:stop]) for first, stop in runs(words, sentence, counts)]
    assert found == ["femoral nerve", "thigh", "signals"]


@given(st.text(max_size=60))
def test_words_keep_their_offsets(body: str) -> None:
    for _, start, end in words_of(body, 0, len(body)):
        assert 0 <= start < end <= len(body) and body[start:end].strip() == body[start:end]


@given(st.text(alphabet=st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=12))
def test_the_singular_of_a_plain_plural_is_the_word(word: str) -> None:
    assert singular(word) and len(singular(word)) <= len(word) + 2


def test_spellings_of_one_phrase_share_their_key() -> None:
    assert phrase_key(["T-cell", "receptors"]) == phrase_key(["T", "cell", "receptor"])
    assert genus_head("largest bones of the foot") == "bone"


# ---------------------------------------------------------------- discovery


def test_a_defined_and_a_named_term_are_found_with_facet_and_place() -> None:
    nodes = nodes_of(anatomy=ANATOMY, disease=("asthma", "measles", "skin cancer"))
    book = text(STORY)
    found = {one.key: one for one in discover([book], extractor_of(nodes), nodes, least=0.5).candidates}
    assert {"femoral canal", "iliac ligament"} <= set(found)
    canal = found["femoral canal"]
    assert canal.facet == "anatomy" and canal.definition == "The femoral canal is a passage in the thigh."
    assert canal.support == 4 and canal.documents == 1
    for place in canal.places:
        assert book.document.text[slice(*place.span)].lower() == "femoral canal"
    assert "femoral nerve" not in found


def test_a_glossary_is_read_only_where_it_is_handed_in() -> None:
    nodes = nodes_of(anatomy=ANATOMY)
    book = text(STORY, glossary=(("obturator loop (OL)", "band beside the pelvis"),))
    told = {one.key: one for one in discover([book], extractor_of(nodes), nodes).candidates}
    assert told["obturator loop"].definition == "band beside the pelvis"
    untold = discover([book], extractor_of(nodes), nodes, told=False, least=0.0)
    assert all("obturator" not in one.key for one in untold.candidates)


def test_neither_the_order_of_texts_nor_of_nodes_matters() -> None:
    nodes = nodes_of(anatomy=ANATOMY, disease=("asthma", "measles"))
    texts = [text(STORY), text("The iliac ligament is a band. Asthma is a disease.", name="other.txt")]
    one = discover(texts, extractor_of(nodes), nodes, least=0.2)
    assert one == discover(texts[::-1], extractor_of(nodes), nodes[::-1], least=0.2)


def test_what_is_denied_or_only_thought_of_is_no_support() -> None:
    nodes = nodes_of(anatomy=ANATOMY, disease=("asthma", "measles"))
    denied = text("There was no iliac ligament. It may be caused by the iliac ligament.", name="a.txt")
    both = {one.key: one for one in discover([text(STORY), denied], extractor_of(nodes), nodes, least=0.0).candidates}
    alone = {one.key: one for one in discover([text(STORY)], extractor_of(nodes), nodes, least=0.0).candidates}
    ligament = both["iliac ligament"]
    assert (ligament.support, ligament.documents) == (alone["iliac ligament"].support, 1)
    assert ligament.places[0].document == text(STORY).document.key
    assert both.keys() == alone.keys(), "a term that is denied is a term"


def test_a_term_is_marked_where_it_is_all_of_the_name_of_a_disease() -> None:
    nodes = nodes_of(anatomy=ANATOMY, disease=("femoral fever", "femoral rash", "femoral ache"))
    story = text("A femoral nephritis is seen. The femoral nephritis is old. The femoral nephritis type 2 is shut.")
    found = {one.key: one for one in discover([story], extractor_of(nodes), nodes, least=0.0).candidates}
    assert (found["femoral nephritis"].marked, found["femoral nephritis"].support) == (2, 3)


def test_nothing_is_found_in_nothing() -> None:
    nodes = nodes_of(anatomy=ANATOMY)
    assert discover([], extractor_of(nodes), nodes).candidates == ()


def test_a_known_name_is_judged_without_its_own_name() -> None:
    words = FacetWords([("ulnar canal", "anatomy"), ("sacral canal", "anatomy"), ("bone fever", "disease")])
    assert words.facet_of("femoral canal")[0] == "anatomy"
    assert words.facet_of("blorp", near={})[0] is None


# ---------------------------------------------------------------- the score


def test_a_term_has_several_spellings() -> None:
    assert next(iter(spellings("jugular (suprasternal) notch"))) == "jugular notch"
    assert "ct" in list(spellings("computed tomography (CT)"))


def test_labels_are_keys_and_labels_alone() -> None:
    rows = list(csv.DictReader(LABELS.read_text().splitlines(), delimiter="\t"))
    assert {row["label"] for row in rows} == {"general", "entity"}
    assert all(len(row["term_key"]) == 16 and set(row["term_key"]) <= set("0123456789abcdef") for row in rows)
    labels = {row["term_key"]: row["label"] for row in rows}
    assert labels[term_key("peptide bond")] == "general"


def test_the_score_needs_texts_and_a_table_of_terms(tmp_path: Path) -> None:
    (tmp_path / "gold.tsv").write_text("word\nx\n")
    with pytest.raises(BadInput, match="--texts"):
        score_glossary([tmp_path / "gold.tsv"])
    (tmp_path / "book.txt").write_text(STORY)
    options = {"texts": [tmp_path / "book.txt"], "ontologies": [tmp_path / "none.obo"]}
    with pytest.raises(BadInput, match="neither a column"):
        score_glossary([tmp_path / "gold.tsv"], options=options)


@pytest.mark.slow
@pytest.mark.shared
def test_terms_of_a_real_glossary_are_found(shared_data: Path) -> None:
    facts = score_glossary(
        [shared_data / "gold/entities/openstax_glossary.tsv"],
        options={
            "texts": [shared_data / "texts/openstax_ap_cnxml.tar.gz"],
            "ontologies": sorted((shared_data / "ontologies/uberon").glob("*.json.gz")),
        },
    )
    assert facts["recall"] >= 0.75 and facts["facet_with_names"] >= 0.95 and facts["interval"][0] < facts["recall"]


# ---------------------------------------------------------------- kinds

KNOWN_NAMES = (
    *((f"{word} {noun}", "anatomy") for word in map(str, range(30)) for noun in ("muscle", "tubercle", "region")),
    *((f"{word} disease", "disease") for word in map(str, range(30))),
    *((f"{word} albumin", "symptom") for word in map(str, range(30))),
    ("pain", "symptom"),
    ("nail", "anatomy"),
    ("nail", "device"),
)


@pytest.fixture(scope="module")
def kinds() -> Kinds:
    names = [(key, facet) for key, facet in KNOWN_NAMES]
    return Kinds(FacetWords(names), names)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("surface", "facet", "definition", "is_settled"),
    [
        ("opponens", "anatomy", "muscle that moves the thumb", True),
        ("Foo's malady", "disease", "Foo's malady is a rare disease of the eye.", True),
        ("pubic tubercle", "anatomy", "small bump on the pubic bone", True),
        ("burning ache", "symptom", "(also, ache) pain that burns", True),
        ("opponens", "disease", "muscle that moves the thumb", False),
        ("opponens", "anatomy", None, False),
        ("opponens", None, "muscle that moves the thumb", False),
        ("relaxation", "anatomy", "region of no interest", False),
        ("serum albumin", "symptom", "protein of the blood", False),
        ("specimen", "anatomy", "The specimen is a muscle.", False),
        ("dorsal", "anatomy", "describes the muscle of the back", False),
        ("OPP", "anatomy", "muscle that moves the thumb", False),
        ("thin tubercle", "anatomy", "small bump", False),
        ("gym tubercle", "anatomy", "device that looks like a bump", False),
        ("steel nail", "anatomy", "long bolt", False),
        ("natrium salt", "anatomy", "anion released into the 3 muscle", False),
        ("sheath", "anatomy", "muscle stretched into the shape of a salt", True),
        ("tail tubercle", "anatomy", "small bump on certain cells", False),
        ("tail tubercle", "anatomy", "small bump, which is on the side of cells", True),
        ("prime mover", "anatomy", "muscle that is the main one of a motion", True),
    ],
)
def test_a_definition_settles_the_kind(
    kinds: Kinds, surface: str, facet: Facet | None, definition: str | None, is_settled: bool
) -> None:
    key = phrase_key(surface.split())
    assert kinds.settled(key, surface, facet, definition, within=0.0) is is_settled
    assert not kinds.settled(key, surface, facet, definition, within=0.9)
    assert not kinds.is_open(key, surface, facet, definition, within=0.9)


@pytest.mark.parametrize(
    ("surface", "facet", "definition", "is_open"),
    [
        ("vena parva", "anatomy", "portion of the great trunk", True),
        ("vena parva", "anatomy", "portion of a nerve cell", False),
        ("morbus novus", "disease", "Morbus novus is a rare condition of the blood cells.", True),
        ("morbus novus", "disease", "Morbus novus is a treatment of the blood.", False),
        ("morbus novus", "disease", None, False),
        ("morbus", "disease", "Morbus is a rare condition.", False),
    ],
)
def test_a_definition_by_a_vague_noun_leaves_the_kind_open(
    kinds: Kinds, surface: str, facet: Facet, definition: str | None, is_open: bool
) -> None:
    assert kinds.is_open(phrase_key(surface.split()), surface, facet, definition, within=0.0) is is_open


@pytest.mark.parametrize(
    ("surface", "definition", "is_settled"),
    [
        ("premotor area", "region of the 3 muscle that plans movements", True),
        ("arch", "muscular fold that extends from the side of the 7 tubercle", True),
        ("lower opponens", "small muscle", True),
        ("motion", "process by which the 3 muscle is moved", False),
        ("junction", "cell structure between fibers of the 3 muscle", False),
        ("opening", "opening in the story", False),
        ("nether system", "alternate name for the part of the 3 muscle", False),
        ("effector", "3 muscle that does something", False),
        ("exchange system", "involves the loops of the 3 muscle", False),
    ],
)
def test_a_glossary_says_what_a_structure_is_by_where_it_is(
    kinds: Kinds, surface: str, definition: str, is_settled: bool
) -> None:
    key = phrase_key(surface.split())
    assert kinds.settled(key, surface, "anatomy", definition, within=0.0, source="glossary") is is_settled
    assert not kinds.settled(key, surface, "disease", definition, within=0.0, source="glossary")
    assert not kinds.settled(key, surface, "anatomy", definition, within=0.0)


def test_of_phrases_the_rarest_are_forgotten_first() -> None:
    body = "The femoral canal lies deep. A femoral canal is seen. An odd thing was seen once. The odd band is near."
    documents = [(text(body, name=f"{at}.txt").document, len(body)) for at in range(3)]
    every = read_phrases(documents[:1], lambda _: NOTHING, {}).found
    few = read_phrases(documents[:1], lambda _: NOTHING, {}, most=1).found
    assert set(few) < set(every) and few["femoral canal"] == every["femoral canal"]
    assert all(one.count > 1 or one.told for one in few.values())
