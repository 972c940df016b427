"""Files through each proxy: 25 MB pass, more is refused with a sentence."""

import socket
import ssl
from contextlib import suppress

import pytest

from tests.deploy.fronts import HOST, Apache, Caddy, Front, Haproxy, Nginx
from tests.deploy.secure import SecureBrowser
from tests.harness.site import People
from tickets.attachments.limits import LARGEST
from ticketsystem.serving.bodies import LARGEST_BODY

KINDS = [Nginx, Caddy, Haproxy, Apache]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__.lower())
def front(request: pytest.FixtureRequest, fronts: dict[type[Front], Front]) -> Front:
    return fronts[request.param]


def test_a_file_of_25_megabytes_goes_in_and_out(front: Front, site: People) -> None:
    ticket = site.ticket()
    token = "t" * 32
    with SecureBrowser(front.url, site.alice) as alice:
        alice.cookies.set("csrftoken", token)
        alice.headers.update({"X-CSRFToken": token, "Referer": f"https://{HOST}/"})
        content = b"x" * LARGEST
        url = f"/api/tickets/{ticket.pk}/attachments/"
        answer = alice.post(url, files={"files": ("a.bin", content)}, timeout=60)
        assert answer.status_code == 201, answer.text
        (file,) = answer.json()
        got = alice.get(file["url"], timeout=60)
        assert got.content == content
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert got.headers["content-disposition"] == 'attachment; filename="a.bin"'


@pytest.mark.parametrize("path", ["/api/tickets/1/attachments/", "/tickets/1/comment/"])
def test_what_is_too_large_is_refused_with_a_sentence(path: str, front: Front) -> None:
    context = ssl.create_default_context(cafile=str(front.certificate / "fullchain.pem"))
    with (
        socket.create_connection(("127.0.0.1", front.port), timeout=20) as bare,
        context.wrap_socket(bare, server_hostname=HOST) as client,
    ):
        size = LARGEST_BODY + 1
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n\r\n"
        client.sendall(head.encode())
        if isinstance(front, Caddy | Apache):  # which begin to pass it on, and look as it comes
            with suppress(ConnectionError):  # the answer may be there before all of it is sent
                for _ in range(size // 65536):
                    client.sendall(b"x" * 65536)
                client.sendall(b"x" * (size % 65536))
        received = b""
        with suppress(TimeoutError):
            while b"26 MB" not in received and (piece := client.recv(65536)):
                received += piece
    assert received.split()[1] == b"413", received
    assert b"at most 26 MB are taken" in received
