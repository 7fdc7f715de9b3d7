"""A small server with the layout of PubMed Central's bucket, and the ways in which such a server can misbehave."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from servers.local import Handler, LocalServer


class Bucket:
    """The files of a bucket by key. `faults` maps a key to what is done in place of serving it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, Any] = {}
        self.lists = True
        self.asked: Counter[str] = Counter()
        self.ranges: list[str] = []
        self.url = ""

    def put_article(self, pmcid: str, version: int, xml: bytes, files: dict[str, bytes], **metadata: Any) -> None:
        path = f"{pmcid}.{version}"
        md5 = metadata.pop("md5", hashlib.md5(xml, usedforsecurity=False).hexdigest())
        facts = {
            "pmcid": pmcid,
            "version": version,
            "license_code": "CC BY",
            "is_retracted": False,
            "xml_url": f"https://pmc-oa-opendata.s3.amazonaws.com/{path}/{path}.xml?md5={md5}",
            **metadata,
        }
        self.files[f"metadata/{path}.json"] = json.dumps(facts).encode()
        self.files[f"{path}/{path}.xml"] = xml
        self.files.update({f"{path}/{name}": data for name, data in files.items()})

    def listing(self, prefix: str, token: str, page: int = 2) -> bytes:
        keys = sorted(key for key in self.files if key.startswith(prefix))
        start = int(token or 0)
        contents = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(self.files[key])}</Size>"
            f'<ETag>"{hashlib.md5(self.files[key], usedforsecurity=False).hexdigest()}"</ETag></Contents>'
            for key in keys[start : start + page]
        )
        more = f"<NextContinuationToken>{start + page}</NextContinuationToken>" if start + page < len(keys) else ""
        return f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{contents}{more}</ListBucketResult>'.encode()


@contextmanager
def serving(bucket: Bucket) -> Iterator[Bucket]:
    """Serve the bucket on this machine; its address is `bucket.url`."""

    class BucketHandler(Handler):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            parts = urlsplit(self.path)
            key = unquote(parts.path).lstrip("/")
            bucket.asked[key or self.path] += 1
            if not key and bucket.lists:
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.answer(200, bucket.listing(query["prefix"], query.get("continuation-token", "")))
            elif key in bucket.faults:
                bucket.faults[key](self)
            elif key in bucket.files:
                self.serve(bucket.files[key])
            else:
                self.answer(404, b"no such key")

        def serve(self, data: bytes) -> None:
            wanted = self.headers.get("range")
            if wanted is None:
                self.answer(200, data)
                return
            bucket.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.answer(206, data[start:])

        def answer(self, status: int, data: bytes, *, length: int | None = None, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data) if length is None else length))
            self.end_headers()
            self.wfile.write(data)
            if length is not None and length > len(data):
                self.close_connection = True

        def drip(self, seconds: float) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(seconds)

        def stall(self, seconds: float) -> None:
            time.sleep(seconds)
            self.close_connection = True

    with LocalServer(BucketHandler) as server:
        bucket.url = server.url
        yield bucket
