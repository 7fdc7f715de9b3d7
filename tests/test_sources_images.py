"""Folders of images to figures with captions and known regions: tables, classes, masks, boxes, volumes."""

import gzip
import json
import struct
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from dossiers import anchored, dossier
from harvested import Stored, harvested, of_type
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from met.errors import BadInput
from met.harvest.article import Harvest
from met.pixels import encode_png
from met.regions.given import given_regions
from met.regions.masks import mask_of, parts_of, rle_of
from met.settings import Settings
from met.sources.annotations import voc_boxes, yolo_boxes
from met.sources.kinds import check_source, harvest_file, scan_source
from met.sources.nifti import NotNifti, look, read_volume
from met.sources.outlines import filled, outline_of
from met.types import Article, Fact, Figure, KnownRegion

SETTINGS = Settings(image_max_pixels=10**6)


def picture(number: int, width: int = 40, height: int = 30) -> bytes:
    return encode_png(np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8))


def ingest(place: Path) -> dict[str, Harvest]:
    return harvested(f"images:{place}", SETTINGS)


def put(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def captions(found: dict[str, Harvest]) -> dict[str, str]:
    return {path: figure.caption for path, one in found.items() for figure in of_type(one, Figure)}


def regions(found: Harvest) -> list[tuple[str, tuple[int, ...], str | None]]:
    return [(region.label, region.box, region.concept) for region in of_type(found, KnownRegion)]


# ---------------------------------------------------------------- words


def test_class_folders_and_a_map_make_coarse_captions(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "train/PNEUMONIA/a.png": picture(1),
            "train/normal/b.png": picture(2),
            "test/images/c.png": picture(3),
            "label_map.tsv": "label\tnode\ttext\tlicence\n*\t\tchest radiograph\tCC-BY-4.0\n"
            "Pneumonia\tMONDO:0005249\tpneumonia\t\n",
        },
    )
    found = ingest(tmp_path)
    assert captions(found) == {
        "train/PNEUMONIA/a.png": "Chest radiograph: pneumonia.",
        "train/normal/b.png": "Chest radiograph: normal.",
        "test/images/c.png": "Chest radiograph.",
    }
    assert {figure.licence for one in found.values() for figure in of_type(one, Figure)} == {"CC-BY-4.0"}
    facts = {name: value for fact in of_type(found["train/normal/b.png"], Fact) for name, value in fact.facts.items()}
    assert facts["labels"] == ["normal"]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
def test_a_table_gives_id_text_licence_and_facts(tmp_path: Path, kind: str) -> None:
    row = {
        "image": "a.png",
        "id": "case-7",
        "caption": "A fundus, with drusen.",
        "license": "cc-by-nc-4.0",
        "age": "61",
    }
    mark = "," if kind == "csv" else "\t"
    table = mark.join(row) + "\n" + mark.join(f'"{value}"' for value in row.values()) + "\n"
    put(tmp_path, {"set/a.png": picture(1), f"set/metadata.{kind}": json.dumps(row) if kind == "jsonl" else table})
    ((path, found),) = ingest(tmp_path).items()
    (article,), (figure,) = of_type(found, Article), of_type(found, Figure)
    assert (path, article.id, figure.caption, figure.licence) == (
        "set/a.png",
        "case-7",
        "A fundus, with drusen.",
        "CC-BY-NC-4.0",
    )
    assert any(fact.facts.get("row", {}).get("age") == "61" for fact in of_type(found, Fact))


@pytest.mark.parametrize("line", ["{broken", '["a.png"]', "null"])
def test_a_broken_line_of_a_table_is_named_and_not_passed_over(tmp_path: Path, line: str) -> None:
    rows = f'{{"image": "a.png", "caption": "A hand."}}\n\n{line}\n'
    put(tmp_path, {"a.png": picture(1), "metadata.jsonl": rows})
    with pytest.raises(BadInput, match=r"metadata\.jsonl: line 3 is no JSON"):
        ingest(tmp_path)


