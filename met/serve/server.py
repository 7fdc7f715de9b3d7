"""Serves the application on a socket until somebody interrupts it."""

import ipaddress
import secrets
import socket
import threading
from typing import Final

import uvicorn

from met.errors import BadInput, BadSetting, Unavailable
from met.serve.app import create_app
from met.serve.desk import Desk
from met.serve.guard import Access

# Seconds between looks for something that happened; counting takes at most a tenth of the time.
PAUSE_S: Final = 20.0
SHORTEST: Final = 16


def access_for(host: str, token: str | None) -> tuple[Access, bool]:
    """Return who may look at a server on `host`, and whether its token was made up here.

    This machine's own addresses need no token; others get a made one where none is given.

    Raises:
        BadSetting: the token that is given is too short to be a secret.
    """
    if token is not None and len(token) < SHORTEST:
        raise BadSetting(name="MET_SERVE_TOKEN", why=f"is shorter than {SHORTEST} characters")
    if token is None and not _is_loopback(host):
        return Access(token=secrets.token_urlsafe(24)), True
    return Access(token=token), False


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 means any that is free.

    Raises:
        BadInput: nobody can listen there.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Who comes before the application is ready waits.
        found = socket.create_server((host, port), family=family)
        # Head and body of an answer are two writes: the second would wait 40 ms for the browser to confirm the first.
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, OverflowError) as error:
        # The library adds the address to what the system says.
        said = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        why = f"cannot be listened at ({said}): try another --port"
        raise BadInput(what=f"address {host}:{port}", why=why) from error
    return found


def address_of(found: socket.socket) -> str:
    """Return the address that a browser opens."""
    host, port = found.getsockname()[:2]
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def make_server(desk: Desk, access: Access) -> uvicorn.Server:
    """Return a server of the application that runs on the sockets that it is given. It logs no addresses."""
    app = create_app(desk, access)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, interface="asgi3", ws="none", lifespan="off"
    )
    return uvicorn.Server(config)


def serve(desk: Desk, access: Access, found: socket.socket) -> None:
    """Answer on the socket until SIGINT or SIGTERM; counts are made anew when something has happened."""
    ended = threading.Event()
    counter = threading.Thread(target=_keep_counting, args=(desk, ended), name="counts", daemon=True)
    counter.start()
    try:
        make_server(desk, access).run(sockets=[found])
    except KeyboardInterrupt:
        # That is how it is meant to end; answers that were under way have been given.
        return
    finally:
        ended.set()
        found.close()
        # The store is closed next.
        counter.join(timeout=PAUSE_S)


def count_if_due(desk: Desk) -> float:
    """The counts of what is shown are those of now; return the seconds that it took, 0 where nothing happened."""
    scope = desk.scope()
    if scope is None or not desk.store.counts_are_due(scope.key, scope.tree):
        return 0.0
    return desk.store.count_pages(scope.key, scope.tree)


def _keep_counting(desk: Desk, ended: threading.Event) -> None:
    pause = 0.0
    while not ended.wait(pause):
        try:
            pause = max(PAUSE_S, 10 * count_if_due(desk))
        except Unavailable:
            # The pages say so themselves; it may come back.
            pause = PAUSE_S


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
