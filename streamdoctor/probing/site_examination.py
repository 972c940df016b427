"""Examines the stream of a site that the doctor knows: first from outside, then signed in, on both
ways at once, all within its time."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event

from streamdoctor.probing.approach import HOPS, PATIENCE, leads_elsewhere, provoke_refusal
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.order import SiteOrder
from streamdoctor.probing.probes import Observation, Say
from streamdoctor.probing.signin import (
    LostOnTheWay,
    Refused,
    SignedIn,
    is_refused_by_the_site,
    leads_to_login,
    sign_in,
    sign_out,
)
from streamdoctor.wire.client import FAILURES, Answer, Client
from streamdoctor.wire.message import GATEWAY, REDIRECTS
from streamdoctor.wire.origin import Origin

GATEWAY_TRIES = 2  # more: one of several servers may be away
TRIES = 4  # of a session: one of several servers may not know it
ENDING = 4.0  # seconds kept for ending the streams, and for what comes of it


def examine_site(order: SiteOrder, say: Say) -> Facts:
    """Raises Refused when the log-in is wrong in itself."""
    return _SiteExamination(order, say).run()


class _SiteExamination:
    def __init__(self, order: SiteOrder, say: Say) -> None:
        self._order = order
        self._site = order.site
        self._say = say
        self._deadline = time.monotonic() + order.seconds - 0.5
        self._client = self._client_of(order.origin, behind=order.behind)
        self._facts = Facts(
            order.origin, Way(order.origin), site=order.site,
            direct_asked=order.direct, seconds=order.seconds,
        )  # fmt: skip

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

    def _client_of(self, origin: Origin, *, behind: Origin | None = None) -> Client:
        return Client(origin, self._order.insecure, deadline=self._deadline, behind=behind)

    def _direct_client(self, direct: Origin) -> Client:
        """Of the server's own address. It knows the site by the name that people use, and would
        send to https:// whoever does not say that they came by it."""
        return self._client_of(direct, behind=self._client.named)

    def _look_from_outside(self) -> None:
        facts = self._facts
        facts.page = self._follow_redirects()
        facts.way = Way(self._client.origin)
        with ThreadPoolExecutor(2) as pool:  # side by side: on a slow way each takes its time
            refusal = pool.submit(provoke_refusal, self._client)
            readiness = pool.submit(self._ask_whether_ready)
            facts.strangers = self._ask_as_stranger()
            half_time = self._deadline - self._order.seconds / 2
            while facts.stranger.status in GATEWAY and len(facts.tries) < GATEWAY_TRIES:
                if time.monotonic() > half_time:
                    break  # it takes seconds to say so
                facts.tries.append(facts.stranger)
                time.sleep(1)  # once may be a restart
                facts.strangers = self._ask_as_stranger()
        facts.refusal, facts.readiness = refusal.result(), readiness.result()
        self._say(f"{self._client.origin.url} answers; the stream says {facts.stranger.status}")

    def _follow_redirects(self) -> Answer:
        """The answer of the site's root, or of the root of the origin that it leads to."""
        page = self._client.ask("GET", self._site.root, seconds=PATIENCE)
        for _ in range(HOPS):
            origin = self._client.origin
            target = origin.resolve(page.head.header("location") or "")
            stays = Origin.of(target) == origin and leads_to_login(page, self._site)
            if page.status not in REDIRECTS or stays:
                return page
            self._facts.redirects.append((origin.url, target))
            elsewhere = leads_elsewhere(self._client, page)
            if elsewhere is None:
                return page
            self._client = self._client_of(elsewhere)
            page = self._client.ask("GET", self._site.root, seconds=PATIENCE)
        return page

    def _ask_as_stranger(self) -> list[Answer]:
        """Asks without a session, which must get no stream: not even one that a cache has kept of
        somebody else."""
        stranger, site = self._client.with_cookies({}), self._site
        first = stranger.ask("GET", site.paced, seconds=PATIENCE)
        if first.status != 401:
            return [first]
        with ThreadPoolExecutor(2) as pool:
            others = pool.map(lambda target: stranger.ask("GET", target, seconds=PATIENCE),
                              (site.plain, site.stream))  # fmt: skip
            return [first, *others]

    def _ask_whether_ready(self) -> Answer | None:
        with suppress(*FAILURES):
            return self._client.ask("GET", self._site.readiness, seconds=3)
        return None

    def _may_go_on(self) -> bool:
        """The stream is there at all. If it is not, signing in would tell nothing more."""
        stranger = self._facts.stranger
        return stranger.status == 401 or self._facts.holds_events(stranger)

    def _sign_in(self) -> SignedIn | None:
        """None if no log-in was given, or if it gets lost on the way and on the direct way too."""
        order, facts = self._order, self._facts
        if order.session:
            return self._with_session(order.session)
        if not order.username:
            return None
        began_at = time.monotonic()
        try:
            signed_in = sign_in(self._client, self._site, order.username, order.password)
        except LostOnTheWay as error:
            facts.lost_login = str(error)
        except FAILURES as error:
            facts.lost_login = f"the log-in page did not answer: {error}"
        else:
            facts.sign_in_seconds = time.monotonic() - began_at
            self._say(f"signed in as {order.username}")
            return signed_in
        return self._sign_in_directly()

    def _sign_in_directly(self) -> SignedIn | None:
        order = self._order
        if order.direct is None:
            return None
        client = self._direct_client(order.direct)
        try:
            return sign_in(client, self._site, order.username, order.password)
        except (LostOnTheWay, *FAILURES) as error:
            self._facts.direct_failure = f"signing in fails there too: {error}"
            return None

    def _with_session(self, key: str) -> SignedIn:
        cookies = {self._site.session_cookie: key}
        for _ in range(TRIES):
            try:
                client = self._client.with_cookies(cookies)
                page = client.ask("GET", self._site.root, seconds=PATIENCE)
            except FAILURES:
                break  # the streams will tell
            if not (leads_to_login(page, self._site) and is_refused_by_the_site(page, self._site)):
                break
        else:
            raise Refused("The site does not know this session: sign in again and give its key.")
        return SignedIn(cookies, is_ours=False)

    def _observe(self, signed_in: SignedIn) -> None:
        client = self._client.with_cookies(signed_in.cookies)
        over, held = Event(), self._facts.held
        ending_at = self._deadline - min(ENDING, self._order.seconds * 0.3)
        reading_until = self._deadline - 0.7
        until = ending_at if signed_in.is_ours else reading_until
        with ThreadPoolExecutor(16) as pool:
            through = Observation(client, self._site, until, reading_until, over, held)
            self._facts.way = through.way
            running = through.start(pool, self._say, direct=False)
            if self._order.direct is not None:
                beside = client.at(self._order.direct, behind=client.named)
                server = Observation(beside, self._site, until, reading_until, over, held)
                self._facts.direct = server.way
                running += server.start(pool, self._say, direct=True)
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
        for way in self._facts.ways:
            way.ended_at = time.monotonic()
        if signed_in.is_ours:
            self._sign_out(signed_in)
        else:
            self._push_out(client)

    def _push_out(self, client: Client) -> None:
        """Ends our streams in a session that is not ours to end. The server ends the oldest when
        there is one too many; what something on the way held back then comes out."""
        newcomers = []
        crowd = client.with_slots(self._site.max_streams + 1)
        with suppress(*FAILURES):
            for number in range(self._site.max_streams + 1):
                newcomers.append(crowd.open("GET", f"{self._site.silent}&newcomer={number}"))
        self._say("ended the oldest streams, to see what was held back")
        time.sleep(max(min(1.5, self._deadline - 1 - time.monotonic()), 0))
        for newcomer in newcomers:
            newcomer.close()

    def _sign_out(self, signed_in: SignedIn) -> None:
        """Ends the session, and with it our streams: what was held back on the way comes out."""
        client = self._client
        if self._facts.lost_login and self._order.direct is not None:
            client = self._direct_client(self._order.direct)
        with suppress(*FAILURES):
            client = client.with_cookies(signed_in.cookies).with_slots(1)  # beside its streams
            answer = sign_out(client, self._site, with_origin=signed_in.as_browsers_do)
            if answer.status < 400:
                self._facts.signed_out_at = time.monotonic()
        signed_in.is_ours = False
