"""A small origin that serves the client, a page around it, and a stream the test has in hand."""

import json
import mimetypes
import queue
import select
import threading
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.template import Context, Engine

ROOT = Path(__file__).parents[2]
LIBRARIES = {name: f"django.templatetags.{name}" for name in ("l10n", "static", "tz")}
# Where another project could have them: neither address is written into the client.
STREAM = "/of-this-project/stream"
LOG_IN = "/of-this-project/door"

# A page of a project whose style sheet knows nothing of us.
PAGE = """<!doctype html><title>page</title><meta name="color-scheme" content="light dark">
<style>body { background: Canvas; color: CanvasText }</style>
<script>
  window.seen = []; window.states = []; window.resets = 0; window.reloadFails = false;
  document.addEventListener("live:event", ({detail}) => seen.push(detail.id));
  document.addEventListener("live:state", ({detail}) => states.push(detail.state));
  document.addEventListener("live:reset", ({detail}) => {
    resets += 1;
    detail.waitUntil(reloadFails ? Promise.reject(new Error("502")) : Promise.resolve());
  });
</script>
{% include "live/client.html" with head=head events="thing.made" %}"""


class Server(ThreadingHTTPServer):
    def handle_error(self, *where: object) -> None:
        """Pages leave while scripts are on their way to them."""


class Origin:
    """`head` and the log grow by `publish`; `refuse_with` a status, or None to serve streams."""

    def __init__(self) -> None:
        self.user = 7
        self.head = 10
        self.log: list[int] = []
        self.login = LOG_IN
        self.refuse_with: int | None = None
        self.streams: list[Stream] = []
        self.requests: list[dict[str, str]] = []
        self.engine = Engine(dirs=[str(ROOT / "live" / "templates")], libraries=LIBRARIES)
        handler = type("BoundHandler", (Handler,), {"origin": self})
        self.server = Server(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @cached_property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def publish(self) -> None:
        self.head += 1
        self.log.append(self.head)
        self.send("thing.made", self.head, {})

    def send(self, event: str, position: int | None, data: object) -> None:
        for stream in list(self.streams):
            stream.send(event, position, data)

    def cut(self) -> None:
        for stream in list(self.streams):
            stream.frames.put(None)

    def page(self, query: dict[str, str]) -> str:
        context = {
            "live_user_id": "7",
            "live_version": "v1",
            "live_stream_url": STREAM,
            "live_login_url": self.login,
            "head": query.get("head", self.head),
        }
        return self.engine.from_string(PAGE).render(Context(context))

    def stop(self) -> None:
        self.cut()
        self.server.shutdown()
        self.server.server_close()


class Stream:
    def __init__(self) -> None:
        self.frames: queue.Queue[bytes | None] = queue.Queue()

    def send(self, event: str, position: int | None, data: object) -> None:
        first = "" if position is None else f"id: {position}\n"
        self.frames.put(f"{first}event: {event}\ndata: {json.dumps(data)}\n\n".encode())


class Handler(BaseHTTPRequestHandler):
    origin: Origin

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        static = ROOT / "live" / url.path.lstrip("/")
        if url.path == STREAM:
            self.stream(query)
        elif url.path.startswith("/static/") and static.is_file():
            kind, _ = mimetypes.guess_type(static.name)
            self.answer(200, kind or "", static.read_bytes())
        elif url.path == "/":
            self.answer(200, "text/html; charset=utf-8", self.origin.page(query).encode())
        else:
            self.answer(404, "text/plain", b"")

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, query: dict[str, str]) -> None:
        origin = self.origin
        origin.requests.append(query)
        if origin.refuse_with:
            return self.answer(origin.refuse_with, "application/json", b"{}")
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        stream = Stream()
        start = int(query.get("lastEventId", origin.head))
        stream.send("connected", start, {"user": origin.user, "heartbeat": 1})
        for position in origin.log:
            if position > start:
                stream.send("thing.made", position, {})
        origin.streams.append(stream)
        try:
            self.pump(stream)
        except OSError:
            self.close_connection = True  # the browser left in the middle of a frame
        finally:
            origin.streams.remove(stream)

    def pump(self, stream: Stream) -> None:
        """Frames as they come, a heartbeat in each silence, until either side ends it."""
        while not select.select([self.connection], [], [], 0)[0]:
            try:
                frame = stream.frames.get(timeout=0.25)
            except queue.Empty:
                stream.send("heartbeat", self.origin.head, {})
                continue
            if frame is None:
                return
            self.wfile.write(frame)

    def log_message(self, format: str, *args: object) -> None:
        """The test reads `requests`; nobody reads a log."""
