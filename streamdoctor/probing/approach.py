"""The first steps from outside: where an address leads to, and who stands first in the way."""

import re
import time
from contextlib import suppress

from streamdoctor.wire.client import FAILURES, Answer, Client
from streamdoctor.wire.connection import connect
from streamdoctor.wire.message import REDIRECTS
from streamdoctor.wire.origin import Origin

LOGIN = re.compile(r"oauth|openid|saml|\bsso|log-?_?in|sign-?_?in|authori[sz]e|/auth\b", re.I)
PATIENCE = 6.0  # seconds for one plain request
HOPS = 5


def leads_elsewhere(client: Client, answer: Answer) -> Origin | None:
    """The other origin of the same site that a redirect leads to, as from http:// to https://."""
    if answer.status not in REDIRECTS:
        return None
    origin = client.origin
    elsewhere = Origin.of(origin.resolve(answer.head.header("location") or ""))
    if elsewhere is None or elsewhere == origin or not origin.may_lead_to(elsewhere):
        return None
    return elsewhere


def asks_for_a_login(answer: Answer) -> bool:
    """The redirect leads to where somebody signs in: with the site, or with a service for many."""
    return answer.status in REDIRECTS and bool(LOGIN.search(answer.head.header("location") or ""))


def provoke_refusal(client: Client) -> bytes:
    """Sends a request that no server can read. The first server in the way does not pass it on, but
    answers with a page of its own, which says which product it is."""
    with suppress(*FAILURES):
        connection = connect(
            client.origin,
            insecure=client.insecure,
            deadline=client.deadline,
            offer=["http/1.1"],
        )
        try:
            connection.send(b"GET / HTTP/1.1\r\nHost: not a host\r\n: nothing\r\n\r\n")
            return connection.receive(min(time.monotonic() + 1, client.deadline))
        finally:
            connection.close()
    return b""
