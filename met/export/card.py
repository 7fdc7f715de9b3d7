"""The data card: what a dataset is, how it came to be, whose it is and what it cannot do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from met.export.census import Census
from met.export.facts import CardFacts
from met.export.judged import judge_section
from met.export.render import Section, Table
from met.keys import canonical_json
from met.rights import UNKNOWN
from met.stages import STAGES

TOP = 50
EXAMPLE_CHARS = 600

# What the owners of these vocabularies ask their users to say; {version} is the version of the file that was read.
ACKNOWLEDGEMENTS = {
    "HP": "This dataset uses the Human Phenotype Ontology (version {version}), unaltered. Find out more at "
    "http://www.human-phenotype-ontology.org.",
    "MONDO": "Disease names and places: Mondo Disease Ontology (version {version}), https://mondo.monarchinitiative.org.",
    "UBERON": "Anatomy names and places: Uberon multi-species anatomy ontology (version {version}), https://uberon.org.",
    "DOID": "Disease names and places: Human Disease Ontology (version {version}), https://disease-ontology.org.",
    "SYMP": "Symptom names and places: Symptom Ontology (version {version}), https://disease-ontology.org.",
}


def card_of(census: Census, facts: CardFacts, *, use: str, refused: Mapping[str, int]) -> tuple[Section, ...]:
    """Return the card's sections; `refused` counts by reason what the export itself dropped."""
    return (
        _what(census, facts, use),
        _inside(census),
        _files(),
        _selection(facts, refused),
        judge_section(facts),
        _rights(census),
        _materials(facts),
        _privacy(census),
        *_reviews(census),
        _limits(census, facts),
        _examples(census),
        _provenance(facts),
    )


def _what(census: Census, facts: CardFacts, use: str) -> Section:
    totals = census.totals
    rules = "the engine rules, which extracts and fills templates and has no model"
    who = rules if facts.engine == "rules" else f"the model {facts.settings.get('model')}"
    return Section(
        title="What it is",
        blocks=(
            "Medical images with text about them, for training multimodal models. Every row names its source, its "
            "licences, the node of the Medical Entity Tree that it teaches, and why it was kept.",
            "Not for diagnosis: nothing here is medical advice, and a model trained on it is no medical device.",
            f"Captions and questions were written by {who}. Allowed use selected for this export: {use}.",
            _counted("", (("rows", totals["rows"]), *((name, totals[name]) for name in _TOTALS))),
        ),
    )


_TOTALS = ("captions", "questions", "panels", "figures", "articles", "nodes")


