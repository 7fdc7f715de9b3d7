"""Texts: every format read to plain text with its authority and licence; hostile archives and files become Drops."""

import io
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput
from met.tree.texts import MAX_BYTES, Text, read_texts, text_files
from met.tree.texts.blocks import Unreadable
from met.tree.texts.markup import read_markup
from met.tree.texts.sentences import sentences
from met.types import Drop

CNXML = """<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml"><title>Joints</title>
<metadata><md:content-id>m1</md:content-id></metadata>
<content><para>A <term>joint</term> joins
 bones.</para><list><item>first</item><item>second</item></list></content>
<glossary><definition><term>joint</term> <meaning>place where bones meet</meaning></definition></glossary></document>"""
COLLECTION = """<collection xmlns="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"><metadata>
<md:license url="http://creativecommons.org/licenses/by/4.0/"/></metadata><content><module
document="m1"/></content></collection>
"""
MEDQUAD = """<Document><Focus>Asthma</Focus><QAPairs><QAPair><Question>What is asthma?</Question>
<Answer>Asthma is a disease of the airways.</Answer></QAPair></QAPairs></Document>"""
JATS = """<article article-type="{kind}"
xmlns:xlink="http://www.w3.org/1999/xlink"><front><journal-meta/><article-meta><title-group>
<article-title>{title}</article-title></title-group><permissions><license
xlink:href="https://creativecommons.org/licenses/by-nc/4.0/"/>
</permissions></article-meta></front><body><sec><title>Methods</title><p>We <italic>looked</italic>.</p></sec></body>
<back><ref-list><ref>Nobody 1999</ref></ref-list></back></article>
"""


def archive(path: Path, members: dict[str, str | bytes], *, links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return path


def read(*paths: Path) -> tuple[list[Text], list[Drop]]:
    items = list(read_texts(text_files(paths)))
    return [item for item in items if isinstance(item, Text)], [item for item in items if isinstance(item, Drop)]


def test_a_textbook_chapter_gives_blocks_glossary_and_the_licence_of_its_collection(tmp_path: Path) -> None:
    texts, drops = read(archive(tmp_path / "b.tar.gz", {"z/m1/index.cnxml": CNXML, "z/a.collection.xml": COLLECTION}))
    document, entry = texts[0].document, texts[0].glossary[0]
    assert document.text == "Joints\n\nA joint joins bones.\n\nfirst\n\nsecond\n\njoint: place where bones meet"
    assert (document.text[slice(*entry.term)], document.text[slice(*entry.meaning)]) == (
        "joint",
        "place where bones meet",
    )
    assert (document.authority, document.licence, document.path) == (
        "textbook",
        "CC-BY-4.0",
        "b.tar.gz/z/m1/index.cnxml",
    )
    assert drops == []


@pytest.mark.parametrize(
    ("kind", "title", "authority"),
    [
        ("research-article", "A trial", "article"),
        ("review-article", "A review", "review"),
        ("other", "A rapid advice guideline for pneumonia", "guideline"),
    ],
)
def test_an_article_has_the_authority_of_its_type(kind: str, title: str, authority: str) -> None:
    found = read_markup(JATS.format(kind=kind, title=title).encode())
    assert (found.authority, found.licence, found.text) == (
        authority,
        "CC-BY-NC-4.0",
        f"{title}\n\nMethods\n\nWe looked.",
    )


def test_other_formats_give_their_words_alone() -> None:
    page = b"<!DOCTYPE html><html><head><title>T</title><script>x()</script></head><body>"
    page += b"<h1>Asthma</h1><p>An &amp; b<br>c</p></body></html>"
    assert (read_markup(page).text, read_markup(page).title) == ("Asthma\n\nAn & b\n\nc", "T")
    markdown = read_markup(b"# Asthma\n\nSee [the **page**](http://a.b).\n\n```\ncode\n```\n")
    assert (markdown.text, markdown.title, markdown.kind) == ("Asthma\n\nSee the page.", "Asthma", "markdown")
    assert read_markup(b"one\ntwo\n\nthree").text == "one two\n\nthree"
    assert read_markup(MEDQUAD.encode()).text == "What is asthma?\n\nAsthma is a disease of the airways."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_text"),
        (b"\xe4\xf6\xfc ist kein UTF-8", "wrong_encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not_text"),
        (b"<document><content>", "broken_xml"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><document>&x;</document>', "broken_xml"),
        (b"<svg/>", "unknown_markup"),
        (b"<document><content/></document>", "empty_text"),
    ],
)
def test_what_is_no_text_has_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_markup(data)
    assert refusal.value.reason == reason


