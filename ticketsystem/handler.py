"""Django's ASGI handler, but each request in one thread from its first middleware to its last.

Django's own gives each request a new thread, with a new database connection, and comes back to the
event loop between the signals, the middlewares and the view: 5 of the 15 ms of CPU that a POST
took here. Nothing of this project's pages is asynchronous, the stream is not Django's, so one hop
to a thread that stays, as under WSGI, is all a request needs.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse
from django.urls import set_script_prefix

from live.courtesy import courtesy
from live.ops import PROBES

THREADS = 16  # requests under way at once; each may hold a database connection


class ThreadHandler(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        # Probes ask whether the others are stuck: each has its own thread.
        self._probes = {path: ThreadPoolExecutor(1, thread_name_prefix="probe") for path in PROBES}

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        threads = self._probes.get(scope["path"], self._threads)
        answer = partial(copy_context().run, self._answer, scope, body)
        with courtesy.request():
            response = await asyncio.get_running_loop().run_in_executor(threads, answer)
        try:
            await self.send_response(response, send)
        finally:
            if response.streaming:
                response.close()

    def _answer(self, scope: Any, body: Any) -> Any:
        """The response; one that is complete is closed in the thread that may have a connection."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__
        if request is None:
            body.close()  # else the request does, when the response is closed
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response
