"""The learned tagger: its parts are exact, its weights load, and it finds names that it never saw."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.errors import BadInput
from met.evaluate.entities import read_iob, score_spans, spans_of, surfaces_of
from met.evaluate.tagged import score_entities
from met.tree.lexicon import Lexicon
from met.tree.tagger import FACET_OF, GUIDELINES, load_tagger
from met.tree.tagger.features import REACH, Chain, Wordlist, place_features, shape_of, word_of
from met.tree.tagger.network import NO_START, NO_STEP, TAGS, best_path
from met.tree.tagger.weights import load_weights, name_number, sentence_number, write_weights
from met.tree.tagger.words import (
    HIT_FEATURES,
    SPELLED,
    Hit,
    case_of,
    dictionary_of,
    hit_features,
    joined,
    letters_of,
    word_form,
)
from met.types import Facet

TOKENS = st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=30), max_size=12)
TEXT = "She has severe chronic pancreatitis , a tumour of the left lung and no sign of retinopathy ."
SENTENCE = tuple(TEXT.split())


# ---------------------------------------------------------------- words


@given(TOKENS)
def test_joined_text_holds_every_token_at_its_span(tokens: list[str]) -> None:
    text, spans = joined(tokens)
    assert [text[start:end] for start, end in spans] == tokens
    assert "  " not in text


@given(st.text(min_size=1, max_size=60))
def test_any_token_has_letters_case_and_form(token: str) -> None:
    assert len(letters_of(token)) == SPELLED
    assert 0 <= case_of(token) <= 5
    assert word_form(word_form(token)) == word_form(token)
    assert len(shape_of(token)) <= 8


def test_dictionary_names_are_found_across_tokens() -> None:
    facets: dict[str, Facet] = {"d": "disease", "a": "anatomy"}
    find = dictionary_of(Lexicon([("Crohn's disease", "d"), ("non-Hodgkin lymphoma", "d"), ("lung", "a")]), facets)
    tokens = ["Crohn", "'", "s", "disease", ",", "non", "-", "Hodgkin", "lymphoma", "(", "lung", ")"]
    assert find(tokens) == [(0, 4, {"disease"}), (5, 9, {"disease"}), (10, 11, {"anatomy"})]
    features = hit_features(len(tokens), find(tokens))
    assert features.shape == (len(tokens), HIT_FEATURES)
    assert features[4].sum() == 0
    assert features[10, 4 + 3] == 1


def test_a_name_within_a_token_is_no_hit() -> None:
    assert dictionary_of(Lexicon([("lung", "a")]), {"a": "anatomy"})(["lung-like", "tissue"]) == []


# ---------------------------------------------------------------- arithmetic


@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_best_path_is_the_best_of_all(length: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    answers = draw.normal(size=(length, 3)).astype(np.float32)
    steps = draw.normal(size=(3, 3)).astype(np.float32) + NO_STEP
    start = draw.normal(size=3).astype(np.float32) + NO_START

    def worth(path: tuple[int, ...]) -> float:
        along = sum(float(steps[before, after]) for before, after in pairwise(path))
        return float(start[path[0]]) + along + sum(float(answers[at, tag]) for at, tag in enumerate(path))

    best = max(product(range(3), repeat=length), key=worth)
    assert best_path(answers, steps, start) == "".join(TAGS[tag] for tag in best)


def test_the_chain_sums_the_weights_of_every_indicator() -> None:
    known = Wordlist(row={"lung": 0}, stats=np.full((1, 6), 40, np.uint8), clusters=np.array([[3, 7]], np.uint16))
    hits: list[list[Hit]] = [[(3, 4, {"anatomy"})]]
    sentence = ["a", "tumour", "of", "lung", "tissue"]
    words = [word_of(token, known) for token in sentence]
    rows = place_features(words, hits[0])
    every = []
    for at, row in enumerate(rows):
        near = [step for step in range(-REACH, REACH + 1) if step and 0 <= at + step < len(words)]
        every.append([*row, *words[at].own, *(value for step in near for value in words[at + step].beside[step])])
    hashes = np.unique(np.array([value for row in every for value in row], dtype=np.uint32))
    weights = np.random.default_rng(0).integers(-100, 100, (len(hashes), 3)).astype(np.int8)
    chain = Chain(hashes=hashes, weights=weights, scale=np.full(3, 0.5, np.float32))
    wanted = [weights[np.searchsorted(hashes, row)].astype(float).sum(axis=0) / 2 for row in every]
    assert np.allclose(chain.answers([sentence], hits, known)[0], wanted)


# ---------------------------------------------------------------- shipped weights


def test_the_weights_are_small_and_survive_writing(tmp_path: Path) -> None:
    weights = load_weights()
    write_weights(weights, tmp_path / "tagger.npz")
    assert (tmp_path / "tagger.npz").stat().st_size < 8_000_000
    assert set(weights.guidelines) == {name for names in GUIDELINES.values() for name in names}
    assert weights.network is not None
    assert len(weights.known.row) == len(weights.known.stats) == len(weights.network.words)


def test_it_marks_diseases_and_anatomy() -> None:
    disease = spans_of(load_tagger("disease").tag(SENTENCE))
    anatomy = spans_of(load_tagger("anatomy").tag(SENTENCE))
    assert {SENTENCE[end - 1] for _, end, _ in disease} >= {"pancreatitis", "retinopathy"}
    assert "lung" in {SENTENCE[end - 1] for _, end, _ in anatomy}
    assert {kind for *_, kind in (*disease, *anatomy)} == {"Disease", "Anatomy"}
    assert FACET_OF["anatomy"] == load_tagger("anatomy").facet == "anatomy"


@settings(max_examples=25, deadline=None)
@given(st.lists(TOKENS, max_size=4))
def test_any_tokens_get_a_tag_each_and_no_name_begins_inside(sentences: list[list[str]]) -> None:
    for name in GUIDELINES:
        found = load_tagger(name).tag_all(sentences)
        assert [len(tags) for tags in found] == [len(tokens) for tokens in sentences]
        for tags in found:
            assert not any(
                tag.startswith("I") and before == "O" for before, tag in zip(("O", *tags), tags, strict=False)
            )


def test_the_order_of_sentences_changes_nothing() -> None:
    tagger = load_tagger("disease")
    others = [["No", "fever", "."], SENTENCE, ["Acute", "hepatitis", "was", "seen"], []]
    assert tagger.tag_all(others) == tagger.tag_all(others[::-1])[::-1]


def test_the_score_has_a_row_for_each_gold(tmp_path: Path) -> None:
    marked = {"B-Disease": ("pancreatitis", "retinopathy"), "B-Anatomy": ("lung",)}
    paths = []
    for tag, names in marked.items():
        paths.append(tmp_path / f"{tag}.tsv")
        paths[-1].write_text("".join(f"{word}\t{tag if word in names else 'O'}\n" for word in SENTENCE))
    facts = score_entities(paths, images=None, root=None, options={})
    assert [row["facet"] for row in facts["by_gold"].values()] == ["disease", "anatomy"]
    assert all(row["baseline"]["way"] == "chain" and not row["trained_on_gold"] for row in facts["by_gold"].values())
    with pytest.raises(BadInput, match="the tagger knows anatomy, disease"):
        score_entities(paths, images=None, root=None, options={"facet": "symptom"})


# ---------------------------------------------------------------- real text


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "guideline", "f1", "unseen"),
    [
        ("disease", "NCBI-disease", 0.80, 0.55),
        ("disease", "BC5CDR-disease", 0.76, 0.40),
        ("anatomy", "AnatEM", 0.74, 0.50),
    ],
)
def test_devel_without_a_dictionary(shared_data: Path, name: str, guideline: str, f1: float, unseen: float) -> None:
    gold = shared_data / "gold" / "ner"
    rows = read_iob(gold / f"{guideline}-IOB_devel.tsv.gz")[:900]
    seen = surfaces_of(read_iob(gold / f"{guideline}-IOB_train.tsv.gz"))
    tagger = load_tagger(name)  # type: ignore[arg-type]
    facts = score_spans(rows, [spans_of(tags) for tags in tagger.tag_all([row.tokens for row in rows])], seen=seen)
    assert facts["f1"] > f1
    assert facts["unseen"]["recall"] > unseen


@pytest.mark.shared
@pytest.mark.slow
def test_devel_with_the_dictionary(shared_data: Path) -> None:
    ontologies = [
        *shared_data.glob("ontologies/*/*.json.gz"),
        *shared_data.glob("ontologies/doid/HumanDO_2026.tsv.gz"),
        *shared_data.glob("ontologies/hpo/*.obo.gz"),
        *shared_data.glob("ontologies/symp/*.obo.gz"),
    ]
    least = {"NCBI-disease": 0.84, "BC5CDR-disease": 0.83, "AnatEM": 0.83}
    gold = {name: shared_data / "gold" / "ner" / f"{name}-IOB_devel.tsv.gz" for name in least}
    facts = score_entities([*gold.values()], images=None, root=None, options={"ontologies": ontologies})
    for name, f1 in least.items():
        row = facts["by_gold"][gold[name].name]
        assert row["f1"] >= max(f1, row["baseline"]["f1"])
        assert row["unseen"]["recall"] >= 0.62
        assert not row["trained_on_gold"]


@pytest.mark.slow
@pytest.mark.shared
def test_the_weights_know_what_they_were_trained_on(shared_data: Path) -> None:
    weights = load_weights()
    gold = shared_data / "gold" / "ner"
    for guideline in weights.guidelines:
        train, devel = (read_iob(gold / f"{guideline}-IOB_{part}.tsv.gz") for part in ("train", "devel"))
        known = [np.isin(sentence_number(row.tokens), weights.sentences) for row in train[:200]]
        assert all(known)
        assert np.mean([np.isin(sentence_number(row.tokens), weights.sentences) for row in devel]) < 0.05
        assert all(np.isin(name_number(name), weights.names) for name in surfaces_of(train))
