"""Examines any stream by its address alone: it asks for it as it was told to, and watches."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

from streamdoctor.probing.approach import (
    HOPS,
    PATIENCE,
    asks_for_a_login,
    leads_elsewhere,
    provoke_refusal,
)
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.order import StreamOrder
from streamdoctor.probing.probes import Say
from streamdoctor.probing.stream_probes import REACTION, StreamObservation
from streamdoctor.probing.watch import EVENT_STREAM
from streamdoctor.wire.client import FAILURES, Answer, Client
from streamdoctor.wire.message import GATEWAY, REDIRECTS
from streamdoctor.wire.origin import Origin, target_of

TRIES = 3  # of an answer that a gateway gives: once may be a restart, or one server of several


def examine_stream(order: StreamOrder, say: Say) -> Facts:
    return _StreamExamination(order, say).run()


class _StreamExamination:
    def __init__(self, order: StreamOrder, say: Say) -> None:
        self._order = order
        self._say = say
        self._deadline = time.monotonic() + order.seconds - 0.5
        self._until = self._deadline - REACTION - 0.3
        self._target = order.target
        self._client = Client(
            order.origin, order.insecure, dict(order.cookies), self._deadline, headers=order.headers
        )
        self._facts = Facts(
            order.origin,
            Way(order.origin),
            target=order.target,
            with_credentials=bool(order.cookies or order.headers),
            is_post=order.data is not None,
            promised=order.heartbeat,
            seconds=order.seconds,
            direct_asked=order.direct,
        )

    def run(self) -> Facts:
        facts = self._facts
        try:
            facts.page = self._follow_redirects()
        except TimeoutError:
            # The headers may be what is held back: the streams will tell.
            with suppress(*FAILURES):
                facts.root = self._client.ask("GET", "/", seconds=2)
        except FAILURES as error:
            facts.failure = error
            return facts
        facts.way = Way(self._client.origin)
        facts.refusal = provoke_refusal(self._client)
        said = f"the stream says {facts.page.status}" if facts.page else "the stream says nothing"
        self._say(f"{self._client.origin.url} answers; {said}")
        if facts.page is None or facts.page.status not in GATEWAY:
            self._observe()
        return facts

    def _follow_redirects(self) -> Answer:
        """The first answer of the stream's address, or of that which it leads to on the site."""
        answer = self._first_answer()
        for _ in range(HOPS):
            if answer.status not in REDIRECTS or asks_for_a_login(answer):
                break
            leads_to = self._client.origin.resolve(answer.head.header("location") or "")
            elsewhere = leads_elsewhere(self._client, answer)
            if elsewhere is None and Origin.of(leads_to) != self._client.origin:
                break
            self._facts.redirects.append((self._client.origin.url + self._target, leads_to))
            if elsewhere is not None:
                self._client = self._client.at(elsewhere)
            self._target = target_of(leads_to)
            answer = self._first_answer()
        return answer

    def _first_answer(self) -> Answer:
        answer = self._ask()
        while answer.status in GATEWAY and len(self._facts.tries) < TRIES - 1:
            self._facts.tries.append(answer)
            time.sleep(1)
            answer = self._ask()
        return answer

    def _ask(self) -> Answer:
        """The answer to the request. Of a stream only the headers: it is watched later."""
        return self._client.ask(
            "GET" if self._order.data is None else "POST",
            self._target,
            [("Accept", EVENT_STREAM)],
            self._order.data or b"",
            seconds=min(PATIENCE, self._order.seconds / 5),
            of_stream=0,
        )

    def _observe(self) -> None:
        order = self._order
        through = StreamObservation(self._client, order, self._target, self._until)
        self._facts.way = through.way
        with ThreadPoolExecutor(16) as pool:
            running = through.start(pool, self._say, direct=False)
            if order.direct is not None:
                beside = self._client.at(order.direct)
                target = order.direct_target or self._target
                server = StreamObservation(beside, order, target, self._until)
                self._facts.direct = server.way
                running += server.start(pool, self._say, direct=True)
            self._say(f"asked for it again; watching for {self._until - time.monotonic():.0f} s")
            try:
                wait(running)
            except KeyboardInterrupt:
                self._client.abandoned.set()
                raise
        for probe in running:
            probe.result()
