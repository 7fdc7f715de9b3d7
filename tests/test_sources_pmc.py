"""PubMed Central's bucket, served from this machine: whole articles, and one Drop for whatever goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harvested import harvested, of_type, reasons
from hypothesis import given
from hypothesis import strategies as st
from servers.bucket import Bucket, serving

from flows.cli import run as cli
from met.errors import BadInput, BadSetting
from met.harvest.article import Harvest
from met.harvest.jats.notice import licence_of_code
from met.keys import content_key
from met.pixels import encode_png
from met.rights import allows, stricter
from met.settings import Settings
from met.sources import pmc
from met.sources.fetching import Fetcher, FetchFailed
from met.sources.kinds import check_source, scan_source
from met.sources.pmc_layout import is_file_of, metadata_of
from met.types import Article, Fact, Figure

PNG = encode_png(np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3))
BIG = encode_png(np.random.default_rng(7).integers(0, 256, (300, 300, 3), dtype=np.uint8))
CC_BY = '<permissions><license xlink:href="http://creativecommons.org/licenses/by/4.0/"/></permissions>'
SLOW_S = 1.0


def jats(*hrefs: str, pmcid: str = "PMC1", rights: str = CC_BY, kind: str = "research-article") -> bytes:
    figures = "".join(
        f'<fig id="f{number}"><label>Fig. {number}</label><caption><p>A lung.</p></caption>'
        f'<graphic xlink:href="{href}"/></fig>'
        for number, href in enumerate(hrefs, 1)
    )
    return (
        f'<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="{kind}"><front><article-meta>'
        f'<article-id pub-id-type="pmcid">{pmcid}</article-id>{rights}</article-meta></front>'
        f"<body>{figures}</body></article>"
    ).encode()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serving(Bucket()) as bucket:
        yield bucket


def settings(bucket: Bucket, home: Path) -> Settings:
    return Settings(
        home=home, pmc_url=bucket.url, pmc_timeout_s=SLOW_S, pmc_requests_per_second=1000, image_max_pixels=10**6
    )


# ---------------------------------------------------------------- what is asked for


def test_ids_are_read_from_a_list_and_from_a_file(tmp_path: Path) -> None:
    named = tmp_path / "ids.txt"
    named.write_text("PMC3\n\n# a comment\npmc1.2  # the second version\n3\n")
    assert pmc.identifiers(f"@{named}") == ("PMC1.2", "PMC3")
    assert pmc.identifiers("PMC3, 1") == ("PMC1", "PMC3")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pmc:", "names no PMCID"),
        ("pmc:PMC1,../etc", "'../etc' is no PMCID"),
        ("pmc:@nowhere.txt", "no file of text"),
        ("ftp:PMC1", "no kind ftp:"),
        ("folder:x", "no kind folder:"),
    ],
)
def test_what_names_no_article_is_bad_input(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_source(text)


@pytest.mark.parametrize("source", ["pmc:nothing", "ftp:x", "images:nowhere", "dicom:nowhere", "dataset:nowhere"])
@pytest.mark.parametrize("command", [["ingest"], ["build", "--out", "o", "--ontology", "README.md"]])
def test_a_source_that_is_none_is_one_line_and_exit_code_2(
    source: str, command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    assert cli([command[0], source, *command[1:]]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("met: ") and said.err.count("\n") == 1


def test_an_address_that_is_none_is_a_bad_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="MET_PMC_URL"):
        pmc.scan("PMC1", Settings(home=tmp_path, pmc_url="file:///etc"))


# ---------------------------------------------------------------- what comes


@pytest.mark.parametrize("lists", [True, False])
def test_the_newest_version_comes_whole_with_its_figures(bucket: Bucket, tmp_path: Path, lists: bool) -> None:
    bucket.lists = lists
    bucket.put_article("PMC1", 1, jats("old"), {"old.jpg": PNG})
    bucket.put_article("PMC1", 2, jats("g1", "g2.tif", "gone"), {"g1.jpg": PNG, "g2.jpg": BIG, "s1.pdf": b"%PDF"})
    found = harvested("pmc:PMC1", settings(bucket, tmp_path))["PMC1.2"]
    (article,) = of_type(found, Article)
    assert (article.repository, article.id, article.licence, article.path) == ("pmc", "PMC1", "CC-BY-4.0", "PMC1.2")
    assert [figure.graphic for figure in of_type(found, Figure)] == ["g1.jpg", "g2.jpg"]
    assert reasons(found) == ["missing_graphic"]
    assert sorted(found.blobs.values()) == sorted([PNG, BIG])
    assert not bucket.asked["PMC1.2/s1.pdf"]


def test_a_version_that_is_asked_for_comes(bucket: Bucket, tmp_path: Path) -> None:
    for version in (1, 2, 10):
        bucket.put_article("PMC1", version, jats("g"), {"g.jpg": PNG})
    assert harvested("pmc:PMC1.2,PMC1", settings(bucket, tmp_path)).keys() == {"PMC1.2", "PMC1.10"}


def test_what_is_there_and_whole_is_not_fetched_again(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 1, jats("g", "h"), {"g.jpg": PNG, "h.png": BIG})
    chosen = settings(bucket, tmp_path)
    first = scan_source("pmc:PMC1", chosen)
    (chosen.pmc_folder / "PMC1.1" / "h.png").write_bytes(BIG[:-1])
    assert scan_source("pmc:PMC1", chosen) == first
    assert [bucket.asked[f"PMC1.1/{name}"] for name in ("PMC1.1.xml", "g.jpg", "h.png")] == [1, 1, 2]


def test_a_part_of_a_file_is_completed(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 1, jats("h"), {"h.png": BIG})
    chosen = settings(bucket, tmp_path)
    part = chosen.pmc_folder / "PMC1.1" / ".h.png.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BIG[:1000])
    assert harvested("pmc:PMC1", chosen)["PMC1.1"].blobs.popitem()[1] == BIG
    assert bucket.ranges == ["bytes=1000-"]
    assert not part.exists()


def test_a_part_of_another_file_is_not_taken_for_the_beginning(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 1, jats("h"), {"h.png": BIG})
    chosen = settings(bucket, tmp_path)
    part = chosen.pmc_folder / "PMC1.1" / ".h.png.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    assert harvested("pmc:PMC1", chosen)["PMC1.1"].blobs.popitem()[1] == BIG


@pytest.mark.parametrize(
    ("url", "kept"), [("s3://pmc-oa-opendata/PMC1.1/PMC1.1.xml", True), ("PMC1.1/PMC1.1.xml", True)]
)
def test_addresses_of_the_bucket_in_other_words(bucket: Bucket, tmp_path: Path, url: str, kept: bool) -> None:
    bucket.put_article("PMC1", 1, jats(), {}, xml_url=url)
    assert harvested("pmc:PMC1", settings(bucket, tmp_path))["PMC1.1"].made.kept is kept


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize("retracted", [True, "yes"])
def test_a_retracted_article_is_one_drop(bucket: Bucket, tmp_path: Path, retracted: object) -> None:
    bucket.put_article("PMC1", 1, jats("g"), {"g.jpg": PNG}, is_retracted=retracted)
    bucket.put_article("PMC2", 1, jats("g", pmcid="PMC2", kind="retracted-article"), {"g.jpg": PNG})
    found = harvested("pmc:PMC1,PMC2", settings(bucket, tmp_path))
    assert [(reasons(one), one.made.kept, one.made.rows) for one in found.values()] == [(["retracted"], False, ())] * 2
    assert [one.made.drops[0].detail["said_by"] for one in found.values()] == ["metadata", "article"]


@pytest.mark.parametrize(
    ("code", "rights", "holds", "disagree"),
    [
        ("CC BY", CC_BY, "CC-BY-4.0", False),
        ("CC BY-NC", CC_BY, "CC-BY-NC", True),
        ("CC0", CC_BY, "CC-BY-4.0", True),
        ("NO-CC CODE", CC_BY, "unknown", True),
        (None, CC_BY, "CC-BY-4.0", False),
        ("CC BY-NC", "", "CC-BY-NC", False),
        ("CC BY", "<permissions><license><p>All rights reserved.</p></license></permissions>", "unknown", True),
    ],
)
def test_the_stricter_licence_holds_and_a_disagreement_is_kept(
    bucket: Bucket, tmp_path: Path, code: str | None, rights: str, holds: str, disagree: bool
) -> None:
    bucket.put_article("PMC1", 1, jats("g", rights=rights), {"g.jpg": PNG}, license_code=code)
    found = harvested("pmc:PMC1", settings(bucket, tmp_path))["PMC1.1"]
    (article,), (figure,) = of_type(found, Article), of_type(found, Figure)
    assert (article.licence, figure.licence) == (holds, holds)
    facts = [fact.facts for fact in of_type(found, Fact)]
    assert bool(facts) is disagree
    assert all(fact["licences"]["repository"] == code for fact in facts)


LICENCES = st.sampled_from(
    ["CC0-1.0", "public-domain", "CC-BY-4.0", "CC-BY-NC", "CC-BY-ND-3.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "TDM"]
)


@given(LICENCES, LICENCES)
def test_stricter_allows_nothing_that_one_of_two_forbids(one: str, other: str) -> None:
    both = stricter(one, other)
    assert both == stricter(other, one)
    assert stricter(one, one) == one
    for use in ("commercial", "derivative"):
        if "unknown" not in (one, other):
            assert allows(both, use) <= (allows(one, use) and allows(other, use))
    assert allows(both, "commercial") <= (allows(one, "commercial") and allows(other, "commercial"))


@given(st.text(max_size=40))
def test_a_code_is_a_licence_or_unknown(code: str) -> None:
    allows(licence_of_code(code), "commercial")


# ---------------------------------------------------------------- a server that lies, stalls, sends elsewhere


def one_bad(bucket: Bucket, home: Path) -> Harvest:
    """Ingest PMC1, whose server misbehaves, beside PMC9, which must come whatever happens to the other."""
    bucket.put_article("PMC9", 1, jats("g", pmcid="PMC9"), {"g.jpg": PNG})
    found = harvested("pmc:PMC1,PMC9", settings(bucket, home))
    assert len(of_type(found.pop("PMC9.1"), Figure)) == 1
    (bad,) = found.values()
    return bad


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda handler: handler.answer(404, b""), "missing"),
        (lambda handler: handler.answer(401, b""), "refused"),
        (lambda handler: handler.answer(503, b""), "refused"),
        (lambda handler: handler.answer(302, b"", Location="http://169.254.169.254/latest/meta-data"), "redirected"),
        (lambda handler: handler.answer(301, b"", Location="http://127.0.0.1:1/PMC1.1.xml"), "redirected"),
        (lambda handler: handler.answer(302, b"", Location="file:///etc/passwd"), "redirected"),
        (lambda handler: handler.answer(302, b"", Location="http://[::1"), "broken_answer"),
        (lambda handler: handler.answer(302, b"", Location="//127.0.0.1:99999/"), "redirected"),
        (lambda handler: handler.answer(302, b"", Location="/PMC1.1/PMC1.1.xml"), "redirected"),
        (lambda handler: handler.answer(200, b"<article/>", length=1000), "wrong_length"),
        (lambda handler: handler.answer(200, b"<article/>"), "wrong_length"),
        (lambda handler: handler.answer(200, b"", length=10**12), "too_large"),
        (lambda handler: handler.stall(3 * SLOW_S), "stalled"),
    ],
)
def test_an_xml_that_does_not_come_is_one_drop(bucket: Bucket, tmp_path: Path, fault: Any, reason: str) -> None:
    bucket.put_article("PMC1", 1, jats("g"), {"g.jpg": PNG})
    bucket.faults["PMC1.1/PMC1.1.xml"] = fault
    bad = one_bad(bucket, tmp_path)
    assert (reasons(bad), bad.made.kept, bad.made.rows) == ([reason], False, ())


def test_a_lie_about_the_md5_is_one_drop(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 1, jats("g"), {"g.jpg": PNG}, md5="0" * 32)
    assert reasons(one_bad(bucket, tmp_path)) == ["wrong_md5"]
    assert not (settings(bucket, tmp_path).pmc_folder / "PMC1.1" / "PMC1.1.xml").exists()


def test_a_graphic_that_does_not_come_says_why_and_comes_in_the_next_run(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 1, jats("g", "h"), {"g.jpg": PNG, "h.jpg": BIG})
    bucket.faults["PMC1.1/h.jpg"] = lambda handler: handler.answer(302, b"", Location="http://10.0.0.1/h.jpg")
    bad = one_bad(bucket, tmp_path)
    assert [figure.graphic for figure in of_type(bad, Figure)] == ["g.jpg"]
    (drop,) = bad.made.drops
    assert (drop.reason, drop.detail["graphic"]) == ("redirected", "h")
    assert "10.0.0.1" in drop.detail["why"]
    chosen = settings(bucket, tmp_path)
    before = scan_source("pmc:PMC1", chosen)[1]
    bucket.faults.clear()
    assert scan_source("pmc:PMC1", chosen)[1][0].digest != before[0].digest
    assert len(of_type(harvested("pmc:PMC1", chosen)["PMC1.1"], Figure)) == 2


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"pmcid": "PMC1"}',
        b'{"pmcid": "PMC7", "xml_url": "PMC1.1/PMC1.1.xml"}',
        b'{"pmcid": "PMC1", "xml_url": "http://169.254.169.254/PMC1.1/a.xml"}',
        b'{"pmcid": "PMC1", "xml_url": "s3://other/PMC1.1/a.xml"}',
        b'{"pmcid": "PMC1", "xml_url": "PMC1.1/../../../etc/passwd"}',
        b'{"pmcid": "PMC1", "xml_url": "PMC1.1/%2e%2e/a.xml"}',
        b'{"pmcid": "PMC1", "xml_url": "PMC2.1/PMC2.1.xml"}',
    ],
)
def test_metadata_that_cannot_be_used_are_one_drop(bucket: Bucket, tmp_path: Path, metadata: bytes) -> None:
    bucket.put_article("PMC1", 1, jats(), {})
    bucket.files["metadata/PMC1.1.json"] = metadata
    bad = one_bad(bucket, tmp_path)
    assert reasons(bad) in (["bad_metadata"], ["redirected"])
    assert sorted(path.name for path in tmp_path.rglob("*.xml")) == ["PMC9.1.xml"]


URLS = st.text(max_size=30) | st.sampled_from(
    ["PMC1.1/a.xml", "s3://pmc-oa-opendata/PMC1.1/a.xml", "http://[", "//x:y"]
)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | URLS, st.lists, max_leaves=5)
FIELDS = st.sampled_from(["pmcid", "xml_url", "license_code", "is_retracted", "media_urls", "version"])


@given(st.dictionaries(FIELDS, VALUES) | VALUES)
def test_any_metadata_are_read_or_refused(value: Any) -> None:
    try:
        found = metadata_of(json.dumps(value).encode(), "PMC1.1", host="127.0.0.1")
    except FetchFailed as failure:
        assert failure.reason in {"bad_metadata", "redirected"}
    else:
        assert all(is_file_of(file.key, "PMC1.1") for file in (found.xml, *found.media))


def test_an_article_that_is_not_there_is_one_drop(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC9", 1, jats("g", pmcid="PMC9"), {"g.jpg": PNG})
    found = harvested("pmc:PMC404,PMC9,PMC9.3", settings(bucket, tmp_path))
    assert {path: reasons(one) for path, one in found.items()} == {
        "PMC404": ["missing"],
        "PMC9.1": [],
        "PMC9.3": ["missing"],
    }


def test_a_server_that_is_not_there_is_one_line(bucket: Bucket, tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, pmc_url="http://127.0.0.1:9", pmc_timeout_s=SLOW_S, pmc_requests_per_second=1000)
    with pytest.raises(pmc.SourceUnavailable, match="does not answer"):
        scan_source("pmc:PMC1", chosen)


def test_no_more_is_read_than_allowed_however_slowly_it_comes(bucket: Bucket) -> None:
    bucket.files["a"] = b"a"
    bucket.faults["slow"] = lambda handler: handler.drip(0.03)
    with Fetcher(bucket.url, timeout_s=SLOW_S, per_second=1000) as fetcher:
        assert fetcher.get("a", limit=1) == b"a"
        with pytest.raises(FetchFailed, match="too_large"):
            fetcher.get("a", limit=0)
    with (
        Fetcher(bucket.url, timeout_s=0.06, per_second=1000) as fetcher,
        pytest.raises(FetchFailed, match="stalled"),
    ):
        fetcher.get("slow", limit=1000)


def test_two_ids_of_one_version_are_one_article_and_a_film_is_not_fetched(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 2, jats("g", "film.mp4"), {"g.jpg": PNG, "film.mp4": b"film"})
    bucket.put_article("PMC1", 1, jats("g"), {"g.jpg": PNG})
    found = harvested("pmc:PMC1,PMC1.2", settings(bucket, tmp_path))
    assert {path: reasons(one) for path, one in found.items()} == {"PMC1.2": ["missing_graphic"]}
    assert bucket.asked["PMC1.2/PMC1.2.xml"] == 1
    assert not bucket.asked["PMC1.2/film.mp4"]


def test_the_source_is_the_same_whatever_the_order_of_the_ids(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put_article("PMC1", 1, jats(), {})
    bucket.put_article("PMC2", 1, jats(pmcid="PMC2"), {})
    chosen = settings(bucket, tmp_path)
    source, files = scan_source("pmc:PMC2,PMC1", chosen)
    assert (source, files) == scan_source("pmc:PMC1,PMC2", chosen)
    assert files[0].item == content_key("file", source.key, "PMC1.1")
