"""The types of an ASGI application, https://asgi.readthedocs.io/en/stable/specs/main.html"""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Message = Any  # a mapping; servers and Django disagree on which
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[Any]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]
