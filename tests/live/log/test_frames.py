"""Bytes of the event stream, after the WHATWG's parsing rules."""

import json

from live.log.frames import encode, frame, now
from tests.harness.sse import parse


def test_a_frame_is_its_lines_and_an_empty_one() -> None:
    assert encode("a.b", '{"x":1}', 7) == b'id: 7\nevent: a.b\ndata: {"x":1}\n\n'


def test_without_a_position_there_is_no_id_line() -> None:
    assert b"id" not in encode("a", "{}")


def test_line_ends_in_text_do_not_split_the_frame() -> None:
    raw = frame("a", {"text": "one\r\n\r\ndata: two\rthree"}, 1)

    assert raw.count(b"\n") == 4
    assert b"\r" not in raw
    assert parse(raw.decode().removesuffix("\n\n")).data == {"text": "one\r\n\r\ndata: two\rthree"}


def test_what_others_take_for_line_ends_is_escaped_and_the_same_text() -> None:
    """To scripts of old, and to readers of lines such as Python's, these three end a line."""
    text = "one\u2028two\u2029three\u0085four – äé€😀"
    data = json.dumps({"text": text}, ensure_ascii=False)

    for raw in (encode("a", data, 1), frame("a", {"text": text}, 1)):
        assert len(raw.decode().splitlines()) == 4
        assert parse(raw.decode().removesuffix("\n\n")).data == {"text": text}
    assert "– äé€😀".encode() in encode("a", data)


def test_times_are_utc_in_milliseconds() -> None:
    assert len(now()) == len("2026-01-01T00:00:00.000Z")
