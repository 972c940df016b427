"""What goes out around the events."""

import json
from typing import Any

import pytest

from live import metrics
from live.stream.response import refuse, reset, start_of_stream
from tests.harness.asgi import run
from tests.harness.sse import parse


def counted(name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0


def test_a_refusal_is_json_with_a_sentence_and_never_cached() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    before = counted("live_stream_answers_total", status="405")
    run(refuse(send, 405, "Only GET is allowed here – nothing else.", [(b"allow", b"GET")]))
    start, body = sent
    headers = dict(start["headers"])
    assert (start["type"], start["status"]) == ("http.response.start", 405)
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"allow"] == b"GET"
    assert int(headers[b"content-length"]) == len(body["body"])
    assert json.loads(body["body"]) == {
        "error": "Only GET is allowed here – nothing else.",
        "fields": {},
    }
    assert not body.get("more_body")
    assert counted("live_stream_answers_total", status="405") == before + 1


@pytest.mark.parametrize(("version", "keep_alive"), [("1.0", True), ("1.1", True), ("2", False)])
def test_a_streams_head_forbids_caching_transforming_and_buffering(
    version: str, keep_alive: bool
) -> None:
    head = start_of_stream(version)
    headers = dict(head["headers"])
    assert head["status"] == 200
    assert headers.pop(b"connection", None) == (b"keep-alive" if keep_alive else None)
    assert headers == {
        b"content-type": b"text/event-stream",
        b"cache-control": b"no-cache, no-transform",
        b"x-accel-buffering": b"no",
    }


def test_a_reset_names_head_and_reason_and_is_counted() -> None:
    before = counted("live_resets_total", reason="missed")
    frame = parse(reset(17, "missed").decode().removesuffix("\n\n"))
    assert (frame.event, frame.id, frame.data) == ("reset", 17, {"reason": "missed"})
    assert counted("live_resets_total", reason="missed") == before + 1
