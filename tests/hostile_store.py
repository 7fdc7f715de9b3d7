"""A small store whose every text, name and file name tries to be more than text, and a server over it."""

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import PIL.Image
from store_rows import RUN, node, tree_parts

from met.blobs import Blobs
from met.keys import content_key, digest
from met.pixels import inspect_image
from met.regions.masks import rle_of
from met.serve.desk import Desk
from met.serve.guard import Access
from met.serve.server import listen, make_server
from met.stages import STAGES
from met.store import Store
from met.tree.closure import closure_of
from met.types import (
    Anchor,
    Article,
    ArticleFile,
    Caption,
    CitedSentence,
    DrawnText,
    Drop,
    Edge,
    Evidence,
    Figure,
    Grown,
    Image,
    Made,
    Mention,
    Modality,
    Panel,
    PanelText,
    PrivacyCheck,
    Question,
    Region,
    Relation,
    Source,
    SourceFile,
    Verdict,
    WorkItem,
)

HOSTILE = (
    "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\"> \u202egnp.exe\u202c 🫁"
)
LONG = f"{HOSTILE} " + "lorem ipsum " * 9_000
PNEUMONIA = node("MONDO:2", "pneumonia", synonyms=("lung inflammation",), definition="An inflammation of the lung.")
ODD = node("MONDO:5", f"odd {HOSTILE}", synonyms=(HOSTILE,), definition=HOSTILE)
NODES = (
    node("MONDO:1", "disease"),
    node("MONDO:3", "lung disease"),
    node("MONDO:4", "infection"),
    PNEUMONIA,
    ODD,
)
CAPTION = f"(a) Chest radiograph with pneumonia. (b) The same lung. {HOSTILE}"
FILES = {"file:0": "plain.xml", "file:1": f"{HOSTILE}.xml", "file:2": "broken.xml"}
# What the two images are: one that browsers show, one that they do not.
SIDE = (320, 240)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """The keys of what was put into a store."""

    build: str
    pair: str
    second: str
    refused: str
    images: Mapping[str, bytes]


def images() -> dict[str, bytes]:
    """Return a PNG and a TIFF of different pixels."""
    across = np.tile(np.linspace(0, 255, SIDE[0]), (SIDE[1], 1))
    ring = 255 * (np.hypot(*(axis - 120 for axis in np.mgrid[0 : SIDE[1], 0 : SIDE[0]])) < 80)
    made = {}
    for kind, pixels in (("PNG", across * 0.5 + ring * 0.5), ("TIFF", 255 - across)):
        out = io.BytesIO()
        PIL.Image.fromarray(pixels.astype(np.uint8)).convert("RGB").save(out, kind)
        made[kind] = out.getvalue()
    return made


def fill(store: Store, blobs: Blobs) -> Filled:
    """Put a tree, two articles and everything that stages make of them into an empty store."""
    files = images()
    rows = {kind: inspect_image(data, max_pixels=10**6) for kind, data in files.items()}
    for data in files.values():
        blobs.put(data)
    source = Source(key="source:1", kind="folder", uri="/somewhere", data_class="open", licence=None)
    store.put_source(
        source, [SourceFile(item=item, path=path, digest=digest(path)) for item, path in sorted(FILES.items())]
    )
    build = store.put_build(
        sources=[source.key], tree=store.put_tree(Grown(**_tree())), engine="rules", settings={"engine": "rules"}
    )
    maker = Maker(rows)
    for stage in STAGES:
        store.plan(build, stage, str(stage.code))
        lease = store.lease(build, stage.name, store.pending(build, stage.name), run=RUN)
        made = [getattr(maker, stage.name)(work) for work in lease.work]
        store.commit(lease, made, run=RUN, seconds=1.0)
    first, second, third = (maker.panel_key(0, 0), maker.panel_key(0, 1), maker.panel_key(1, 0))
    passed = {
        "expectation": "expect_column_values_to_not_be_null(caption)",
        "passed": True,
        "observed": "[]",
        "items": [],
    }
    store.put_gate(build=build, name="ingest", run=RUN, passed=True, expectations=[passed], failing=[])
    return Filled(build=build, pair=first, second=second, refused=third, images=files)


