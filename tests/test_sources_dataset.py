"""Somebody's pairs to rows under their own ids: parquet, WebDataset, LLaVA, ShareGPT, PMC-OA, here and in a store."""

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harvested import Stored, of_type
from hypothesis import given
from hypothesis import strategies as st

from met.errors import BadInput, NotFound
from met.harvest.article import Harvest
from met.harvest.brought import Brought, harvest_brought
from met.pixels import encode_png
from met.settings import Settings
from met.sources.kinds import check_source, harvest_file, scan_source
from met.sources.pairs import brought_of
from met.sources.places import Place
from met.store.ledger import output_of
from met.types import Article, Drop, Fact, Figure


def picture(number: int) -> bytes:
    return encode_png(np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8))


SETTINGS = Settings(image_max_pixels=10**6)


def ingest(place: object) -> list[Harvest]:
    source, files = scan_source(f"dataset:{place}", SETTINGS)
    return [harvest_file(Stored(source, file), SETTINGS) for file in files]


def drops(found: list[Harvest]) -> list[str]:
    return [drop.reason for one in found for drop in one.made.drops]


def told(found: list[Harvest]) -> list[tuple[str, str]]:
    """Return (row id, caption) of every figure."""
    ids = {article.key: article.id for article in of_type(found, Article)}
    return [(ids[figure.article], figure.caption) for figure in of_type(found, Figure)]


def tar(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


# ---------------------------------------------------------------- the formats


def test_parquet_with_images_inside_keeps_row_ids(tmp_path: Path) -> None:
    rows = [
        {
            "row_id": f"r{number}",
            "image": {"bytes": picture(number), "path": f"{number}.png"},
            "text": f"Lung {number}.",
        }
        for number in range(150)
    ]
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data" / "train-00000.parquet", row_group_size=100)
    (tmp_path / "README.md").write_text("---\ntags: [x]\nlicense: cc-by-nc-4.0\n---\n# Pairs\n")
    found = ingest(tmp_path)
    assert told(found) == [(row["row_id"], row["text"]) for row in rows]
    assert {(article.licence, article.repository) for article in of_type(found, Article)} == {
        ("CC-BY-NC-4.0", f"dataset:{tmp_path.name}")
    }
    assert {figure.licence for figure in of_type(found, Figure)} == {"CC-BY-NC-4.0"}
    assert [len(of_type([one], Article)) for one in found] == [64, 36, 50]
    assert found[0].blobs[of_type(found, Figure)[3].image] == picture(3)


def test_webdataset_samples_are_read_where_they_lie(tmp_path: Path) -> None:
    tar(
        tmp_path / "shard-0.tar",
        {
            "a/0001.jpg": picture(1),
            "a/0001.txt": b"A chest radiograph.\n",
            "a/0002.png": picture(2),
            "a/0002.json": b'{"caption": "A brain MRI.", "license": "CC0", "split": "train", "pmcid": "77"}',
            "a/0003.txt": b"No image.",
        },
    )
    found = ingest(tmp_path / "shard-0.tar")
    assert told(found) == [("a/0001", "A chest radiograph."), ("a/0002", "A brain MRI.")]
    assert [(article.licence, article.pmcid) for article in of_type(found, Article)] == [
        ("unknown", None),
        ("CC0-1.0", "PMC77"),
        ("unknown", None),
    ]
    assert drops(found) == ["no_graphic"]
    assert [fact.facts["row"]["split"] for fact in of_type(found, Fact) if "split" in fact.facts["row"]] == ["train"]


def test_of_two_members_of_one_name_the_first_is_read(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name, data in (("a.png", picture(1)), ("a.txt", b"First."), ("a.txt", b"Second."), ("b.png", picture(2))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    found = ingest(tmp_path / "s.tar")
    assert told(found)[0] == ("a", "First.")
    assert drops(found)[-1] == "unsafe_member"


def test_members_that_lead_out_of_a_tar_are_drops_and_the_rest_comes(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture(9))
    (tmp_path / "in").mkdir()
    fifo = tarfile.TarInfo("d.png")
    fifo.type = tarfile.FIFOTYPE
    tar(
        tmp_path / "in" / "s.tar",
        {
            "../evil.png": picture(1),
            "/abs.png": picture(1),
            "l.png": link("l.png", str(secret)),
            "h.png": link("h.png", "ok.png", tarfile.LNKTYPE),
            "d.png": fifo,
            "ok.png": picture(2),
            "ok.txt": b"A hand.",
            "p.json": json.dumps({"image": "../secret.png", "caption": "Outside."}).encode(),
        },
    )
    found = ingest(tmp_path / "in")
    assert drops(found) == ["unsafe_member"] * 5 + ["missing_graphic"]
    assert told(found) == [("ok", "A hand.")]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "s.tar", "secret.png"]


def test_llava_and_sharegpt_keep_the_answers_and_remember_the_questions(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "x.png").write_bytes(picture(1))
    rows = [
        {
            "id": "q-1",
            "image": "x.png",
            "conversations": [
                {"from": "human", "value": "<image>\nIs there a pneumothorax?"},
                {"from": "gpt", "value": "No."},
                {"from": "human", "value": "What is seen?"},
                {"from": "gpt", "value": "A pleural effusion."},
            ],
        },
        {
            "id": 7,
            "images": ["x.png", "gone.png"],
            "messages": [
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Describe."}]},
                {"role": "assistant", "content": "Two views of a hand."},
            ],
        },
    ]
    (tmp_path / "train.json").write_text(json.dumps(rows))
    found = ingest(tmp_path)
    assert told(found) == [("q-1", "No.\nA pleural effusion."), ("7", "Two views of a hand.")]
    asked = [fact.facts["asked"] for fact in of_type(found, Fact)]
    assert asked == [["Is there a pneumothorax?", "What is seen?"], ["Describe."]]
    assert drops(found) == ["missing_graphic"]


def test_pmc_oa_lines_know_their_article(tmp_path: Path) -> None:
    (tmp_path / "PMC212319_Fig3_4.jpg").write_bytes(picture(1))
    line = {"image": "PMC212319_Fig3_4.jpg", "caption": "A cell.", "alignment_score": 0.5}
    (tmp_path / "pmc_oa.jsonl").write_text(json.dumps(line) + "\n\nno json\n[1]\n{}\n")
    found = ingest(tmp_path)
    (article,) = of_type(found, Article)
    assert (article.id, article.pmcid, article.licence) == ("PMC212319_Fig3_4.jpg", "PMC212319", "unknown")
    assert drops(found) == ["malformed_row"] * 3
    assert all(drop.item for one in found for drop in one.made.drops)


def test_an_address_on_the_web_is_a_drop_and_nobody_is_asked(tmp_path: Path) -> None:
    inline = "data:image/png;base64," + base64.b64encode(picture(3)).decode()
    rows = [
        {"id": "a", "image": "http://169.254.169.254/x.png", "text": "x"},
        {"id": "b", "image": inline, "text": "y"},
        {"id": "c", "image": "data:image/png;base64,###", "text": "z"},
        {"id": "d", "image": "/etc/passwd", "text": "z"},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"rows": rows}))
    found = ingest(tmp_path)
    assert drops(found) == ["remote_image", "unreadable_image", "missing_graphic"]
    assert told(found) == [("b", "y")]


