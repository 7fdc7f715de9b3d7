"""JATS articles: every figure, caption and citation is found, wherever it stands and however it is marked up."""

import subprocess
import sys
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.evaluate.jats import score_jats
from met.harvest.jats import ParsedArticle, parse_article
from met.harvest.jats.citations import cited_numbers, panel_letters, plain_citations
from met.harvest.jats.flatten import flatten
from met.types import Drop
from met.xml import parse_xml

LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
SPACES = f'{LINK} xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:ali="http://www.niso.org/schemas/ali/1.0/"'


def article(body: str, *, meta: str = "", kind: str = "research-article", after: str = "") -> ParsedArticle:
    xml = (
        f'<article {SPACES} article-type="{kind}"><front>'
        "<journal-meta><journal-title>A Journal</journal-title></journal-meta>"
        f"<article-meta>{meta}</article-meta></front><body>{body}</body>{after}</article>"
    )
    parsed = parse_article(xml.encode(), "a.xml")
    assert isinstance(parsed, ParsedArticle)
    return parsed


def fig(name: str = "f1", *, label: str = "Figure 1", caption: str = "<p>A lung.</p>", more: str = "") -> str:
    return (
        f'<fig id="{name}"><label>{label}</label><caption>{caption}</caption>'
        f'<graphic xlink:href="{name}.jpg"/>{more}</fig>'
    )


def cited(parsed: ParsedArticle, index: int = 0) -> list[str]:
    return [mention.text[mention.start : mention.end] for mention in parsed.figures[index].mentions]


# ---------------------------------------------------------------- head


def test_head_of_an_article() -> None:
    front = article(
        "",
        meta="""
        <article-id pub-id-type="pmc">123</article-id><article-id pub-id-type="doi">10.1/ABC</article-id>
        <article-id pub-id-type="publisher-id">p7</article-id><article-version>2</article-version>
        <article-categories><subj-group><subject>Radiology</subject></subj-group></article-categories>
        <title-group><article-title>On <italic>lungs</italic>
          and CO<sub>2</sub></article-title></title-group>
        <pub-date pub-type="collection"><year>2021</year></pub-date>
        <pub-date pub-type="epub"><year>2020</year></pub-date>
        <permissions><copyright-statement>© 2020 A. Author</copyright-statement>
          <license xlink:href="https://creativecommons.org/licenses/by-nc/4.0/"><license-p>Words.</license-p></license>
        </permissions>
        <abstract abstract-type="graphical"><p>Not this.</p></abstract>
        <abstract><title>Aim</title><p>To look.</p></abstract>
        <kwd-group><kwd>lung</kwd><kwd>CT</kwd><kwd>lung</kwd></kwd-group>""",
    ).front
    assert (front.pmcid, front.doi, front.publisher_id, front.version) == ("PMC123", "10.1/abc", "p7", "2")
    assert front.title == "On lungs and CO2"
    assert (front.journal, front.year, front.article_type) == ("A Journal", 2020, "research-article")
    assert (front.rights.licence, front.rights.copyright) == ("CC-BY-NC-4.0", "© 2020 A. Author")
    assert front.abstract == "Aim To look."
    assert (front.subjects, front.keywords) == (("Radiology",), ("lung", "CT"))
    assert not front.retracted


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ('<license><license-p>See <ext-link xlink:href="http://creativecommons.org/licenses/by/3.0/">here</ext-link>'
         "</license-p></license>", "CC-BY-3.0"),
        ("<license><ali:license_ref>http://creativecommons.org/licenses/by-nd/4.0/</ali:license_ref></license>",
         "CC-BY-ND-4.0"),
        ("<license><license-p>(http://creativecommons.org/licenses/by/4.0/), CC0 waiver"
         " (http://creativecommons.org/publicdomain/zero/1.0/) for data</license-p></license>", "CC-BY-4.0"),
        ('<license xlink:href="https://www.elsevier.com/tdm/userlicense/1.0/"/>'
         '<license xlink:href="http://creativecommons.org/licenses/by/4.0/"/>', "CC-BY-4.0"),
        ("<license><p>the Creative Commons Attribution 2.5 licence, CC BY 2.5</p></license>", "unknown"),
        ('<license xlink:href="https://www.elsevier.com/tdm/userlicense/1.0/"/>', "TDM"),
        ('<license xlink:href="http://creativecommons.org/licenses/by-nc-nd/4.0/"><p>CC BY 4.0 they say,'
         " http://creativecommons.org/licenses/by/4.0/</p></license>", "CC-BY-NC-ND-4.0"),
        ('<license xlink:href=" http://creativecommons.org/licenses/by-nc-sa/2.5/ca "/>', "CC-BY-NC-SA-2.5"),
        ("<license><p>the Creative Commons Attribution License</p></license>", "unknown"),
        ("", "unknown"),
    ],
)  # fmt: skip
def test_licence_by_link_reference_or_full_name(licence: str, expected: str) -> None:
    assert article("", meta=f"<permissions>{licence}</permissions>").front.rights.licence == expected


