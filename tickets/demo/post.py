"""The demo's own mail server, which takes everything and passes on nothing, and the page that shows
what it took. Both listen on this machine only, and end with the demo."""

import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from django.conf import settings
from django.template.loader import render_to_string

HOST = "127.0.0.1"
STYLE = settings.BASE_DIR / "static/css/post.css"
FROM = "Help desk <help@demo.example>"
KEPT = 100  # messages
LARGEST = 1_000_000  # bytes of one
SHOWN = 5_000  # characters of its text


@dataclass(frozen=True, slots=True)
class Letter:
    """What the page shows of a message."""

    sent: str
    sender: str
    to: str
    subject: str
    text: str


class Post:
    """Where the demo's mail arrives, and the address of the page that shows it."""

    def __init__(self) -> None:
        self.letters: deque[Letter] = deque(maxlen=KEPT)
        self.url = ""  # of the mail server, as EMAIL_URL has it
        self.page = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.appendleft(read(content, envelope.rcpt_tos))
        return "250 It is on the demo's page"


def read(content: bytes, recipients: list[str]) -> Letter:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return Letter(
        f"{message['Date']}", f"{message['From']}", ", ".join(recipients), f"{message['Subject']}",
        body.get_content()[:SHOWN] if body else "",
    )  # fmt: skip


@contextmanager
def post_office(port: int) -> Iterator[Post]:
    """Both servers; the page at this port, or at another one if somebody has it."""
    post = Post()
    free = _free_port()
    controller = Controller(post, hostname=HOST, port=free, data_size_limit=LARGEST)
    page = _page(post, port)
    controller.start()
    try:
        post.url = f"smtp://{HOST}:{free}"
        post.page = f"http://{HOST}:{page.server_port}/"
        Thread(target=page.serve_forever, daemon=True).start()
        yield post
    finally:
        page.shutdown()
        page.server_close()
        controller.stop()


def _free_port() -> int:
    """The library wants to be told one."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _page(post: Post, port: int) -> ThreadingHTTPServer:
    class Page(BaseHTTPRequestHandler):
        timeout = 10  # seconds for a request to come

        def do_GET(self) -> None:
            if self.path == "/":
                shown = render_to_string("tickets/demo_post.html", {"letters": list(post.letters)})
                self._answer("text/html; charset=utf-8", shown.encode())
            elif self.path == "/post.css":
                self._answer("text/css; charset=utf-8", STYLE.read_bytes())
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

        def _answer(self, kind: str, content: bytes) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """The demo's terminal is for the demo."""

    try:
        return ThreadingHTTPServer((HOST, port), Page)
    except OSError:
        return ThreadingHTTPServer((HOST, 0), Page)
