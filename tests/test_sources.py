"""A folder of JATS to rows: files, digests, figures with their images, and a Drop for everything else."""

import os
from collections import Counter
from pathlib import Path

import fsspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput, NotFound
from met.harvest.article import Harvest, content_digest, harvest_article
from met.harvest.jats.graphics import by_small_letters, graphic_hrefs, resolve_graphic
from met.harvest.panels import panels_of
from met.keys import content_key
from met.pixels import encode_png
from met.settings import Settings
from met.sources.folder import read_file, scan_folder
from met.sources.kinds import check_source, scan_source
from met.types import Article, ArticleFile, Figure, Image, Mention, Source, SourceFile

SETTINGS = Settings(image_max_pixels=10**6)
PNG = encode_png(np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3))
OTHER = encode_png(np.zeros((8, 8, 3), dtype=np.uint8))


def jats(*figures: str, ids: str = '<article-id pub-id-type="pmc">PMC1</article-id>', text: str = "") -> bytes:
    return (
        f'<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>{ids}</article-meta></front>'
        f"<body><p>{text}</p>{''.join(figures)}</body></article>"
    ).encode()


def fig(*hrefs: str, name: str = "f1", label: str = "Fig. 1") -> str:
    graphics = "".join(f'<graphic xlink:href="{href}"/>' for href in hrefs)
    return f'<fig id="{name}"><label>{label}</label><caption><p>A lung.</p></caption>{graphics}</fig>'


def harvest(
    xml: bytes, graphics: dict[str, bytes | None], *, path: str = "a/b.xml", max_pixels: int = 10**6
) -> Harvest:
    return harvest_article(
        item="file:1", path=path, xml=xml, graphics=graphics, max_pixels=max_pixels, data_class="open"
    )


def of_type(found: Harvest, kind: type) -> list:
    return [row for row in found.made.rows if isinstance(row, kind)]


# ---------------------------------------------------------------- folders


def test_a_folder_is_scanned_in_order_with_what_its_articles_name(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "two.NXML").write_bytes(jats(fig("g1", "gone.jpg")))
    (tmp_path / "z" / "G1.PNG").write_bytes(PNG)
    (tmp_path / "z" / "unnamed.png").write_bytes(OTHER)
    (tmp_path / "one.xml").write_bytes(jats())
    (tmp_path / "notes.txt").write_text("no article")
    (tmp_path / "._one.xml").write_text("no article")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.xml").write_text("no article")
    source, files = scan_folder(tmp_path)
    assert (source.kind, source.uri, source.data_class) == ("folder", str(tmp_path), "open")
    assert [file.path for file in files] == ["one.xml", "z/two.NXML"]
    assert files[0].item == content_key("file", source.key, "one.xml")
    xml, graphics = read_file(source.uri, "z/two.NXML")
    assert graphics == {"G1.PNG": PNG}
    assert files[1].digest == content_digest(xml, graphics)


def test_the_digest_changes_with_the_graphics_that_are_named_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(jats(fig("g.png")))
    digests = [scan_folder(tmp_path)[1][0].digest]
    for name, data in (("g.png", PNG), ("g.png", OTHER), ("h.png", PNG)):
        (tmp_path / name).write_bytes(data)
        os.utime(tmp_path, ns=(len(digests), len(digests)))
        digests.append(scan_folder(tmp_path)[1][0].digest)
    assert len(set(digests[:3])) == 3
    assert digests[3] == digests[2]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.png").write_bytes(PNG)
    (outside / "other.xml").write_bytes(jats())
    (inside / "a.xml").write_bytes(jats(fig("secret.png"), fig("kept.png"), fig("../outside/secret.png")))
    (inside / "real.png").write_bytes(OTHER)
    (inside / "secret.png").symlink_to(outside / "secret.png")
    (inside / "kept.png").symlink_to(inside / "real.png")
    (inside / "other.xml").symlink_to(outside / "other.xml")
    (inside / "folder").symlink_to(outside, target_is_directory=True)
    (inside / "loop").symlink_to(inside, target_is_directory=True)
    source, files = scan_folder(inside)
    assert [file.path for file in files] == ["a.xml"]
    assert read_file(source.uri, "a.xml")[1] == {"secret.png": None, "kept.png": OTHER}


