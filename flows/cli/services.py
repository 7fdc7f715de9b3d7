"""met up, met down, met status: the services of an installation."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

if TYPE_CHECKING:
    from flows.services import Status


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (up, down, status):
        app.command()(command)


def up(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Start the database and the Prefect server, and keep them until `met down`.

    Example: met up --home ./.met
    """
    from flows import services
    from flows.cli.screen import silence_prefect

    silence_prefect()
    services.up(home)
    _show(services.status(home), as_json)


def down(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Stop the database and the Prefect server; where a command still uses them, they stop when it ends.

    Example: met down
    """
    from flows import services

    _show(services.down(home), as_json)


def status(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Say what runs, without starting anything.

    Example: met status --json
    """
    from flows import services

    _show(services.status(home), as_json)


def _show(state: "Status", as_json: bool) -> None:
    from flows.cli.screen import console, print_json

    if as_json:
        print_json(asdict(state))
        return
    console().print(f"home        {state.home}", soft_wrap=True)
    console().print(f"database    {state.postgres}")
    console().print(f"Prefect     {state.prefect}" + (f", UI at {state.ui}" if state.ui else ""))
    if state.in_use and not state.kept:
        console().print("A command uses them; they stop when it ends.")
