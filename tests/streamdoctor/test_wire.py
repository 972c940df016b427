"""What comes over the wire is read as it was sent: framing, coding, its end and its times."""

import gzip
import socket
import time
import zlib

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded

from streamdoctor.wire.client import Exchange, Slots
from streamdoctor.wire.connection import Connection
from streamdoctor.wire.events import Decoder
from streamdoctor.wire.http1 import Http1
from streamdoctor.wire.http2 import Http2
from streamdoctor.wire.message import Cut, Malformed
from streamdoctor.wire.origin import BadUrl, Origin, parse_stream
from tests.streamdoctor.test_products import Recorded

FRAME = b'id: 7\nevent: heartbeat\ndata: {"at":"2026-11-22T12:00:00.500Z"}\n\n'


def body_of(raw: bytes, size: int) -> bytes:
    http = Http1(Recorded(raw, size))  # type: ignore[arg-type]
    http.read_head(0)
    body = b""
    while piece := http.read_body(0):
        body += piece
    return body


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_chunks_are_joined_wherever_the_pieces_are_cut(size: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (
        body_of(head + b"3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\n\r\n", size) == b"abc0123456789"
    )


@pytest.mark.parametrize("size", [1, 1000])
def test_an_interim_answer_goes_before_the_answer(size: int) -> None:
    raw = (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )
    assert body_of(raw, size) == b"ok"


def test_without_a_length_the_close_is_the_end() -> None:
    assert body_of(b"HTTP/1.0 200 OK\r\n\r\nall of it", 4) == b"all of it"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"",
    ],
)
def test_an_answer_without_its_end_is_cut(raw: bytes) -> None:
    with pytest.raises(Cut):
        body_of(raw, 3)


class Http2Peer:
    """A connection to an HTTP/2 server that keeps what it gets and takes 65,535 bytes at once."""

    def __init__(self) -> None:
        self.server = H2Connection(H2Configuration(client_side=False))
        self.server.initiate_connection()
        self.got = b""
        self.ended = False

    def send(self, data: bytes) -> None:
        for event in self.server.receive_data(data):
            if isinstance(event, DataReceived):
                self.got += event.data
                self.server.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.ended |= isinstance(event, StreamEnded)

    def receive(self, deadline: float) -> bytes:
        return self.server.data_to_send()


def test_a_long_body_goes_over_http2_as_fast_as_the_server_takes_it() -> None:
    peer, body = Http2Peer(), bytes(range(256)) * 1000
    Http2(peer).send("POST", "/", "example.com", [], body)  # type: ignore[arg-type]
    assert peer.ended
    assert peer.got == body


