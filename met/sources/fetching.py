"""Files of one server over HTTP: whole or refused, politely, and from nowhere else."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpx

from met.errors import BadSetting, MetError

T = TypeVar("T")

TRIES: Final = 3
# A file may take this many times as long as one silence may: a server that drips bytes holds nobody for hours.
PATIENCE: Final = 20
_REDIRECTS: Final = 3
_MISSING: Final = frozenset({403, 404, 410})
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class FetchFailed(MetError):
    """{reason}: {why}"""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(reason=reason, why=why)
        self.reason = reason
        self.why = why

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.why)


class Fetcher:
    """Fetches what lies under one address. Threads may share it; together they start `per_second` requests a second.

    Nothing is fetched from another scheme, host or port, wherever a redirect points. Bytes are taken as they are sent;
    no compression is asked for, so no answer unfolds to more than was read.

    Every method raises FetchFailed: `missing` (no such file), `redirected` (to elsewhere, or too often), `too_large`,
    `wrong_md5`, `wrong_length`, `stalled` (no byte for `timeout_s`, or no end after 20 times that), `refused` (any
    other status), `broken_answer` (no HTTP), `unreachable`. Silence, faults of the server and broken answers are tried
    three times.
    """

    def __init__(self, base: str, *, timeout_s: float, per_second: float) -> None:
        """Open nothing yet.

        Raises:
            BadSetting: `base` is no http or https address.
        """
        self._base = base.rstrip("/") + "/"
        try:
            self._origin = _origin(self._base)
        except ValueError as error:
            raise BadSetting(name="MET_PMC_URL", why=f"{base} is no address") from error
        if self._origin[0] not in {"http", "https"} or not self._origin[1]:
            raise BadSetting(name="MET_PMC_URL", why=f"{base} is no http or https address")
        self._timeout_s = timeout_s
        self._pause_s = 1 / per_second
        self._next_start = 0.0
        self._lock = threading.Lock()
        # No proxy stands between this machine and itself.
        local = self._origin[1] in {"localhost", "127.0.0.1", "::1"}
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=not local,
            headers={"accept-encoding": "identity", "user-agent": "met-engine"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, key: str, *, limit: int) -> bytes:
        """Return the bytes at `key` (a path under the address, or a query that begins with `?`), at most `limit`."""
        return self._tried(lambda: self._get(key, limit))

    def download(self, key: str, path: Path, *, limit: int, md5: str | None, size: int | None) -> None:
        """The file at `key` is at `path`, whole: as long as announced, with that md5 where one is known.

        It has its name only when it is whole. Where the md5 is known, the part of a file that an interrupted run left
        is completed and not fetched again.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        self._tried(lambda: self._download(key, part, limit, md5, size))
        part.replace(path)

    def _tried(self, fetch: Callable[[], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                return fetch()
            except httpx.TimeoutException as error:
                failure = FetchFailed("stalled", f"no answer for {self._timeout_s:g} s")
                failure.__cause__ = error
            except (httpx.NetworkError, httpx.ProxyError) as error:
                failure = FetchFailed("unreachable", str(error) or type(error).__name__)
            except httpx.HTTPError as error:
                cut = "complete message body" in str(error)
                failure = FetchFailed("wrong_length" if cut else "broken_answer", str(error) or type(error).__name__)
            except _Transient as error:
                failure = error
            if attempt == TRIES:
                raise FetchFailed(failure.reason, failure.why)
            time.sleep(min(0.25 * 2**attempt, self._timeout_s / 4))
        raise AssertionError("unreachable")

    def _get(self, key: str, limit: int) -> bytes:
        with self._answer(key) as answer:
            return b"".join(self._chunks(answer, limit))

    def _download(self, key: str, part: Path, limit: int, md5: str | None, size: int | None) -> None:
        began = part.stat().st_size if md5 and part.exists() else 0
        with self._answer(key, start=began) as answer:
            if answer.status_code != 206:
                began = 0
            with part.open("ab" if began else "wb") as file:
                for chunk in self._chunks(answer, limit - began):
                    file.write(chunk)
        found, length = _md5_of(part), part.stat().st_size
        if size is not None and length != size:
            part.unlink()
            raise _Transient("wrong_length", f"{length} bytes came, {size} were announced")
        if md5 and found != md5.lower():
            part.unlink()
            raise _Transient("wrong_md5", f"the bytes have md5 {found}, {md5} was announced")

    @contextmanager
    def _answer(self, key: str, *, start: int = 0) -> Iterator[httpx.Response]:
        """Give the open answer of status 200 or 206 for `key`."""
        url = self._base + (key if key.startswith("?") else quote(key))
        for _ in range(_REDIRECTS):
            self._wait()
            headers = {"range": f"bytes={start}-"} if start else {}
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.is_redirect:
                    url = self._inside(url, answer.headers["location"])
                    continue
                if answer.status_code == 416:  # The part is longer than the file.
                    start = 0
                    continue
                _check(answer)
                yield answer
                return
        raise FetchFailed("redirected", "too many redirects")

    def _inside(self, url: str, location: str) -> str:
        """Return where `location` leads from `url`, if that is on the same server."""
        try:
            to = urljoin(url, location)
            origin = _origin(to)
        except ValueError as error:
            raise FetchFailed("redirected", "to an address without a meaning") from error
        if origin != self._origin:
            raise FetchFailed("redirected", f"to {origin[1][:80]!a}, which is not {self._origin[1]}")
        return to

    def _chunks(self, answer: httpx.Response, limit: int) -> Iterator[bytes]:
        announced = answer.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            raise FetchFailed("too_large", f"{announced} bytes announced, at most {limit} are read")
        ends = time.monotonic() + PATIENCE * self._timeout_s
        read = 0
        # As it comes: filled up to a size, slow bytes would pass the check of the time.
        for chunk in answer.iter_raw():
            read += len(chunk)
            if read > limit:
                raise FetchFailed("too_large", f"more than {limit} bytes")
            if time.monotonic() > ends:
                raise _Transient("stalled", f"no end after {PATIENCE * self._timeout_s:g} s")
            yield chunk

    def _wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + self._pause_s
        time.sleep(max(start - now, 0.0))


class _Transient(FetchFailed):
    """{reason}: {why}"""


def _check(answer: httpx.Response) -> None:
    if answer.status_code in (200, 206):
        return
    why = f"status {answer.status_code}"
    if answer.status_code in _MISSING:
        raise FetchFailed("missing", why)
    raise (_Transient if answer.status_code in _TRANSIENT else FetchFailed)("refused", why)


def _origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port.

    Raises:
        ValueError: the address has none.
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
