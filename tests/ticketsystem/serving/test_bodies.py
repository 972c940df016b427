"""Large bodies, at a real server: how large they may be, and what they cost others."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tickets.attachments.limits import LARGEST
from ticketsystem.serving.bodies import LARGEST_BODY, MOST_AT_ONCE

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def door(site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database) as server:
        yield server
        assert "Traceback" not in server.log.read_text()


def memory(server: Daphne, name: str) -> int:
    """Bytes: VmRSS is what it holds now, VmHWM the most that it has held."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


@contextmanager
def post(server: Daphne, path: str, *headers: str) -> Iterator[socket.socket]:
    """A request of which the body is still to come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        head = (f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers)
        client.sendall("\r\n".join([*head, "", ""]).encode())
        yield client


def answer_on(client: socket.socket) -> tuple[int, bytes]:
    received = b""
    while piece := client.recv(65536):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("path", ["/api/tickets/1/attachments/", "/accounts/login/"])
@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "in-chunks"])
def test_what_is_too_large_is_refused_with_a_sentence_and_kept_nowhere(
    path: str, chunked: bool, door: Daphne
) -> None:
    before = memory(door, "VmRSS")
    size = LARGEST_BODY + MEGABYTE
    said = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    with post(door, path, said, "Content-Type: multipart/form-data; boundary=x") as client:
        piece = b"x" * MEGABYTE
        for _ in range(size // MEGABYTE):
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        client.sendall(b"0\r\n\r\n" if chunked else b"")
        status, body = answer_on(client)
    assert status == 413
    assert b"at most 26 MB are taken" in body
    assert ("<h1>This is too large</h1>" in body.decode()) != path.startswith("/api/")
    if path.startswith("/api/"):
        assert set(json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])) == {
            "error",
            "fields",
        }
    assert memory(door, "VmRSS") - before < 15 * MEGABYTE


def test_a_file_of_25_megabytes_is_stored_without_being_held(door: Daphne, site: People) -> None:
    ticket = site.ticket()
    url = f"/api/tickets/{ticket.pk}/attachments/"
    with Browser(door.url, site.alice) as alice:
        alice.post(url, files={"files": ("a.txt", b"Hello")})  # what is loaded once is loaded
        before = memory(door, "VmHWM")
        answer = alice.post(url, files={"files": ("a.bin", b"x" * LARGEST)})
        assert answer.status_code == 201, answer.text
        assert memory(door, "VmHWM") - before < 15 * MEGABYTE
        (file,) = answer.json()
        assert file["size"] == LARGEST
        with alice.stream("GET", file["url"]) as download:
            assert sum(map(len, download.iter_bytes())) == LARGEST
        assert memory(door, "VmHWM") - before < 15 * MEGABYTE


def test_a_form_in_chunks_has_its_files_too(door: Daphne, site: People) -> None:
    ticket = site.ticket()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nHello'
        b"\r\n--x--\r\n"
    )
    with Browser(door.url, site.alice) as alice:
        answer = alice.post(
            f"/api/tickets/{ticket.pk}/attachments/", content=iter([body]),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )  # fmt: skip
    assert (answer.status_code, answer.json()[0]["size"]) == (201, 5)


def test_slow_senders_hold_no_thread_that_others_need(door: Daphne, site: People) -> None:
    """Each has sent all of a large file but its end."""
    ticket = site.ticket()
    path = f"/api/tickets/{ticket.pk}/attachments/"
    cookie = f"Cookie: sessionid={session_of(site.alice)}"
    with ExitStack() as stack, Browser(door.url, site.carol) as carol:
        for _ in range(10):
            length = f"Content-Length: {5 * MEGABYTE}"
            client = stack.enter_context(post(door, path, cookie, length))
            client.sendall(b"x" * (4 * MEGABYTE))
        began = time.monotonic()
        said = carol.post(f"/api/tickets/{ticket.pk}/comments/", json={"body": "Quick"})
        sent = carol.post(path, files={"files": ("a.bin", b"x" * MEGABYTE)})
        assert (said.status_code, sent.status_code) == (201, 201)
        assert time.monotonic() - began < 10  # and not until the others have sent their ends


def test_only_so_many_large_bodies_are_received_at_once(door: Daphne, site: People) -> None:
    ticket = site.ticket()
    path = f"/api/tickets/{ticket.pk}/attachments/"
    with ExitStack() as stack, Browser(door.url, site.carol) as carol:
        for _ in range(MOST_AT_ONCE):
            client = stack.enter_context(post(door, path, "Content-Length: 1000000"))
            client.sendall(b"x" * 200_000)
        refused = _until(carol, path, 503)
        assert "takes no more" in refused
        stack.close()
        _until(carol, path, 201)


def test_whoever_sends_next_to_nothing_makes_room_for_others(door: Daphne, site: People) -> None:
    """Else anybody, signed in or not, could keep all others from sending files."""
    ticket = site.ticket()
    path = f"/api/tickets/{ticket.pk}/attachments/"
    with ExitStack() as stack, Browser(door.url, site.carol) as carol:
        for _ in range(MOST_AT_ONCE):
            client = stack.enter_context(post(door, path, "Content-Length: 1000000"))
            client.sendall(b"x" * 110_000)
        _until(carol, path, 503)
        _until(carol, path, 201)  # while they hold on


def _until(browser: Browser, path: str, status: int) -> str:
    """The server has heard what was sent, or that others have left."""
    deadline = time.monotonic() + 20
    while True:
        answer = browser.post(path, files={"files": ("a.bin", b"x" * 300_000)})
        if answer.status_code == status:
            return answer.text
        assert time.monotonic() < deadline, answer.text


def test_large_files_of_one_person_leave_others_their_pages(door: Daphne, site: People) -> None:
    ticket = site.ticket()
    path = f"/api/tickets/{ticket.pk}/attachments/"
    with ExitStack() as stack, Browser(door.url, site.carol) as carol:
        browsers = [stack.enter_context(Browser(door.url, site.alice)) for _ in range(4)]
        threads = stack.enter_context(ThreadPoolExecutor(4))
        files = {"files": ("a.bin", b"x" * (20 * MEGABYTE))}
        uploads = [threads.submit(each.post, path, files=files) for each in browsers]
        waits = []
        while not all(upload.done() for upload in uploads):
            began = time.monotonic()
            assert carol.get("/").status_code == 200
            waits.append(time.monotonic() - began)
        assert [upload.result().status_code for upload in uploads] == [201] * 4
        assert max(waits) < 1.5, waits


def test_a_reader_who_takes_nothing_has_nothing_kept_for_them(door: Daphne, site: People) -> None:
    ticket = site.ticket()
    path = f"/api/tickets/{ticket.pk}/attachments/"
    with Browser(door.url, site.alice) as alice, ExitStack() as stack:
        (file,) = alice.post(path, files={"files": ("a.bin", b"x" * LARGEST)}).json()
        before = memory(door, "VmRSS")
        for _ in range(8):
            client = stack.enter_context(
                socket.create_connection(("127.0.0.1", door.port), timeout=30)
            )
            head = (f"GET {file['url']} HTTP/1.1", "Host: localhost",
                    f"Cookie: sessionid={session_of(site.alice)}")  # fmt: skip
            client.sendall("\r\n".join([*head, "", ""]).encode())
            assert client.recv(12) == b"HTTP/1.1 200"
        assert alice.get(f"/tickets/{ticket.pk}/").status_code == 200
        time.sleep(1)  # in which 8 × 25 MB would have been read
        assert memory(door, "VmRSS") - before < 30 * MEGABYTE