@pytest.mark.parametrize(
    ("kind", "meta", "retracted"),
    [
        ("retracted-article", "", True),
        ("research-article", '<related-article related-article-type="retraction-forward"/>', True),
        ("research-article", "<title-group><article-title>RETRACTED: On lungs</article-title></title-group>", True),
        ("retraction", '<related-article related-article-type="retracted-article"/>', False),
        (
            "research-article",
            "<title-group><article-title>Retracted tympanic membranes</article-title></title-group>",
            False,
        ),
        ("research-article", '<related-article related-article-type="companion"/>', False),
    ],
)
def test_retraction(kind: str, meta: str, retracted: bool) -> None:
    assert article("", meta=meta, kind=kind).front.retracted is retracted


def test_links_to_other_articles_are_named_and_normalised() -> None:
    front = article(
        '<p><related-article related-article-type="correction-forward" xlink:href="http://dx.doi.org/10.1234/C.1"/></p>',
        meta="""
        <related-article related-article-type="corrected-article" ext-link-type="uri"
          xlink:href="info:doi/10.1371/journal.ppat.1003435"/>
        <related-article related-article-type="Companion" ext-link-type="pmc" xlink:href="123.2"/>
        <related-article related-article-type="commentary" ext-link-type="pubmed" xlink:href="77"/>
        <related-object link-type="addendum">See https://doi.org/10.1234/b.</related-object>
        <related-article related-article-type="letter"/><related-article xlink:href="10.1234/x"/>""",
        after='<sub-article><related-article related-article-type="retraction-forward"/></sub-article>',
    ).front
    assert [(related.kind, related.target) for related in front.related] == [
        ("corrected-article", "doi:10.1371/journal.ppat.1003435"),
        ("companion", "PMC123"),
        ("commentary", "pmid:77"),
        ("addendum", "doi:10.1234/b"),
        ("letter", None),
        ("correction-forward", "doi:10.1234/c.1"),
    ]
    assert not front.retracted


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        ('<pub-date pub-type="collection"><year>2018</year></pub-date>'
         '<pub-date pub-type="epub"><day>7</day><month>3</month><year> 2018</year></pub-date>', "2018-03-07"),
        ('<pub-date date-type="pub"><month>Sept</month><year>2004</year></pub-date>', "2004-09"),
        ('<pub-date iso-8601-date="2020-02-29"><string-date>long ago</string-date></pub-date>', "2020-02-29"),
        ('<pub-date pub-type="ppub"><season>Spring</season><day>44</day><year>1999</year></pub-date>', "1999"),
        ('<pub-date pub-type="preprint"><year>2018</year></pub-date><pub-date><year>2019</year></pub-date>', "2019"),
        ("<pub-date><year>MMXX</year></pub-date>", None),
    ],
)  # fmt: skip
def test_date_of_publication_is_as_precise_as_stated(dates: str, published: str | None) -> None:
    history = '<history><date date-type="received"><day>01</day><month>12</month><year>2017</year></date></history>'
    front = article("", meta=dates + history).front
    assert (front.published, front.dates["received"]) == (published, "2017-12-01")
    assert front.year == (int(published[:4]) if published else None)


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    "where",
    [
        "<sec>{}</sec>",
        "<sec><p>Text {} more text.</p></sec>",
        "<boxed-text><sec>{}</sec></boxed-text>",
        "<sec><fig-group>{}</fig-group></sec>",
        "<p><boxed-text><p>{}</p></boxed-text></p>",
        "<p><list><list-item><p>{}</p></list-item></list></p>",
    ],
)
def test_figures_are_found_wherever_they_stand(where: str) -> None:
    parsed = article(where.format(fig()))
    assert [(figure.label, figure.caption, figure.graphics) for figure in parsed.figures] == [
        ("Figure 1", "A lung.", (("f1.jpg",),))
    ]


