"""What Daphne and Twisted refuse or believe before the application is asked."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.harness.servers import Daphne

HOST = b"Host: localhost\r\nConnection: close\r\n"
UPGRADE = (
    b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@dataclass
class Answer:
    status: int
    head: bytes
    body: bytes

    def error(self) -> str:
        """The sentence of a refusal in JSON."""
        assert b"application/json" in self.head, self.head
        told = json.loads(self.body[self.body.index(b"{") : self.body.rindex(b"}") + 1])
        assert set(told) == {"error", "fields"}
        return str(told["error"])


@pytest.fixture(scope="module")
def door(site_database: str) -> Iterator[Daphne]:
    """A server whose log says nothing but what these tests have done."""
    with Daphne(site_database) as server:
        yield server
        assert "Traceback" not in server.log.read_text()


def ask(server: Daphne, first_line: bytes, headers: bytes = HOST, body: bytes = b"") -> Answer:
    """Bytes as they are, for no client would send them."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(first_line + b" HTTP/1.1\r\n" + headers + b"\r\n" + body)
        received = b""
        while piece := client.recv(65536):
            received += piece
            if b"\r\n0\r\n\r\n" in received:  # the end of a body in chunks
                break
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), received
    return Answer(int(head.split()[1]), head, body)


@pytest.mark.parametrize("path", [b"/", b"/api/user/stream", b"/api/nothing/", b"/admin/"])
@pytest.mark.parametrize(
    "more",
    [
        b"", b"Sec-WebSocket-Protocol: chat\r\n", b"Sec-WebSocket-Protocol: \xff\r\n",
        b"Sec-WebSocket-Version: 99\r\n", b"Daphne-Root-Path: \xff\r\n", b"Cookie: \xff\r\n",
        b"Origin: http://evil.example\r\n",
    ],
)  # fmt: skip
def test_a_websocket_is_refused_with_a_sentence(door: Daphne, path: bytes, more: bytes) -> None:
    answer = ask(door, b"GET " + path, UPGRADE + more)
    assert answer.status == 404
    assert b"There are no WebSockets here" in answer.body
    if path.startswith(b"/api/"):
        assert "WebSockets" in answer.error()
    else:
        assert b"<h1>Not found</h1>" in answer.body
        assert b'<a class="brand" href="/">' in answer.body
        assert b"Daphne" not in answer.body


@pytest.mark.parametrize("claimed", [b"/evil", b"//evil.example", b"/%00", b"\xff"])
@pytest.mark.parametrize("path", [b"/accounts/login/", b"/", b"/nothing/", b"/static/css/base.css"])
def test_a_client_cannot_say_where_the_site_stands(
    door: Daphne, path: bytes, claimed: bytes
) -> None:
    plain = ask(door, b"GET " + path)
    answer = ask(door, b"GET " + path, HOST + b"Daphne-Root-Path: " + claimed + b"\r\n")
    assert (answer.status, b"evil" in answer.head + answer.body) == (plain.status, False)


MALFORMED = {
    "a header without a colon": HOST + b"nonsense\r\n",
    "a header of 20 kB": HOST + b"X: " + b"a" * 20_000 + b"\r\n",
    "600 headers": HOST + b"".join(b"X%d: a\r\n" % number for number in range(600)),
    "a length that is none": HOST + b"Content-Length: abc\r\n",
    "a coding that nobody knows": HOST + b"Transfer-Encoding: sideways\r\n",
    "a vertical tab": HOST + b"X: a\x0bb\r\n",
    "a name that is none": HOST + b"X(y: a\r\n",
    "a NUL": HOST + b"X: a\x00b\r\n",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_twisted_cannot_read_is_refused_in_json_below_the_api(door: Daphne, kind: str) -> None:
    answer = ask(door, b"GET /api/tickets/", MALFORMED[kind])
    assert answer.status == 400
    assert "malformed" in answer.error()
    answer = ask(door, b"GET /tickets/", MALFORMED[kind])
    assert answer.status == 400
    assert b"application/json" not in answer.head
    assert answer.body


@pytest.mark.parametrize("line", [b"GET /api/\xff", b"GET /api/tickets/?\xff", b"GET /api/a b/"])
def test_a_first_line_that_cannot_be_read_is_refused_likewise(door: Daphne, line: bytes) -> None:
    assert "malformed" in ask(door, line).error()
    assert b"application/json" not in ask(door, line.replace(b"/api", b"")).head


def test_an_address_that_is_too_long_is_answered(door: Daphne) -> None:
    assert "malformed" in ask(door, b"GET /api/tickets/?q=" + b"a" * 70_000).error()
    assert ask(door, b"GET /?q=" + b"a" * 70_000).status == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (b"a\x1cb", 400), (b"multipart/form-data", 400), (b"text/html; charset=rot13", 403),
        (b"multipart/form-data; boundary=\xff", 400),
    ],
)  # fmt: skip
def test_no_type_of_content_goes_unanswered(door: Daphne, kind: bytes, status: int) -> None:
    headers = HOST + b"Content-Type: " + kind + b"\r\nContent-Length: 2\r\n"
    answer = ask(door, b"POST /accounts/login/", headers, b"{}")
    assert answer.status in (status, 403)  # without the token of a form


class BehindAProxy(Daphne):
    def command(self) -> list[str]:
        *daphne, application = super().command()
        return [*daphne, "--proxy-headers", application]


def test_an_address_that_is_no_text_is_no_error(site_database: str) -> None:
    with BehindAProxy(site_database) as server:
        for header in (b"X-Forwarded-For", b"X-Forwarded-Port", b"X-Forwarded-Proto"):
            assert ask(server, b"GET /healthz", HOST + header + b": \xff\r\n").status == 200
        assert "Traceback" not in server.log.read_text()
