"""The site with one address more, where its process says how it is set. Daphne serves this in the
tests of what `ticketsystem/serving/` changes in a process that serves."""

import gc
import json
import sys
from typing import Any

from twisted.internet import tcp

from ticketsystem import asgi


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http" or scope["path"] != "/process":
        return await asgi.application(scope, receive, send)
    state = {
        "garbage": gc.get_threshold(),
        "frozen": gc.get_freeze_count(),
        "switch": sys.getswitchinterval(),
        "connections": tcp.Port.transport.__module__,
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(state).encode()})