def test_files_that_are_no_regular_files_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(jats(fig("pipe.png"), fig("folder.png")))
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    assert read_file(str(tmp_path), "a.xml")[1] == {"pipe.png": None, "folder.png": None}


def test_what_is_no_folder_of_articles_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="not found"):
        scan_folder(tmp_path / "gone")
    with pytest.raises(BadInput, match="holds no JATS"):
        scan_folder(tmp_path)
    (tmp_path / "a.xml").write_bytes(jats())
    with pytest.raises(BadInput, match="not a folder"):
        scan_folder(tmp_path / "a.xml")
    with pytest.raises(NotFound):
        read_file(str(tmp_path), "b.xml")
    with pytest.raises(NotFound):
        read_file(str(tmp_path), "../../etc/passwd")


def test_a_name_that_no_row_could_bear_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(jats())
    (tmp_path / os.fsdecode(b"caf\xe9.xml")).write_bytes(jats())
    with pytest.raises(BadInput, match="not UTF-8"):
        scan_folder(tmp_path)


def test_a_folder_in_an_object_store_is_read_like_one_here(tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    for name, data in {"z/two.xml": jats(fig("g1"), fig("gone")), "z/G1.png": PNG, "z/other.png": OTHER}.items():
        store.pipe(f"/articles/{name}", data)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    text = "memory://articles"
    check_source(text)
    source, (file,) = scan_source(text, SETTINGS)
    assert (source.kind, source.uri, file.path) == ("folder", text, "z/two.xml")
    assert read_file(source.uri, file.path) == read_file(str(tmp_path), file.path)
    assert read_file(source.uri, file.path)[1] == {"G1.png": PNG}
    assert file.digest == scan_folder(tmp_path)[1][0].digest
    store.pipe("/pictures/a.png", PNG)
    with pytest.raises(BadInput, match="holds no JATS"):
        check_source("memory://pictures")


# ---------------------------------------------------------------- which file a graphic is


@pytest.mark.parametrize(
    ("href", "names", "found"),
    [
        ("g1.jpg", ["g1.jpg", "g1.png"], "g1.jpg"),
        ("g1", ["g1.gif", "g1.png", "g1.jpg"], "g1.jpg"),
        ("g1", ["g1.gif", "g1.tif"], "g1.tif"),
        ("G1.TIF", ["g1.jpg"], "g1.jpg"),
        ("pone.001.g001", ["pone.001.g001.PNG"], "pone.001.g001.PNG"),
        ("info:doi/10.1371/journal.pone.1.g001", ["journal.pone.1.g001.tif"], "journal.pone.1.g001.tif"),
        ("images/fig%201.png", ["fig 1.png"], "fig 1.png"),
        ("g1.v2", ["g1.jpg"], None),
        ("", ["g1.jpg"], None),
        ("..", ["g1.jpg"], None),
    ],
)
def test_resolve_graphic(href: str, names: list[str], found: str | None) -> None:
    assert resolve_graphic(href, by_small_letters(names)) == found


def test_names_that_differ_in_case_alone_have_one_winner() -> None:
    assert by_small_letters(["b.JPG", "B.jpg"]) == by_small_letters(["B.jpg", "b.JPG"]) == {"b.jpg": "B.jpg"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters='"'), max_size=20))
def test_addresses_are_read_as_a_parser_would(href: str) -> None:
    escaped = href.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert graphic_hrefs(f'<p><graphic id="x"\n xlink:href="{escaped}"/></p>'.encode()) == (href,)


# ---------------------------------------------------------------- harvest


