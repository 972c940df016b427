"""HTTP/2 requests on one connection. The library h2 reads and writes the bytes, and the socket
stays ours, so the time of each piece is known."""

import time
from collections import defaultdict, deque

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError, TooManyStreamsError

from streamdoctor.wire.connection import Connection
from streamdoctor.wire.message import Cut, Head, Headers, Malformed

# RFC 9113 8.2.2: these mean something to one connection of HTTP/1 only.
FORBIDDEN = {"connection", "keep-alive", "transfer-encoding", "upgrade"}
SEND_SECONDS = 6.0  # for a whole body


class Http2Connection:
    """What all requests of one connection share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.h2 = H2Connection(H2Configuration(header_encoding="latin1"))
        self.h2.initiate_connection()
        self.events: dict[int, deque[Event]] = defaultdict(deque)
        self.ended: Cut | None = None
        self.max_streams: int | None = None  # at once, as the server has said

    def fill(self, deadline: float) -> None:
        received = self._connection.receive(deadline)
        if not received:
            raise Cut("the connection ended in the middle of the answer")
        try:
            events = self.h2.receive_data(received)
        except ProtocolError as error:
            raise Malformed(f"not HTTP/2: {error}") from error
        for event in events:
            self._take(event)
        self.flush()

    def flush(self) -> None:
        if data := self.h2.data_to_send():
            self._connection.send(data)

    def _take(self, event: Event) -> None:
        if isinstance(event, RemoteSettingsChanged):
            self.max_streams = self.h2.remote_settings.max_concurrent_streams
        if isinstance(event, ConnectionTerminated) and event.error_code:
            self.ended = Cut(f"the HTTP/2 connection was ended (error {event.error_code})")
        if isinstance(event, DataReceived) and event.flow_controlled_length:
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if stream := getattr(event, "stream_id", None):
            self.events[stream].append(event)


class Http2:
    """One request. `beside()` gives another on the same connection."""

    def __init__(self, connection: Connection, shared: Http2Connection | None = None) -> None:
        self._connection = connection
        self._shared = shared or Http2Connection(connection)
        self._stream = 0

    def beside(self) -> "Http2":
        return Http2(self._connection, self._shared)

    @property
    def max_streams(self) -> int | None:
        return self._shared.max_streams

    @property
    def ends_by_close(self) -> bool:
        return False  # the end of a stream is said

    def send(self, method: str, target: str, authority: str, headers: Headers, body: bytes) -> None:
        h2 = self._shared.h2
        self._stream = h2.get_next_available_stream_id()
        first = [
            (":method", method), (":scheme", "https"), (":authority", authority), (":path", target)
        ]  # fmt: skip
        rest = [(name.lower(), value) for name, value in headers if name.lower() not in FORBIDDEN]
        if method == "POST":
            rest.append(("content-length", str(len(body))))
        try:
            h2.send_headers(self._stream, first + rest, end_stream=not body)
            self._shared.flush()
            self._send_body(body, time.monotonic() + SEND_SECONDS)
        except TooManyStreamsError as error:  # the server has said so: a browser waits, too
            raise Cut("the server takes no more streams on this connection") from error
        except ProtocolError as error:  # it has ended the stream or the connection meanwhile
            raise Cut(f"the request was broken off: {error}") from error

    def read_head(self, deadline: float) -> Head:
        while True:
            event = self._next(deadline)
            if isinstance(event, ResponseReceived):
                headers = [(str(name), str(value)) for name, value in event.headers or []]
                status = int(dict(headers)[":status"])
                return Head(
                    status, [(name, value) for name, value in headers if name[:1] != ":"], "2"
                )
            if isinstance(event, StreamEnded):
                raise Cut("the stream ended without an answer")

    def read_body(self, deadline: float) -> bytes:
        """The next piece; empty at the end."""
        while True:
            event = self._next(deadline)
            if isinstance(event, DataReceived) and event.data:
                return event.data
            if isinstance(event, StreamEnded):
                return b""

    def _send_body(self, body: bytes, deadline: float) -> None:
        """Sends as much at a time as the other side has said that it takes."""
        h2 = self._shared.h2
        while body:
            room = max(h2.local_flow_control_window(self._stream), 0)
            piece = body[: min(room, h2.max_outbound_frame_size)]
            body = body[len(piece) :]
            if piece:
                h2.send_data(self._stream, piece, end_stream=not body)
                self._shared.flush()
            else:
                self._shared.fill(deadline)

    def _next(self, deadline: float) -> Event:
        events = self._shared.events[self._stream]
        while not events:
            if self._shared.ended is not None:
                raise self._shared.ended
            self._shared.fill(deadline)
        event = events.popleft()
        if isinstance(event, StreamReset):
            raise Cut(f"the HTTP/2 stream was reset (error {event.error_code})")
        return event