def test_what_is_not_http_is_said_to_be_malformed() -> None:
    with pytest.raises(Malformed, match="not HTTP"):
        body_of(b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n", 100)


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_frames_come_out_as_soon_as_they_are_whole(coding: str) -> None:
    bits = {"gzip": 31, "deflate": 15}
    packer = zlib.compressobj(wbits=bits[coding]) if coding else None
    decoder = Decoder(coding)
    for at in (1.0, 2.0):
        data = packer.compress(FRAME) + packer.flush(zlib.Z_SYNC_FLUSH) if packer else FRAME
        assert decoder.feed(data[:3], at - 0.5) == []
        (frame,) = decoder.feed(data[3:], at)
        assert (frame.at, frame.event, frame.id) == (at, "heartbeat", "7")
        assert frame.sent_at == 1795348800.5


def test_each_piece_may_be_a_gzip_member_of_its_own() -> None:
    decoder = Decoder("gzip")
    both = gzip.compress(FRAME) + gzip.compress(FRAME)
    assert len(decoder.feed(both, 1)) == 2
    assert len(decoder.feed(gzip.compress(FRAME), 2)) == 1


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_what_cannot_be_read_is_not_guessed_at(coding: str) -> None:
    decoder = Decoder(coding)
    assert decoder.feed(b"\x00\x01", 1) == []
    assert not decoder.readable


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_lines_end_as_the_standard_has_it_wherever_the_pieces_are_cut(
    size: int, ending: bytes, mark: bytes
) -> None:
    text = ": hello\nid: 1\ndata: gr\u00fc\u00dfe\ndata: zwei\n\ndata: 2\n\n".encode()
    raw = mark + text.replace(b"\n", ending)
    decoder = Decoder("")
    frames = [
        frame for at in range(0, len(raw), size) for frame in decoder.feed(raw[at:][:size], at)
    ]
    assert [(frame.id, frame.text) for frame in frames] == [
        ("1", "gr\u00fc\u00dfe\nzwei"),
        (None, "2"),
    ]
    assert [comment.text for comment in decoder.comments] == ["hello"]
    assert not decoder.is_within_a_frame


def test_the_seventh_connection_waits_until_another_is_closed() -> None:
    slots = Slots()
    pairs = [socket.socketpair()[0] for _ in range(6)]
    connections = [Connection(raw, "", 0.0, 0.0) for raw in pairs]
    streams = [Exchange(open_, Http1(open_), 0.0, slots, 0) for open_ in connections]
    for number, stream in enumerate(streams):
        assert slots.enter(time.monotonic() + 1) == number
        slots.entered(stream)
    with pytest.raises(TimeoutError):
        slots.enter(time.monotonic() + 0.05)
    streams[0].close()
    assert slots.enter(time.monotonic() + 1) == 5
    for stream in streams:
        stream.close()


def test_wrongly_labelled_bytes_are_no_frames() -> None:
    assert Decoder("gzip").feed(b"plain text\n\n", 1) == []


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://127.0.0.1:8000/", "127.0.0.1:8000"),
        ("https://help.example.com", "help.example.com"),
        ("https://help.example.com:443", "help.example.com"),
        ("http://[::1]:80/", "[::1]"),
    ],
)
def test_a_site_is_named_as_browsers_name_it(url: str, authority: str) -> None:
    assert Origin.parse(url).authority == authority


@pytest.mark.parametrize(
    "url",
    ["", "help.example.com", "ftp://x/", "http://", "http://x:99999/", "http://x:y/", "http://x/a/b",
     "http://x/?q=1", "http://a:b@x/", "http://[::1"],
)  # fmt: skip
def test_what_is_no_site_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BadUrl, match="give the site's root"):
        Origin.parse(url)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("http://[::1]:8000/events?of=me&x=%20", "[::1]:8000", "/events?of=me&x=%20"),
        ("https://example.com", "example.com", "/"),
        ("https://example.com?of=me#top", "example.com", "/?of=me"),
    ],
)  # fmt: skip
def test_a_stream_is_asked_for_at_its_path_and_query(url: str, authority: str, target: str) -> None:
    origin, found = parse_stream(url)
    assert (origin.authority, found) == (authority, target)


def test_hostile_data_is_an_event_too() -> None:
    nested, first_year = b"[" * 100_000, b'{"at": "0001-01-01T00:00:00"}'
    frames = Decoder("").feed(b"data: " + nested + b"\n\ndata: " + first_year + b"\n\n", 1)
    assert [(frame.has_data, frame.sent_at) for frame in frames] == [(True, None), (True, None)]


def test_data_that_is_no_json_is_an_event_too() -> None:
    frames = Decoder("").feed(b"data: hello\n\n: only a comment\n\nid: 7\n\n", 1)
    assert [(frame.has_data, frame.data) for frame in frames] == [(True, {})]


@pytest.mark.parametrize(
    ("source", "target", "may"),
    [
        ("http://example.com", "https://example.com", True),
        ("http://example.com", "https://www.example.com", True),
        ("https://example.com", "http://example.com", False),
        ("https://example.com", "https://example.com.evil.example", False),
        ("http://example.com", "http://elsewhere.example", False),
    ],
)
def test_a_password_is_never_taken_to_another_site(source: str, target: str, may: bool) -> None:
    assert Origin.parse(source).may_lead_to(Origin.parse(target)) is may
