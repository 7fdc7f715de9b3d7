"""The dictionary: which spellings match, where, and that offsets are those of the original text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.tree.lexicon import Lexicon, Match, names_of
from met.types import Node

NAMES = [
    ("lung cancer", "n:lung-cancer"),
    ("cancer", "n:cancer"),
    ("non-Hodgkin lymphoma", "n:nhl"),
    ("Crohn's disease", "n:crohn"),
    ("acute lymphoblastic leukemia", "n:all"),
    ("ALL", "n:all"),
    ("alpha-1 antitrypsin deficiency", "n:aat"),
    ("cardiomyopathy", "n:cm"),
    ("metastasis", "n:met"),
    ("diabetes mellitus, type 2", "n:t2dm"),
    ("MS", "n:multiple-sclerosis"),
    ("MS", "n:mitral-stenosis"),
    ("disease", "n:disease"),
    ("left side", "n:left"),
    ("lymph vessels", "n:lymph-vessel"),
]
LEXICON = Lexicon(NAMES)


def found(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(match.surface, match.nodes) for match in LEXICON.find(text)]


@pytest.mark.parametrize(
    ("text", "surface", "node"),
    [
        ("A LUNG CANCER.", "LUNG CANCER", "n:lung-cancer"),
        ("two lung cancers", "lung cancers", "n:lung-cancer"),
        ("(lung\n   cancer)", "lung\n   cancer", "n:lung-cancer"),
        ("lung-cancer risk", "lung-cancer", "n:lung-cancer"),
        ("Non Hodgkin lymphomas", "Non Hodgkin lymphomas", "n:nhl"),
        ("Crohn’s disease", "Crohn’s disease", "n:crohn"),
        ("Crohn disease", "Crohn disease", "n:crohn"),
        ("α1 antitrypsin deficiency", "α1 antitrypsin deficiency", "n:aat"),
        ("α-1 antitrypsin deficiency", "α-1 antitrypsin deficiency", "n:aat"),
        ("cardiomyopathies", "cardiomyopathies", "n:cm"),
        ("metastases", "metastases", "n:met"),
        ("diabetes mellitus, type 2", "diabetes mellitus, type 2", "n:t2dm"),
        ("ALL relapsed", "ALL", "n:all"),
        ("all patients", None, ""),
        ("allergy and cancerous", None, ""),
        ("a disease of the left side", None, ""),
        ("the lung\n\ncancer", "cancer", "n:cancer"),
        ("a lymph vessel", "lymph vessel", "n:lymph-vessel"),
        ("lung, cancer", "cancer", "n:cancer"),
    ],
)
def test_spellings(text: str, surface: str | None, node: str) -> None:
    assert found(text) == ([(surface, (node,))] if surface else [])


def test_an_ambiguous_surface_names_all_its_nodes() -> None:
    assert found("MS was seen") == [("MS", ("n:mitral-stenosis", "n:multiple-sclerosis"))]


def test_matches_are_leftmost_longest_and_do_not_overlap() -> None:
    assert [surface for surface, _ in found("non-Hodgkin lymphoma, lung cancer cancer")] == [
        "non-Hodgkin lymphoma",
        "lung cancer",
        "cancer",
    ]


@given(st.permutations(NAMES))
def test_the_order_of_names_does_not_matter(names: list[tuple[str, str]]) -> None:
    text = "ALL and MS with metastases of a lung cancer in Crohn disease"
    assert Lexicon(names).find(text) == LEXICON.find(text)


@given(
    st.lists(
        st.sampled_from(
            ["lung cancer", "ALL", "İ", "ß", " ", "\n", "\n\n", "α", "metastases", "-", "é", "\u2028", "𝔸", ","]
        )
    ).map("".join)
)
def test_offsets_are_those_of_the_original_text(text: str) -> None:
    matches = LEXICON.find(text)
    assert all(text[match.start : match.end] == match.surface for match in matches)
    assert all(first.end <= second.start for first, second in pairwise(matches))


WORDS = (
    "lung cancer|lung|Cancers|ALL|all|MS|diabetes|mellitus|type|2|metastases|Crohn|non|Hodgkin|lymphoma|lymph|vessel|"
    "β2|alpha|α1|antitrypsin|deficiency|acute|naïve|'s|İ|ß|é|𝔸"
)
SPACES = [" ", " ", "  ", "\t", "\n", "\n\n", "\n \t\n", "\r\n", "\u2028", "\xa0", "\x85", "\u200b"]
PIECES = [*WORDS.split("|"), *SPACES, *",-–()'’`+&%", "\u0301", "\ud800", "\udc00", "\0", "x" * 300]
TEXTS = st.lists(st.sampled_from(PIECES)).map("".join)


@given(st.lists(TEXTS))
def test_many_texts_at_once_give_what_each_gives(texts: list[str]) -> None:
    assert LEXICON.find_all(texts) == [LEXICON.find(text) for text in texts]


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["n:a", "n:b"]))), st.lists(TEXTS))
def test_any_names_give_the_same_in_both_ways(names: list[tuple[str, str]], texts: list[str]) -> None:
    lexicon = Lexicon(names)
    assert lexicon.find_all(texts) == [lexicon.find(text) for text in texts]


def test_a_long_text_gives_what_its_lines_give() -> None:
    lines = ["Lung cancers, and Crohn’s disease.", "ALL of them", "Naïve α-1 antitrypsin deficiency\t"] * 20_000
    found = [match.surface for match in LEXICON.find_all(["\n\n".join(lines)])[0]]
    assert found == [match.surface for line in lines[:3] for match in LEXICON.find(line)] * 20_000


def test_an_empty_lexicon_finds_nothing() -> None:
    assert Lexicon([]).find("lung cancer") == ()
    assert Lexicon([]).find_all(["lung cancer"]) == [()]
    assert LEXICON.find("") == ()


def test_a_word_is_the_plural_only_of_what_takes_its_ending() -> None:
    lexicon = Lexicon([("hives", "n:hives"), ("HIV infection", "n:hiv"), ("abscesses", "n:abscess")])
    assert lexicon.find("HIV is a virus.") == ()
    assert [match.nodes for match in lexicon.find("Hives, an abscess.")] == [("n:hives",), ("n:abscess",)]


def test_an_acronym_in_small_letters_is_no_word() -> None:
    node = Node(
        key="n", digest="", facet="disease", curie=None, name="fish eye disease", synonyms=("fed", "gout", "opacity"),
        definition=None, xrefs=(), provenance={}, licence="unknown", text_digest="",
    )  # fmt: skip
    assert names_of(node) == ("fish eye disease", "FED", "gout", "opacity")
    assert Lexicon((name, "n") for name in names_of(node)).find("They were fed.") == ()


def test_a_match_says_where_it_stands() -> None:
    assert LEXICON.find("No cancer.") == (Match(start=3, end=9, surface="cancer", nodes=("n:cancer",)),)
