"""A client of the stream over TLS; tests/harness/sse.py has the one for a bare socket."""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import httpx
from django.contrib.auth.models import User

from tests.harness.sessions import session_of
from tests.harness.sse import Frame, parse

PATH = "/api/user/stream"


class SecureBrowser(httpx.Client):
    """Knows the self-signed certificate; signed in if as a user."""

    def __init__(self, url: str, user: User | None = None) -> None:
        cookies = {"sessionid": session_of(user)} if user else {}
        headers = {"Accept-Encoding": "gzip, deflate, br"}
        super().__init__(base_url=url, cookies=cookies, headers=headers, verify=False, timeout=20)


class SecureStream:
    """`with SecureStream(browser) as stream: stream.next("connected")`"""

    def __init__(self, browser: httpx.Client, headers: dict[str, str] | None = None) -> None:
        request = browser.build_request("GET", PATH, headers=headers)
        self.response = browser.send(request, stream=True)
        self._frames = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.response.close()

    def next(self, wanted: str, seconds: float = 10) -> Frame:
        deadline = time.monotonic() + seconds
        for frame in self._frames:
            if frame.event == wanted:
                return frame
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {wanted} within {seconds} s")
        raise EOFError(f"the stream ended before {wanted}")

    def _read(self) -> Iterator[Frame]:
        body = b""
        for received in self.response.iter_raw():
            body += received
            while b"\n\n" in body:
                text, _, body = body.partition(b"\n\n")
                yield parse(text.decode())
