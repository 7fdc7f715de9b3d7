"""From the dossiers of kept pairs to a dataset on disk, in one pass and one batch of rows at a time."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from met.errors import BadInput
from met.export.balance import EVERY, Balance
from met.export.card import card_of
from met.export.census import Census
from met.export.facts import CardFacts, FileFact, Manifest
from met.export.folder import LAYOUT, MANIFEST, RUN, check_replaceable, replaced
from met.export.formats import SINKS, Sink
from met.export.image import ExportedImage, image_of
from met.export.render import render_html, render_markdown
from met.export.rows import Row, row_of
from met.export.samples import samples_of
from met.harvest.privacy import Phi
from met.keys import canonical_json
from met.rights import Use
from met.types import Dossier, Drop

FORMATS = tuple(SINKS)
TITLE = "Data card"


def check_export(out: Path, formats: Sequence[str]) -> None:
    """Return if a dataset of these formats may be written into `out`, as far as that can be told before it is made.

    Raises:
        BadInput: a format is unknown, or `out` holds something that no export wrote.
    """
    _known_formats(formats)
    check_replaceable(out.resolve())


def export_dataset(
    dossiers: Iterable[Dossier],
    *,
    read_blob: Callable[[str], bytes],
    out: Path,
    formats: Sequence[str],
    facts: CardFacts,
    run: Mapping[str, Any],
    use: Use = "any",
    phi: Phi | None = None,
    balance: Balance = EVERY,
    refused: Sequence[Drop] = (),
) -> Manifest:
    """Write the dataset of the kept pairs into `out`, whole or not at all; an earlier export there is replaced.

    Dossiers come in the order of their panel keys, each once. Every file but run.json is a pure function of `dossiers`,
    `formats`, `facts`, `use`, `phi`, `balance` and `refused`. Memory holds one batch of rows, and some hundred bytes
    for each image, figure and article. `balance` is what chose the dossiers, `refused` are the pairs that it left out.

    Raises:
        BadInput: a format is unknown, or `out` holds something that no export wrote; nothing is changed then.
        ValueError: the dossiers are out of order.
    """
    names = _known_formats(formats)
    with replaced(out) as folder:
        writer = _Writer(folder=folder, facts=facts, read_blob=read_blob, use=use, phi=phi)
        writer.drops += refused
        with ExitStack() as stack:
            sinks = [stack.enter_context(SINKS[name](folder)) for name in names]
            for dossier in _in_order(dossiers):
                writer.add(dossier, sinks)
        files = sorted(
            [*writer.image_facts(), *_format_facts(folder, sinks), *writer.write_card()], key=lambda file: file.path
        )
        manifest = canonical_json(
            _manifest(files, writer.census, facts, formats=names, use=use, phi=phi, balance=balance)
        ).encode()
        (folder / MANIFEST).write_bytes(manifest)
        sha256 = hashlib.sha256(manifest).hexdigest()
        (folder / RUN).write_text(
            json.dumps({"manifest_sha256": sha256, "run": run}, indent=2, sort_keys=True, default=str) + "\n"
        )
    return Manifest(sha256=sha256, rows=writer.census.totals["rows"], files=tuple(files), drops=tuple(writer.drops))


class _Writer:
    """One export under way: writes images as panels come by, and counts."""

    def __init__(
        self, *, folder: Path, facts: CardFacts, read_blob: Callable[[str], bytes], use: Use, phi: Phi | None
    ) -> None:
        self.census = Census()
        self.drops: list[Drop] = []
        self._folder = folder
        self._facts = facts
        self._read_blob = read_blob
        self._use = use
        self._phi = phi
        self._images: dict[str, tuple[int, int]] = {}  # path -> bytes, rows
        (folder / "images").mkdir()

    def add(self, dossier: Dossier, sinks: Sequence[Sink]) -> None:
        """Write the panel's image and its rows into every sink, or keep its Drops."""
        samples, drops = samples_of(dossier, use=self._use, phi=self._phi)
        self.drops += drops
        if not samples:
            return
        image = image_of(dossier, self._read_blob)
        rows = [
            row_of(dossier, sample, image, tree=self._facts.tree, versions=self._facts.versions) for sample in samples
        ]
        self._write_image(image, rows)
        for sink in sinks:
            sink.add(image, rows)
        self.census.add(rows)

    def _write_image(self, image: ExportedImage, rows: Sequence[Row]) -> None:
        if image.path not in self._images:
            (self._folder / image.path).write_bytes(image.data)
        _, used = self._images.get(image.path, (0, 0))
        self._images[image.path] = (len(image.data), used + len(rows))

    def image_facts(self) -> Iterator[FileFact]:
        """Yield the facts of every image written; its name is its hash."""
        for path, (size, rows) in self._images.items():
            yield FileFact(path=path, sha256=Path(path).stem, bytes=size, rows=rows)

    def write_card(self) -> Iterator[FileFact]:
        """Write the data card in both forms and yield their facts."""
        refused = Counter(drop.reason for drop in self.drops)
        card = card_of(self.census, self._facts, use=self._use, refused=refused)
        for name, render in (("DATA_CARD.md", render_markdown), ("DATA_CARD.html", render_html)):
            (self._folder / name).write_bytes(render(TITLE, card).encode())
            yield _fact(self._folder, name, None)


def _known_formats(formats: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(formats) - SINKS.keys())
    if unknown:
        raise BadInput(what=f"format {unknown[0]!r}", why=f"unknown; there are {', '.join(SINKS)}")
    return tuple(name for name in SINKS if name == "parquet" or name in formats)


def _in_order(dossiers: Iterable[Dossier]) -> Iterator[Dossier]:
    last = ""
    for dossier in dossiers:
        if dossier.panel.key <= last:
            raise ValueError(
                f"panel {dossier.panel.key} comes after {last}: dossiers must come in the order of their panel keys"
            )
        last = dossier.panel.key
        yield dossier


def _format_facts(folder: Path, sinks: Sequence[Sink]) -> Iterator[FileFact]:
    for sink in sinks:
        for path, rows in sink.rows.items():
            yield _fact(folder, path, rows)


def _fact(folder: Path, path: str, rows: int | None) -> FileFact:
    with (folder / path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return FileFact(path=path, sha256=sha256, bytes=(folder / path).stat().st_size, rows=rows)


def _manifest(
    files: Sequence[FileFact],
    census: Census,
    facts: CardFacts,
    *,
    formats: Sequence[str],
    use: Use,
    phi: Phi | None,
    balance: Balance,
) -> dict[str, Any]:
    return {
        "layout": LAYOUT,
        "counts": dict(census.totals),
        "formats": list(formats),
        "use": use,
        **({"phi": phi} if phi else {}),
        **({"balance": balance.facts()} if balance.is_asked else {}),
        "tree": facts.tree,
        "engine": facts.engine,
        "settings": dict(facts.settings),
        "versions": dict(facts.versions),
        "files": [{"path": file.path, "sha256": file.sha256, "bytes": file.bytes, "rows": file.rows} for file in files],
    }
