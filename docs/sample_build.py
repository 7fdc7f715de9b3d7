"""What the scripts of this folder read: the newest build of an installation, as dossiers."""

from dataclasses import dataclass
from pathlib import Path

from flows.services import database
from met.blobs import Blobs
from met.errors import NotFound
from met.settings import load_settings
from met.store.dossiers import load_dossiers
from met.store.others import with_others
from met.synth.options import option_names
from met.types import Dossier, Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBuild:
    """The dossiers of a build in the order of article and figure, and the image bytes behind them."""

    dossiers: tuple[Dossier, ...]
    blobs: Blobs

    def of(self, article: str, position: int) -> Dossier:
        """Return the dossier of one figure of one article."""
        return next(
            one for one in self.dossiers if one.article.id.endswith(article) and one.figure.position == position
        )


def read_build(home: Path) -> SampleBuild:
    """Return the newest build of the installation at `home`, which `met demo` has filled.

    Raises:
        NotFound: there is no build.
    """
    with database(home) as store:
        builds = store.query("latest_build")
        if not builds:
            raise NotFound(what="build", name="the newest", hint="; run `met demo` first")
        build = str(builds[0].key)
        loaded = load_dossiers(store, build, [panel.key for panel in store.select(Panel, build=build)])
        dossiers = with_others(store, build, loaded, option_names())
    ordered = sorted(dossiers, key=lambda one: (one.article.id, one.figure.position, one.panel.position))
    return SampleBuild(dossiers=tuple(ordered), blobs=Blobs(load_settings(home=home.absolute()).blobs))
