"""Set-ups with other products in between, and with boxes that change or lose what passes."""

import re
import time
from collections.abc import Iterator

from tests.streamdoctor.blackhole import BlackHole
from tests.streamdoctor.proxies import h2o, lighttpd, nginx, squid, varnish
from tests.streamdoctor.relay import Pieces, Relay, Rewrite
from tests.streamdoctor.setups import set_up


@set_up(path="varnish")
def varnish_by_default(daphne: str) -> Iterator[str]:
    with varnish(daphne) as proxy:
        yield proxy.url


@set_up("buffered", path="varnish", fix="do_stream = true", seconds=13)
def varnish_waits_for_the_whole(daphne: str) -> Iterator[str]:
    with varnish(daphne, response="set beresp.do_stream = false;") as proxy:
        yield proxy.url


@set_up("idle-timeout", path="varnish", fix="between_bytes_timeout")
def varnish_cuts_silence(daphne: str) -> Iterator[str]:
    with varnish(daphne, backend=".between_bytes_timeout = 3s;") as proxy:
        yield proxy.url


@set_up("buffered", path="lighttpd/1.", fix="server.stream-response-body = 2")
def lighttpd_by_default_waits_for_the_whole(daphne: str) -> Iterator[str]:
    with lighttpd(daphne) as proxy:
        yield proxy.url


@set_up(path="lighttpd/1.")
def lighttpd_that_passes_on_what_comes(daphne: str) -> Iterator[str]:
    with lighttpd(daphne, server="server.stream-response-body = 2") as proxy:
        yield proxy.url


@set_up(path="h2o/2.")
def h2o_by_default(daphne: str) -> Iterator[str]:
    with h2o(daphne) as proxy:
        yield proxy.url


@set_up("idle-timeout", path="h2o/2.", fix="proxy.timeout.io: 75000")
def h2o_cuts_silence(daphne: str) -> Iterator[str]:
    with h2o(daphne, path="proxy.timeout.io: 3000") as proxy:
        yield proxy.url


@set_up(path="squid/5.")
def squid_before_the_site(daphne: str) -> Iterator[str]:
    with squid(daphne) as proxy:
        yield proxy.url


@set_up(seconds=20)
def a_way_on_which_each_request_takes_a_second_and_a_half(daphne: str) -> Iterator[str]:
    with Relay(daphne, answer=lambda target: time.sleep(1.5)) as relay:
        yield relay.url


@set_up(logs_in=True, direct=True, seconds=24)
def a_slow_way_with_a_log_in(daphne: str) -> Iterator[str]:
    with Relay(daphne, answer=lambda target: time.sleep(1)) as relay:
        yield relay.url


@set_up("stalled", evidence="due every 5 s", seconds=14)
def a_box_that_forgets_silent_connections(daphne: str) -> Iterator[str]:
    with BlackHole(daphne, 3) as box:
        yield box.url


@set_up("stalled", path="nginx", logs_in=True, seconds=14)
def a_box_that_forgets_before_nginx(daphne: str) -> Iterator[str]:
    with nginx(daphne) as proxy, BlackHole(proxy.url, 2.5) as box:
        yield box.url


@set_up("no-ids")
def a_relay_that_removes_ids(daphne: str) -> Iterator[str]:
    with Relay(daphne, replacing(rb"(?m)^id: .*\n", b"")) as relay:
        yield relay.url


@set_up("delayed", evidence="until the next one")
def a_relay_that_holds_each_until_the_next(daphne: str) -> Iterator[str]:
    with Relay(daphne, until_the_next) as relay:
        yield relay.url


@set_up()
def a_relay_that_ends_lines_with_cr_alone(daphne: str) -> Iterator[str]:
    with Relay(daphne, replacing(rb"\n", b"\r")) as relay:
        yield relay.url


@set_up()
def a_relay_that_ends_lines_with_crlf_after_a_byte_order_mark(daphne: str) -> Iterator[str]:
    def marked(pieces: Pieces) -> Pieces:
        yield b"\xef\xbb\xbf"
        yield from replacing(rb"\n", b"\r\n")(pieces)

    with Relay(daphne, marked) as relay:
        yield relay.url


@set_up()
def a_relay_that_passes_on_byte_by_byte(daphne: str) -> Iterator[str]:
    def single(pieces: Pieces) -> Pieces:
        for piece in pieces:
            yield from (piece[at : at + 1] for at in range(len(piece)))

    with Relay(daphne, single) as relay:
        yield relay.url


def replacing(pattern: bytes, replacement: bytes) -> Rewrite:
    def rewrite(pieces: Pieces) -> Pieces:
        for piece in pieces:
            yield re.sub(pattern, replacement, piece)

    return rewrite


def until_the_next(pieces: Pieces) -> Pieces:
    held = b""
    for piece in pieces:
        if held:
            yield held
        held = piece
