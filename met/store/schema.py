"""Writes sql/schema.sql, today's shape of the database: `python -m met.store.schema`."""

import re
import subprocess
import tempfile
from pathlib import Path

import psycopg

from met.store import embedded
from met.store.account import ENVIRONMENT, wheel
from met.store.database import parse_address
from met.store.migrate import migrate

SCHEMA = Path(__file__).resolve().parents[2] / "sql" / "schema.sql"
HEADER = "-- Today's shape of the database, written by `python -m met.store.schema` from migrations and views.\n\n"
# Comments, session settings, and the random token that pg_dump writes around its output.
NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.MULTILINE)


def schema_of(url: str) -> str:
    """Return the definition of everything in the database at `url`, in pg_dump's order, equal for equal databases."""
    address = parse_address(url)
    # By the environment: the arguments of a program are visible to everybody on the machine.
    place = {
        "PGHOST": address.host or "localhost",
        "PGPORT": str(address.port or 5432),
        "PGUSER": address.username or "",
        "PGPASSWORD": address.password or "",
        "PGDATABASE": address.database or "",
    }
    command = [str(wheel() / "pginstall" / "bin" / "pg_dump"), "--schema-only", "--no-owner", "--no-privileges"]
    dump = subprocess.run(command, env={**ENVIRONMENT, **place}, capture_output=True, text=True, check=True)
    return HEADER + re.sub(r"\n{3,}", "\n\n", NOISE.sub("", dump.stdout)).strip() + "\n"


def write_schema() -> None:
    """Write sql/schema.sql from the migrations, on a server that lives as long as the call."""
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.start(Path(folder))
        try:
            with psycopg.connect(server.url) as connection:
                migrate(connection)
            SCHEMA.write_text(schema_of(server.url))
        finally:
            embedded.remove(Path(folder))


if __name__ == "__main__":
    write_schema()