def test_figures_behind_the_body_keep_document_order() -> None:
    after = (
        f"<back><app-group><app>{fig('f2', label='Figure A1')}</app></app-group></back>"
        f"<floats-group>{fig('f3', label='Figure 2')}</floats-group>"
        f"<sub-article><body>{fig('f4', label='Figure R1')}</body></sub-article>"
    )
    parsed = article(fig(), after=after)
    assert [figure.label for figure in parsed.figures] == ["Figure 1", "Figure A1", "Figure 2", "Figure R1"]


def test_graphics_of_tables_formulas_and_icons_are_no_figures() -> None:
    graphic = '<graphic xlink:href="t.jpg"/>'
    inside = f"<table-wrap>{graphic}</table-wrap><disp-formula>{graphic}</disp-formula>"
    parsed = article(
        f'<p><inline-graphic xlink:href="i.jpg"/></p>{inside}'
        + fig(caption=f"<p>A <inline-formula><alternatives>{graphic}</alternatives></inline-formula></p>")
        + f'<fig id="f2">{inside}</fig>'
    )
    assert [figure.graphics for figure in parsed.figures] == [(("f1.jpg",),), ()]


def test_alternatives_are_one_picture_and_several_graphics_are_several() -> None:
    parsed = article(
        '<fig><alternatives><graphic specific-use="thumbnail" xlink:href="a.gif"/><graphic xlink:href="a.tif"/>'
        '</alternatives></fig><fig><graphic xlink:href="b.jpg"/><graphic xlink:href="c.jpg"/></fig>'
        '<fig><media xlink:href="m.pdf"/></fig><fig><graphic/></fig><fig/>'
    )
    assert [figure.graphics for figure in parsed.figures] == [
        (("a.tif", "a.gif"),),
        (("b.jpg",), ("c.jpg",)),
        (("m.pdf",),),
        ((),),
        (),
    ]


def test_caption_is_title_then_paragraphs_of_all_captions_and_the_group() -> None:
    parsed = article(
        "<fig-group><label>Figure 9</label><caption><p>Shared.</p></caption>"
        "<fig><caption><title>Two\n lungs</title><p>Left.</p><p>Right.</p></caption>"
        "<caption><p>Links.</p></caption></fig>"
        "</fig-group><fig><p>No caption element.</p></fig>"
    )
    first, second = parsed.figures
    assert (first.label, first.title) == ("Figure 9", "Two lungs")
    assert first.caption == "Two lungs Left. Right. Links. Shared."
    assert (second.label, second.title, second.caption) == (None, None, "No caption element.")


def test_markup_is_flattened_and_latex_left_out() -> None:
    caption = (
        "<p>10<sup>9</sup>\u00a0cells,\n <italic>E. <bold>coli</bold></italic> at <inline-formula><alternatives>"
        "<tex-math>\\documentclass{x}</tex-math><mml:math><mml:mi>x</mml:mi></mml:math></alternatives></inline-formula>"
        "<break/>end<fn><p>A note.</p></fn>.</p>"
    )
    assert article(fig(caption=caption)).figures[0].caption == "109 cells, E. coli at x end."


