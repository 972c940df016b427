"""The settings of live, each with its default: a project has to set LIVE_AUDIENCES and no other.

`conf.POLL_SECONDS` is `settings.LIVE_POLL_SECONDS` where the project has that, else the default
that stands here. Settings are looked up at each use, so a test may change them.
"""

from typing import Generic, TypeVar

from django.conf import settings

T = TypeVar("T")


class Setting(Generic[T]):
    """One setting of the project, under its name here with LIVE_ before it."""

    def __init__(self, default: T) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"LIVE_{name}"

    def __get__(self, conf: object, owner: type) -> T:
        value: T = getattr(settings, self.name, self.default)
        return value


class Conf:
    # The dotted path of the function that says who is in which audiences; see access/audience.py.
    AUDIENCES = Setting("")
    # Seconds of silence on a stream, then a heartbeat.
    HEARTBEAT_SECONDS = Setting(15.0)
    # Seconds between two looks at the log, so how late an event may be that no bell announced.
    POLL_SECONDS = Setting(1.0)
    # A direct address of PostgreSQL, postgres://user:password@host:port/name, where DATABASES has
    # one of a pooler in transaction mode: through that nothing of the bell is heard.
    BELL_URL = Setting("")
    # How long events are kept, so how long a browser may be away and still resume.
    RETENTION_HOURS = Setting(48.0)
    # A stream ends after 80 to 100 % of this, and its browser comes back.
    MAX_STREAM_SECONDS = Setting(3600.0)
    # In one process. One more replaces the user's oldest.
    MAX_STREAMS_PER_USER = Setting(20)
    # A stream for whose reader more bytes than this wait is ended, and resumes. One that falls
    # behind is served at its reader's pace, so this is met only where the pace is none.
    MAX_PENDING_BYTES = Setting(1_000_000)
    # Where the stream is, within the site; pages are told this address too.
    STREAM_PATH = Setting("/api/user/stream")
    # Whether the scheme and the client's address come from the proxy in front (X-Forwarded-…).
    TRUST_PROXY_HEADERS = Setting(False)
    # The bearer token of /metrics; without one, only the same host may read them.
    METRICS_TOKEN = Setting("")


conf = Conf()