def test_a_reserved_right_in_the_caption_overrides_the_licence(tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(picture(1))
    row = {"image": "i.png", "caption": "A lung. Reprinted with permission from Smith 2004.", "licence": "CC-BY-4.0"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    (figure,) = of_type(ingest(tmp_path), Figure)
    assert (figure.licence, figure.credit) == ("unknown", "Reprinted with permission from Smith 2004.")


# ---------------------------------------------------------------- same input, same output; stores


def test_the_digest_changes_with_a_row_or_its_image_alone(tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(picture(1))
    lines = [json.dumps({"id": str(number), "image": "i.png", "caption": "x"}) for number in range(100)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    first = scan_source(f"dataset:{tmp_path}", SETTINGS)[1]
    assert scan_source(f"dataset:{tmp_path}", SETTINGS)[1] == first
    lines[80] = lines[80].replace('"x"', '"another"')
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    second = scan_source(f"dataset:{tmp_path}", SETTINGS)[1]
    assert [one.digest == other.digest for one, other in zip(first, second, strict=True)] == [True, False]
    (tmp_path / "i.png").write_bytes(picture(2))
    third = scan_source(f"dataset:{tmp_path}", SETTINGS)[1]
    assert all(one.digest != other.digest for one, other in zip(second, third, strict=True))


def test_an_object_store_gives_the_same_rows(tmp_path: Path) -> None:
    files = {
        "d/a.jsonl": json.dumps({"id": "1", "image": "i.png", "caption": "x"}).encode(),
        "d/images/i.png": picture(1),
    }
    memory = fsspec.filesystem("memory")
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
        memory.pipe_file(f"/bucket-{tmp_path.name}/{name}", data)
    here = ingest(f"file://{tmp_path}/d")
    there = ingest(f"memory://bucket-{tmp_path.name}/d")
    assert told(here) == told(there) == told(ingest(tmp_path / "d")) == [("1", "x")]
    assert [one.blobs for one in here] == [one.blobs for one in there]


def test_a_zip_is_read_as_a_folder_and_never_unpacked(tmp_path: Path) -> None:
    outside = tmp_path / "evil.png"
    with zipfile.ZipFile(tmp_path / "pairs.zip", "w") as archive:
        rows = [{"id": name, "image": f"{name}.png", "caption": "x"} for name in ("ok", "../evil", "link")]
        archive.writestr("d/rows.json", json.dumps(rows))
        archive.writestr("d/ok.png", picture(1))
        archive.writestr("../evil.png", picture(2))
        link = zipfile.ZipInfo("d/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(outside))
    outside.write_bytes(picture(3))
    found = ingest(tmp_path / "pairs.zip")
    assert told(found) == [("ok", "x")]
    assert drops(found) == ["missing_graphic", "missing_graphic", "unsafe_member", "unsafe_member"]
    (tmp_path / "broken.zip").write_bytes((tmp_path / "pairs.zip").read_bytes()[:200])
    with pytest.raises(BadInput, match="zip"):
        check_source(f"dataset:{tmp_path / 'broken.zip'}")


def test_nothing_outside_of_a_place_is_read(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_bytes(b"secret")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "l.txt").symlink_to(tmp_path / "out.txt")
    (inside / "a.txt").write_bytes(b"a")
    (inside / ".h.txt").write_bytes(b"h")
    place = Place.open(str(inside))
    assert place.names() == ["a.txt"]
    assert [place.read(name) for name in ("a.txt", "l.txt", "../out.txt", "/etc/passwd", "a\0", "", ".")] == [b"a"] + [
        None
    ] * 6
    assert place.read("a.txt", limit=0) is None


# ---------------------------------------------------------------- bad input


def test_a_run_without_rows_is_nothing_and_no_drop(tmp_path: Path) -> None:
    (tmp_path / "blank.jsonl").write_text("\n" * 70)
    (tmp_path / "none.json").write_text("[]")
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), tmp_path / "none.parquet")
    found = ingest(tmp_path)
    assert [(one.made.kept, one.made.rows, one.made.drops) for one in found] == [(True, (), ())] * 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.parquet", b"PAR1 broken"),
        ("a.parquet", b""),
        ("a.tar", b"no tar at all"),
        ("a.tar", b""),
        ("a.json", b"[" * 100_000),
        ("a.json", b'{"a": 1}'),
        ("a.json", b""),
    ],
)
def test_a_file_that_is_not_what_it_says_is_one_drop(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "ok.jsonl").write_text('{"id": "1", "caption": "x"}')
    found = ingest(tmp_path)
    assert drops(found) == ["unreadable_file", "no_graphic"]
    assert [one.made.kept for one in found] == [False, True]


def test_a_tar_that_breaks_off_is_one_drop(tmp_path: Path) -> None:
    tar(tmp_path / "a.tar", {"a.png": picture(1), "a.txt": b"x" * 5000})
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:3000])
    assert drops(ingest(tmp_path)) == ["unreadable_file"]


@pytest.mark.parametrize(("place", "error"), [("nowhere", NotFound), (".", BadInput), ("nothing://x", BadInput)])
def test_what_is_no_dataset_is_bad_input(tmp_path: Path, place: str, error: type[BadInput]) -> None:
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(error):
        check_source(f"dataset:{place if '://' in place else tmp_path / place}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["id", "image", "images", "caption", "text", "conversations", "messages", "license", "pmcid", "title", "doi", "x"]
)


@given(st.dictionaries(NAMES, JSON))
def test_any_row_is_one_row_or_one_drop(record: dict[str, Any]) -> None:
    found = brought_of(record, number="f#0", path="f#0", read_image=lambda _: None, licence=None)
    made = harvest_brought(item="file:1", repository="d", rows=[found], max_pixels=10, data_class="open").made
    assert output_of(made)
    for text in strings_of([made.rows, made.drops]):
        assert "\0" not in text
        text.encode()
    assert made.kept is isinstance(found, Brought)
    if isinstance(found, Drop):
        assert found.reason == "malformed_row"


def strings_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from strings_of(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from strings_of([*value, *value.values()])
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from strings_of(part)