@pytest.mark.parametrize(
    ("inside", "licence", "credit"),
    [
        ("", "CC-BY-4.0", None),
        ("<attrib>Photo: A. Person</attrib>", "CC-BY-4.0", "Photo: A. Person"),
        ("<attrib>Reprinted with permission from B.</attrib>", "unknown", "Reprinted with permission from B."),
        ("<permissions><copyright-statement>© C</copyright-statement></permissions>", "unknown", "© C"),
        ('<permissions><license xlink:href="http://creativecommons.org/licenses/by-nd/4.0/"><p>Words.</p></license>'
         "</permissions>", "CC-BY-ND-4.0", "Words."),
    ],
)  # fmt: skip
def test_permissions_and_credits_of_a_figure_override_the_article(
    inside: str, licence: str, credit: str | None
) -> None:
    meta = '<permissions><license xlink:href="http://creativecommons.org/licenses/by/4.0/"/></permissions>'
    figure = article(fig(more=inside), meta=meta).figures[0]
    assert (figure.licence, figure.credit) == (licence, credit)


# ---------------------------------------------------------------- mentions


def test_mentions_are_passages_with_the_offsets_of_the_citation() -> None:
    parsed = article(
        '<p>Opacities  (see <xref ref-type="fig" rid="f1">Fig.\u00a01</xref>) and '
        '<xref ref-type="bibr" rid="b1">4</xref>.</p>' + fig() + '<sec><title>On <xref rid="f1">Figure 1</xref></title>'
        '<table-wrap><table><tr><td><bold><xref ref-type="fig" rid="f1">Fig 1B</xref></bold></td></tr></table>'
        "</table-wrap></sec>"
    )
    assert [mention.text for mention in parsed.figures[0].mentions] == [
        "Opacities (see Fig. 1) and 4.",
        "On Figure 1",
        "Fig 1B",
    ]
    assert cited(parsed) == ["Fig. 1", "Figure 1", "Fig 1B"]
    assert [mention.letters for mention in parsed.figures[0].mentions] == [(), (), ("b",)]


def test_lists_and_ranges_of_links() -> None:
    figures = "".join(fig(f"f{number}", label=f"Figure {number}") for number in range(1, 7))
    parsed = article(
        '<p><xref ref-type="fig" rid="f1 f2">Figs 1 and 2</xref>, '
        '<xref ref-type="fig" rid="f3">Figs 3</xref>\u2013<xref ref-type="fig" rid="f6">6</xref></p>' + figures
    )
    assert [cited(parsed, index) for index in range(6)] == [
        ["Figs 1 and 2"],
        ["Figs 1 and 2"],
        ["Figs 3"],
        ["Figs 3–6"],
        ["Figs 3–6"],
        ["6"],
    ]


def test_a_range_within_one_link() -> None:
    figures = "".join(fig(f"f{number}", label=f"Fig. {number}") for number in range(1, 5))
    parsed = article('<p>(<xref ref-type="fig" rid="f2">Figs. 2-4</xref>)</p>' + figures)
    assert [len(figure.mentions) for figure in parsed.figures] == [0, 1, 1, 1]
    assert cited(parsed, 2) == ["Figs. 2-4"]


def test_panel_letters_go_to_the_figure_that_they_follow() -> None:
    parsed = article(
        '<p><xref ref-type="fig" rid="f1 f2">Figs 1A, B and 2c</xref> '
        '<xref ref-type="fig" rid="f1">Fig 1</xref>D-F.</p>' + fig() + fig("f2", label="Figure 2")
    )
    assert [mention.letters for mention in parsed.figures[0].mentions] == [("a", "b"), ("d", "e", "f")]
    assert [mention.letters for mention in parsed.figures[1].mentions] == [("c",)]
    assert cited(parsed) == ["Figs 1A, B and 2c", "Fig 1D-F"]


def test_a_link_to_a_group_cites_its_figures_and_a_caption_does_not_cite_itself() -> None:
    parsed = article(
        '<p><xref ref-type="fig" rid="g">Figure 1</xref></p><fig-group id="g">'
        + fig(
            caption='<p>As in <xref ref-type="fig" rid="f1">Fig. 1</xref>, '
            'not <xref ref-type="fig" rid="f2">2</xref>.</p>'
        )
        + fig("f2", label="Figure 2")
        + "</fig-group>"
    )
    assert [cited(parsed, index) for index in (0, 1)] == [["Figure 1"], ["Figure 1", "2"]]


