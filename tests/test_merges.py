"""Merges: terms of two ontologies and spellings of one text term become one node where two families of signals agree;
what was refused is told, and what people keep apart stays apart until they take it back.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import store_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import places

from flows.cli import run
from flows.services import begun
from met.evaluate.merges import score_merges
from met.store import Store
from met.tree.build import Skeleton, build_skeleton, node_key
from met.tree.diff import diff_trees
from met.tree.discover import Candidate, Place
from met.tree.discover.phrases import phrase_key
from met.tree.grow import grow
from met.tree.merge import Apart
from met.tree.normalise.words import contrast, inflected
from met.tree.ontology.terms import Ontology, Synonym, Term
from met.tree.texts import Text
from met.tree.variants import join_variants
from met.types import Document, Drop


def ontology(name: str, *terms: Term, version: str = "1") -> Ontology:
    facet = {"mondo": "disease", "doid": "disease", "hp": "symptom", "symp": "symptom"}[name]
    return Ontology(name=name, version=version, licence="CC0-1.0", facet=facet, holds="terms", terms=terms)  # type: ignore[arg-type]


def term(
    curie: str, name: str, *parents: str, synonyms: Sequence[str] = (), definition: str = "", xrefs: Sequence[str] = ()
) -> Term:
    return Term(
        curie=curie,
        name=name,
        synonyms=tuple(Synonym(text=text) for text in synonyms),
        definition=definition or None,
        xrefs=tuple(xrefs),
        parents=tuple((parent, "is_a") for parent in parents),
    )


MONDO = ontology(
    "mondo",
    term("MONDO:1", "disease"),
    term("MONDO:2", "respiratory disorder", "MONDO:1", synonyms=["lung disease"]),
    term("MONDO:3", "asthma", "MONDO:2"),
    term("MONDO:4", "hay fever", "MONDO:2", synonyms=["allergic rhinitis"]),
    term("MONDO:5", "Usher syndrome type 1", "MONDO:1"),
    term("MONDO:6", "acute bronchitis", "MONDO:2", synonyms=["chest cold"]),
    term("MONDO:7", "tonsillar carcinoma", "MONDO:2"),
    term("MONDO:8", "silicosis", "MONDO:1", xrefs=["MESH:1"]),
    term("MONDO:9", "cold", "MONDO:1", synonyms=["coryza"]),
    term("MONDO:10", "pollen disease", "MONDO:2", synonyms=["pollinosis"]),
)
DOID = ontology(
    "doid",
    term("DOID:2", "lung disease"),
    term("DOID:3", "Asthma", "DOID:2"),
    term("DOID:4", "allergic rhinitis", "DOID:2"),
    term("DOID:5", "Usher syndrome type 2", "DOID:2"),
    term("DOID:6", "chest cold", "DOID:2"),
    term("DOID:7", "tonsil carcinoma", "DOID:2"),
    term("DOID:8", "grinder's lung", "DOID:2", xrefs=["MESH:1"]),
    term("DOID:9", "coryza", "DOID:2"),
    term("DOID:10", "pollinosis", "DOID:4"),
)


def merged(skeleton: Skeleton) -> dict[str, tuple[str | None, str]]:
    """Return CURIE of a merged term -> CURIE of its node, and what agreed."""
    return {
        str(term["curie"]): (node.curie, "+".join(term["merged"]["signals"]))
        for node in skeleton.nodes
        for term in node.provenance["terms"]
        if "merged" in term
    }


def refused(skeleton: Skeleton) -> dict[str, str]:
    return {drop.item: drop.detail["why"] for drop in skeleton.drops if drop.reason == "merge_refused"}


# ---------------------------------------------------------------- terms of ontologies


def test_a_merge_needs_two_families_and_says_which() -> None:
    found = merged(build_skeleton([MONDO, DOID]))
    assert found["DOID:3"] == ("MONDO:3", "label+unique+parent")
    assert found["DOID:4"] == ("MONDO:4", "synonym+parent")
    assert found["DOID:7"] == ("MONDO:7", "letters+parent")


def test_what_one_family_says_is_refused_and_told() -> None:
    skeleton = build_skeleton([MONDO, DOID])
    said = refused(skeleton)
    assert said["DOID:8 = MONDO:8"] == "one_signal"  # a shared cross reference alone
    assert said["DOID:9 = MONDO:9"] == "one_signal"  # a synonym alone
    assert skeleton.merges["refused"]["one_signal"] == 3
    names = {drop.item: drop.detail["names"] for drop in skeleton.drops if drop.reason == "merge_refused"}
    assert names["DOID:8 = MONDO:8"] == ["grinder's lung", "silicosis"]


def test_a_number_and_a_qualifier_keep_terms_apart_whatever_agrees() -> None:
    said = refused(build_skeleton([MONDO, DOID]))
    assert "DOID:5" not in merged(build_skeleton([MONDO, DOID]))
    assert said["DOID:6 = MONDO:6"] == "qualifier: acute"


def test_an_ontology_holds_each_entity_once() -> None:
    twice = replace(DOID, terms=(*DOID.terms, term("DOID:33", "asthma", "DOID:2")))
    found = merged(build_skeleton([MONDO, twice]))
    assert "DOID:3" not in found and "DOID:33" not in found
    assert {"DOID:3 = MONDO:3", "DOID:33 = MONDO:3"} <= refused(build_skeleton([MONDO, twice])).keys()


def test_terms_of_two_facets_are_never_joined() -> None:
    hp = ontology("hp", term("HP:1", "All"), term("HP:2", "Asthma", "HP:1", xrefs=["MONDO:3"]))
    skeleton = build_skeleton([MONDO, hp])
    assert {node.facet for node in skeleton.nodes if node.name.lower() == "asthma"} == {"disease", "symptom"}
    assert not merged(skeleton)


def test_words_of_an_unaltered_ontology_stay_as_they_are() -> None:
    hp = ontology("hp", term("HP:1", "All"), term("HP:2", "Wheezing", "HP:1", definition="A sound."))
    symp = ontology("symp", term("SYMP:2", "wheezing", synonyms=["whistling"], definition="Other words."))
    (node,) = (node for node in build_skeleton([hp, symp]).nodes if node.curie == "HP:2")
    assert (node.name, node.synonyms, node.definition) == ("Wheezing", (), "A sound.")
    assert [each.get("curie") for each in node.provenance["terms"]] == ["HP:2", "SYMP:2"]


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_terms_and_later_ontologies_does_not_matter(random: Random) -> None:
    old = ontology("doid", term("DOID:3", "asthma bronchiale", synonyms=["asthma"]), version="0")
    later = [replace(each, terms=tuple(random.sample(each.terms, len(each.terms)))) for each in (DOID, old)]
    assert build_skeleton([MONDO, *random.sample(later, 2)]) == build_skeleton([MONDO, DOID, old])


def test_the_score_says_how_right_each_agreement_is(tmp_path: Path) -> None:
    head = "format-version: 1.2\nontology: doid\ndata-version: {}\n\n[Term]\nid: DOID:1\nname: disease\n"
    term = "\n[Term]\nid: DOID:{}\nname: {}\nis_a: DOID:1\n"
    releases = {"2016": ("asthma", "gout", "silicosis", "fever"), "2026": ("asthma", "gout", "stone lung", "fever")}
    for version, names in releases.items():
        body = "".join(term.format(at, name) for at, name in enumerate(names, 2))
        later = term.format(9, "silicosis") if version == "2026" else ""
        (tmp_path / f"HumanDO_{version}.obo").write_text(head.format(version) + body + later)
    facts = score_merges([], images=None, root=None, options={"ontologies": sorted(tmp_path.iterdir())})
    (found,) = facts["by_pair"].values()
    assert found["precision"] == 1.0, "of terms that both releases have"
    (agreed,) = found["by_signals"].values()
    assert (agreed["joined"], agreed["precision"]) == (4, 0.75), "the name of one was given to another"


def test_edges_of_the_first_ontology_are_never_changed_by_a_merge() -> None:
    alone, both = build_skeleton([MONDO]), build_skeleton([MONDO, DOID])

    def own(skeleton: Skeleton) -> set[tuple[str, str, str, bool]]:
        return {(edge.child, edge.parent, edge.kind, edge.is_primary) for edge in skeleton.edges}

    assert own(alone) <= own(both)
    assert {node.key for node in alone.nodes} <= {node.key for node in both.nodes}


@pytest.mark.parametrize(
    ("one", "two", "kept"),
    [
        ("left kidney", "right kidney", True),
        ("diabetes type 1", "diabetes type 2", True),
        ("hepatitis A", "hepatitis B", True),
        ("hepatitis A", "hepatitis", True),
        ("benign neoplasm of nipple", "neoplasm of nipple", True),
        ("pediatric ependymoma", "childhood ependymoma", False),
        ("lung cancer", "malignant lung tumor", False),
    ],
)
def test_words_that_keep_names_apart(one: str, two: str, kept: bool) -> None:
    assert bool(contrast(one, two)) is kept and bool(contrast(two, one)) is kept


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_names_can_be_compared(one: str, two: str) -> None:
    assert contrast(one, one) is None and inflected(one, one)
    assert inflected(one, two) == inflected(two, one)


# ---------------------------------------------------------------- spellings of a term of texts


TEXTS = (
    "Purple hand syndrome (PHS) is rare. PHS comes and goes. Hemolytic foot disease is rare.",
    "We saw purple hand syndrome (PHS). Haemolytic foot disease was seen.",
    "Green hand syndrome (GHS) is rare, and so is grey hand syndrome (GHS).",
    "Green hand syndrome (GHS) again.",
)


def texts() -> list[Text]:
    return [Text(document=document(number, text), glossary=()) for number, text in enumerate(TEXTS)]


def document(number: int, text: str) -> Document:
    return Document(
        key=f"document:{number}", path=f"{number}.txt", title="A", kind="text", authority="web", licence="CC0-1.0",
        sha256="ab" * 32, characters=len(text), text=text,
    )  # fmt: skip


def candidate(surface: str, *, facet: str | None = "disease", support: int = 3) -> Candidate:
    places = tuple(
        Place(document=f"document:{number}", span=(start, start + len(surface)))
        for number, text in enumerate(TEXTS)
        if (start := text.lower().find(surface.lower())) >= 0
    )
    return Candidate(
        key=phrase_key(surface.split()), surface=surface, facet=facet, margin=4.0, score=0.97, support=support,
        documents=len(places), places=places, definition=None, defined_at=None,
    )  # type: ignore[arg-type]  # fmt: skip


CANDIDATES = [
    candidate("purple hand syndrome"),
    candidate("PHS", facet=None),
    candidate("hemolytic foot disease", support=2),
    candidate("haemolytic foot disease"),
    candidate("green hand syndrome"),
    candidate("grey hand syndrome"),
]


def spellings(apart: Apart = frozenset()) -> dict[str, list[tuple[str, str]]]:
    joined = join_variants(CANDIDATES, texts(), [], apart=apart)
    return {each.surface: [(v.name, "+".join(v.signals)) for v in each.variants] for each in joined.candidates}


def test_spellings_and_short_forms_of_one_term_are_one_candidate() -> None:
    assert spellings() == {
        "purple hand syndrome": [("PHS", "said+again")],
        "hemolytic foot disease": [("haemolytic foot disease", "spelling+unique")],
        "green hand syndrome": [],  # GHS has two meanings
        "grey hand syndrome": [],
    }


def test_joined_candidates_share_what_speaks_for_them_and_each_join_is_told() -> None:
    joined = join_variants(CANDIDATES, texts(), [])
    foot = next(each for each in joined.candidates if each.surface == "hemolytic foot disease")
    assert (foot.support, foot.documents, len(foot.places)) == (5, 2, 2)
    assert {drop.item: drop.detail["of"] for drop in joined.drops} == {
        "PHS": "purple hand syndrome",
        "haemolytic foot disease": "hemolytic foot disease",
    }


def test_spellings_that_are_kept_apart_stay_apart() -> None:
    found = spellings(
        frozenset({("haemolytic foot disease", "hemolytic foot disease"), ("phs", "purple hand syndrome")})
    )
    assert found["purple hand syndrome"] == [] and found["hemolytic foot disease"] == []
    assert "haemolytic foot disease" in found and "PHS" in found


def test_a_short_form_that_a_node_bears_is_not_taken() -> None:
    node = store_rows.node("MONDO:2", "other thing", synonyms=("PHS",))
    joined = join_variants(CANDIDATES, texts(), [node])
    assert not any(variant.name == "PHS" for each in joined.candidates for variant in each.variants)


# ---------------------------------------------------------------- taking a merge apart, and back


def obo(ontology: Ontology) -> str:
    lines = ["format-version: 1.2", f"ontology: {ontology.name}"]
    for each in ontology.terms:
        lines += ["", "[Term]", f"id: {each.curie}", f"name: {each.name}"]
        lines += [f'synonym: "{synonym.text}" EXACT []' for synonym in each.synonyms]
        lines += [f"is_a: {parent}" for parent, _ in each.parents]
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{each.name}.obo" for each in (MONDO, DOID)]
    for path, each in zip(paths, (MONDO, DOID), strict=True):
        path.write_text(obo(each))
    return paths


PAIR = ("DOID:3", "MONDO:3")


def test_a_merge_is_taken_apart_and_comes_back(files: list[Path]) -> None:
    together, parted = grow(files, []), grow(files, [], apart=frozenset({PAIR}))
    assert together.key != parted.key
    assert {node.curie for node in parted.nodes} - {node.curie for node in together.nodes} == {"DOID:3"}
    assert Drop(
        item="DOID:3 = MONDO:3",
        reason="merge_refused",
        detail={
            "why": "kept_apart", "signals": ["label", "unique", "parent"], "names": ["Asthma", "asthma"],
            "facet": "disease",
        },
    ) in parted.drops  # fmt: skip
    again = grow(files, [], apart=frozenset())
    assert (again.key, again.nodes, again.edges, again.aliases) == (
        together.key, together.nodes, together.edges, together.aliases,
    )  # fmt: skip


def test_nodes_of_a_merge_are_found_under_either_key_in_both_trees(store: Store, files: list[Path]) -> None:
    parted, together = grow(files, [], apart=frozenset({PAIR})), grow(files, [])
    old, new = store.put_tree(parted), store.put_tree(together)
    lost, kept = node_key("disease", "DOID:3", ""), node_key("disease", "MONDO:3", "")
    for text in (lost, "DOID:3", kept, "MONDO:3"):
        assert store.query("node_lookup", tree=new, text=text)[0].key == kept
    aliases = {row.alias: row.key for row in store.query("tree_former_keys", tree=new)}
    found = diff_trees(places(store, old), places(store, new), aliases)
    assert [(change.key, change.after) for change in found.merged] == [(lost, "asthma")]


def test_anchors_follow_a_merge_and_come_back(store: Store, files: list[Path]) -> None:
    """The dictionary tells which node bears a name: where a merge moves a name, panels are anchored anew, and where it
    is taken back, what was anchored then holds again.
    """
    trees = [store.put_tree(grow(files, [], apart=apart)) for apart in (frozenset({PAIR}), frozenset())]
    named, listed = store_rows.source(2)
    store.put_source(named, listed)
    builds = [
        store.put_build(sources=[named.key], tree=tree, engine="rules", settings={"engine": "rules"}) for tree in trees
    ]
    worked = [store_rows.finish(store, build)["anchor"] for build in (*builds, builds[0])]
    assert worked == [2, 2, 0]


def test_the_store_remembers_what_is_kept_apart(store: Store) -> None:
    assert store.kept_apart() == frozenset()
    store.execute("keep_apart", one=PAIR[0], other=PAIR[1], why="")
    store.execute("keep_apart", one=PAIR[0], other=PAIR[1], why="again")
    assert store.kept_apart() == frozenset({PAIR})
    assert store.execute("rejoin", one=PAIR[0], other=PAIR[1]) == 1
    assert store.kept_apart() == frozenset()


def test_the_commands_list_part_and_rejoin(home: Path, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    with begun(home) as store:
        store.put_tree(grow(files, []))

        def met(*arguments: str) -> tuple[int, str]:
            capsys.readouterr()
            code = run(["tree", *arguments, "--home", str(home)])
            said = capsys.readouterr()
            return code, said.out + said.err

        code, said = met("merges", "asthma", "--json")
        (row,) = json.loads(said)["merged"]
        assert (code, row["merged"], row["signals"]) == (0, "DOID:3 Asthma", ["label", "unique", "parent"])
        assert met("apart", "asthma", "DOID:3", "--why", "a test")[0] == 0
        assert store.kept_apart() == frozenset({PAIR})
        code, said = met("apart", "MONDO:3", "asthma")
        assert code == 2 and "both mean MONDO:3" in said
        assert met("apart", "asthma", "no such thing")[0] == 2
        assert json.loads(met("merges", "--json")[1])["kept_apart"] == [
            {"one": "DOID:3", "other": "MONDO:3", "why": "a test"}
        ]
        store.put_tree(grow(files, [], apart=store.kept_apart()))
        assert json.loads(met("merges", "MONDO:3", "--json")[1])["refused"][0]["why"] == "kept_apart"
        assert met("rejoin", "MONDO:3", "DOID:3")[0] == 0
        assert store.kept_apart() == frozenset()
        assert met("rejoin", "MONDO:3", "DOID:3")[0] == 2
        assert "merged" in met("merges")[1]
        grown = grow(files, [])
        term = Drop(item="Asthma vera", reason="known_name", detail={"node": grown.nodes[0].key, "by": "core"})
        store.put_tree(replace(grown, key="tree:with a term", drops=(term,)))
        assert met("apart", "asthma vera", "asthma")[0] == 0
        assert store.kept_apart() == frozenset({("MONDO:3", "asthma vera")})