def test_an_object_store_gives_the_same_rows(tmp_path: Path) -> None:
    put(tmp_path, {"x/a.png": picture(1), "y/b.png": picture(2), "metadata.csv": "image,caption\nx/a.png,A hand.\n"})
    memory = fsspec.filesystem("memory")
    for path in tmp_path.rglob("*.*"):
        memory.pipe_file(f"/{tmp_path.name}/{path.relative_to(tmp_path).as_posix()}", path.read_bytes())
    there = harvested(f"images:memory://{tmp_path.name}", SETTINGS)
    here = ingest(tmp_path)
    assert list(there) == list(here)
    assert [one.blobs for one in there.values()] == [one.blobs for one in here.values()]
    assert captions(here) == {"x/a.png": "A hand.", "y/b.png": "Y."}


def test_an_image_keeps_its_own_bytes(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": picture(1)})
    assert list(ingest(tmp_path)["a.png"].blobs.values()) == [picture(1)]


# ---------------------------------------------------------------- boxes


def test_coco_yolo_and_voc_say_the_same_box(tmp_path: Path) -> None:
    coco = {
        "images": [{"id": 1, "file_name": "c.png"}],
        "annotations": [
            {"image_id": 1, "category_id": 5, "bbox": [10, 6, 20, 12]},
            {"image_id": 9, "bbox": [0, 0, 1, 1]},
        ],
        "categories": [{"id": 5, "name": "WBC"}],
    }
    voc = (
        "<annotation><object><name>WBC</name><bndbox><xmin>11</xmin><ymin>7</ymin><xmax>30</xmax><ymax>18</ymax>"
        "</bndbox></object><object><name>bad</name></object></annotation>"
    )
    put(
        tmp_path,
        {
            "coco/c.png": picture(1),
            "coco/instances.json": json.dumps(coco),
            "yolo/images/train/y.png": picture(2),
            "yolo/labels/train/y.txt": "1 0.5 0.4 0.5 0.4\nno box\n",
            "yolo/data.yaml": "path: .\nnames:\n  0: RBC\n  1: WBC\n",
            "voc/JPEGImages/v.png": picture(3),
            "voc/Annotations/v.xml": voc,
            "label_map.csv": "label,node,text\nWBC,CL:0000738,white blood cell\n",
        },
    )
    found = ingest(tmp_path)
    expected = [("WBC", (10, 6, 30, 18), "CL:0000738")]
    assert {path: regions(one) for path, one in found.items()} == {
        "coco/c.png": expected,
        "voc/JPEGImages/v.png": expected,
        "yolo/images/train/y.png": expected,
    }
    assert captions(found)["coco/c.png"] == "White blood cell."


def test_boxes_are_cut_to_the_image_and_what_is_outside_is_none(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": picture(1), "a.txt": "0 0.0 0.0 0.5 0.5\n0 3 3 0.1 0.1\n0 nan 0.1 0.1 0.1\n"})
    assert regions(ingest(tmp_path)["a.png"]) == [("0", (0, 0, 10, 8), None)]
    assert yolo_boxes("", {}) == voc_boxes(b"<a/>") == voc_boxes(b"") == []


def test_an_outline_is_a_mask_whichever_way_it_is_written(tmp_path: Path) -> None:
    held = np.zeros((30, 40), dtype=bool)
    held[6:10, 10:16] = held[8:14, 12:20] = True
    corners = [10, 6, 16, 6, 16, 8, 20, 8, 20, 14, 12, 14, 12, 10, 10, 10]
    lengths = [int(run) for run in rle_of(held.T).split()]
    segmentations = {
        "polygon.png": [corners],
        "runs.png": {"size": [30, 40], "counts": lengths},
        "packed.png": {"size": [30, 40], "counts": packed(lengths)},
        "turned.png": {"size": [40, 30], "counts": lengths},
    }
    names = list(segmentations)
    coco = {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(names)],
        "annotations": [
            {"image_id": number, "category_id": 1, "segmentation": segmentations[name]}
            for number, name in enumerate(names)
        ],
        "categories": [{"id": 1, "name": "cyst"}],
    }
    shares = " ".join(str(corner / side) for corner, side in zip(corners, [40, 30] * 8, strict=True))
    put(
        tmp_path,
        {
            **{f"coco/{name}": picture(number) for number, name in enumerate(names)},
            "coco/instances.json": json.dumps(coco),
            "yolo/images/y.png": picture(9),
            "yolo/labels/y.txt": f"0 {shares}\n",
            "yolo/classes.txt": "cyst\n",
        },
    )
    found = ingest(tmp_path)
    expected = ((10, 6, 20, 14), rle_of(held[6:14, 10:20]), "cyst")
    for path in ("coco/polygon.png", "coco/packed.png", "coco/runs.png", "yolo/images/y.png"):
        (region,) = [row for row in found[path].made.rows if isinstance(row, KnownRegion)]
        assert (region.box, region.rle, region.label) == expected, path
    assert [drop.reason for drop in found["coco/turned.png"].made.drops] == ["bad_annotation"]


def packed(lengths: list[int]) -> str:
    """The runs in COCO's compressed form, as its makers describe it."""
    text = ""
    for at, run in enumerate(lengths):
        left, more = run - (lengths[at - 2] if at > 2 else 0), True
        while more:
            bits, left = left & 31, left >> 5
            more = left != (-1 if bits & 16 else 0)
            text += chr(48 + bits + (32 if more else 0))
    return text


@given(mask=arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_mask_comes_back_from_packed_runs(mask: NDArray[np.bool_]) -> None:
    lengths = [int(run) for run in rle_of(mask.T).split()]
    outline = outline_of({"size": list(mask.shape), "counts": packed(lengths)})
    assert outline is not None
    again = filled(outline, height=mask.shape[0], width=mask.shape[1])
    assert again is not None and (again == mask).all()


@pytest.mark.parametrize(
    "segmentation",
    [
        None,
        3,
        [],
        [[1, 2, 3]],
        [[0, 0, 1, 0, float("nan"), 1]],
        {"size": [2, 2]},
        {"size": [2, 2], "counts": [1]},
        {"size": [2, -2], "counts": [4]},
        {"size": [2, 2], "counts": "\x7f"},
        {"size": [2, 2], "counts": "P"},
    ],
)
def test_what_is_no_outline_is_none(segmentation: object) -> None:
    assert outline_of(segmentation) is None


def test_an_annotation_that_cannot_be_read_is_a_drop(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": picture(1), "a.txt": "0 0.5 0.5 0.5 0.5\nno box\n0 0.1 0.1\n\n"})
    one = ingest(tmp_path)["a.png"]
    assert len(regions(one)) == 1
    assert [(drop.reason, drop.detail["regions"]) for drop in one.made.drops] == [("bad_annotation", 2)]


# ---------------------------------------------------------------- masks


def test_the_parts_of_a_mask_are_regions_of_the_class(tmp_path: Path) -> None:
    mask = np.zeros((30, 40), dtype=np.uint8)
    mask[2:6, 3:9] = 255
    mask[20:22, 30:31] = 255
    put(
        tmp_path,
        {
            "malignant/u (1).png": picture(1),
            "malignant/u (1)_mask.png": encode_png(mask),
            "label_map.json": json.dumps({"malignant": {"node": "MONDO:1", "text": "malignant tumour"}}),
        },
    )
    found = ingest(tmp_path)
    assert found.keys() == {"malignant/u (1).png"}
    (one,) = found.values()
    assert sorted(regions(one)) == [
        ("malignant", (3, 2, 9, 6), "MONDO:1"),
        ("malignant", (30, 20, 31, 22), "MONDO:1"),
    ]
    assert captions(found) == {"malignant/u (1).png": "Malignant tumour."}


def test_values_of_a_mask_are_labels_and_many_are_instances(tmp_path: Path) -> None:
    labels = np.zeros((30, 40), dtype=np.uint8)
    labels[0:5, 0:5], labels[10:15, 10:15] = 1, 2
    many = np.zeros((30, 40), dtype=np.uint8)
    many.ravel()[:400:2] = np.arange(1, 201)
    put(
        tmp_path,
        {
            "images/a.png": picture(1),
            "masks/a.png": encode_png(labels),
            "images/b.png": picture(2),
            "masks/b.png": encode_png(many),
            "images/c.png": picture(3),
            "masks/c.png": encode_png(labels[:10]),
            "images/d.png": picture(4),
            "masks/d.png": b"broken",
            "label_map.tsv": "label\tnode\n1\tliver\n",
        },
    )
    found = ingest(tmp_path)
    assert sorted(regions(found["images/a.png"])) == [("1", (0, 0, 5, 5), "liver"), ("2", (10, 10, 15, 15), None)]
    assert len(regions(found["images/b.png"])) == 200
    assert [drop.reason for one in found.values() for drop in one.made.drops] == ["mask_mismatch", "unreadable_mask"]
    assert captions(found) == {"images/a.png": "Liver.", "images/b.png": "", "images/c.png": "", "images/d.png": ""}


@given(st.integers(1, 12), st.integers(1, 12), st.randoms(use_true_random=False))
def test_runs_and_masks_are_the_same_thing(width: int, height: int, random: Any) -> None:
    mask = np.array([[random.random() < 0.5 for _ in range(width)] for _ in range(height)])
    assert (mask_of(rle_of(mask), (0, 0, width, height)) == mask).all()
    whole = np.zeros_like(mask)
    for box, rle in parts_of(mask, most=1000):
        whole[box[1] : box[3], box[0] : box[2]] |= mask_of(rle, box)
    assert (whole == mask).all()


def test_known_regions_are_cut_to_the_panel_and_named_by_the_tree() -> None:
    one = anchored(dossier("CT shows tuberculosis.", box=(10, 20, 300, 400)))
    mask = np.zeros((40, 40), dtype=bool)
    mask[20:, 20:] = True

    def known(box: tuple[int, int, int, int], rle: str | None, concept: str | None) -> KnownRegion:
        return KnownRegion(
            key=str(box),
            article=one.article.key,
            figure=one.figure.key,
            box=box,
            rle=rle,
            label="x",
            concept=concept,
        )

    found = given_regions(
        one,
        [
            known((0, 0, 40, 40), rle_of(mask), "Lung"),
            known((0, 0, 5, 5), None, None),
            known((12, 22, 30, 30), None, "nothing"),
        ],
        {"lung": "node:1"},
    )
    assert sorted((region.box, region.node, region.producer, region.score) for region in found) == [
        ((10, 20, 40, 40), "node:1", "given", 1.0),
        ((12, 22, 30, 30), None, "given", 1.0),
    ]
    cut = next(region for region in found if region.rle)
    assert mask_of(cut.rle or "", cut.box).sum() == 400


# ---------------------------------------------------------------- volumes


def nifti(values: NDArray[Any], affine: NDArray[np.float64] | None = None, order: str = "<") -> bytes:
    codes = {"uint8": 2, "int16": 4, "float32": 16}
    rows = np.eye(4)[:3] if affine is None else affine
    head = bytearray(352)
    struct.pack_into(order + "i", head, 0, 348)
    shape = (*values.shape, *[1] * (7 - values.ndim))
    struct.pack_into(order + "8h", head, 40, values.ndim, *shape)
    struct.pack_into(order + "hh", head, 70, codes[values.dtype.name], values.dtype.itemsize * 8)
    struct.pack_into(order + "8f", head, 76, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into(order + "f", head, 108, 352)
    struct.pack_into(order + "2f", head, 112, 1, 0)
    struct.pack_into(order + "2h", head, 252, 0, 1)
    struct.pack_into(order + "12f", head, 280, *rows.ravel())
    head[344:348] = b"n+1\0"
    return bytes(head) + values.astype(values.dtype.newbyteorder(order)).tobytes(order="F")


def marked() -> NDArray[np.int16]:
    """A volume in RAS+ (x, y, z) with one bright voxel: patient's right, front, head."""
    values = np.zeros((10, 12, 6), dtype=np.int16)
    values[8, 10, 4] = 1000
    return values


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (1, -1, -1)])
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_slice_is_shown_as_radiologists_look_however_the_file_is_turned(
    order: str, flips: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    flipped = marked()[tuple(slice(None, None, sign) for sign in flips)]
    affine = np.zeros((3, 4))
    for voxel, world in enumerate(axes):
        affine[world, voxel] = flips[world] * (5.0 if world == 2 else 1.0)
    volume = read_volume(nifti(flipped.transpose(axes).copy(), affine, order))
    assert (volume.values == marked()).all()
    mask = (marked() > 0).astype(np.int16)
    seen = look(volume, read_volume(nifti(mask)))
    assert seen.facts["plane"] == "axial"
    assert (seen.facts["slice"], seen.facts["chosen_by"]) == (4, "largest mask")
    assert seen.labels is not None
    # The front is at the top (y = 10 of 12), the patient's right on the left (x = 8 of 10).
    assert np.argwhere(seen.labels).tolist() == [[1, 1]]
    assert seen.pixels.shape == (12, 10)


def test_a_volume_with_its_mask_becomes_one_slice(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 200, (20, 24, 8)).astype(np.int16)
    mask = np.zeros((20, 24, 8), dtype=np.uint8)
    mask[4:8, 5:9, 2], mask[0, 0, 5] = 1, 1
    other = np.zeros((20, 24, 9), dtype=np.uint8)
    put(
        tmp_path,
        {
            "imagesTr/liver_1_0000.nii.gz": gzip.compress(nifti(values)),
            "labelsTr/liver_1.nii.gz": gzip.compress(nifti(mask)),
            "imagesTr/liver_2.nii": nifti(values),
            "labelsTr/liver_2.nii": nifti(other),
            "imagesTr/liver_3.nii": b"no volume",
            "imagesTr/liver_4.nii.gz": gzip.compress(nifti(values))[:200],
            "label_map.tsv": "label\tnode\ttext\n*\t\tCT\n1\tliver\tliver\n",
        },
    )
    found = ingest(tmp_path)
    one = found["imagesTr/liver_1_0000.nii.gz"]
    assert captions({"": one}) == {"": "CT: liver."}
    assert regions(one) == [("1", (12, 15, 16, 19), "liver")]
    (facts,) = [fact.facts["nifti"] for fact in of_type(one, Fact) if "nifti" in fact.facts]
    assert (facts["plane"], facts["slice"], facts["slices"], facts["orientation_of_file"]) == ("axial", 2, 8, "RAS")
    assert [found[f"imagesTr/liver_{number}"].made.drops[0].reason for number in ("2.nii", "3.nii", "4.nii.gz")] == [
        "not_nifti"
    ] * 3


@given(st.binary(max_size=600))
def test_bytes_are_a_volume_or_not(data: bytes) -> None:
    for attempt in (data, nifti(marked())[:352] + data, gzip.compress(data)):
        with suppress(NotNifti):
            assert read_volume(attempt).values.ndim == 3


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.txt": "x"}, "holds no image"),
        ({"a.png": "x", "label_map.json": "["}, "no JSON"),
        ({"a.png": "x", "label_map.json": "[]"}, "must be an object"),
        ({"a.png": "x", "label_map.csv": "label,node\na,b\nA,c\n"}, "two meanings"),
        ({"a.png": "x", "label_map.csv": "node\nb\n"}, "has no label"),
        ({"a.png": "x", "label_map.csv": b"label\n\xff\n"}, "UTF-8"),
    ],
)
def test_a_folder_that_cannot_be_used_is_bad_input(tmp_path: Path, files: dict[str, str | bytes], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_source(f"images:{put(tmp_path, files)}")


def test_broken_images_are_a_drop_each_and_the_rest_comes(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": b"", "b.jpg": b"\xff\xd8 broken", "c.png": picture(1)})
    found = ingest(tmp_path)
    assert [drop.reason for one in found.values() for drop in one.made.drops] == ["unreadable_image"] * 2
    assert captions(found).keys() == {"c.png"}


def test_a_changed_table_is_seen_by_who_remembers_the_old_one(tmp_path: Path) -> None:
    put(tmp_path, {"a.png": picture(1), "metadata.csv": "image,caption\na.png,old\n"})
    assert captions(ingest(tmp_path)) == {"a.png": "old"}
    source, (before,) = scan_source(f"images:{tmp_path}", SETTINGS)
    harvest_file(Stored(source, before), SETTINGS)
    put(tmp_path, {"metadata.csv": "image,caption\na.png,new\n"})
    (after,) = scan_source(f"images:{tmp_path}", SETTINGS)[1]
    assert after.digest != before.digest
    assert captions({"a.png": harvest_file(Stored(source, after), SETTINGS)}) == {"a.png": "new"}


# ---------------------------------------------------------------- real data


@pytest.mark.shared
def test_the_nuclei_are_instances(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "gold" / "roi" / "nuclei"
    image, mask = (folder / name for name in ("img2d.tif", "mask2d.tif"))
    put(tmp_path, {"images/nuclei.tif": image.read_bytes(), "masks/nuclei.tif": mask.read_bytes()})
    ((_, found),) = ingest(tmp_path).items()
    assert len(of_type(found, KnownRegion)) > 20
    assert found.made.drops == ()


def test_members_of_a_zip_that_lead_out_inflate_or_stand_twice_are_drops_and_the_rest_comes(tmp_path: Path) -> None:
    def special(name: str, mode: int) -> zipfile.ZipInfo:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        return member

    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of a name that it writes twice.
        for name in ("images/a.png", "images/b.png", "images/b.png", "../out.png", "/root.png", "images/..\\..\\c.png"):
            archive.writestr(name, encode_png(np.full((40, 40, 3), len(archive.namelist()) * 9, np.uint8)))
        archive.writestr(special("images/link.png", 0o120777), "/etc/passwd")
        archive.writestr(special("images/device.png", 0o020666), b"")
        with archive.open("images/bomb.png", "w", force_zip64=True) as bomb:
            for _ in range(260):
                bomb.write(bytes(1 << 20))
    chosen = Settings(home=tmp_path / "home")
    found = harvested(f"images:{tmp_path / 'in.zip'}", chosen)
    refused = {path.removeprefix("refused member: "): one.made.drops for path, one in found.items() if not one.blobs}
    assert {name: (drop.reason, drop.detail["why"]) for name, (drop,) in refused.items()} == {
        "../out.png": ("unsafe_member", "its name leads out of the archive"),
        "/root.png": ("unsafe_member", "its name leads out of the archive"),
        "images/..\\..\\c.png": ("unsafe_member", "its name leads out of the archive"),
        "images/b.png (again)": ("unsafe_member", "another member has its name"),
        "images/bomb.png": ("unsafe_member", "it inflates to 272629760 bytes"),
        "images/device.png": ("unsafe_member", "no regular file"),
        "images/link.png": ("unsafe_member", "a link"),
    }
    assert sorted(path for path, one in found.items() if one.blobs) == ["images/a.png", "images/b.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.zip"]
