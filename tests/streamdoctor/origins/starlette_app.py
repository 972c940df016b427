"""A stream of sse-starlette: `uvicorn tests.streamdoctor.origins.starlette_app:app`. It sends pings
of its own, and an event now and then."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def events() -> AsyncIterator[dict[str, str]]:
    for number in count(1):
        yield {"event": "order", "data": str(number)}
        await asyncio.sleep(0.9)


async def stream(request: Request) -> Response:
    return EventSourceResponse(events(), ping=2)


app = Starlette(routes=[Route("/events", stream)])