def test_an_article_becomes_rows_that_name_each_other() -> None:
    xml = jats(fig("g1"), text='See <xref ref-type="fig" rid="f1">Fig. 1A</xref>.')
    found = harvest(xml, {"g1.png": PNG})
    (article,), (figure,), (mention,), (image,) = (of_type(found, kind) for kind in (Article, Figure, Mention, Image))
    assert (article.repository, article.id, article.path, article.data_class) == ("pmc", "PMC1", "a/b.xml", "open")
    assert article.edition == f"1+{content_digest(xml, {'g1.png': PNG})[:12]}"
    assert article.key == content_key("article", "pmc", "PMC1", article.edition)
    assert of_type(found, ArticleFile) == [ArticleFile(item="file:1", article=article.key)]
    assert figure.key == content_key("figure", article.key, 0)
    assert (figure.article, figure.image, figure.graphic, figure.caption) == (
        article.key,
        image.sha256,
        "g1.png",
        "A lung.",
    )
    assert mention.key == content_key("mention", figure.key, 0)
    assert mention.text[mention.start_char : mention.end_char] == "Fig. 1A"
    assert mention.panel_letters == ("a",)
    assert found.blobs == {image.sha256: PNG}
    assert found.made.kept
    assert found.made.drops == ()


def test_rows_come_in_an_order_that_the_store_can_insert() -> None:
    kinds = [type(row) for row in harvest(jats(fig("g")), {"g.png": PNG}).made.rows]
    assert kinds.index(Image) < kinds.index(Figure)


@pytest.mark.parametrize(
    ("ids", "path", "identity"),
    [
        ('<article-id pub-id-type="pmcid">PMC12.3</article-id>', "a.xml", ("pmc", "PMC12", "3")),
        ('<article-id pub-id-type="doi">https://doi.org/10.1/A</article-id>', "a.xml", ("doi", "10.1/a", "1")),
        ('<article-id pub-id-type="publisher-id">m1</article-id>', "a.xml", ("publisher", "/m1", "1")),
        ("", "x/a.b.xml", ("file", "a.b", "1")),
    ],
)
def test_identity_of_an_article(ids: str, path: str, identity: tuple[str, str, str]) -> None:
    (article,) = of_type(harvest(jats(ids=ids), {}, path=path), Article)
    assert (article.repository, article.id, article.edition.split("+")[0]) == identity


def test_every_figure_is_a_row_or_a_drop() -> None:
    xml = jats(
        fig("good"),
        fig(),
        fig("gone.jpg"),
        fig("bad"),
        fig("closed"),
        fig("empty"),
        fig("good", "gone.jpg"),
        fig("good.png"),
    )
    graphics = {"good.png": PNG, "bad.jpg": b"\xff\xd8 broken", "closed.png": None, "empty.png": b""}
    found = harvest(xml, graphics, max_pixels=48 * 64)
    (article,) = of_type(found, Article)
    assert [figure.position for figure in of_type(found, Figure)] == [0, 6, 8]
    keys = {content_key("figure", article.key, position): position for position in range(9)}
    assert [(keys[drop.item], drop.reason) for drop in found.made.drops] == [
        (1, "no_graphic"),
        (2, "missing_graphic"),
        (3, "unreadable_image"),
        (4, "unreadable_image"),
        (5, "unreadable_image"),
        (7, "missing_graphic"),
    ]
    assert found.made.drops[1].detail["graphic"] == "gone.jpg"
    assert all(drop.detail["article"] == article.key for drop in found.made.drops)
    assert len(of_type(found, Image)) == 1
    small = harvest(jats(fig("good")), {"good.png": PNG}, max_pixels=48 * 64 - 1)
    assert [drop.reason for drop in small.made.drops] == ["too_many_pixels"]


def test_the_first_rendition_that_can_be_read_is_taken() -> None:
    alternatives = '<fig><alternatives><graphic xlink:href="a.tif"/><graphic xlink:href="b.png"/></alternatives></fig>'
    assert of_type(harvest(jats(alternatives), {"a.tif": b"broken", "b.png": PNG}), Figure)[0].graphic == "b.png"
    (drop,) = harvest(jats(alternatives), {"b.png": b"broken"}).made.drops
    assert (drop.reason, drop.detail["graphic"]) == ("unreadable_image", "b.png")