def _tree() -> dict[str, Any]:
    root, lung, infection, pneumonia, odd = NODES
    edges = [
        Edge(child=child.key, parent=parent.key, kind="is_a", is_primary=primary, provenance={"source": "test"})
        for child, parent, primary in (
            (lung, root, True),
            (infection, root, True),
            (pneumonia, lung, True),
            (pneumonia, infection, False),
            (odd, lung, True),
        )
    ]
    parts = tree_parts()
    (document,) = parts["documents"]
    sentence = f"A pneumonia is seen. {HOSTILE}"
    said = Evidence(
        key="evidence:1", subject=pneumonia.key, kind="mention", document=document.key, start_char=2, end_char=11,
        sentence=sentence, surface="pneumonia", assertion="affirmed",
    )  # fmt: skip
    relation = Relation(
        key="relation:1", subject=pneumonia.key, kind="located_in", object=odd.key, confidence=0.9, provenance={}
    )
    return parts | {
        "nodes": list(NODES),
        "aliases": [],
        "edges": edges,
        "closure": closure_of([one.key for one in NODES], edges),
        "relations": [relation],
        "documents": [replace(document, title=HOSTILE)],
        "evidence": [said],
    }


class Maker:
    """What every stage makes of its items."""

    def __init__(self, images: Mapping[str, Image]) -> None:
        self.images = images

    def article_key(self, number: int) -> str:
        return content_key("article", "test", str(number), "1")

    def figure_key(self, number: int) -> str:
        return content_key("figure", self.article_key(number), 0)

    def panel_key(self, number: int, position: int) -> str:
        return content_key("panel", self.figure_key(number), position)

    def harvest(self, work: WorkItem) -> Made:
        number = int(work.item[-1])
        if number == 2:
            drop = Drop(item=work.item, reason="not_jats", detail={"path": FILES[work.item], "why": HOSTILE})
            return Made(item=work.item, drops=(drop,), kept=False)
        image = self.images["PNG" if number == 0 else "TIFF"]
        article = Article(
            key=self.article_key(number), repository="test", id=str(number), edition="1", digest=digest(number),
            title=HOSTILE, journal=HOSTILE, year=2020, doi="10.1/x", pmcid=f"PMC{number}", article_type=None,
            licence="CC-BY-4.0", licence_url="javascript:alert(1)", copyright=HOSTILE, retracted=False, abstract=None,
            keywords=(), data_class="open", path=FILES[work.item],
        )  # fmt: skip
        figure = Figure(
            key=self.figure_key(number), article=article.key, position=0, digest=digest([number, "figure"]),
            xml_id=None, label=f"Figure 1 {HOSTILE}"[:60], title=None, caption=CAPTION if number == 0 else LONG,
            graphic=f"{HOSTILE}.png", image=image.sha256, licence="CC-BY-4.0", licence_url=None, credit=HOSTILE,
        )  # fmt: skip
        mention = Mention(
            key=content_key("mention", figure.key, 0), figure=figure.key, position=0,
            text=f"see Figure 1: pneumonia. {HOSTILE}", start_char=4, end_char=12, panel_letters=(),
        )  # fmt: skip
        lost = Drop(item=f"{HOSTILE}/f2", reason="missing_graphic", detail={"graphic": HOSTILE})
        rows = (image, ArticleFile(item=work.item, article=article.key), article, figure, mention)
        return Made(item=work.item, rows=rows, drops=(lost,) if number == 1 else ())

    def ocr(self, work: WorkItem) -> Made:
        key = content_key("drawn_text", work.item, 0)
        line = DrawnText(key=key, image=work.item, position=0, box=(4, 4, 40, 20), text=HOSTILE, score=0.9)
        return Made(item=work.item, rows=(line,))

    def panels(self, work: WorkItem) -> Made:
        number = 0 if work.item == self.figure_key(0) else 1
        image = self.images["PNG" if number == 0 else "TIFF"]
        boxes = [(0, 0, 160, 240), (160, 0, 320, 240)] if number == 0 else [(0, 0, 320, 240)]
        spans = [(4, 36), (41, len(CAPTION))] if number == 0 else [(0, len(LONG))]
        rows = [
            Panel(
                key=self.panel_key(number, position), figure=work.item, image=image.sha256, box=box, position=position,
                letter="ab"[position] if number == 0 else None, spans=(spans[position],), method="test", confidence=1.0,
                digest=digest([number, position]), phash=image.phash + position, sentences=(), windows=(),
            )
            for position, box in enumerate(boxes)
        ]  # fmt: skip
        return Made(item=work.item, rows=tuple(rows))

    def modality(self, work: WorkItem) -> Made:
        key = content_key("modality", work.item)
        row = Modality(key=key, panel=work.item, label="radiograph", probability=0.9, medical=0.99, method=HOSTILE)
        return Made(item=work.item, rows=(row,))

    def privacy(self, work: WorkItem) -> Made:
        reason = {"kind": "name", "where": "image", "box": [4, 4, 40, 20]}
        row = PrivacyCheck(
            key=content_key("privacy", work.item), panel=work.item, status="flagged", reasons=(reason,),
            looked=("drawn",), lacking=("faces",),
        )  # fmt: skip
        return Made(item=work.item, rows=(row,))

    def duplicates(self, work: WorkItem) -> Made:
        return Made(item=work.item)

    def anchor(self, work: WorkItem) -> Made:
        surface, start = ("pneumonia", 22) if work.item == self.panel_key(0, 0) else (HOSTILE[:20], 0)
        rows = [
            Anchor(
                key=content_key("anchor", work.item, one.key), panel=work.item, node=one.key, role=role,
                polarity="affirmed", certainty="certain", score=score, method="dictionary", field="subcaption",
                surface=surface, start_char=start, end_char=start + len(surface),
            )
            for one, role, score in ((PNEUMONIA, "depicted", 0.9), (ODD, "mentioned", 0.4))
        ]  # fmt: skip
        text = PanelText(
            key=content_key("panel_text", work.item), panel=work.item, text_digest=digest("subcaption"),
            subcaption="Chest radiograph with pneumonia.", caption=HOSTILE, mentions="", title="",
        )  # fmt: skip
        return Made(item=work.item, rows=(*rows, text))

    def screen(self, work: WorkItem) -> Made:
        keep = work.item != self.panel_key(1, 0)
        signals = {"size": {"side": 20, "passed": keep, "reason": "too_small"}, "why": HOSTILE}
        row = _verdict(work, "screen", keep=keep, reason="kept" if keep else "too_small", signals=signals)
        drops = () if keep else (Drop(item=work.item, reason="too_small", detail=signals),)
        return Made(item=work.item, rows=(row,), drops=drops, kept=keep)

    def align(self, work: WorkItem) -> Made:
        return Made(
            item=work.item, rows=(_verdict(work, "align", keep=True, reason="agrees", signals={"why": HOSTILE}),)
        )

    def regions(self, work: WorkItem) -> Made:
        ring = np.hypot(*(axis - 20 for axis in np.mgrid[0:40, 0:40])) < 15
        boxes: list[tuple[tuple[int, int, int, int], str | None]] = [
            ((10, 10, 90, 90), None),
            ((60, 100, 100, 140), rle_of(ring)),
        ]
        rows = [
            Region(
                key=content_key("region", work.item, list(box)), panel=work.item, box=box, rle=rle, node=PNEUMONIA.key,
                producer="test", producer_version="1", score=0.8,
            )
            for box, rle in boxes
        ]  # fmt: skip
        return Made(item=work.item, rows=tuple(rows))

    def summary(self, work: WorkItem) -> Made:
        mention = content_key("mention", self.figure_key(0), 0)
        row = CitedSentence(
            key=content_key("cited_sentence", work.item, 0), panel=work.item, mention=mention, start_char=0,
            end_char=24, tag="visible", engine="rules", model="none",
        )  # fmt: skip
        return Made(item=work.item, rows=(row,))

    def caption(self, work: WorkItem) -> Made:
        support = {
            "sentence": 0, "of": work.item, "field": "subcaption", "start_char": 0, "end_char": 31, "claim": "text"
        }  # fmt: skip
        row = Caption(
            key=content_key("caption", work.item, "grounded"), panel=work.item, kind="grounded",
            text=f"A chest radiograph. {HOSTILE}", supports=(support,), nodes=(PNEUMONIA.key,), licence="CC-BY-4.0",
            engine="rules", model="none",
        )  # fmt: skip
        return Made(item=work.item, rows=(row,))

    def question(self, work: WorkItem) -> Made:
        row = Question(
            key=content_key("question", work.item, "modality"), panel=work.item, kind="modality",
            text=f"Which technique? {HOSTILE}", options=("radiography", HOSTILE), answer="radiography",
            rationale=HOSTILE, nodes=(PNEUMONIA.key,), edges=(), needs="image", licence="CC-BY-4.0", engine="rules",
            model="none",
        )  # fmt: skip
        return Made(item=work.item, rows=(row,))


def _verdict(work: WorkItem, stage: Any, *, keep: bool, reason: str, signals: Mapping[str, Any]) -> Verdict:
    return Verdict(
        key=content_key("verdict", work.item, stage), panel=work.item, stage=stage, keep=keep, reason=reason,
        node=PNEUMONIA.key, signals=signals, engine="rules", model="none",
    )  # fmt: skip


@contextmanager
def serving(desk: Desk, access: Access | None = None) -> Iterator[str]:
    """Give the address of a server over the store, without a slash at its end, which ends with the block."""
    found = listen("127.0.0.1", 0)
    server = make_server(desk, access or Access())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{found.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        found.close()
