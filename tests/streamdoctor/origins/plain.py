"""Event streams of servers that are not ours, over plain asyncio: `python plain.py PORT`. Each
address is a stream of another kind; the server notices at once when a client has left."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import count

HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n"
)
Events = AsyncIterator[str]

_number = 0  # of the newest event that all are told
_newest = asyncio.Condition()


async def tick() -> None:
    """Something happens twice a second, and everybody is told."""
    global _number
    while True:
        await asyncio.sleep(0.5)
        async with _newest:
            _number += 1
            _newest.notify_all()


async def told_to_all(last_id: str) -> Events:
    """With ids; whoever resumes gets what was missed."""
    sent = int(last_id) if last_id.isdigit() else _number
    while True:
        async with _newest:
            while _number == sent:
                await _newest.wait()
            newest = _number
        for number in range(sent + 1, newest + 1):
            yield f"id: {number}\nevent: order\ndata: {json.dumps({'order': number})}\n\n"
        sent = newest


async def counted(last_id: str, ending: str = "\n") -> Events:
    """As Spring and Go write it: without ids, each from 1 on, with a comment now and then."""
    for number in count(1):
        yield f"event:message{ending}data:{number}{ending}{ending}"
        if number % 4 == 0:
            yield f":keep-alive{ending}{ending}"
        await asyncio.sleep(0.4)


async def quiet(last_id: str) -> Events:
    """It greets, and then there is only a heartbeat every two seconds."""
    yield 'event: hello\ndata: {"you": "somebody"}\n\n'
    while True:
        await asyncio.sleep(2)
        yield ": ping\n\n"


async def silent(last_id: str) -> Events:
    """It has nothing to say."""
    await asyncio.sleep(3600)
    yield ""


async def answer(last_id: str) -> Events:
    """A language model's: some tokens, then the end, and then no more."""
    for number, token in enumerate(
        ["The", "stream", "is", "held", "back", "by", "a", "proxy", "that", "waits", "for", "more"]
    ):
        yield f"data: {json.dumps({'token': token, 'index': number})}\n\n"
        await asyncio.sleep(0.25)
    yield "data: [DONE]\n\n"


async def strange(last_id: str) -> Events:
    """Allowed by the standard, and seldom: a BOM, lines that end with CR alone, UTF-8 in halves."""
    yield "\ufeff: begin\r\r"
    for number in count(1):
        yield f"id: {number}\rdata: gr\u00fc\u00dfe {number}\r\r"
        await asyncio.sleep(0.4)


STREAMS: dict[str, Callable[[str], Events]] = {
    "/orders": told_to_all,
    "/counted": counted,
    "/crlf": lambda last_id: counted(last_id, "\r\n"),
    "/quiet": quiet,
    "/silent": silent,
    "/answer": answer,
    "/strange": strange,
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
        start = (await reader.readuntil(b"\r\n")).decode()
        headers = {}
        while (line := (await reader.readuntil(b"\r\n")).decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        await reader.readexactly(int(headers.get("content-length", 0)))
        path = start.split()[1].partition("?")[0]
        if path not in STREAMS:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        else:
            await _stream(reader, writer, STREAMS[path](headers.get("last-event-id", "")))
    writer.close()


async def _stream(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, events: Events
) -> None:
    writer.write(HEAD.encode())
    left = asyncio.ensure_future(reader.read())  # ends when the client has left
    try:
        while True:
            more = asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({more, left}, return_when=asyncio.FIRST_COMPLETED)
            if more not in done:
                more.cancel()
                return
            for half in _halves(more.result().encode()):
                writer.write(b"%x\r\n%s\r\n" % (len(half), half))
                await writer.drain()
    except StopAsyncIteration:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    finally:
        left.cancel()


def _halves(data: bytes) -> list[bytes]:
    """What is not ASCII is cut in the middle of a character."""
    at = next((place for place, byte in enumerate(data) if byte > 0x7F), len(data))
    return [half for half in (data[: at + 1], data[at + 1 :]) if half]


async def main(port: int) -> None:
    ticking = asyncio.ensure_future(tick())
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()
    ticking.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