def test_a_bad_text_among_good_ones_is_a_drop_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Bei Übelkeit und Schwäche".encode("latin-1"))
    (tmp_path / "book.xml").write_text("<document><content/></document>")
    (tmp_path / "blank.txt").write_text(" \n\n")
    (tmp_path / "good.txt").write_text("Asthma is a disease.")
    texts, drops = read(tmp_path)
    assert [text.document.path for text in texts] == ["good.txt"]
    assert {(drop.item, drop.reason) for drop in drops} == {
        ("latin.txt", "wrong_encoding"), ("book.xml", "empty_text"), ("blank.txt", "empty_text"),
    }  # fmt: skip
    assert next(drop for drop in drops if drop.item == "latin.txt").detail == {"why": "no UTF-8 at byte 4"}


READS = """
import resource, sys
from pathlib import Path
from met.tree.texts import Text, read_texts, text_files

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

list(read_texts(text_files([Path(sys.argv[1])])))
before, characters = peak(), 0
for item in read_texts(text_files([Path(sys.argv[2])])):
    characters += item.document.characters if isinstance(item, Text) else 0
print(characters, (peak() - before) // 1024)
"""


@pytest.mark.slow
def test_many_texts_take_no_more_memory_than_one(tmp_path: Path) -> None:
    line = "The knee is a joint, and gout is a disease of joints. "
    sizes = {"one.tar": 1, "many.tar": 300}
    for name, count in sizes.items():
        with tarfile.open(tmp_path / name, "w") as tar:
            for number in range(count):
                data = (f"Text {number}. " + line * 20_000).encode()
                member = tarfile.TarInfo(f"{number}.txt")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    command = [sys.executable, "-c", READS, str(tmp_path / "one.tar"), str(tmp_path / "many.tar")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    characters, megabytes = map(int, done.stdout.split())
    assert characters > 300_000_000
    assert megabytes < 32


def test_a_file_beyond_all_measure_is_a_drop(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.write(b"text")
        file.truncate(MAX_BYTES + 1)
    assert [(drop.item, drop.reason) for drop in read(tmp_path)[1]] == [("huge.txt", "too_large")]


def test_unsafe_members_are_never_opened(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.tar.gz",
        {"../up.txt": "up", "/abs.txt": "abs", "good.txt": "good"},
        links={"link.txt": "/etc/passwd"},
    )
    texts, drops = read(path)
    assert [text.document.text for text in texts] == ["good"]
    assert {(drop.item, drop.reason) for drop in drops} == {
        ("a.tar.gz/../up.txt", "unsafe_member"), ("a.tar.gz//abs.txt", "unsafe_member"),
        ("a.tar.gz/link.txt", "unsafe_member"),
    }  # fmt: skip


def test_what_holds_nothing_at_all_is_a_drop(tmp_path: Path) -> None:
    (tmp_path / "zeros.txt").write_bytes(bytes(10_240))
    (tmp_path / "few.txt").write_bytes(bytes(3))
    archive(tmp_path / "none.tar.gz", {})
    texts, drops = read(tmp_path)
    assert not texts
    assert {(drop.item, drop.reason) for drop in drops} == {
        ("few.txt", "not_text"), ("none.tar.gz", "empty_archive"), ("zeros.txt", "empty_archive"),
    }  # fmt: skip


def test_a_cut_archive_gives_what_it_holds_and_a_drop(tmp_path: Path) -> None:
    import random

    noise = random.Random(1).randbytes(200_000)
    path = archive(tmp_path / "a.tar.gz", {"good.txt": "good", "noise.bin": noise})
    path.write_bytes(path.read_bytes()[:100_000])
    texts, drops = read(path)
    assert [text.document.text for text in texts] == ["good"]
    assert [drop.reason for drop in drops] == ["broken_archive"]


def test_the_same_content_counts_once(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("the same")
    texts, drops = read(tmp_path)
    assert [text.document.path for text in texts] == ["a.txt"]
    assert [(drop.item, drop.reason) for drop in drops] == [("b.txt", "repeated_text")]


def test_the_order_of_the_sources_does_not_matter(tmp_path: Path) -> None:
    paths = [archive(tmp_path / "a.tar.gz", {"x.txt": "x"}), archive(tmp_path / "b.tar.gz", {"y.txt": "y"})]
    assert read(*paths) == read(*reversed(paths))


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        text_files([tmp_path / "none"])


@given(st.text(alphabet=st.sampled_from('aB. \n"?(1é')))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    spans = list(sentences(text))
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    assert all(start < end and "\n" not in text[start:end] for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