def test_links_to_figures_without_id_are_matched_by_number() -> None:
    parsed = article('<p>See <xref ref-type="fig" rid="gone">Figure 2</xref>.</p><fig><label>Fig. 2</label></fig>')
    assert cited(parsed) == ["Figure 2"]


def test_panels_named_before_the_figure() -> None:
    parsed = article(
        '<p>Panels A and C of <xref ref-type="fig" rid="f1">Figure 1</xref>; panel b in the '
        '<xref ref-type="fig" rid="f1">figure</xref>; panels of <xref ref-type="fig" rid="f1">Fig. 1</xref>e</p>'
        + fig()
    )
    assert [mention.letters for mention in parsed.figures[0].mentions] == [("a", "c"), (), ("e",)]


def test_a_figure_to_which_no_link_leads_is_looked_for_in_words() -> None:
    parsed = article(
        '<p><xref rid="f1">Fig. 1</xref> shows it. Fig. 1, Figure 2.</p>' + fig() + fig("f2", label="Figure 2")
    )
    assert [cited(parsed, index) for index in (0, 1)] == [["Fig. 1"], ["Fig. 1, Figure 2"]]


def test_citations_in_words_count_where_nothing_is_linked() -> None:
    parsed = article(
        "<p>Opacities (Fig. 1: 45 cases) and Figures 2a and 3; not Supplementary Fig. 2.</p>"
        + fig()
        + fig("f2", label="Fig. 2", caption="<p>Compare Fig. 1.</p>")
        + fig("f3", label="Fig. 3")
    )
    assert [cited(parsed, index) for index in range(3)] == [["Fig. 1"], ["Figures 2a and 3"], ["Figures 2a and 3"]]
    assert parsed.figures[1].mentions[0].letters == ("a",)


@pytest.mark.parametrize(
    ("text", "letters", "end"),
    [
        ("2a,b", ("a", "b"), 4),
        ("2A–C)", ("a", "b", "c"), 4),
        ("2(a) and (b) show", ("a", "b"), 12),
        ("2 (A, B)", ("a", "b"), 8),
        ("2, panel C shows", ("c",), 10),
        ("2 A.", ("a",), 3),
        ("2 a patient", (), 1),
        ("2 (a patient)", (), 1),
        ("2 (n = 5)", (), 1),
        ("2B, a patient", ("b",), 2),
        ("2b and a patient", ("b",), 2),
        ("2 shows", (), 1),
        ("2a and c–e.", ("a", "c", "d", "e"), 10),
    ],
)
def test_panel_letters(text: str, letters: tuple[str, ...], end: int) -> None:
    assert panel_letters(text, 1) == (letters, end)


def test_numbers_in_words() -> None:
    assert [one.number for one in cited_numbers("3.1, 3.2 and S4", 0, 15)] == ["3.1", "3.2", "S4"]
    assert [one.number for one in cited_numbers("2 to 5", 0, 6)] == ["2", "3", "4", "5"]
    assert [[one.number for one in found] for _, found in plain_citations("Fig.5, 12 patients; figure 7")] == [
        ["5"],
        ["7"],
    ]


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"", "empty"),
        (b"<article><front/><body><fig>", "truncated_xml"),
        (b"<collection><document/></collection>", "not_jats"),
        (b"<article><articleinfo/><section/></article>", "not_jats"),
        (b'<article xmlns="http://docbook.org/ns/docbook"><front/></article>', "not_jats"),
        (b'<!DOCTYPE article [<!ENTITY x "y">]><article><front/></article>', "entity_declaration"),
    ],
)
def test_what_is_no_article_is_a_drop(xml: bytes, reason: str) -> None:
    found = parse_article(xml, "file:1")
    assert isinstance(found, Drop)
    assert (found.item, found.reason) == ("file:1", reason)


