"""What the doctor is asked to examine, by whose rights, and in how much time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streamdoctor.site import Site
from streamdoctor.wire.message import Headers
from streamdoctor.wire.origin import Origin


@dataclass(frozen=True, kw_only=True)
class Order:
    origin: Origin
    direct: Origin | None = None  # the server's own address, to be compared with
    insecure: bool = False
    seconds: float = 26.0  # of the whole run


@dataclass(frozen=True, kw_only=True)
class SiteOrder(Order):
    """The stream of a site that the doctor knows, examined with a log-in or a session."""

    site: Site
    # The origin that people use, if `origin` is that of the server behind it: asked as by a proxy.
    behind: Origin | None = None
    username: str = ""
    password: str = ""
    session: str = ""


@dataclass(frozen=True, kw_only=True)
class StreamOrder(Order):
    """Any stream, asked for exactly as it is told here."""

    target: str  # path and query
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Headers = ()
    data: bytes | None = None  # with it the request is a POST
    direct_target: str = ""  # path and query on the direct way, if they are not the same
    heartbeat: float | None = None  # seconds between two heartbeats, as the server promises
