"""One message to one address: over real sockets and real TLS, bounded whatever the other does."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness.receiver import Receiver, certified, hanging, status
from tests.tickets.webhooks.conftest import LOOPBACK
from tickets.webhooks import sending
from tickets.webhooks.sending import Answer, Letter, send
from tickets.webhooks.signing import new_secret, signature

HOST = "hook.example"
SECRET = new_secret()


def letter(url: str, body: bytes = b'{"type":"ticket.created"}') -> Letter:
    return Letter(url, SECRET, "the-message", body)


class Names:
    """The look-up of names as a test has it; each look takes the next of these addresses."""

    def __init__(self, *addresses: str) -> None:
        self.looks = 0
        self.addresses = addresses

    def __call__(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host[0].isdigit():  # an address leads to itself
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        self.looks += 1
        address = self.addresses[min(self.looks, len(self.addresses)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The TLS of a server with a certificate for HOST, whose authority is trusted here."""
    authority, tls = certified(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", f"{authority}")
    sending._tls.cache_clear()
    yield tls
    sending._tls.cache_clear()


def test_a_message_is_posted_with_its_signature(receiver: Receiver) -> None:
    answer = send(letter(receiver.url + "?a=b"), LOOPBACK)
    (got,) = receiver.got
    assert answer == Answer(204, "")
    assert answer.is_taken
    assert (got.path, got.body) == ("/hook?a=b", b'{"type":"ticket.created"}')
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    sent_at = int(got.headers["webhook-timestamp"])
    assert abs(time.time() - sent_at) < 10
    expected = signature(SECRET, "the-message", sent_at, got.body)
    assert got.headers["webhook-signature"] == f"v1,{expected}"


def test_this_host_is_not_sent_to_unless_it_is_allowed(receiver: Receiver) -> None:
    answer = send(letter(receiver.url), ())
    assert answer.status is None
    assert "inside a network" in answer.text
    assert receiver.got == []


def test_tls_is_checked_against_the_name_while_the_address_was_looked_up_once(
    trusted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere at the second look: there is no second look."""
    names = Names("127.0.0.1", "10.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with Receiver(trusted) as receiver:
        answer = send(letter(f"https://{HOST}:{receiver.port}/hook"), LOOPBACK)
    assert answer.is_taken, answer
    assert names.looks == 1
    assert receiver.got[0].headers["host"] == f"{HOST}:{receiver.port}"


def test_a_name_that_leads_inside_is_not_connected_to(
    trusted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names("127.0.0.1"))
    with Receiver(trusted) as receiver:
        answer = send(letter(f"https://{HOST}:{receiver.port}/hook"), ())
        assert "inside a network" in answer.text
        assert receiver.got == []


def test_a_certificate_of_another_name_or_authority_is_refused(
    trusted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names("127.0.0.1"))
    other = tmp_path / "other"
    other.mkdir()
    _, strange = certified(other, HOST)
    with Receiver(trusted) as known, Receiver(strange) as unknown:
        for url in (f"https://other.example:{known.port}/", f"https://{HOST}:{unknown.port}/"):
            answer = send(letter(url), LOOPBACK)
            assert answer.status is None
            assert "certificate verify failed" in answer.text
        assert known.got == unknown.got == []


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    with Receiver() as other:
        receiver.answer = status(302, Location=other.url)
        answer = send(letter(receiver.url), LOOPBACK)
        assert answer.status == 302
        assert not answer.is_taken
        assert "no such lead is followed" in answer.text
        assert other.got == []


def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert send(letter(receiver.url), LOOPBACK).is_taken
        assert proxy.got == []


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_what_was_taken(code: int, receiver: Receiver) -> None:
    receiver.answer = status(code)
    assert send(letter(receiver.url), LOOPBACK).is_taken


@pytest.mark.parametrize("code", [400, 401, 404, 410, 429, 500, 503])
def test_what_was_not_taken_says_why(code: int, receiver: Receiver) -> None:
    receiver.answer = status(code, b"I cannot \0 <b>now</b> \xff")
    answer = send(letter(receiver.url), LOOPBACK)
    assert answer == Answer(code, "I cannot � <b>now</b> �")


def test_of_a_long_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answer = status(500, b"x" * 20_000_000)
    began = time.monotonic()
    answer = send(letter(receiver.url), LOOPBACK)
    assert len(answer.text) == 1000
    assert time.monotonic() - began < 2


def trickling(got: Any, handler: Any) -> None:
    """A byte now and then, so that each single wait is short."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("behaviour", [hanging(8), trickling])
def test_nobody_holds_it_for_longer_than_it_has(
    behaviour: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    receiver.answer = behaviour
    began = time.monotonic()
    answer = send(letter(receiver.url), LOOPBACK)
    assert time.monotonic() - began < 7
    assert answer == Answer(None, "There was no whole answer within 0.5 seconds.")


def test_a_handshake_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        port = silent.getsockname()[1]
        began = time.monotonic()
        answer = send(letter(f"https://127.0.0.1:{port}/"), LOOPBACK)
        assert time.monotonic() - began < 10
    assert answer.status is None


def test_a_port_where_nobody_listens_and_what_is_no_http_are_sentences() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    answer = send(letter(f"http://127.0.0.1:{free}/"), LOOPBACK)
    assert answer.text.startswith("There was no connection")


def nonsense(got: Any, handler: Any) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def test_an_answer_that_is_no_http_is_a_sentence(receiver: Receiver) -> None:
    receiver.answer = nonsense
    assert send(letter(receiver.url), LOOPBACK).text == (
        "What was answered is not HTTP, or ended too early."
    )