LONG = "<p>" + "word " * 40_000 + "</p>"
NUMBERED = "".join(fig(f"f{number}", label=f"Figure {number}") for number in range(1, 1000))
ATTACKS = {
    "figures": "<fig/>" * 10_001,
    "captions": f"<fig-group><caption>{LONG}</caption>{'<fig/>' * 5000}</fig-group>",
    "links": f'<fig-group id="g">{"<fig/>" * 5000}</fig-group>' + '<p><xref rid="g">1</xref></p>' * 5000,
    "passages": "<p>" + LONG + '<xref rid="f1">1</xref> ' * 1000 + f"</p>{fig()}",
    "ranges": "<p>" + '<xref rid="f1">1</xref>-<xref rid="f999">999</xref>, ' * 1000 + f"</p>{NUMBERED}",
    "words": f"<p>{'Fig. 1 ' * 50_000}</p>{fig()}",
}
BORNE = {
    "lists": f'<p><xref ref-type="fig" rid="f1">Figs {"1-50," * 100_000}</xref></p>{fig()}',
    "credits": fig(caption="<p>" + "© A. " * 100_000 + "</p>"),
    "nested": f"{'<fig>' * 200}{'<graphic/>' * 20_000}{'</fig>' * 200}",
    "letters": f'<p><xref rid="f1">Fig. 1{"a," * 100_000}</xref></p>{fig()}',
}


def written(body: str) -> bytes:
    return f"<article {LINK}><front/><body>{body}</body></article>".encode()


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_what_would_multiply_without_end_is_a_drop(name: str) -> None:
    found = parse_article(written(ATTACKS[name]), "file:1")
    assert isinstance(found, Drop)
    assert (found.item, found.reason) == ("file:1", "too_many")


@pytest.mark.parametrize("name", sorted(BORNE))
def test_what_is_only_long_is_read(name: str) -> None:
    assert isinstance(parse_article(written(BORNE[name]), "file:1"), ParsedArticle)


