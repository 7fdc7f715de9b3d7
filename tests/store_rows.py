"""A tiny world for tests of the store: a tree, a source of files, and the rows that every stage would make of them."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from met.harvest.drawn import drawn_texts
from met.keys import content_key, digest
from met.stages import STAGES, Stage
from met.store import Store
from met.types import (
    Anchor,
    Article,
    ArticleFile,
    Caption,
    CitedSentence,
    Closure,
    Document,
    Drop,
    Duplicate,
    Edge,
    Evidence,
    Figure,
    Grown,
    Image,
    Made,
    Mention,
    Modality,
    Node,
    NodeAlias,
    Panel,
    PanelText,
    PrivacyCheck,
    Question,
    Region,
    Relation,
    Reply,
    Source,
    SourceFile,
    TextLine,
    Verdict,
    WorkItem,
)

SHA = "ab" * 32
RUN = "run:test"


def node(curie: str, name: str, **changes: Any) -> Node:
    facts: dict[str, Any] = {
        "key": content_key("node", "disease", curie),
        "digest": digest([curie, name]),
        "facet": "disease",
        "curie": curie,
        "name": name,
        "synonyms": (f"{name}s", 'the "other" name'),
        "definition": None,
        "xrefs": ("DOID:1",),
        "provenance": {"source": "test", "list": [1, {"a": None}]},
        "licence": "CC0-1.0",
        "text_digest": digest(name),
    }
    return Node(**facts | changes)


def tree_parts(key: str = "tree:1") -> dict[str, Any]:
    """A tree of two nodes, with a row in each of its tables."""
    root, leaf = node("MONDO:1", "disease"), node("MONDO:2", "pneumonia")
    document = Document(
        key="document:1",
        path="a.txt",
        title="A",
        kind="text",
        authority="web",
        licence="CC0-1.0",
        sha256=SHA,
        characters=9,
        text="pneumonia",
    )
    return {
        "key": key,
        "inputs": {"mondo.json": SHA},
        "version": "1",
        "lexicon_digest": digest("lexicon"),
        "report": {"nodes": 2},
        "nodes": [root, leaf],
        "aliases": [NodeAlias(alias="MONDO:3", key=leaf.key, reason="merged")],
        "edges": [Edge(child=leaf.key, parent=root.key, kind="is_a", is_primary=True, provenance={"source": "test"})],
        "closure": [
            Closure(node=root.key, ancestor=root.key, relation="is_a", min_depth=0),
            Closure(node=leaf.key, ancestor=leaf.key, relation="is_a", min_depth=0),
            Closure(node=leaf.key, ancestor=root.key, relation="is_a", min_depth=1),
        ],
        "relations": [
            Relation(
                key="relation:1",
                subject=leaf.key,
                kind="seen_on",
                object=root.key,
                confidence=0.9131,
                provenance={"by": "test"},
            )
        ],
        "documents": [document],
        "evidence": [
            Evidence(
                key="evidence:1",
                subject=leaf.key,
                kind="mention",
                document=document.key,
                start_char=0,
                end_char=9,
                sentence="pneumonia",
                surface="pneumonia",
                assertion="hypothetical",
            )
        ],
        "drops": [Drop(item="MONDO:9", reason="not_human", detail={"name": "distemper"})],
    }


def source(count: int) -> tuple[Source, list[SourceFile]]:
    files = [SourceFile(item=f"file:{number}", path=f"{number}.xml", digest=digest(number)) for number in range(count)]
    return Source(key="source:1", kind="folder", uri="/somewhere", data_class="open", licence=None), files


def build_of(store: Store, *, files: int = 2) -> str:
    """Return a build over a source of so many files, each with one article of one figure."""
    named, listed = source(files)
    store.put_source(named, listed)
    tree = store.put_tree(Grown(**tree_parts()))
    return store.put_build(sources=[named.key], tree=tree, engine="rules", settings={"engine": "rules"})


def harvest(work: WorkItem) -> Made:
    name = work.item.removeprefix("file:")
    key = content_key("article", "test", name, "1")
    image = Image(
        sha256=digest(name) * 2,
        media_type="image/png",
        bytes=9,
        width=64,
        height=48,
        mode="L",
        phash=-(2**63) + int(name),
    )
    article = Article(
        key=key,
        repository="test",
        id=name,
        edition="1",
        digest=digest([key, "facts"]),
        title="A title",
        journal=None,
        year=2020,
        doi=None,
        pmcid=None,
        article_type=None,
        licence="CC-BY-4.0",
        licence_url=None,
        copyright=None,
        retracted=False,
        abstract=None,
        keywords=("lung", 'a, "b" {c}'),
        data_class="open",
        path=f"{name}.xml",
        published="2020-02-29",
        dates={"epub": "2020-02-29"},
        related=({"kind": "correction-forward", "target": None},),
        subjects=("Radiology",),
    )
    figure = Figure(
        key=content_key("figure", key, 0),
        article=key,
        position=0,
        digest=digest([key, 0]),
        xml_id=None,
        label="Figure 1",
        title=None,
        caption="A chest radiograph. Pneumonia.",
        graphic="f1.png",
        image=image.sha256,
        licence="CC-BY-4.0",
        licence_url=None,
        credit=None,
    )
    mention = Mention(
        key=content_key("mention", figure.key, 0),
        figure=figure.key,
        position=0,
        text="see Figure 1",
        start_char=4,
        end_char=12,
        panel_letters=(),
    )
    lost = Drop(item=f"{name}/f2", reason="missing_graphic", detail={"graphic": "f2.png"})
    return Made(
        item=work.item, rows=(image, ArticleFile(item=work.item, article=key), article, figure, mention), drops=(lost,)
    )


def ocr(work: WorkItem) -> Made:
    line = TextLine(box=(2, 2, 20, 10), text='R, "L" {x}', score=0.9931)
    return Made(item=work.item, rows=drawn_texts(work.item, [line]))


def privacy(work: WorkItem) -> Made:
    row = PrivacyCheck(
        key=content_key("privacy", work.item),
        panel=work.item,
        status="flagged",
        reasons=({"kind": "name", "where": "image", "box": [2, 2, 20, 10]},),
        looked=("drawn", "text"),
        lacking=(),
    )
    return Made(item=work.item, rows=(row,))


def panels(work: WorkItem, store: Store) -> Made:
    (figure,) = store.select(Figure, key=work.item)
    panel = Panel(
        key=content_key("panel", figure.key, figure.image, [0, 0, 64, 48]),
        figure=figure.key,
        image=figure.image,
        box=(0, 0, 64, 48),
        phash=-(2**63) + 5,
        position=0,
        letter=None,
        spans=((0, 19), (20, 30)),
        method="whole",
        confidence=1.0,
        digest=digest([figure.digest, "panel"]),
        sentences=(
            {"start_char": 0, "end_char": 19, "why_not": None},
            {"start_char": 20, "end_char": 30, "why_not": "method"},
        ),
    )
    return Made(item=work.item, rows=(panel,))


def modality(work: WorkItem) -> Made:
    key = content_key("modality", work.item)
    return Made(
        item=work.item,
        rows=(Modality(key=key, panel=work.item, label="x_ray", probability=0.9173, medical=0.9999, method="test"),),
    )


def duplicates(work: WorkItem, store: Store) -> Made:
    keeper, *others = [panel.key for panel in store.select(Panel)]
    rows = [
        Duplicate(key=content_key("duplicate", one, keeper), panel=one, keeper=keeper, distance=2, method="phash")
        for one in others
    ]
    return Made(item=work.item, rows=tuple(rows))


def anchor(work: WorkItem) -> Made:
    target = node("MONDO:2", "pneumonia").key
    facts = {
        "role": "depicted",
        "polarity": "affirmed",
        "certainty": "certain",
        "method": "dictionary",
        "field": "caption",
    }
    key = content_key("anchor", work.item, target, "depicted", "caption", 20)
    row = Anchor(
        key=key, panel=work.item, node=target, score=0.8125, surface="Pneumonia", start_char=20, end_char=29, **facts
    )  # type: ignore[arg-type]
    said = PanelText(
        key=content_key("panel_text", work.item),
        panel=work.item,
        text_digest=digest("subcaption"),
        subcaption="Chest radiograph.",
        caption="Pneumonia of the left lung.",
        mentions="See the figure.",
        title="A case",
    )
    return Made(item=work.item, rows=(row, said))


def verdict(work: WorkItem, stage: str) -> Made:
    row = Verdict(
        key=content_key("verdict", work.item, stage),
        panel=work.item,
        stage=stage,  # type: ignore[arg-type]
        keep=True,
        reason="kept",
        node=node("MONDO:2", "pneumonia").key,
        signals={"score": 0.5, "why": ["text", None]},
        engine="rules",
        model="none",
    )
    reply = Reply(
        item=work.item,
        step="judge",
        text="{}",
        refusal=None,
        engine="rules",
        model="none",
        tokens_in=100,
        tokens_out=20,
        seconds=0.25,
        usd=Decimal("0.0005"),
    )
    return Made(item=work.item, rows=(row,), replies=(reply,) if stage == "align" else ())


def region(work: WorkItem) -> Made:
    key = content_key("region", work.item, "whole", [0, 0, 64, 48], None)
    row = Region(
        key=key,
        panel=work.item,
        box=(0, 0, 64, 48),
        rle=None,
        node=None,
        producer="whole",
        producer_version="1",
        score=1.0,
    )
    return Made(item=work.item, rows=(row,))


def summary(work: WorkItem, store: Store) -> Made:
    figure = next(panel.figure for panel in store.select(Panel) if panel.key == work.item)
    mention = next(mention for mention in store.select(Mention) if mention.figure == figure)
    row = CitedSentence(
        key=content_key("cited_sentence", work.item, mention.key, 0, 12),
        panel=work.item,
        mention=mention.key,
        start_char=0,
        end_char=12,
        tag="context",
        engine="rules",
        model="none",
    )
    return Made(item=work.item, rows=(row,))


def caption(work: WorkItem) -> Made:
    supports = ({"sentence": 0, "field": "caption", "start_char": 0, "end_char": 19},)
    row = Caption(
        key=content_key("caption", work.item, "short"),
        panel=work.item,
        kind="short",
        text="A chest radiograph.",
        supports=supports,
        nodes=(node("MONDO:2", "pneumonia").key,),
        licence="CC-BY-4.0",
        engine="rules",
        model="none",
    )
    return Made(item=work.item, rows=(row,))


def question(work: WorkItem) -> Made:
    row = Question(
        key=content_key("question", work.item, "modality", "Which?"),
        panel=work.item,
        kind="modality",
        text="Which?",
        options=("CT", "MR"),
        answer="CT",
        rationale="because",
        nodes=(),
        edges=({"child": "a", "parent": "b"},),
        needs="image",
        licence="CC-BY-4.0",
        engine="rules",
        model="none",
    )
    return Made(item=work.item, rows=(row,))


def makers(store: Store) -> Mapping[str, Callable[[WorkItem], Made]]:
    """What makes the rows of each stage of one work item."""
    return {
        "harvest": harvest,
        "ocr": ocr,
        "panels": lambda work: panels(work, store),
        "privacy": privacy,
        "modality": modality,
        "duplicates": lambda work: duplicates(work, store),
        "anchor": anchor,
        "screen": lambda work: verdict(work, "screen"),
        "align": lambda work: verdict(work, "align"),
        "regions": region,
        "summary": lambda work: summary(work, store),
        "caption": caption,
        "question": question,
    }


def finish(store: Store, build: str, stages: Sequence[Stage] = STAGES) -> dict[str, int]:
    """Plan and finish these stages of a build, and return how many items of each were worked on."""
    worked = {}
    for stage in stages:
        store.plan(build, stage, str(stage.code))
        lease = store.lease(build, stage.name, store.pending(build, stage.name), run=RUN)
        store.commit(lease, [makers(store)[stage.name](work) for work in lease.work], run=RUN, seconds=1.0)
        worked[stage.name] = len(lease.work)
    return worked
