"""Which classes of an ontology of anatomy are no human's: what UBERON took over, and what definitions say."""

from collections.abc import Iterable

import pytest

from met.tree.ontology.terms import Ontology, Synonym, Term
from met.tree.scope import human_scope
from met.tree.taken_over import of_other_animals

# A rest of the ontology, classes of fishes and of amphibians: (id, name, definition, parent).
ROWS = (
    ("0000001", "skull", "The bones of the head, the opening for the eye among them.", None),
    ("0000002", "papilla of tongue", "A papilla.", "2000001"),
    ("0000003", "cerebellum", "A part of the brain in which each mossy fiber ends.", None),
    ("0000005", "nose", "The nasal part of the face above the neck.", None),
    ("2000001", "papilla", "A small bump.", None),
    ("2000002", "opercle", "Dermal bone of the cheek.", "0000001"),
    ("2000003", "opercle ligament", None, "2000002"),
    ("2000004", "mossy fiber", "An axon of the valvula.", "0000003"),
    ("2000005", "valvula of cerebellum", None, "0000003"),
    ("2000006", "valvula layer", None, "0000003"),
    ("2000007", "somite 12 of opercle", None, None),
    ("2000008", "tooth 1", "Tooth that stands on the opercle.", "0000001"),
    ("2000009", "neck of head", "Where the head ends.", "0000001"),
    ("3000001", "M. sartorius", "Muscle from the pelvis to the knee.", None),
    ("3000002", "nasal opening", None, "0000001"),
    ("4000001", "head of opercle", None, "0000001"),
    ("4000002", "supinator crest", "Where a muscle begins.", "0000001"),
)


def term(row: tuple[str, str, str | None, str | None]) -> Term:
    curie, name, definition, parent = row
    parents = ((f"UBERON:{parent}", "is_a"),) if parent else ()
    return Term(curie=f"UBERON:{curie}", name=name, definition=definition, parents=parents)  # type: ignore[arg-type]


def anatomy(terms: Iterable[Term]) -> Ontology:
    return Ontology(name="uberon", version="1", licence="CC0-1.0", facet="anatomy", holds="terms", terms=tuple(terms))


def test_what_was_taken_over_and_is_named_with_foreign_words_is_another_animals() -> None:
    terms = [term(row) for row in ROWS]
    names = {each.curie: each.name for each in terms}
    expected = {
        "opercle", "opercle ligament", "valvula of cerebellum", "valvula layer", "tooth 1", "M. sartorius",
        "head of opercle",
    }  # fmt: skip
    assert {names[curie] for curie in of_other_animals(terms)} == expected
    assert of_other_animals(terms[::-1]) == of_other_animals(terms)


def test_a_word_of_which_the_rest_of_the_ontology_speaks_is_not_foreign() -> None:
    terms = [term(row) for row in ROWS]
    known = [
        *terms,
        Term(curie="UBERON:0000009", name="cover", synonyms=(Synonym(text="opercle"), Synonym(text="opercle bone"))),
        Term(curie="UBERON:0000010", name="opercle of us"),
    ]
    assert "UBERON:2000002" in of_other_animals(terms) and "UBERON:2000002" not in of_other_animals(known)


def test_another_ontology_has_no_such_ids() -> None:
    terms = [Term(curie=f"MA:{row[0]}", name=row[1], definition=row[2]) for row in ROWS]
    assert of_other_animals(terms) == set()


def test_what_is_left_out_is_a_drop_and_what_stood_below_stands_above_it() -> None:
    below = Term(
        curie="UBERON:0000004", name="bone of cheek", parents=(("UBERON:2000003", "is_a"), ("UBERON:0000001", "is_a"))
    )
    scoped = human_scope(anatomy([*(term(row) for row in ROWS), below]))
    assert {drop.reason for drop in scoped.drops} == {"non_human"}
    kept = {each.curie: each.parents for each in scoped.terms}
    # What stands under them alone goes with them; a class of the rest that stands elsewhere too stays there.
    assert kept.keys().isdisjoint({"UBERON:2000002", "UBERON:2000003"})
    assert kept["UBERON:0000004"] == (("UBERON:0000001", "is_a"),)


@pytest.mark.parametrize(
    ("definition", "is_human"),
    [
        ("A pouch at the base of the skull of salamanders.", False),
        ("The second stomach of a horse.", False),
        ("A part of the avian brain.", False),
        ("A sac that in toothed whales holds wax.", False),
        ("A gland of the mouth. It is large in snakes.", True),
        ("A gland of mammals, large in horses.", True),
        ("A nucleus that fishes and rats have.", True),
        ("A nucleus that lies beside the pyramid in the rat.", True),
        ("A bone of the hand.", True),
    ],
)
def test_a_definition_that_begins_with_other_animals_is_theirs(definition: str, is_human: bool) -> None:
    asked = Term(curie="UBERON:0000007", name="thing", definition=definition)
    assert bool(human_scope(anatomy([asked])).terms) is is_human


def test_what_a_definition_says_holds_for_the_term_alone() -> None:
    terms = [
        Term(curie="UBERON:0000001", name="organ of the beast", definition="An organ of sharks."),
        Term(curie="UBERON:0000002", name="organ"),
        Term(
            curie="UBERON:0000003", name="skin of us", parents=(("UBERON:0000001", "is_a"), ("UBERON:0000002", "is_a"))
        ),
        Term(curie="UBERON:0000004", name="skin of it", parents=(("UBERON:0000001", "is_a"),)),
    ]
    assert [each.curie for each in human_scope(anatomy(terms)).terms] == ["UBERON:0000002", "UBERON:0000003"]
