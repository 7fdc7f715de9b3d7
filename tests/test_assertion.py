"""What a sentence says of what it names: affirmed, negated, hypothetical."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.tree.assertion import Assertions
from met.tree.evidence import Findings, additions, evidence_of
from met.tree.lexicon import Lexicon
from met.tree.quotes import best_quotes
from met.tree.report import report_of
from met.tree.show import NodeView, Quote, render_node
from met.tree.texts import Text, read_texts, text_files
from met.types import Node

# The name stands between brackets.
AFFIRMED = [
    "She was treated for [pneumonia] last winter.",
    "There is no cure for [asthma].",
    "There is currently no specific treatment for [measles] in adults.",
    "Not all people with [malaria] have fever.",
    "[Scurvy] is not only a disease of sailors.",
    "Without treatment, [rabies] is fatal.",
    "[Gout] occurs when urate crystals settle in a joint.",
    "The nodule did not grow, but [calcification] was seen.",
    "No fever was noted; [hepatomegaly] was found.",
    "Gram-negative bacteria cause [cholera].",
    "She had no pain, although the [fracture] was open.",
    "[Albinism] cannot be cured.",
    "The child had [croup] without complications.",
    "[Anemia] is more common in women who do not eat meat.",
    "There is no standard staging system for [thymoma].",
    "Surgery is not used to treat [lymphoma].",
    "Signs are a cough that does not go away and [hoarseness].",
    "Absent toe 50% [Short stature] 7.5%",
    "Radiation may also be given to kill what is left of the [tumor].",
    "How might [gout] be treated?",
    "If it spreads to the liver, the [cancer] has another stage.",
]
NEGATED = [
    "There was no sign of [pneumonia].",
    "The patient denied [chest pain].",
    "No fever, rash or [cough] was noted.",
    "[Ascites] was not seen.",
    "The scan ruled out [stroke].",
    "The lungs were free of [nodules].",
    "Tests were negative for [malaria].",
    "[Appendicitis] is unlikely.",
    "She never had [measles].",
    "The boy has neither fever nor [seizures].",
    "[Edema] has not been observed.",
    "An adult without [diabetes] was chosen.",
    "The absence of [splenomegaly] was confirmed.",
    "The liver was smooth, and there wasn't any [cirrhosis].",
]
HYPOTHETICAL = [
    "A possible [pulmonary embolism] was considered.",
    "If [seizures] occur, call a doctor.",
    "Smoking raises the risk of [stroke].",
    "[Pneumonia] cannot be excluded.",
    "[Jaundice] may occur in the second week.",
    "The test is done to rule out [tuberculosis].",
    "Newborns are screened for [phenylketonuria].",
    "Vaccination prevents [tetanus].",
    "He was admitted with suspected [meningitis].",
    "[Sepsis] was suspected.",
    "Ask whether she has [glaucoma].",
    "The shadow might be a [cyst].",
    "A biopsy was done for suspicion of [lymphoma].",
    "Patients with or without [angina] were asked.",
]
TABLE = [
    *((said, "affirmed") for said in AFFIRMED),
    *((said, "negated") for said in NEGATED),
    *((said, "hypothetical") for said in HYPOTHETICAL),
]


@pytest.mark.parametrize(("marked", "assertion"), TABLE)
def test_what_a_sentence_says_of_a_name(marked: str, assertion: str) -> None:
    start, end = marked.index("["), marked.index("]") - 1
    sentence = marked.replace("[", "").replace("]", "")
    assert Assertions(sentence).of((start, end)) == assertion


@given(st.text(), st.data())
def test_any_span_of_any_text_has_an_assertion(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert Assertions(text).of((start, end)) in ("affirmed", "negated", "hypothetical")


# ---------------------------------------------------------------- evidence

GOUT = Node(
    key="n:gout", digest="", facet="disease", curie=None, name="gout", synonyms=(), definition=None, xrefs=(),
    provenance={}, licence="CC0", text_digest="",
)  # fmt: skip


def found_in(folder: Path, *sentences: str) -> tuple[Findings, list[Text]]:
    for number, sentence in enumerate(sentences):
        (folder / f"{number}.txt").write_text(sentence)
    lexicon = Lexicon([("gout", GOUT.key)])
    findings = Findings(lexicon=lexicon, facets={GOUT.key: "disease"})
    texts = [item for item in read_texts(text_files([folder])) if isinstance(item, Text)]
    for text in texts:
        findings.add(text, lexicon.find(text.document.text))
    return findings, texts


def test_a_sentence_that_denies_a_node_stands_last_and_supports_nothing(tmp_path: Path) -> None:
    findings, texts = found_in(tmp_path, "There was no gout.", "A possible gout was treated.", "The man has gout.")
    rows = evidence_of(findings, {})
    assert sorted(row.assertion for row in rows) == ["affirmed", "hypothetical", "negated"]
    assert [finding.assertion for finding in sorted(findings.mentions[GOUT.key])][-1] == "negated"
    documents = [text.document for text in texts]
    quotes, counts = best_quotes(rows, documents)
    assert counts == {GOUT.key: 2}
    assert {quote.assertion for quote in quotes[GOUT.key]} == {"affirmed", "hypothetical"}
    report = report_of(
        nodes=[GOUT], aliases=(), edges=(), closure=(), relations=(), documents=documents, evidence=rows, drops=()
    )
    assert report["evidence_by_assertion"] == {"affirmed": 1, "hypothetical": 1, "negated": 1}
    assert sum(report["evidence_by_authority"].values()) == 2


def test_a_sentence_that_denies_a_node_defines_it_not(tmp_path: Path) -> None:
    findings, _ = found_in(tmp_path, "Without gout is a disease of the joints that hurts.")
    assert additions(findings, [GOUT], unaltered=frozenset()) == {}


def test_what_is_denied_is_shown_as_such() -> None:
    quotes = [Quote(kind="mention", sentence="No gout.", title="T", authority="web", assertion="negated")]
    lines = render_node(NodeView(node=GOUT, path=["disease"], quotes=quotes))
    assert any("mention, negated: No gout." in line for line in lines)
