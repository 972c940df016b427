"""The whole examination: from outside, then signed in, both ways at once, within its time."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event

from django.conf import settings

from live.doctor.client import FAILURES, Answer, Client
from live.doctor.connection import connect
from live.doctor.facts import GATEWAY, Facts, Way, is_recorded_stream
from live.doctor.origin import Origin
from live.doctor.probes import PACED, PLAIN, SILENT, STREAM, Observation, Say
from live.doctor.signin import (
    REDIRECTS,
    LostOnTheWay,
    Refused,
    SignedIn,
    is_refused_by_the_site,
    leads_to_login,
    sign_in,
    sign_out,
)

ENDING = 4.0  # seconds kept for ending the streams, and for what comes of it
PATIENCE = 6.0  # seconds for one plain request
HOPS = 5


@dataclass(frozen=True)
class Order:
    """What was asked of the doctor."""

    origin: Origin
    direct: Origin | None = None
    username: str = ""
    password: str = ""
    session: str = ""
    insecure: bool = False
    seconds: float = 26.0


def examine(order: Order, say: Say) -> Facts:
    """Raises Refused when the log-in is wrong in itself."""
    return _Examination(order, say).run()


class _Examination:
    def __init__(self, order: Order, say: Say) -> None:
        self._order = order
        self._say = say
        self._deadline = time.monotonic() + order.seconds - 0.5
        self._client = Client(order.origin, order.insecure, deadline=self._deadline)
        self._facts = Facts(order.origin, Way(order.origin))

    def run(self) -> Facts:
        facts = self._facts
        try:
            self._look_from_outside()
        except FAILURES as error:
            facts.failure = error
            return facts
        if not self._may_go_on():
            return facts
        signed_in = facts.signed_in = self._sign_in()
        if signed_in is None:
            return facts
        try:
            self._observe(signed_in)
        finally:
            if signed_in.is_ours:
                self._sign_out(signed_in)
        return facts

    def _look_from_outside(self) -> None:
        facts = self._facts
        facts.page = self._follow_redirects()
        facts.way = Way(self._client.origin)
        facts.strangers = self._ask_as_stranger()
        if facts.stranger.status in GATEWAY:
            time.sleep(1)  # once may be a restart
            facts.strangers = self._ask_as_stranger()
        facts.refusal = self._provoke_refusal()
        facts.readiness = self._ask_whether_ready()
        self._say(f"{self._client.origin.url} answers; the stream says {facts.stranger.status}")

    def _follow_redirects(self) -> Answer:
        """The site's root, where it leads to; from http:// to https:// as browsers go."""
        page = self._client.ask("GET", "/", seconds=PATIENCE)
        for _ in range(HOPS):
            origin = self._client.origin
            target = origin.resolve(page.head.header("location") or "")
            elsewhere = Origin.of(target)
            if page.status not in REDIRECTS or (elsewhere == origin and leads_to_login(page)):
                return page
            self._facts.redirects.append((origin.url, target))
            if elsewhere is None or elsewhere == origin or not origin.may_lead_to(elsewhere):
                return page
            self._client = Client(elsewhere, self._order.insecure, deadline=self._deadline)
            page = self._client.ask("GET", "/", seconds=PATIENCE)
        return page

    def _ask_as_stranger(self) -> list[Answer]:
        """Who has no session gets no stream; not even one that another has had before."""
        stranger = self._client.with_cookies({})
        answers: list[Answer] = []
        for target in (PACED, PLAIN, STREAM):
            answers.append(stranger.ask("GET", target, seconds=PATIENCE))
            if answers[-1].status != 401:
                break
        return answers

    def _provoke_refusal(self) -> bytes:
        """The first server in the way answers this itself, so its page says what it is."""
        with suppress(*FAILURES):
            connection = connect(
                self._client.origin, insecure=self._order.insecure,
                deadline=self._deadline, offer=["http/1.1"],
            )  # fmt: skip
            try:
                connection.send(b"GET / HTTP/1.1\r\nHost: not a host\r\n: nothing\r\n\r\n")
                return connection.receive(min(time.monotonic() + 1, self._deadline))
            finally:
                connection.close()
        return b""

    def _ask_whether_ready(self) -> Answer | None:
        with suppress(*FAILURES):
            return self._client.ask("GET", "/readyz", seconds=3)
        return None

    def _may_go_on(self) -> bool:
        """Whether the stream is there at all: else signing in would tell nothing more."""
        stranger = self._facts.stranger
        return stranger.status == 401 or is_recorded_stream(stranger)

    def _sign_in(self) -> SignedIn | None:
        """None without a log-in, and where it is lost on the way and there is no other."""
        order, facts = self._order, self._facts
        if order.session:
            return self._with_session(order.session)
        if not order.username:
            return None
        try:
            signed_in = sign_in(self._client, order.username, order.password)
        except LostOnTheWay as error:
            facts.lost_login = str(error)
        except FAILURES as error:
            facts.lost_login = f"the log-in page did not answer: {error}"
        else:
            self._say(f"signed in as {order.username}")
            return signed_in
        return self._sign_in_directly()

    def _sign_in_directly(self) -> SignedIn | None:
        if self._order.direct is None:
            return None
        client = Client(self._order.direct, self._order.insecure, deadline=self._deadline)
        try:
            return sign_in(client, self._order.username, self._order.password)
        except (LostOnTheWay, *FAILURES) as error:
            self._facts.direct_failure = str(error)
            return None

    def _with_session(self, key: str) -> SignedIn:
        cookies = {settings.SESSION_COOKIE_NAME: key}
        try:
            page = self._client.with_cookies(cookies).ask("GET", "/", seconds=PATIENCE)
        except FAILURES:
            return SignedIn(cookies, is_ours=False)  # the streams will tell
        if leads_to_login(page) and is_refused_by_the_site(page):
            raise Refused("The site does not know this session: sign in again and give its key.")
        return SignedIn(cookies, is_ours=False)

    def _observe(self, signed_in: SignedIn) -> None:
        client = self._client.with_cookies(signed_in.cookies)
        over = Event()
        ending_at = self._deadline - min(ENDING, self._order.seconds * 0.3)
        reading_until = self._deadline - 0.7
        until = ending_at if signed_in.is_ours else reading_until
        with ThreadPoolExecutor(16) as pool:
            through = Observation(client, until, reading_until, over)
            self._facts.way = through.way
            running = through.start(pool, self._say, direct=False)
            if self._order.direct is not None:
                beside = replace(client, origin=self._order.direct)
                daphne = Observation(beside, until, reading_until, over)
                self._facts.direct = daphne.way
                running += daphne.start(pool, self._say, direct=True)
            self._say(f"streams are open; watching for {max(until - time.monotonic(), 0):.0f} s")
            try:
                wait(running, timeout=max(ending_at - time.monotonic(), 0))
                if signed_in.is_ours or through.way.has_heard_nothing:
                    over.set()
                    self._end_streams(signed_in, client)
                wait(running)
            except KeyboardInterrupt:
                client.abandoned.set()
                raise
            finally:
                over.set()
        for probe in running:
            probe.result()
        with suppress(*FAILURES):
            self._facts.strangers += self._ask_as_stranger()

    def _end_streams(self, signed_in: SignedIn, client: Client) -> None:
        for way in (self._facts.way, self._facts.direct):
            if way is not None:
                way.ended_at = time.monotonic()
        if signed_in.is_ours:
            self._sign_out(signed_in)
        else:
            self._push_out(client)

    def _push_out(self, client: Client) -> None:
        """A session that is not ours stays; but one diagnosis stream too many ends the oldest,
        so that what was held back on the way comes out, or was recorded."""
        newcomers = []
        with suppress(*FAILURES):
            for number in range(settings.LIVE_MAX_STREAMS_PER_USER + 1):
                newcomers.append(client.open("GET", f"{SILENT}&newcomer={number}"))
        self._say("ended the oldest streams, to see what was held back")
        time.sleep(max(min(1.5, self._deadline - 1 - time.monotonic()), 0))
        for newcomer in newcomers:
            newcomer.close()

    def _sign_out(self, signed_in: SignedIn) -> None:
        """Ends our streams, too: what was held back on the way comes out, or was recorded."""
        origin = self._facts.way.origin
        if self._facts.lost_login and self._order.direct is not None:
            origin = self._order.direct
        with suppress(*FAILURES):
            client = Client(origin, self._order.insecure, signed_in.cookies, self._deadline)
            sign_out(client, with_origin=signed_in.as_browsers_do)
        signed_in.is_ours = False
