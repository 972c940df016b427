"""Django's ASGI handler, but a request stays in one thread from its first middleware to its last.

Django's own handler gives each request a new thread with a new database connection, and comes back
to the event loop between the signals, the middlewares and the view. That cost 5 of the 15 ms of CPU
that a POST took here, measured once, by hand. No page of this project is asynchronous, and the
stream does not pass through Django. So a request hops once, to a thread that stays and keeps its
connection, as under WSGI.

lanes.py says which thread and when, work.py what a request may take of the database.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import FileResponse
from django.urls import set_script_prefix

from live.probes import PROBES
from live.stream.endpoint import ENGINE
from live.stream.prefix import path_within
from live.stream.request import Request
from tickets.api_edges import SENTENCES, in_json, is_below
from ticketsystem import read_only
from ticketsystem.failures import refusal
from ticketsystem.serving.bodies import BODY
from ticketsystem.serving.kinds import ROOMS, is_read, lane_of, needs_the_database, ticket_of
from ticketsystem.serving.lanes import Lane, TooMany
from ticketsystem.serving.pieces import InPieces, comes_in_pieces
from ticketsystem.serving.visitors import Visitors
from ticketsystem.serving.work import ClientLeft, Work

logger = logging.getLogger(__name__)

TOO_MANY = (
    "So much of yours is at work or waiting already that this was not done. Try again in a moment."
)
WRITES = ("write", "presence")  # lanes whose requests may wait for the lock of a ticket
AGAIN_AFTER = 2  # seconds, in Retry-After


class ThreadHandler(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._visitors = Visitors()
        self._lanes = {name: Lane(name, **asdict(room)) for name, room in ROOMS.items()}
        # Probes ask whether the others are stuck: each has its own thread.
        self._probes = {path: Lane("probe", threads=1, each=1, waiting=32) for path in PROBES}
        self._cancelling = ThreadPoolExecutor(2, thread_name_prefix="give-up")

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        if BODY in scope:  # what the server has read, and not what it sent on, which is empty
            body.close()
            body = scope[BODY]
            body.seek(0)
        work = Work()
        answer = partial(copy_context().run, self._answer, scope, body, work)
        try:
            turn = await self._enter(scope, answer)
        except TooMany:
            body.close()
            response = _too_many(scope)
        else:
            with scope[ENGINE].courtesy.request():
                if is_read(scope["method"]):
                    response = await self._unless_left(turn, work, receive)
                else:  # whoever has sent it whole may leave: it is done all the same
                    response = await asyncio.shield(turn)
        if response is None:
            return
        try:
            if comes_in_pieces(response):
                await self._send_in_pieces(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            if response.streaming:
                response.close()

    async def _send_in_pieces(self, response: Any, receive: Any, send: Any) -> None:
        on_its_way = InPieces(response, receive, send)
        try:
            await self.send_response(response, on_its_way.send)
        finally:
            on_its_way.leave()

    async def _enter(self, scope: Any, answer: Callable[[], Any]) -> asyncio.Future[Any]:
        probe = self._probes.get(path_within(scope))
        if probe is not None:
            return probe.enter("", answer)
        request = Request(scope)
        lane = lane_of(scope, request)
        if lane == "file":
            return self._lanes[lane].enter(request.address, answer)
        visitor = await self._visitors.name(request, scope[ENGINE])
        return self._lanes[lane].enter(visitor, answer, ticket_of(scope) if lane in WRITES else "")

    async def _unless_left(self, turn: asyncio.Future[Any], work: Work, receive: Any) -> Any:
        """The response; None if the client has left before it was there. Then the request leaves
        the queue, or the statement that is at work for it is cancelled."""
        has_left = False

        def leave(told: asyncio.Future[Any]) -> None:
            nonlocal has_left
            if not told.cancelled() and told.result()["type"] == "http.disconnect":
                has_left = True
                turn.cancel()

        told = asyncio.ensure_future(receive())
        told.add_done_callback(leave)
        try:
            return await turn
        except asyncio.CancelledError:
            work.is_given_up = True
            self._cancelling.submit(_give_up, work)
            if not has_left:  # the server ends
                raise
            return None
        finally:
            told.cancel()

    def _answer(self, scope: Any, body: Any, work: Work) -> Any:
        """Django's response to the request, in a thread of its lane.

        A complete response is closed here, for closing it is what gives back the database
        connection of this thread. A streaming one is closed by `handle()` once it is sent.
        """
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            with work:
                if needs_the_database(scope):
                    read_only.ask_now_and_then()
                request, refused = self.create_request(scope, body)
                response: Any = refused if request is None else self.get_response(request)
        except ClientLeft:
            body.close()
            _drop_failed_connection()
            signals.request_finished.send(sender=self.__class__)
            raise
        _drop_failed_connection()
        response._handler_class = self.__class__
        if request is None:
            body.close()  # else the request does, when the response is closed
            if is_below(path_within(scope)):
                in_json(response, SENTENCES[response.status_code])  # no middleware has seen it
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response


def _drop_failed_connection() -> None:
    """It may lead to a server that can only be read since a failover. Django asks such a connection
    whether it answers, which it does, and would keep it. And while the database takes no changes,
    a connection may keep that for as long as it is open."""
    if connection.errors_occurred or read_only.is_known():
        connection.close()


def _give_up(work: Work) -> None:
    try:
        work.give_up()
    except Exception as error:  # the statement has its time limit besides
        logger.warning("a statement that nobody waits for could not be cancelled: %r", error)


def _too_many(scope: Any) -> Any:
    set_script_prefix(get_script_prefix(scope))
    title = "Too many requests"
    response = refusal(path_within(scope), HTTPStatus.TOO_MANY_REQUESTS, title, TOO_MANY)
    response["Retry-After"] = f"{AGAIN_AFTER}"
    return response