def _inside(census: Census) -> Section:
    nodes = sorted(census.nodes.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    return Section(
        title="What is inside",
        blocks=(
            _tally("facet of the node", "panels", census.panels["node_facet"]),
            _tally("modality", "panels", census.panels["modality"]),
            _tally("sample", "rows", census.rows["sample"]),
            _tally("kind of caption or question", "rows", census.rows["kind"]),
            _tally("what the answer needs", "rows", _known(census.rows["needs"])),
            f"The {TOP} most frequent nodes of {census.totals['nodes']}:",
            Table(
                header=("node", "facet", "panels"),
                rows=tuple((name, facet, count) for (facet, name, _), count in nodes),
            ),
        ),
    )


def _files() -> Section:
    return Section(
        title="Files",
        blocks=(
            "manifest.json lists every file with sha256, bytes and rows; its own sha256 names this dataset.",
            "rows.parquet holds one row a sample with every fact about it; llava.json, sharegpt.json and webdataset/ "
            "stand beside it where they were asked for.",
            "images/ holds each image under its sha256: the source's file without its metadata and with its pixel "
            "stream untouched where the panel is the whole figure, else a lossless PNG of the panel's box. Rows carry "
            "the sha256 of the source's file and the box. Regions are coordinates in pixels of the source's image and "
            "are never drawn.",
            "run.json holds times, costs and machines: the one file that differs between two exports of the same data.",
        ),
    )


def _selection(facts: CardFacts, refused: Mapping[str, int]) -> Section:
    order = {stage.name: place for place, stage in enumerate(STAGES)}
    funnel = [(row["stage"], row["kept"], row["dropped"]) for row in facts.funnel]
    drops = [(row["stage"], row["reason"], row["items"]) for row in facts.drops]
    drops += [("export", reason, items) for reason, items in refused.items()]
    funnel.sort(key=lambda row: (order.get(row[0], len(order)), row))
    drops.sort(key=lambda row: (order.get(row[0], len(order)), row[0], -row[2], row[1]))
    return Section(
        title="How it was selected",
        blocks=(
            Table(header=("stage", "kept", "dropped"), rows=tuple(funnel)),
            Table(header=("stage", "reason", "items dropped"), rows=tuple(drops)),
        ),
    )


def _rights(census: Census) -> Section:
    sources = sorted(census.sources.items(), key=lambda item: (-item[1]["rows"], item[0]))
    credits_ = sorted(census.credits.items(), key=lambda item: (-item[1], item[0]))
    return Section(
        title="Licences and attribution",
        blocks=(
            "Licences hold by field: image, source text, written text, node. Each row carries them with their URLs, "
            "the credit line, the copyright line, title, journal, year and DOI: what an attribution needs.",
            _tally("licence of the image", "panels", census.panels["image_licence"]),
            _tally("licence of the source text", "rows", census.rows["text_licence"]),
            _tally("licence of the written text", "rows", _known(census.rows["made_licence"])),
            f"Sources, the {TOP} largest of {len(sources)}:",
            Table(
                header=("repository", "journal", "text licence", "image licence", "articles", "panels", "rows"),
                rows=tuple((*key, count["articles"], count["panels"], count["rows"]) for key, count in sources[:TOP]),
            ),
            f"Credit lines of figures, the {TOP} most frequent of {len(credits_)}:",
            Table(header=("credit", "panels"), rows=tuple(credits_[:TOP])),
        ),
    )


def _materials(facts: CardFacts) -> Section:
    ordered = sorted(facts.materials, key=lambda material: (material.kind, material.name, material.version))
    thanks = [
        ACKNOWLEDGEMENTS[material.name.upper()].format(version=material.version)
        for material in ordered
        if material.name.upper() in ACKNOWLEDGEMENTS
    ]
    rows = tuple((material.kind, material.name, material.version, material.licence) for material in ordered)
    files = tuple((file["name"], file["sha256"]) for file in facts.inputs.get("ontologies", ()))
    return Section(
        title="Ontologies and texts behind the tree",
        blocks=(
            Table(header=("kind", "name", "version", "licence"), rows=rows),
            *thanks,
            f"Ontology files in the order in which they were given, and {len(facts.inputs.get('texts', ()))} texts:",
            Table(header=("file", "sha256"), rows=files),
        ),
    )


def _privacy(census: Census) -> Section:
    return Section(
        title="Privacy",
        blocks=(
            _tally("privacy status", "panels", census.panels["privacy"]),
            _tally("class of the source's data", "panels", census.panels["data_class"]),
            "Clean means that texts, text drawn into the image and, in photographs, faces were looked at and nothing "
            "was found; it is no certified de-identification. Unscreened means that something of this has not been "
            "looked at, not that there is nothing. Panels in which something was found are not part of the dataset.",
        ),
    )


def _reviews(census: Census) -> tuple[Section, ...]:
    """Return who judged what of the dataset, by kind; nothing where nobody did."""
    if not census.reviews:
        return ()
    rows = tuple((by, judgement, items) for (by, judgement), items in sorted(census.reviews.items()))
    return (
        Section(
            title="Reviews",
            blocks=(
                "Judgements of panels, anchors, captions and questions of this dataset, by kind of reviewer. What is "
                "model-audited was read by a model and by no person; kinds are never added up.",
                Table(header=("reviewed by", "judgement", "items"), rows=rows),
            ),
        ),
    )


def _limits(census: Census, facts: CardFacts) -> Section:
    limits = [
        "A caption says what its authors chose to say: what a text does not mention may still be in the image.",
        "Anchors marked diagnosis, history, comparator or mentioned name things that need not be visible.",
    ]
    if facts.engine == "rules":
        limits.append(
            "The engine rules did not see the pixels: whether a text describes its image was judged from text alone."
        )
    if unknown := census.panels["image_licence"][UNKNOWN]:
        limits.append(f"The licence of {unknown} panels is unknown: ask their owners before you use or pass them on.")
    if census.panels["retracted"][True]:
        limits.append(
            f"{census.panels['retracted'][True]} panels come from retracted articles; the column retracted marks them."
        )
    return Section(title="Known limits", blocks=(*limits, *facts.limits))


def _examples(census: Census) -> Section:
    blocks = [
        Table(
            header=("field", "value"),
            rows=tuple((field, _short(row[field])) for field in _EXAMPLE_FIELDS if row[field] is not None),
        )
        for _, row in sorted(census.examples.items())
    ]
    return Section(title="Examples", blocks=tuple(blocks))


_EXAMPLE_FIELDS = (
    "id",
    "image",
    "sample",
    "kind",
    "text",
    "options",
    "answer",
    "rationale",
    "node_name",
    "title",
    "doi",
    "credit",
)


def _provenance(facts: CardFacts) -> Section:
    return Section(
        title="Provenance",
        blocks=(
            Table(header=("what", "value"), rows=(("engine", facts.engine), ("tree", facts.tree))),
            Table(header=("setting", "value"), rows=tuple(_flat(facts.settings))),
            Table(header=("stage", "version"), rows=tuple(sorted(facts.versions.items()))),
            Table(header=("tree report", "value"), rows=tuple(_flat(facts.tree_report))),
        ),
    )


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in sorted(value.items()):
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _short(inner)


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…"


def _tally(what: str, unit: str, counts: Mapping[Any, int]) -> Table:
    named = Counter(
        {
            "unknown" if value is None else str(value).lower() if isinstance(value, bool) else value: n
            for value, n in counts.items()
        }
    )
    return Table(header=(what, unit), rows=tuple(sorted(named.items(), key=lambda item: (-item[1], str(item[0])))))


def _known(counts: Mapping[Any, int]) -> dict[Any, int]:
    return {value: count for value, count in counts.items() if value is not None}


def _counted(what: str, pairs: Iterable[tuple[str, int]]) -> Table:
    return Table(header=(what, "count"), rows=tuple(pairs))