@pytest.mark.parametrize(
    ("xml", "reason"),
    [(b"", "empty"), (b"<article><front>", "truncated_xml"), (b"<collection/>", "not_jats")],
)
def test_a_file_that_is_no_article_is_one_drop(xml: bytes, reason: str) -> None:
    found = harvest(xml, {"g.png": PNG})
    assert not found.made.kept
    assert found.made.rows == ()
    (drop,) = found.made.drops
    assert (drop.item, drop.reason, drop.detail["path"]) == ("file:1", reason, "a/b.xml")


def test_a_retracted_article_is_one_drop_that_names_the_notice() -> None:
    notice = '<related-article related-article-type="retraction-forward" ext-link-type="doi" xlink:href="10.1234/r"/>'
    found = harvest(jats(fig("g"), ids=notice), {"g.png": PNG})
    (drop,) = found.made.drops
    assert (found.made.kept, found.made.rows, dict(found.blobs)) == (False, (), {})
    assert (drop.reason, drop.detail["said_by"], drop.detail["figures"]) == ("retracted", "article", 1)
    assert drop.detail["related"] == [{"kind": "retraction-forward", "target": "doi:10.1234/r"}]


def test_a_correction_is_named_and_the_figures_stay() -> None:
    notice = '<related-article related-article-type="correction-forward" ext-link-type="doi" xlink:href="10.1234/c"/>'
    found = harvest(jats(fig("g"), ids=notice), {"g.png": PNG})
    assert of_type(found, Article)[0].related == [{"kind": "correction-forward", "target": "doi:10.1234/c"}]
    assert len(of_type(found, Figure)) == 1


def test_the_same_bytes_give_the_same_rows_and_other_bytes_other_keys() -> None:
    xml = jats(fig("g"), fig("h"))
    first = harvest(xml, {"g.png": PNG, "h.png": OTHER})
    assert harvest(xml, {"h.png": OTHER, "g.png": PNG}).made == first.made
    changed = harvest(xml, {"g.png": PNG, "h.png": PNG})
    assert {row.key for row in of_type(first, Figure)}.isdisjoint(row.key for row in of_type(changed, Figure))


def test_a_figure_digest_covers_its_mentions() -> None:
    text = 'See <xref ref-type="fig" rid="f1">Fig. 1</xref>.'
    digests = {of_type(harvest(jats(fig("g"), text=words), {"g.png": PNG}), Figure)[0].digest for words in ("", text)}
    assert len(digests) == 2


def test_a_panel_is_the_whole_figure() -> None:
    found = harvest(jats(fig("g")), {"g.png": PNG})
    (figure,), (image,) = of_type(found, Figure), of_type(found, Image)
    (panel,) = panels_of(figure, image)
    assert panel.key == content_key("panel", figure.key, image.sha256, [0, 0, 64, 48])
    assert (panel.box, panel.spans) == ((0, 0, 64, 48), ((0, len("A lung.")),))


# ---------------------------------------------------------------- real articles


def harvested(shared_data: Path) -> tuple[Source, list[tuple[SourceFile, Harvest]]]:
    source, files = scan_folder(shared_data / "articles")
    found = []
    for file in files:
        xml, graphics = read_file(source.uri, file.path)
        one = harvest_article(
            item=file.item, path=file.path, xml=xml, graphics=graphics, max_pixels=64_000_000, data_class="open"
        )
        found.append((file, one))
    return source, found


@pytest.mark.shared
def test_of_the_real_articles_nothing_is_lost(shared_data: Path) -> None:
    _, found = harvested(shared_data)
    rows = Counter(type(row).__name__ for _, one in found for row in one.made.rows)
    drops = Counter((file.path.split("/")[0], drop.reason) for file, one in found for drop in one.made.drops)
    assert drops == {
        ("openstax", "missing_graphic"): 1,
        ("text_only", "missing_graphic"): 241,
        ("pmc", "not_jats"): 1,
    }
    assert rows["Article"] == 112
    # 640 `fig`, one of them with two graphics.
    assert rows["Figure"] == 641 - 242
    (lost,) = [drop for file, one in found for drop in one.made.drops if file.path.startswith("openstax")]
    assert lost.detail["graphic"] == "1319_Nerve_Structure.jpg"
