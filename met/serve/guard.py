"""Who may look, and what a browser may do with what it is given: one layer around the whole application.

Without a token the server answers only requests that name this machine, so that no page elsewhere can reach it through
a name of its own (DNS rebinding). With a token it answers whoever has brought it once: the address may carry it in
`?token=`, the form of the login in its body; from then on a cookie does, which holds a digest of it alone. What changes
something must come from a page of this very server.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response

from met.serve.errors import error_page

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

COOKIE: Final = "met_session"
# Bytes of an image that somebody compares with; everything else that is sent is small.
LARGEST: Final = 32_000_000
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY: Final = (
    "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Without a referrer policy of its own origin a browser would send forms with the origin "null".
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What the page of the login itself needs.
_OPEN: Final = ("/login", "/static/")
_SAFE: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may look: whoever has the `token`, or, where there is none, this machine alone."""

    token: str | None = None

    @property
    def session(self) -> str:
        """What the cookie holds: nobody can tell the token from it."""
        return hmac.new((self.token or "").encode(), b"met serve", hashlib.sha256).hexdigest()

    def opens(self, token: str) -> bool:
        """Return whether this is the token, in a time that does not tell how much of it is right."""
        return self.token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def cookie(self) -> str:
        """Return the cookie that stands for the token."""
        return f"{COOKIE}={self.session}; Path=/; HttpOnly; SameSite=Strict"


class Guard:
    """The layer: refuses what may not pass, and adds the headers to every answer."""

    def __init__(self, app: Any, *, access: Access) -> None:
        self._app = app
        self._access = access

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        if scope["type"] != "http":
            passed: Awaitable[None] = self._app(scope, receive, send)
            return passed

        def with_headers(message: MutableMapping[str, Any]) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            return send(message)

        answer: Awaitable[None] = (self._refusal(scope) or self._app)(scope, receive, with_headers)
        return answer

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._access.token is None and _host(headers.get("host", "")) not in LOOPBACK:
            return error_page(421, "This server answers to this machine alone", "Open it as http://127.0.0.1.")
        if scope["method"] not in _SAFE and not _from_here(headers):
            return error_page(403, "The request comes from another page", "Open the page anew, and send it from there.")
        length = headers.get("content-length", "0")
        if scope["method"] not in _SAFE and ("transfer-encoding" in headers or not length.isdecimal()):
            return error_page(411, "The request does not say how long it is", "Send it with its length.")
        if int(length) > LARGEST:
            return error_page(413, "This is too large", f"At most {LARGEST // 1_000_000} MB are taken.")
        if self._access.token is None or scope["path"].startswith(_OPEN):
            return None
        return self._without_cookie(scope, headers)

    def _without_cookie(self, scope: Scope, headers: Headers) -> Response | None:
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in given if name == "token"]
        if tokens and self._access.opens(tokens[-1]):
            rest = urlencode([(name, value) for name, value in given if name != "token"])
            # One slash: two would name another server.
            path = "/" + scope["path"].lstrip("/")
            response = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
            response.headers["Set-Cookie"] = self._access.cookie()
            return response
        if not tokens and hmac.compare_digest(_cookie(headers).encode(), self._access.session.encode()):
            return None
        why = "The token is not the one that this server was started with." if tokens else "Whoever started it has it."
        return error_page(401, "This server asks for its token", why, template="login.html")


def _host(value: str) -> str:
    """Return the host of a Host header without its port."""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""


def _from_here(headers: Headers) -> bool:
    """Return whether a browser says that the request comes from a page of this very server."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    return urlsplit(origin).netloc == headers.get("host") and urlsplit(origin).scheme in ("http", "https")


def _cookie(headers: Headers) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
