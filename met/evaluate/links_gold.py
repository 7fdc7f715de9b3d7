"""The gold of the scores `links` and `names`: what each MedQuAD document is about, and its answers without questions.

A document is chosen where its semantic group is Disorders, it has an answer, and its focus is a name of a node in the
ontologies that are given, compared by `met.tree.names.normal_form`: case and punctuation do not count. Gold are the
nodes whose own name it is, and only where there is none, those that have it as a synonym; here names are compared by
`met.tree.normalise.keys.name_key`, so that a plural or a possessive does not part two ontologies' names of one entity.
Nothing of a question, a file name or an address is read.
"""

import csv
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from met.errors import BadInput
from met.keys import digest
from met.tree.build import Skeleton, build_skeleton
from met.tree.lexicon import names_of
from met.tree.names import normal_form
from met.tree.normalise.keys import name_key
from met.tree.ontology import read_ontology
from met.tree.texts.sentences import sentences
from met.types import Node
from met.xml import XmlRefused, parse_xml

COLUMNS: Final = frozenset({"file", "source", "focus", "umls_cui", "semantic_group"})
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusRow:
    """One row of the gold table."""

    file: str
    source: str
    focus: str
    cuis: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusDocument:
    """A document and the nodes that its focus names; `family` is shared by documents that are not independent."""

    file: str
    source: str
    focus: str
    gold: frozenset[str]
    answers: tuple[str, ...]
    digest: str
    family: str = ""


def read_rows(paths: Iterable[Path]) -> list[FocusRow]:
    """Return the rows of the tables among `paths`; archives are passed over.

    Raises:
        BadInput: there is no table, or it has other columns.
    """
    rows = []
    for path in (path for path in paths if not path.is_dir() and not tarfile.is_tarfile(path)):
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file, delimiter="\t")
            missing = COLUMNS - set(table.fieldnames or ())
            if missing:
                raise BadInput(what=f"gold {path.name}", why=f"has no column {', '.join(sorted(missing))}")
            rows += [_row(row) for row in table]
    if not rows:
        raise BadInput(what="gold", why="names no table of foci (file, source, focus, umls_cui, semantic_group)")
    return rows


def _row(row: Mapping[str, str | None]) -> FocusRow:
    cuis = tuple(cui for cui in (row["umls_cui"] or "").split("|") if cui)
    return FocusRow(
        file=row["file"] or "",
        source=row["source"] or "",
        focus=row["focus"] or "",
        cuis=cuis,
        group=row["semantic_group"] or "",
    )


def read_answers(paths: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """Return file (its last folder and name) -> its answers, of the archives among `paths`.

    Raises:
        BadInput: none of them is an archive.
    """
    archives = [path for path in paths if not path.is_dir() and tarfile.is_tarfile(path)]
    if not archives:
        raise BadInput(what="gold", why="names no archive of documents")
    return {file: answers for path in archives for file, answers in _documents(path)}


def _documents(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() and member.name.endswith(".xml") else None
            if file is None:
                continue
            try:
                root = parse_xml(file.read())
            except XmlRefused:
                continue
            answers = ("".join(answer.itertext()).strip() for answer in root.iter("Answer"))
            yield "/".join(member.name.split("/")[-2:]), tuple(answer for answer in answers if answer)


def without_questions(answers: Sequence[str]) -> tuple[str, ...]:
    """Return the answers without the sentences in them that end in a question mark: headings that ask again."""
    kept = (
        " ".join(answer[start:end] for start, end in sentences(answer) if not answer[start:end].endswith("?"))
        for answer in answers
    )
    return tuple(answer for answer in kept if answer)


def skeleton_of(ontologies: Sequence[Path]) -> tuple[Skeleton, list[Node]]:
    """Return the tree of the files, and its nodes of diseases and findings that ontologies hold.

    Raises:
        BadInput: no ontology is given.
    """
    if not ontologies:
        raise BadInput(what="score", why="needs --ontology")
    skeleton = build_skeleton([read_ontology(path) for path in ontologies])
    return skeleton, [node for node in skeleton.nodes if node.facet in ("disease", "symptom") and node.curie]


def chosen(
    rows: Iterable[FocusRow], answers: Mapping[str, tuple[str, ...]], nodes: Sequence[Node]
) -> tuple[list[FocusDocument], dict[str, int]]:
    """Return the documents of the score by file, and how many rows were left out for which reason."""
    own: dict[str, set[str]] = defaultdict(set)
    other: dict[str, set[str]] = defaultdict(set)
    names = {normal_form(name) for node in nodes for name in names_of(node)}
    for node in nodes:
        own[name_key(node.name)].add(node.key)
        for name in node.synonyms:
            other[name_key(name)].add(node.key)
    left_out: Counter[str] = Counter()
    documents = []
    for row in sorted(rows, key=lambda row: row.file):
        given = answers.get("/".join(row.file.split("/")[-2:]), ())
        key = name_key(row.focus)
        gold = own.get(key) or other.get(key) or set()
        reason = _reason(row, given, normal_form(row.focus) in names)
        if reason:
            left_out[reason] += 1
            continue
        documents.append(
            FocusDocument(
                file=row.file,
                source=row.source,
                focus=row.focus,
                gold=frozenset(gold),
                answers=given,
                digest=digest(list(given))[:16],
            )
        )
    return _with_families(documents), dict(sorted(left_out.items()))


def _reason(row: FocusRow, answers: Sequence[str], is_name: bool) -> str | None:
    if row.group != "Disorders":
        return "other_group"
    if not answers:
        return "no_answer"
    return None if is_name else "no_name"


def _with_families(documents: list[FocusDocument]) -> list[FocusDocument]:
    """Return the documents with families: those of one number in a source, or of one focus or gold node, are one."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while above.setdefault(name, name) != name:
            name = above[name]
        return name

    for document in documents:
        number = _NUMBER.search(document.file.rsplit("/", 1)[-1])
        bonds = (f"number:{document.source}:{number.group() if number else document.file}", *sorted(document.gold))
        for bond in bonds:
            one, two = sorted((root(f"file:{document.file}"), root(bond)))
            above[two] = one
    return [replace(document, family=root(f"file:{document.file}")) for document in documents]
