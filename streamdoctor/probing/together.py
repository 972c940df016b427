"""Opens a stream twice on one connection of HTTP/2, as two pages of one browser do."""

import time
from dataclasses import dataclass

from streamdoctor.probing.watch import EVENT_STREAM
from streamdoctor.wire.client import FAILURES, Client, Exchange

PATIENCE = 4.0  # seconds for the second answer
ACCEPT = [("Accept", EVENT_STREAM)]


@dataclass
class Together:
    max_streams: int | None  # that the server says it takes at once; None if it says nothing
    second_waited: float  # seconds
    second_answered: bool


def open_together(client: Client, target: str, until: float) -> Together | None:
    """None if the first of the two gets no answer, for that tells nothing of the second."""
    try:
        two = client.open_two(target, ACCEPT)
    except FAILURES:
        return None
    if two is None:
        return None
    first, second = two
    try:
        first.read_head(min(time.monotonic() + PATIENCE, until))
        return _after_the_first(client, target, second, min(time.monotonic() + PATIENCE, until))
    except FAILURES:
        return None
    finally:
        first.close()


def _after_the_first(client: Client, target: str, second: Exchange, deadline: float) -> Together:
    began_at = time.monotonic()
    try:
        client.send_again(second, target, ACCEPT)
        second.read_head(deadline)
        answered = True
    except FAILURES:
        answered = False
    return Together(second.max_streams, time.monotonic() - began_at, answered)
