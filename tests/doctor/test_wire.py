"""What comes over the wire is read as it was sent: framing, coding, its end and its times."""

import gzip
import zlib

import pytest

from live.doctor.events import Decoder
from live.doctor.http1 import Http1
from live.doctor.message import Cut, Malformed
from live.doctor.origin import BadUrl, Origin
from tests.doctor.test_products import Recorded

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