def test_memory_is_bounded_whatever_the_file() -> None:
    """In one gigabyte of addresses, Python and its libraries included, every attack ends in a Drop."""
    script = """
import resource, sys
from met.harvest.jats import parse_article
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
body = {
    "tags": b"<b/>" * 16_000_000,
    "text": b"<p>" + b"x" * 12_000_000 + b"</p>",
    "attributes": b'<b c="" d=""/>' * 4_000_000,
    "figures": b"<fig/>" * 1_000_000,
    "links": b'<fig-group id="g">' + b"<fig/>" * 5000 + b"</fig-group>" + b'<p><xref rid="g">1</xref></p>' * 50_000,
}
for name, found in body.items():
    print(parse_article(b"<article><body>" + found + b"</body></article>", "a").reason)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["too_large", "too_large", "too_large", "too_many", "too_many"], done.stderr


def test_namespaced_and_wrapped_articles_are_read() -> None:
    body = f"<front/><body>{fig()}</body>"
    for xml in (
        f'<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/" {LINK}>{body}</article>',
        f"<pmc-articleset {LINK}><article>{body}</article></pmc-articleset>",
    ):
        parsed = parse_article(xml.encode(), "a")
        assert isinstance(parsed, ParsedArticle)
        assert [figure.caption for figure in parsed.figures] == ["A lung."]


# ---------------------------------------------------------------- properties

WORDS = st.text(st.sampled_from("abcXYZ0159 .,;()&<–é\u00a0\n"), max_size=30)


@st.composite
def inline(draw: st.DrawFn, depth: int = 2) -> tuple[str, str]:
    """Return (markup, its plain text before white space is collapsed)."""
    markup, plain = "", ""
    for _ in range(draw(st.integers(0, 3))):
        words = draw(WORDS)
        tag = draw(st.sampled_from(["", "italic", "sup", "named-content", "tex-math"]))
        inner, inner_plain = draw(inline(depth - 1)) if depth and tag else ("", "")
        if tag:
            markup += f"<{tag}>{escape(words)}{inner}</{tag}>"
            plain += "" if tag == "tex-math" else words + inner_plain
        else:
            markup += escape(words)
            plain += words
    return markup, plain


@settings(max_examples=300)
@given(inline(), inline(), inline())
def test_offsets_hold_the_words_of_the_link(
    before: tuple[str, str], link: tuple[str, str], after: tuple[str, str]
) -> None:
    root = parse_xml(f"<p>{before[0]}<xref>{link[0]}</xref>{after[0]}</p>".encode())
    flat = flatten(root, [root.find("xref")])
    start, end = flat.spans[root.find("xref")]
    assert flat.text == " ".join((before[1] + link[1] + after[1]).split())
    assert flat.text[start:end] == " ".join(link[1].split())


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[tuple[str | None, int, int]]]:
    """Return the body of an article and, of each figure in order, its id, its pictures and the links to it."""
    figures: list[tuple[str | None, int]] = []
    body = ""
    for number in range(draw(st.integers(0, 5))):
        name = draw(st.sampled_from([f"f{number}", None]))
        pictures = draw(st.integers(0, 3))
        figures.append((name, pictures))
        text = draw(inline())[0]
        graphics = "".join(f'<graphic xlink:href="{number}-{at}.jpg"/>' for at in range(pictures))
        named = f' id="{name}"' if name else ""
        where = draw(
            st.sampled_from(["{}", "<p>x {} y</p>", "<boxed-text>{}</boxed-text>", "<fig-group>{}</fig-group>"])
        )
        body += where.format(
            f"<fig{named}><caption><p>{text}</p></caption>{graphics}</fig>".replace("{", "").replace("}", "")
        )
    links = {name: 0 for name, _ in figures if name}
    for _ in range(draw(st.integers(0, 6)) if links else 0):
        target = draw(st.sampled_from(sorted(links)))
        links[target] += 1
        block = draw(st.sampled_from(["p", "title", "td", "verse-line"]))
        body += f'<{block}>a <bold><xref ref-type="fig" rid="{target}">here</xref></bold> z</{block}>'
    return body, [(name, pictures, links.get(name or "", 0)) for name, pictures in figures]


@settings(max_examples=300)
@given(documents())
def test_nothing_of_a_generated_article_is_lost(document: tuple[str, list[tuple[str | None, int, int]]]) -> None:
    body, expected = document
    parsed = article(body)
    found = [(figure.xml_id, len(figure.graphics), len(figure.mentions)) for figure in parsed.figures]
    assert found == expected
    for figure in parsed.figures:
        for mention in figure.mentions:
            assert mention.text[mention.start : mention.end] == "here"


@settings(max_examples=300)
@given(st.integers(0, 2000), st.binary(max_size=3))
def test_damaged_articles_are_read_or_dropped(at: int, damage: bytes) -> None:
    whole = (
        f"<article {LINK}><front><article-meta><title-group><article-title>T</article-title></title-group>"
        f'</article-meta></front><body><p><xref rid="f1">Fig. 1</xref></p>{fig()}</body></article>'
    ).encode()
    found = parse_article(whole[: at % len(whole)] + damage + whole[at % len(whole) :], "a")
    assert isinstance(found, ParsedArticle | Drop)


# ---------------------------------------------------------------- real articles


@pytest.mark.shared
def test_real_articles_against_an_independent_count(shared_data: Path) -> None:
    score = score_jats([shared_data / "articles"])
    assert score["refused"] == {"not_jats": 1}
    assert (score["articles"], score["figures"], score["exceptions"]) == (112, 640, 0)
    assert (score["captions"], score["recall"]) == (score["expected_captions"], 1.0)
    assert score["mentions"] >= score["expected_mentions"] == 1398


@pytest.mark.shared
def test_the_article_without_links_has_its_citations(shared_data: Path) -> None:
    parsed = parse_article((shared_data / "articles/pmc/PMC7003341/PMC7003341.nxml").read_bytes(), "a")
    assert isinstance(parsed, ParsedArticle)
    assert len(parsed.figures) == 10
    assert all(figure.mentions for figure in parsed.figures)


@pytest.mark.shared
def test_copyright_lines_of_real_captions_make_the_licence_unknown(shared_data: Path) -> None:
    parsed = parse_article((shared_data / "articles/openstax/m46049/m46049.nxml").read_bytes(), "a")
    assert isinstance(parsed, ParsedArticle)
    assert parsed.front.rights.licence == "CC-BY-4.0"
    assert sum(figure.licence == "unknown" for figure in parsed.figures) == 6
