"""A site that the doctor knows: where its stream is, how people sign in, and what its server says
of itself in the stream. Of any other stream the doctor knows only the address."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words:
    """The names of the events in which a server speaks of itself; "" where it does not.

    `opening` is the first event of each stream. It carries JSON: `user` is the id of the user whose
    stream it is, `streams` counts the streams that this user has open, `heartbeat` is the number of
    seconds between two heartbeats, `server_time` is the server's clock, and `received` repeats what
    arrived of the request. A heartbeat carries the server's clock as `at`.
    """

    opening: str = ""
    heartbeat: str = ""
    degraded: str = ""  # in place of a heartbeat: the server cannot tell what is new
    goodbye: str = ""  # before the server itself ends a stream


NO_WORDS = Words()


@dataclass(frozen=True)
class Site:
    """All that the doctor must be told of a site to know it."""

    words: Words
    root: str  # the path of the site's first page
    # The stream: its path, then the path with the query that asks for streams of each kind.
    stream: str
    paced: str  # a heartbeat each second
    silent: str  # a heartbeat each minute
    plain: str  # as the site's own pages ask
    headers: Mapping[str, tuple[str, ...]]  # the words that the stream's headers must hold
    heartbeat_seconds: float  # between two heartbeats of a plain stream, unless it says otherwise
    max_streams: int  # of one user; the oldest ends when there is one more
    readiness: str  # this path answers 503 while the server cannot serve
    # Signing in and out: paths, names of cookies, names of the form's fields.
    login: str
    logout: str
    session_cookie: str
    csrf_cookie: str
    csrf_field: str
    username_field: str
    password_field: str
    # What its own settings have to do with a finding, by its code.
    hints: Mapping[str, str] = field(default_factory=dict)
