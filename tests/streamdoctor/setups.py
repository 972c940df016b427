"""Set-ups sound and faulty, of real servers, with what the doctor must find first."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from tests.streamdoctor.certificates import Certificate, authority
from tests.streamdoctor.proxies import apache, caddy, haproxy, nginx
from tests.streamdoctor.relay import Pieces, Relay

# Towards an upstream of HTTP/1.1 nginx passes each chunk on even so: measured with 1.22.1.
IGNORING = "proxy_ignore_headers X-Accel-Buffering;"
KEEPING = (
    "proxy_cache kept; proxy_cache_valid 200 1m; proxy_cache_key $uri;"
    " proxy_ignore_headers X-Accel-Buffering Cache-Control Expires Set-Cookie Vary;"
)


@dataclass(frozen=True)
class SetUp:
    """`build(daphne's URL)` gives the URL to ask; `finds` is the first finding, "" if none errs."""

    name: str
    build: Callable[[str], AbstractContextManager[str]]
    finds: str = ""
    evidence: str = ""  # words that must stand in it
    fix: str = ""
    path: str = ""  # a product that must be recognised
    logs_in: bool = False  # through the form, not with a session that is there
    direct: bool = False
    insecure: bool = False
    only_costs: bool = False  # a warning, so the site is healthy
    seconds: float = 11
    also: tuple[str, ...] = field(default=())  # codes that may come after it


SETUPS: list[SetUp] = []


def set_up(
    finds: str = "", **expected: object
) -> Callable[[Callable[..., Iterator[str]]], Callable[..., Iterator[str]]]:
    """Adds the function to the table, named as it is."""

    def add(build: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
        name = build.__name__.strip("_")
        SETUPS.append(SetUp(name, contextmanager(build), finds, **expected))  # type: ignore[arg-type]
        return build

    return add


# --- sound ------------------------------------------------------------------------------------


@set_up(path="daphne")
def daphne_alone(daphne: str) -> Iterator[str]:
    yield daphne


@set_up(path="nginx/1.", logs_in=True)
def nginx_with_buffering_off(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_buffering off; proxy_read_timeout 75s;") as proxy:
        yield proxy.url


@set_up(path="nginx")
def nginx_by_default_honours_the_header(daphne: str) -> Iterator[str]:
    with nginx(daphne) as proxy:
        yield proxy.url


@set_up(path="nginx", logs_in=True, direct=True)
def nginx_with_tls_and_http2(daphne: str) -> Iterator[str]:
    trusted = Certificate(signer=authority())
    with nginx(daphne, listen="ssl http2", server=trusted.nginx) as proxy:
        yield proxy.url


@set_up(path="nginx", insecure=True)
def nginx_with_a_self_signed_certificate_accepted(daphne: str) -> Iterator[str]:
    with nginx(daphne, listen="ssl http2", server=Certificate().nginx) as proxy:
        yield proxy.url


@set_up(path="nginx", insecure=True)
def redirect_to_https(daphne: str) -> Iterator[str]:
    with nginx(daphne, listen="ssl http2", server=Certificate().nginx) as secure:
        away = f"return 301 https://127.0.0.1:{secure.port}$request_uri;"
        with nginx(daphne, server=away) as proxy:
            yield proxy.url


@set_up(path="haproxy")
def haproxy_without_delay(daphne: str) -> Iterator[str]:
    with haproxy(daphne) as proxy:
        yield proxy.url


@set_up(path="caddy", logs_in=True)
def caddy_by_default(daphne: str) -> Iterator[str]:
    with caddy(daphne) as proxy:
        yield proxy.url


@set_up(path="haproxy")
def haproxy_before_nginx(daphne: str) -> Iterator[str]:
    with nginx(daphne) as inner, haproxy(inner.url) as outer:
        yield outer.url


@set_up(path="apache")
def apache_with_tls_and_http2(daphne: str) -> Iterator[str]:
    trusted = Certificate(signer=authority())
    server = (
        "Protocols h2 http/1.1\nSSLEngine on\nRequestHeader set X-Forwarded-Proto https\n"
        f"SSLCertificateFile {trusted.chain}\nSSLCertificateKeyFile {trusted.private}"
    )
    with apache(daphne, server=server) as proxy:
        yield proxy.url


@set_up(path="apache")
def apache_by_default(daphne: str) -> Iterator[str]:
    with apache(daphne) as proxy:
        yield proxy.url


@set_up(path="caddy")
def caddy_before_nginx(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_buffering off;") as inner, caddy(inner.url) as outer:
        yield outer.url


@set_up()
def a_relay_that_only_relays(daphne: str) -> Iterator[str]:
    with Relay(daphne) as relay:
        yield relay.url


@set_up()
def an_idle_timeout_above_the_heartbeat(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_read_timeout 7s;") as proxy:
        yield proxy.url


# --- held back --------------------------------------------------------------------------------


@set_up("buffered", path="nginx/1.", fix="proxy_buffering off")
def nginx_ignores_the_header(daphne: str) -> Iterator[str]:
    with nginx(daphne, location=IGNORING, version="1.0") as proxy:
        yield proxy.url


@set_up("buffered", path="nginx", direct=True, evidence="direct way", logs_in=True)
def nginx_ignores_the_header_and_daphne_is_known(daphne: str) -> Iterator[str]:
    with nginx(daphne, location=IGNORING, version="1.0") as proxy:
        yield proxy.url


@set_up("buffered", path="nginx", fix="in both")
def the_outer_nginx_buffers_for_the_inner_one_ate_the_header(daphne: str) -> Iterator[str]:
    with nginx(daphne) as inner, nginx(inner.url, version="1.0") as outer:
        yield outer.url


@set_up("buffered")
def caddy_before_a_buffering_nginx(daphne: str) -> Iterator[str]:
    with nginx(daphne, location=IGNORING, version="1.0") as inner, caddy(inner.url) as outer:
        yield outer.url


@set_up("buffered", seconds=13)
def a_relay_that_passes_on_every_third_second(daphne: str) -> Iterator[str]:
    with Relay(daphne, collecting(3)) as relay:
        yield relay.url


@set_up("buffered", logs_in=True, seconds=20)
def a_relay_that_passes_on_the_first_piece_only(daphne: str) -> Iterator[str]:
    def first_then_collect(pieces: Pieces) -> Pieces:
        yield next(pieces)
        yield b"".join(pieces)

    with Relay(daphne, first_then_collect) as relay:
        yield relay.url


@set_up("buffered", path="nginx", insecure=True)
def nginx_ignores_the_header_over_http2(daphne: str) -> Iterator[str]:
    tls = Certificate().nginx
    with nginx(daphne, listen="ssl http2", server=tls, location=IGNORING, version="1.0") as proxy:
        yield proxy.url


@set_up("delayed", only_costs=True, path="nginx")
def the_inner_haproxy_waits_for_more(daphne: str) -> Iterator[str]:
    with haproxy(daphne, defaults="") as inner, nginx(inner.url) as outer:
        yield outer.url


@set_up("delayed", only_costs=True, path="haproxy", fix="http-no-delay")
def haproxy_by_default_waits_for_more(daphne: str) -> Iterator[str]:
    with haproxy(daphne, defaults="") as proxy:
        yield proxy.url


@set_up("delayed", only_costs=True, evidence="ms after")
def a_relay_half_a_second_late(daphne: str) -> Iterator[str]:
    with Relay(daphne, late(0.5)) as relay:
        yield relay.url


@set_up("no-heartbeat", seconds=14)
def a_relay_that_filters_heartbeats_out(daphne: str) -> Iterator[str]:
    def without_heartbeats(pieces: Pieces) -> Pieces:
        yield from (piece for piece in pieces if b"event: heartbeat" not in piece)

    with Relay(daphne, without_heartbeats) as relay:
        yield relay.url


# --- coded ------------------------------------------------------------------------------------


@set_up("compressed", path="nginx", fix="gzip off")
def nginx_compresses(daphne: str) -> Iterator[str]:
    with nginx(daphne, http="gzip on; gzip_types *; gzip_proxied any;") as proxy:
        yield proxy.url


@set_up("compressed", path="nginx", fix="gzip off")
def nginx_compresses_and_holds_back(daphne: str) -> Iterator[str]:
    gzip = "gzip on; gzip_types *; gzip_proxied any;"
    with nginx(daphne, http=gzip, location=IGNORING) as proxy:
        yield proxy.url


@set_up("compressed", path="apache", fix="no-gzip")
def apache_deflates(daphne: str) -> Iterator[str]:
    deflate = "AddOutputFilterByType DEFLATE text/event-stream"
    with apache(daphne, server=deflate) as proxy:
        yield proxy.url


@set_up("compressed", path="caddy", fix="encode")
def caddy_encodes(daphne: str) -> Iterator[str]:
    with caddy(
        daphne, site="encode gzip {\n minimum_length 1\n match header Content-Type text/*\n}"
    ) as proxy:
        yield proxy.url


@set_up("compressed", path="caddy", evidence="zstd")
def caddy_encodes_with_zstd(daphne: str) -> Iterator[str]:
    with caddy(
        daphne, site="encode zstd {\n minimum_length 1\n match header Content-Type text/*\n}"
    ) as proxy:
        yield proxy.url


@set_up("compressed", path="haproxy", fix="compression type")
def haproxy_compresses(daphne: str) -> Iterator[str]:
    compression = "compression algo deflate\n  compression type text/event-stream"
    with (
        caddy(daphne, proxy="header_down -Cache-Control") as inner,  # whose no-transform it heeds
        haproxy(inner.url, frontend=compression) as outer,
    ):
        yield outer.url


# --- cut --------------------------------------------------------------------------------------


@set_up(
    "idle-timeout", path="nginx", evidence="heartbeats come every 5 s", fix="proxy_read_timeout"
)
def nginx_cuts_silence(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_read_timeout 3s;") as proxy:
        yield proxy.url


@set_up("idle-timeout", path="nginx")
def nginx_cuts_silence_after_a_second(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_read_timeout 1s;") as proxy:
        yield proxy.url


@set_up("idle-timeout", path="nginx", insecure=True)
def nginx_cuts_silence_over_http2(daphne: str) -> Iterator[str]:
    tls, short = Certificate().nginx, "proxy_read_timeout 3s;"
    with nginx(daphne, listen="ssl http2", server=tls, location=short) as proxy:
        yield proxy.url


@set_up("idle-timeout", path="haproxy", fix="timeout server")
def haproxy_cuts_silence(daphne: str) -> Iterator[str]:
    with haproxy(daphne, timeout="3s") as proxy:
        yield proxy.url


@set_up("idle-timeout", path="apache", fix="ProxyTimeout")
def apache_cuts_silence(daphne: str) -> Iterator[str]:
    with apache(daphne, proxy="timeout=3") as proxy:
        yield proxy.url


@set_up("idle-timeout", path="caddy")
def the_inner_haproxy_cuts_silence(daphne: str) -> Iterator[str]:
    with haproxy(daphne, timeout="3s") as inner, caddy(inner.url) as outer:
        yield outer.url


@set_up("max-duration", evidence="after 4.")
def a_relay_that_cuts_after_four_seconds(daphne: str) -> Iterator[str]:
    with Relay(daphne, seconds=4) as relay:
        yield relay.url


@set_up("max-duration", path="caddy", fix="timeouts", seconds=12)
def caddy_cuts_after_four_seconds(daphne: str) -> Iterator[str]:
    with caddy(daphne, top="servers {\n timeouts {\n write 3s\n }\n}") as proxy:
        yield proxy.url


@set_up("no-disconnect", seconds=30)  # two looks at what it left, each of several seconds
def a_relay_that_never_tells_that_the_client_has_left(daphne: str) -> Iterator[str]:
    with Relay(daphne, tells=False) as relay:
        yield relay.url


@set_up("no-disconnect", path="nginx", fix="proxy_ignore_client_abort", only_costs=True, seconds=13)
def nginx_reads_on_when_the_client_has_left(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_ignore_client_abort on;") as proxy:
        yield proxy.url


# --- falsified --------------------------------------------------------------------------------


@set_up("cached", path="nginx", fix="proxy_cache off", logs_in=True)
def nginx_keeps_streams(daphne: str) -> Iterator[str]:
    with nginx(daphne, location=KEEPING, version="1.0") as proxy:
        yield proxy.url


@set_up("cached", path="nginx", seconds=12)
def nginx_keeps_streams_of_a_session_that_is_there(daphne: str) -> Iterator[str]:
    with nginx(daphne, location=KEEPING, version="1.0") as proxy:
        yield proxy.url


@set_up("cached")
def a_relay_that_gives_one_stream_to_all(daphne: str) -> Iterator[str]:
    recorded: list[bytes] = []

    def record(pieces: Pieces) -> Pieces:
        if not recorded:
            recorded.append(next(pieces))
        yield recorded[0]
        yield from pieces

    with Relay(daphne, record) as relay:
        yield relay.url


@set_up("cached", evidence="refusal")
def a_relay_that_keeps_the_refusal(daphne: str) -> Iterator[str]:
    def kept(target: str) -> tuple[int, dict[str, str], bytes] | None:
        if target.startswith("/api/user/stream") and "&" not in target:
            headers = {"Content-Type": "application/json"}
            return 401, headers, b'{"error": "Sign in first."}'
        return None

    with Relay(daphne, answer=kept) as relay:
        yield relay.url


@set_up("unauthorized", path="nginx", fix="Cookie")
def nginx_drops_the_cookie_of_the_stream(daphne: str) -> Iterator[str]:
    stream = f"location = /api/user/stream {{ proxy_pass {daphne}; proxy_set_header Cookie ''; }}"
    with nginx(daphne, server=stream) as proxy:
        yield proxy.url


@set_up("unauthorized", path="haproxy", logs_in=True)
def haproxy_drops_every_cookie(daphne: str) -> Iterator[str]:
    with haproxy(daphne, frontend="http-request del-header Cookie") as proxy:
        yield proxy.url


@set_up("last-event-id-dropped", path="nginx", fix="Last-Event-ID")
def nginx_drops_the_last_event_id(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="proxy_set_header Last-Event-ID '';") as proxy:
        yield proxy.url


@set_up("last-event-id-dropped", evidence="query")
def a_relay_that_drops_the_query(daphne: str) -> Iterator[str]:
    with Relay(daphne, target=lambda target: target.partition("?")[0]) as relay:
        yield relay.url


@set_up("header-missing", only_costs=True, path="caddy")
def caddy_drops_cache_control(daphne: str) -> Iterator[str]:
    with caddy(daphne, proxy="header_down -Cache-Control") as proxy:
        yield proxy.url


# --- not there --------------------------------------------------------------------------------


@set_up("redirected", path="nginx")
def the_stream_alone_redirects(daphne: str) -> Iterator[str]:
    with nginx(daphne, server="rewrite ^(/api/user/stream)$ $1/ permanent;") as proxy:
        yield proxy.url


@set_up("redirected")
def the_site_redirects_to_where_nothing_is(daphne: str) -> Iterator[str]:
    with nginx(daphne, server="return 301 https://127.0.0.1:1$request_uri;") as proxy:
        yield proxy.url


@set_up("not-event-stream", path="nginx")
def a_page_in_place_of_the_stream(daphne: str) -> Iterator[str]:
    page = "location = /api/user/stream { default_type text/html; return 200 '<h1>Hello</h1>'; }"
    with nginx(daphne, server=page) as proxy:
        yield proxy.url


@set_up("not-event-stream")
def a_stream_of_another_type(daphne: str) -> Iterator[str]:
    with caddy(daphne, proxy="header_down Content-Type text/event-stream text/plain") as proxy:
        yield proxy.url


@set_up("not-event-stream", fix="ALLOWED_HOSTS")
def a_host_that_is_not_allowed(daphne: str) -> Iterator[str]:
    with haproxy(daphne, frontend="http-request set-header Host elsewhere.example") as proxy:
        yield proxy.url


@set_up("bad-gateway", path="nginx", fix="proxy_pass")
def nginx_without_daphne(daphne: str) -> Iterator[str]:
    with nginx("http://127.0.0.1:1") as proxy:
        yield proxy.url


@set_up("bad-gateway", path="haproxy")
def haproxy_without_daphne(daphne: str) -> Iterator[str]:
    with haproxy("http://127.0.0.1:1") as proxy:
        yield proxy.url


@set_up("bad-gateway", path="nginx")
def nginx_stands_in_while_daphne_is_away(daphne: str) -> Iterator[str]:
    stand_in = (
        "error_page 502 503 504 = @retry;"
        'location @retry { default_type text/event-stream; return 200 "retry: 2000\n\n"; }'
    )
    with nginx("http://127.0.0.1:1", server=stand_in) as proxy:
        yield proxy.url


@set_up("unreachable")
def nothing_listens(daphne: str) -> Iterator[str]:
    yield "http://127.0.0.1:1"


@set_up("tls", evidence="self-signed")
def a_self_signed_certificate(daphne: str) -> Iterator[str]:
    with nginx(daphne, listen="ssl http2", server=Certificate().nginx) as proxy:
        yield proxy.url


@set_up("tls", evidence="expired")
def an_expired_certificate(daphne: str) -> Iterator[str]:
    with nginx(
        daphne, listen="ssl", server=Certificate(signer=authority(), days=-1).nginx
    ) as proxy:
        yield proxy.url


@set_up("tls", evidence="not valid for '127.0.0.1'")
def a_certificate_for_another_host(daphne: str) -> Iterator[str]:
    other = Certificate(signer=authority(), address="127.0.0.2")
    with nginx(daphne, listen="ssl", server=other.nginx) as proxy:
        yield proxy.url


@set_up("tls", fix="https://")
def tls_where_it_is_not_asked_for(daphne: str) -> Iterator[str]:
    with nginx(daphne, listen="ssl", server=Certificate().nginx) as proxy:
        yield proxy.url.replace("https:", "http:")


@set_up("tls", fix="http://")
def no_tls_where_it_is_asked_for(daphne: str) -> Iterator[str]:
    with nginx(daphne) as proxy:
        yield proxy.url.replace("http:", "https:")


@set_up("http1-only", only_costs=True, path="nginx", insecure=True, fix="listen 443 ssl http2")
def tls_without_http2(daphne: str) -> Iterator[str]:
    with nginx(daphne, listen="ssl", server=Certificate().nginx) as proxy:
        yield proxy.url


def collecting(seconds: float) -> Callable[[Pieces], Pieces]:
    """Passes on what has come, at the first piece after so many seconds."""

    def rewrite(pieces: Pieces) -> Pieces:
        held, since = b"", time.monotonic()
        for piece in pieces:
            held += piece
            if time.monotonic() - since >= seconds:
                yield held
                held, since = b"", time.monotonic()
        yield held

    return rewrite


def late(seconds: float) -> Callable[[Pieces], Pieces]:
    def rewrite(pieces: Pieces) -> Pieces:
        for piece in pieces:
            time.sleep(seconds)
            yield piece

    return rewrite
