"""What kind of request this is, seen from its address alone: so which lane it takes."""

import re
from dataclasses import dataclass

from django.conf import settings

from live.probes import PROBES
from live.stream.asgi import Scope
from live.stream.prefix import path_within
from live.stream.request import Request
from ticketsystem.serving.bodies import LARGE

READS = ("GET", "HEAD", "OPTIONS")
SEARCHES = ("q", "term")  # the board's and the admin's search, and the admin's completion of names
# Pages that compute the hash of a password.
HASHES = re.compile(
    "/(login|password|password_change|password_reset|reset|auth/user/add|people/add)/"
)
# A page says every few seconds that it is open: that takes no thread from what people write.
PRESENCE = re.compile(r"/api/tickets/[0-9]+/presence/$")
TICKET = re.compile(r"/tickets/(?:ticket/)?([0-9]{1,18})/")
MANY = re.compile(r"/tickets/(?:ticket/)?(bulk|undo)/")  # writes of up to ten seconds


@dataclass(frozen=True, slots=True)
class Room:
    """How many may be at work in a lane, how many of one visitor may be at work or wait, and how
    many of all visitors may wait: each holds a socket and its body."""

    threads: int
    each: int
    waiting: int
    in_all: int = 1000


# Twenty threads that may hold a database connection each, and two for files.
ROOMS = {
    "read": Room(threads=6, each=2, waiting=32),
    "write": Room(threads=6, each=2, waiting=16),
    # Bodies that lie on the disk when they come here, and are read and written once more: files
    # that people attach. Those that wait may be a gigabyte.
    "upload": Room(threads=2, each=1, waiting=8, in_all=40),
    "presence": Room(threads=2, each=1, waiting=16),
    "search": Room(threads=2, each=1, waiting=8),
    # An office behind one address logs in at nine o'clock: a hash takes a third of a second, so the
    # last of them waits for 8 seconds, and the last of all for 10.
    "log-in": Room(threads=2, each=1, waiting=24, in_all=60),
    "file": Room(threads=2, each=1, waiting=200),  # a browser asks for all of a page's at once
}


def needs_the_database(scope: Scope) -> bool:
    """Whether the request may: a file comes from the disk, and a probe looks by itself."""
    return not _is_of_a_file(scope) and path_within(scope) not in PROBES


def is_read(method: str) -> bool:
    """Whether nothing is lost when the request is given up."""
    return method in READS


def lane_of(scope: Scope, request: Request) -> str:
    if _is_of_a_file(scope):
        return "file"
    path = f"{scope['path']}".rstrip("/") + "/"
    if is_read(f"{scope['method']}"):
        is_search = any("".join(request.query.get(name, ())).strip() for name in SEARCHES)
        return "search" if is_search else "read"
    if PRESENCE.search(path):
        return "presence"
    if HASHES.search(path):
        return "log-in"
    return "upload" if _is_large(request) else "write"


def _is_of_a_file(scope: Scope) -> bool:
    return f"{scope['path']}/".startswith(settings.STATIC_URL)


def _is_large(request: Request) -> bool:
    length = request.header(b"content-length")
    return length.isdecimal() and len(length) < 20 and int(length) > LARGE


def ticket_of(scope: Scope) -> str:
    """The ticket that a write is about: whoever writes to it may have to wait for its lock. Writes
    of many tickets count together, whoever sends them, for each takes its thread for long."""
    path = f"{path_within(scope)}".rstrip("/") + "/"
    if MANY.search(path):
        return "many tickets"
    found = TICKET.search(path)
    return f"ticket {int(found[1])}" if found else ""
