"""What Daphne and Twisted do with a request before the application sees it, put right.

* A client could name the path that the site stands under (`Daphne-Root-Path`), and every link of
  the page then led there. That is for whoever starts the server to say.
* A handshake of a WebSocket, of which there are none here, was answered with 500 and a traceback.
* What they refuse themselves is said in JSON below /api/, and on a page of the site elsewhere; what
  cannot be read at all, in a sentence.
* A request line that is too long had no answer at all, nor had some types of content: Twisted read
  each form on the event loop, large ones too, for an application that reads them itself.

Other servers have doors of their own; live/stream/endpoint.py refuses WebSockets there.
"""

import json
import sys
from http import HTTPStatus
from typing import Any

from django.core.handlers.asgi import get_script_prefix
from django.urls import set_script_prefix

from live.stream.prefix import path_within
from tickets.api_edges import SENTENCES, is_below
from ticketsystem.failures import TITLES, refusal
from ticketsystem.serving import bodies

# Headers as Twisted writes their names. Daphne believes these with --proxy-headers.
BELIEVED = {b"X-Forwarded-For", b"X-Forwarded-Port", b"X-Forwarded-Proto"}
UPGRADE, ROOT_PATH = b"Upgrade", b"Daphne-Root-Path"
NO_WEBSOCKETS = "There are no WebSockets here: live updates come as an event stream."
OURS = {NO_WEBSOCKETS, *bodies.SENTENCES}


def guard() -> None:
    """To be called before Daphne makes its server. Under other servers this does nothing."""
    daphne: Any = sys.modules.get("daphne.http_protocol")
    if daphne is not None:
        _guard_requests(daphne.WebRequest)
        _guard_channels(sys.modules["twisted.web.http"])


def _guard_requests(request: Any) -> None:
    make, process = request.__init__, request.process

    def guarded_make(self: Any, *args: Any, **options: Any) -> None:
        make(self, *args, parsePOSTFormSubmission=False, **options)

    def guarded_process(self: Any) -> Any:
        sent = dict(self.requestHeaders.getAllRawHeaders())
        if ROOT_PATH in sent:
            self.requestHeaders.removeHeader(ROOT_PATH)
        for name in BELIEVED.intersection(sent):
            if not all(value.isascii() for value in sent[name]):
                self.requestHeaders.removeHeader(name)  # Daphne would fail to read it
        if UPGRADE in sent and sent[UPGRADE][0].lower() == b"websocket":
            return self.basic_error(HTTPStatus.NOT_FOUND.value, b"Not Found", NO_WEBSOCKETS)
        return process(self)

    def guarded_error(self: Any, status: int, status_text: bytes, body: str) -> Any:
        scope = _scope(self.uri, self.server.root_path)
        set_script_prefix(get_script_prefix(scope))
        sentence = body if body in OURS else SENTENCES.get(status, f"{body}.")
        title = TITLES.get(status, f"{HTTPStatus(status).phrase}")
        answer = refusal(path_within(scope), HTTPStatus(status), title, sentence)
        headers = [(name.encode(), value.encode()) for name, value in answer.items()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": answer.content})

    request.__init__ = guarded_make
    request.process, request.basic_error = guarded_process, guarded_error


def _guard_channels(http: Any) -> None:
    parse, unreadable = http._parseRequestLine, [b""]

    def guarded_parse(line: bytes) -> Any:
        try:
            return parse(line)
        except ValueError:
            unreadable[0] = line  # `refuse()` is called next
            raise

    def refuse(self: Any, line: bytes = b"") -> None:
        """A request of which not even the head can be read; nothing more is taken from there. The
        path is known where the first line could be read."""
        if self.transport.disconnecting:
            return  # it has been told already
        line, unreadable[0] = line or unreadable[0], b""
        target = getattr(self, "_path", b"") or line.partition(b" ")[2]
        if is_below(path_within(_scope(target))):
            kind, body = "application/json", _in_json(SENTENCES[HTTPStatus.BAD_REQUEST])
        else:
            kind, body = "text/plain; charset=utf-8", SENTENCES[HTTPStatus.BAD_REQUEST].encode()
        head = (
            f"HTTP/1.1 400 Bad Request\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.loseConnection()

    http._parseRequestLine = guarded_parse
    http.HTTPChannel._respondToBadRequestAndDisconnect = refuse
    http.HTTPChannel.lineLengthExceeded = refuse


def _scope(target: bytes, root_path: str = "") -> Any:
    """Of an address as it was sent, which may be nothing that can be read."""
    return {"path": target.partition(b"?")[0].decode("latin1"), "root_path": root_path}


def _in_json(sentence: str) -> bytes:
    return json.dumps({"error": sentence, "fields": {}}).encode()
