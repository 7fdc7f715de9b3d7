"""met serve: the page to look at data and to review it."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

PORT = 8321


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(serve)


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Where to listen. Another machine's address asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any that is free.")] = PORT,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Show tree, items, funnel, coverage and search in a browser, and take reviews, until it is interrupted.

    It listens on this machine alone, and loads nothing from anywhere. With --host of another address it asks for a
    token: that of MET_SERVE_TOKEN, else one that it makes and prints.

    Example: met serve --port 8321
    """
    from flows.cli.screen import console, print_json
    from flows.services import database
    from met.blobs import Blobs
    from met.serve.desk import Desk
    from met.serve.server import access_for, address_of, listen
    from met.serve.server import serve as answer
    from met.settings import load_settings

    settings = load_settings(home=home)
    token = settings.serve_token.get_secret_value() if settings.serve_token else None
    access, made = access_for(host, token or None)
    with listen(host, port) as found, database(home) as store:
        desk = Desk(
            store=store,
            blobs=Blobs(settings.blobs),
            max_pixels=settings.image_max_pixels,
        )
        address = address_of(found) + (f"?token={access.token}" if made else "")
        if as_json:
            print_json({"url": address, "token": access.token is not None})
        else:
            console().print(f"open {address}", soft_wrap=True)
            console().print("Interrupt it with Ctrl-C.")
        answer(desk, access, found)
