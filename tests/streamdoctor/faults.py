"""What may stand between any stream and its browser: each is put before each of the streams, and
the doctor is asked with the address alone, or with the direct way as well."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.streamdoctor.blackhole import BlackHole
from tests.streamdoctor.certificates import Certificate
from tests.streamdoctor.origins import Stream
from tests.streamdoctor.proxies import apache, caddy, haproxy, nginx
from tests.streamdoctor.relay import Relay
from tests.streamdoctor.setups import IGNORING, KEEPING, collecting, late
from tests.streamdoctor.setups_between import replacing, until_the_next

Finds = Callable[[Stream, bool], "set[str] | None"]


@dataclass(frozen=True)
class Fault:
    """`finds` gives the codes of which the first finding has one, for a stream and whether there is
    a direct way; none for a sound one; {"unjudged"} where the doctor has to say that it cannot
    tell; None where the fault does not touch this stream."""

    name: str
    build: Callable[[str], AbstractContextManager[str]]
    finds: Finds
    insecure: bool
    seconds: float  # for which the doctor may watch


FAULTS: list[Fault] = []
TLS = 20  # seconds: of each connection it is agreed on anew, and that may wait for a core


def fault(
    finds: Finds, *, insecure: bool = False, seconds: float = 15
) -> Callable[[Callable[[str], Iterator[str]]], Callable[[str], Iterator[str]]]:
    def add(build: Callable[[str], Iterator[str]]) -> Callable[[str], Iterator[str]]:
        FAULTS.append(Fault(build.__name__, contextmanager(build), finds, insecure, seconds))
        return build

    return add


def always(*codes: str) -> Finds:
    return lambda stream, direct: set(codes)


def gets(*codes: str) -> Finds:
    """What is asked for again and again; a POST is not."""
    return lambda stream, direct: None if stream.is_post else set(codes)


def compared(code: str) -> Finds:
    """Where the direct way is known. Else it says that it cannot tell, or finds it all the same."""

    def finds(stream: Stream, direct: bool) -> set[str] | None:
        if stream.is_seldom and not direct:
            return None  # one comment at a time is held back, which nobody sees
        return {code} if direct else {code, "unjudged"}

    return finds


@fault(always())
def nothing(origin: str) -> Iterator[str]:
    yield origin


@fault(always())
def nginx_as_it_should_be(origin: str) -> Iterator[str]:
    with nginx(origin, location="proxy_buffering off;") as proxy:
        yield proxy.url


@fault(always(), insecure=True, seconds=TLS)
def nginx_with_http2(origin: str) -> Iterator[str]:
    tls = Certificate().nginx
    with nginx(origin, listen="ssl http2", server=tls, location="proxy_buffering off;") as proxy:
        yield proxy.url


@fault(always())
def haproxy_before_caddy(origin: str) -> Iterator[str]:
    with caddy(origin) as inner, haproxy(inner.url) as outer:
        yield outer.url


@fault(compared("buffered"))
def nginx_buffers(origin: str) -> Iterator[str]:
    # Towards an upstream that answers in chunks it passes each of them on, even so.
    with (
        nginx(origin, location="proxy_buffering off;") as unchunked,
        nginx(unchunked.url, location=IGNORING, version="1.0") as proxy,
    ):
        yield proxy.url


@fault(compared("buffered"), seconds=20)  # its signs have to be seen twice
def a_relay_collects_for_three_seconds(origin: str) -> Iterator[str]:
    with Relay(origin, collecting(3)) as relay:
        yield relay.url


@fault(lambda stream, direct: {"delayed"} if direct and "/strange" not in stream.path else None)
def a_relay_is_late(origin: str) -> Iterator[str]:
    with Relay(origin, late(0.3)) as relay:
        yield relay.url


# What comes in halves is held back by halves.
@fault(lambda stream, direct: (
    None if not direct else {"delayed", "buffered"} if "/strange" in stream.path else {"delayed"}
))  # fmt: skip
def a_relay_holds_each_until_the_next(origin: str) -> Iterator[str]:
    with Relay(origin, until_the_next) as relay:
        yield relay.url


@fault(always("compressed"))
def nginx_compresses(origin: str) -> Iterator[str]:
    gzip = "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0;"
    with nginx(origin, http=gzip, location="proxy_buffering off;") as proxy:
        yield proxy.url


@fault(always("compressed"))
def apache_deflates(origin: str) -> Iterator[str]:
    with apache(origin, server="AddOutputFilterByType DEFLATE text/event-stream") as proxy:
        yield proxy.url


@fault(lambda stream, direct: {"idle-timeout"} if stream.is_seldom else None)
def nginx_cuts_silence(origin: str) -> Iterator[str]:
    with nginx(origin, location="proxy_buffering off; proxy_read_timeout 1500ms;") as proxy:
        yield proxy.url


@fault(always("max-duration"))
def a_relay_cuts_after_two_seconds(origin: str) -> Iterator[str]:
    with Relay(origin, seconds=2.2) as relay:
        yield relay.url


@fault(lambda stream, direct: {"stalled"} if stream.is_seldom else None)
def a_box_forgets(origin: str) -> Iterator[str]:
    with BlackHole(origin, 1.5) as box:
        yield box.url


@fault(always("bad-gateway"))
def no_server(origin: str) -> Iterator[str]:
    with nginx("http://127.0.0.1:1") as proxy:
        yield proxy.url


@fault(gets("bad-gateway"))
def one_of_two_servers_is_away(origin: str) -> Iterator[str]:
    both = (
        f"upstream both {{ server {origin[7:]}; server 127.0.0.1:1 max_fails=0; }}"
        " proxy_next_upstream off;"
    )
    with nginx("http://both", http=both, location="proxy_buffering off;") as proxy:
        yield proxy.url


@fault(gets("refused"))
def nginx_lets_one_stream_in(origin: str) -> Iterator[str]:
    zone = "limit_conn_zone $server_port zone=streams:1m;"
    with nginx(origin, http=zone, location="limit_conn streams 1; proxy_buffering off;") as proxy:
        yield proxy.url


@fault(always("refused"))
def a_filter_says_no(origin: str) -> Iterator[str]:
    with nginx(origin, server="return 403;") as proxy:
        yield proxy.url


@fault(lambda stream, direct: {"refused"} if stream.ids else None)
def a_filter_refuses_those_that_resume(origin: str) -> Iterator[str]:
    resume = "if ($http_last_event_id) { return 403; }"
    with nginx(origin, location=f"{resume} proxy_buffering off;") as proxy:
        yield proxy.url


@fault(lambda stream, direct: {"no-ids"} if stream.ids else None)
def a_relay_removes_ids(origin: str) -> Iterator[str]:
    with Relay(origin, replacing(rb"id: \d+\r?\n?", b"")) as relay:
        yield relay.url


@fault(lambda stream, direct: {"last-event-id-dropped"} if direct and "orders" in stream.path
       else None)  # fmt: skip
def nginx_drops_the_last_event_id(origin: str) -> Iterator[str]:
    location = "proxy_set_header Last-Event-ID ''; proxy_buffering off;"
    with nginx(origin, location=location) as proxy:
        yield proxy.url


@fault(always("unauthorized"))
def a_sign_on_redirects(origin: str) -> Iterator[str]:
    with nginx(origin, server="return 302 https://sso.example/login?next=/;") as proxy:
        yield proxy.url


@fault(always("not-event-stream"))
def a_page_in_place_of_the_stream(origin: str) -> Iterator[str]:
    with nginx(origin, server="default_type text/html; return 200 '<h1>Hello</h1>';") as proxy:
        yield proxy.url


@fault(lambda stream, direct: {"cached"} if stream.path == "/answer" and not stream.is_post
       else None)  # fmt: skip
def nginx_keeps_what_has_ended(origin: str) -> Iterator[str]:
    with nginx(origin, location=KEEPING, version="1.0") as proxy:
        yield proxy.url


@fault(always("tls"))
def a_certificate_of_nobody(origin: str) -> Iterator[str]:
    with nginx(origin, listen="ssl http2", server=Certificate().nginx) as proxy:
        yield proxy.url


@fault(gets("few-streams"), insecure=True, seconds=TLS)
def nginx_takes_one_stream_at_a_time(origin: str) -> Iterator[str]:
    server = f"{Certificate().nginx} http2_max_concurrent_streams 1;"
    with nginx(origin, listen="ssl http2", server=server, location="proxy_buffering off;") as proxy:
        yield proxy.url
