"""Articles that Hypothesis writes: whatever is in them is found as written, and whatever breaks them is told."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from met.harvest.jats import ParsedArticle, parse_article
from met.types import Drop

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'
CC = "http://creativecommons.org/licenses"
WORDS = (
    "lung", "Opacity,", "5 < 6", "naïve", "a&b", "α–β", "of\u00a0it", "thin\u2009space", "\n", "(A)", "x", "", "end."
)  # fmt: skip
INLINE = ("italic", "bold", "sup", "named-content", "sc")
# Markup of which no word counts.
SILENT = ("tex-math", "index-term", "fn")
PLACES = (
    "<sec>{}</sec>", "<p>before {} after</p>", "<boxed-text><sec>{}</sec></boxed-text>", "<fig-group>{}</fig-group>",
    "<list><list-item><p>{}</p></list-item></list>", "<p><boxed-text><p>{}</p></boxed-text></p>",
    "<supplementary-material>{}</supplementary-material>", "<disp-quote><p>{}</p></disp-quote>",
)  # fmt: skip
BEHIND = ("{}", "<floats-group>{}</floats-group>", "<back><app-group><app>{}</app></app-group></back>")
DECOYS = (
    "", '<table-wrap><graphic xlink:href="t.jpg"/></table-wrap>', '<p><inline-graphic xlink:href="i.jpg"/></p>',
    '<disp-formula><graphic xlink:href="d.jpg"/></disp-formula>', "<!-- <fig id='none'/> -->",
    "<p><![CDATA[<fig><graphic/></fig>]]></p>", '<graphic xlink:href="g.jpg"/>',
    '<p><xref rid="f1" ref-type="bibr">9</xref></p>',
)  # fmt: skip
# Markup in an article's or a figure's permissions -> the licence that it names.
LICENCES = {
    f'<license xlink:href="{CC}/by/4.0/"/>': "CC-BY-4.0",
    f'<license><license-p><ext-link xlink:href="{CC}/by-nc/3.0/">here</ext-link></license-p></license>': "CC-BY-NC-3.0",
    f"<license><license-p>CC BY 4.0, no: {CC}/by-nd/4.0/</license-p></license>": "CC-BY-ND-4.0",
    '<license xlink:href="http://creativecommons.org/publicdomain/zero/1.0/"/>': "CC0-1.0",
    f'<license xlink:href="http://www.elsevier.com/tdm/1.0/"/><license xlink:href="{CC}/by-sa/4.0"/>': "CC-BY-SA-4.0",
    "<license><license-p>Creative Commons Attribution 4.0</license-p></license>": "unknown",
    "<copyright-statement>© Somebody</copyright-statement>": "unknown",
}
# What stands at the end of a caption -> the licence of the figure, None for that of the article.
CREDITS: dict[str, str | None] = {
    "": None,
    "(credit: modification of work by USDA)": None,
    "Reprinted with permission from B.": "unknown",
    "(Courtesy of B)": "unknown",
    "Adapted from [3].": "unknown",
    f"(© B, {CC}/by-sa/3.0/)": "CC-BY-SA-3.0",
}
# How a link is worded -> the panel letters that it names. One in words alone leads nowhere.
CITATIONS = {"Fig. {}": (), "Figure {}A": ("a",), "Figs {}b,c": ("b", "c"), "{}": (), "here": ()}
WHERE = ("<p>{}</p>", "<title>{}</title>", "<td>{}</td>", "<p>See {}, and so on.</p>", "<caption><p>{}</p></caption>")

Marked = tuple[str, str]  # markup, and its words before white space is collapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must be found of a figure. `licence` None stands for the article's; `cited` are citations with letters."""

    xml_id: str | None
    label: str | None
    caption: str
    pictures: int
    licence: str | None
    cited: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document with what is in it."""

    xml: bytes
    licence: str
    figures: tuple[Expected, ...]


def piece(word: str, tag: str, space: str) -> Marked:
    markup = f"<{tag}>{escape(word)}</{tag}>" if tag else escape(word)
    return markup + space, ("" if tag in SILENT else word) + space


PIECES = [piece(word, tag, space) for word in WORDS for tag in ("", *INLINE, *SILENT) for space in ("", " ")]


def words() -> st.SearchStrategy[Marked]:
    pieces = st.lists(st.sampled_from(PIECES), max_size=4)
    return pieces.map(lambda found: ("".join(one[0] for one in found), "".join(one[1] for one in found)))


def collapsed(text: str) -> str:
    return " ".join(text.split())


ONE = '<graphic xlink:href="p.jpg"/>'
# Markup of the pictures of a figure, and how many they are.
PICTURES = (
    ("", 0),
    (ONE, 1),
    (ONE * 2, 2),
    (f'<alternatives><graphic specific-use="thumbnail" xlink:href="s.gif"/>{ONE}</alternatives>', 1),
    ('<media xlink:href="m.tif"/>', 1),
    (f"<p><disp-formula>{ONE}</disp-formula></p>", 0),
    (f"<p>{ONE}</p>", 1),
)


@st.composite
def figures(draw: st.DrawFn, number: int) -> tuple[str, Expected]:
    named = draw(st.booleans())
    labelled = draw(st.booleans())
    title, text = draw(words()), draw(words())
    credit = draw(st.sampled_from(sorted(CREDITS)))
    own = draw(st.sampled_from(("", "", "", *LICENCES)))
    picture, count = draw(st.sampled_from(PICTURES))
    captions = draw(st.sampled_from(("one", "two", "none")))
    inside = f"<title>{title[0]}</title><p>{text[0]}</p>"
    markup = {
        "one": f"<caption>{inside}<p>{credit}</p></caption>",
        "two": f"<caption>{inside}</caption><caption><p>{credit}</p></caption>",
        "none": "",
    }[captions]
    plain = "" if captions == "none" else collapsed(f"{title[1]} {text[1]} {credit}")
    licence = None if captions == "none" else CREDITS[credit]
    if own and LICENCES[own] != "unknown":
        licence = LICENCES[own]
    elif own and not (licence or "").startswith("CC"):
        licence = "unknown"
    links = (
        draw(st.lists(st.tuples(st.sampled_from(sorted(CITATIONS)), st.sampled_from(WHERE)), max_size=3))
        if named
        else []
    )
    wording = [(words.format(number), CITATIONS[words]) for words, _ in links]
    name = f' id="f{number}"' if named else ""
    label = f"<label>Figure <bold>{number}</bold></label>" if labelled else ""
    permissions = f"<permissions>{own}</permissions>" if own else ""
    figure = f"<fig{name}>{label}{markup}{picture}{permissions}</fig>"
    cites = "".join(
        where.format(f'<bold><xref ref-type="fig" rid="f{number}">{cited}</xref></bold>')
        for (_, where), (cited, _) in zip(links, wording, strict=True)
    )
    expected = Expected(
        xml_id=f"f{number}" if named else None,
        label=f"Figure {number}" if labelled else None,
        caption=plain,
        pictures=count,
        licence=licence,
        cited=tuple(wording),
    )
    place = draw(st.sampled_from(PLACES))
    before = draw(st.sampled_from(DECOYS))
    return before + place.replace("{}", figure) + cites, expected


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "references": lambda text: text.encode("ascii", "xmlcharrefreplace"),
    "latin-1": lambda text: (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode("latin-1", "xmlcharrefreplace")
    ),
}
ROOTS = (
    f"<article {XLINK}>{{}}</article>",
    f'<!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "JATS.dtd"><article {XLINK}>{{}}</article>',
    f'<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/" {XLINK}>{{}}</article>',
    f"<pmc-articleset><article {XLINK}>{{}}</article></pmc-articleset>",
)


@st.composite
def articles(draw: st.DrawFn) -> Written:
    written = [draw(figures(number)) for number in range(1, draw(st.integers(1, 4)))]
    split = draw(st.integers(0, len(written)))
    rights = draw(st.sampled_from(sorted(LICENCES)))
    behind = draw(st.sampled_from(BEHIND))
    body = "".join(markup for markup, _ in written[:split])
    after = behind.replace("{}", "".join(markup for markup, _ in written[split:])) if split < len(written) else ""
    head = f"<article-meta><permissions>{rights}</permissions></article-meta>"
    inner = f"<front>{head}</front><body>{body}</body>{after}"
    text = draw(st.sampled_from(ROOTS)).replace("{}", inner)
    xml = ENCODINGS[draw(st.sampled_from(sorted(ENCODINGS)))](text)
    return Written(xml=xml, licence=LICENCES[rights], figures=tuple(expected for _, expected in written))


def check(written: Written) -> None:
    parsed = parse_article(written.xml, "a.xml")
    assert isinstance(parsed, ParsedArticle)
    assert parsed == parse_article(written.xml, "a.xml")
    assert parsed.front.rights.licence == written.licence
    found = [
        Expected(
            xml_id=figure.xml_id,
            label=figure.label,
            caption=figure.caption,
            pictures=len(figure.graphics),
            licence=None if expected.licence is None and figure.licence == written.licence else figure.licence,
            cited=tuple((mention.text[mention.start : mention.end], mention.letters) for mention in figure.mentions),
        )
        for figure, expected in zip(parsed.figures, written.figures, strict=True)
    ]
    assert found == list(written.figures)


def check_damaged(data: bytes, found: Any) -> None:
    assert isinstance(found, ParsedArticle | Drop)
    assert found == parse_article(data, "a.xml")
    for figure in found.figures if isinstance(found, ParsedArticle) else ():
        assert not figure.title or figure.caption.startswith(figure.title)
        for mention in figure.mentions:
            assert 0 <= mention.start <= mention.end <= len(mention.text)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An article of which a part is cut out, doubled, put elsewhere or overwritten."""
    data = draw(articles()).xml
    first, second = sorted(draw(st.integers(0, len(data))) for _ in range(2))
    part = data[first:second]
    noise = draw(
        st.sampled_from([b"\x00", b"&x;", b"<", b"]]>", b"<fig>", b"</p>", b"\xff\xfe", b"<xref>", b'"', b"&#0;", b""])
    )
    kind = draw(st.sampled_from(("cut", "twice", "moved", "noise")))
    return {
        "cut": data[:first] + data[second:],
        "twice": data[:second] + part + data[second:],
        "moved": data[:first] + data[second:] + part,
        "noise": data[:first] + noise + data[first:],
    }[kind]


@settings(max_examples=1000)
@given(articles())
def test_everything_written_is_found(written: Written) -> None:
    check(written)


@settings(max_examples=700)
@given(damaged())
def test_damaged_articles_are_read_or_dropped(data: bytes) -> None:
    check_damaged(data, parse_article(data, "a.xml"))


@settings(max_examples=300)
@given(articles(), st.data())
def test_no_beginning_of_an_article_passes_for_the_whole(written: Written, data: st.DataObject) -> None:
    whole = written.xml.rstrip()
    cut = whole[: data.draw(st.integers(1, len(whole) - 2))]
    found = parse_article(cut, "a.xml")
    assert isinstance(found, Drop)
    assert found.reason in {"truncated_xml", "malformed_xml", "empty"}


@pytest.mark.slow
@settings(max_examples=5000)
@given(articles())
def test_everything_written_is_found_at_length(written: Written) -> None:
    check(written)


@pytest.mark.slow
@settings(max_examples=5000)
@given(damaged())
def test_damaged_articles_are_read_or_dropped_at_length(data: bytes) -> None:
    check_damaged(data, parse_article(data, "a.xml"))
