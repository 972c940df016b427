"""A proxy that is wrong in the ways that real ones cannot be told to be."""

import http.client
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, Self
from urllib.parse import urlsplit

Pieces = Iterator[bytes]
Rewrite = Callable[[Pieces], Pieces]
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Relay:
    """Passes requests on and what comes back, piece by piece, through `rewrite`."""

    def __init__(
        self,
        upstream: str,
        rewrite: Rewrite | None = None,
        *,
        drop: tuple[str, ...] = (),
        answer: Callable[[str], tuple[int, dict[str, str], bytes] | None] | None = None,
        seconds: float = 0,
        target: Callable[[str], str] = str,
        tells: bool = True,
    ) -> None:
        self.upstream = urlsplit(upstream)
        self.rewrite = rewrite
        self.drop = {name.lower() for name in drop}  # headers of requests
        self.answer = answer  # of its own, by target
        self.seconds = seconds  # of any answer, then it is cut
        self.target = target
        self.tells = tells  # the server that the client has left
        relay = self

        class Handler(_Handler):
            settings = relay

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    settings: Relay

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def version_string(self) -> str:
        return "relay"

    def _pass_on(self) -> None:
        settings = self.settings
        own = settings.answer(self.path) if settings.answer else None
        if own is not None:
            return self._answer(*own)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection(settings.upstream.netloc, timeout=60)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in settings.drop}  # fmt: skip
        try:
            connection.request(self.command, settings.target(self.path), body, headers)
            self._return(connection.getresponse())
        except OSError:
            pass  # the client has left
        finally:
            if connection.sock is not None:  # wakes the thread that reads
                connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()
            self.close_connection = True
        return None

    def _return(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        is_stream = "event-stream" in (answer.getheader("Content-Type") or "")
        if not is_stream:
            body = answer.read()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = self._pieces(answer)
        for piece in self.settings.rewrite(pieces) if self.settings.rewrite else pieces:
            self._write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _write(self, data: bytes) -> None:
        with suppress(*(() if self.settings.tells else (OSError,))):
            self.wfile.write(data)

    def _pieces(self, answer: http.client.HTTPResponse) -> Pieces:
        """As they come; also looks whether the client has left, as a good proxy does."""
        came: Queue[bytes] = Queue()

        def read() -> None:
            with suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
                while piece := answer.read1(65536):
                    came.put(piece)
            came.put(b"")

        threading.Thread(target=read, daemon=True).start()
        end = time.monotonic() + (self.settings.seconds or 3600)
        while time.monotonic() < end:
            with suppress(Empty):
                piece = came.get(timeout=0.1)
                if not piece:
                    return
                yield piece
            readable, _, _ = select.select([self.connection], [], [], 0)
            if self.settings.tells and readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError
        raise ConnectionResetError  # cut, without the end of the body

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
