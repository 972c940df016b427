"""One HTTP/2 request on a connection of its own, by hyper's h2, which leaves the socket to us:
so the time of each piece is known."""

from collections import deque

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError

from live.doctor.connection import Connection
from live.doctor.message import Cut, Head, Headers, Malformed

# RFC 9113 8.2.2: these mean something to one connection of HTTP/1 only.
FORBIDDEN = {"connection", "keep-alive", "transfer-encoding", "upgrade"}


class Http2:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._h2 = H2Connection(H2Configuration(header_encoding="latin1"))
        self._events: deque[Event] = deque()
        self._stream = 0

    def send(self, method: str, target: str, authority: str, headers: Headers, body: bytes) -> None:
        self._h2.initiate_connection()
        self._stream = self._h2.get_next_available_stream_id()
        first = [
            (":method", method), (":scheme", "https"), (":authority", authority), (":path", target)
        ]  # fmt: skip
        rest = [(name.lower(), value) for name, value in headers if name.lower() not in FORBIDDEN]
        if method == "POST":
            rest.append(("content-length", str(len(body))))
        self._h2.send_headers(self._stream, first + rest, end_stream=not body)
        if body:
            self._h2.send_data(self._stream, body, end_stream=True)
        self._flush()

    def read_head(self, deadline: float) -> Head:
        while True:
            event = self._next(deadline)
            if isinstance(event, ResponseReceived):
                headers = [(str(name), str(value)) for name, value in event.headers or []]
                status = int(dict(headers)[":status"])
                return Head(status, [one for one in headers if one[0][:1] != ":"], "2")
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

    def _next(self, deadline: float) -> Event:
        while not self._events:
            self._fill(deadline)
        event = self._events.popleft()
        if isinstance(event, StreamReset):
            raise Cut(f"the HTTP/2 stream was reset (error {event.error_code})")
        if isinstance(event, ConnectionTerminated) and event.error_code:
            raise Cut(f"the HTTP/2 connection was ended (error {event.error_code})")
        return event

    def _fill(self, deadline: float) -> None:
        received = self._connection.receive(deadline)
        if not received:
            raise Cut("the connection ended in the middle of the answer")
        try:
            events = self._h2.receive_data(received)
        except ProtocolError as error:
            raise Malformed(f"not HTTP/2: {error}") from error
        for event in events:
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                self._h2.acknowledge_received_data(event.flow_controlled_length, self._stream)
        self._events.extend(events)
        self._flush()

    def _flush(self) -> None:
        if data := self._h2.data_to_send():
            self._connection.send(data)
