"""Products that cannot run here, by their answers: recognised, and met with their own lines."""

from dataclasses import replace
from pathlib import Path

import pytest

from live.management.commands.streamdoctor import this_site
from streamdoctor.findings import copies, duration
from streamdoctor.findings.products import made_by, products
from streamdoctor.findings.remedies import GENERAL, remedy
from streamdoctor.findings.verdict import judge
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.watch import Record
from streamdoctor.wire.client import Answer
from streamdoctor.wire.events import Frame
from streamdoctor.wire.http1 import Http1
from streamdoctor.wire.message import Head
from streamdoctor.wire.origin import Origin

RESPONSES = Path(__file__).parent / "responses"
ORIGIN = Origin.parse("http://help.example.com")


class Recorded:
    """A connection that plays an answer back, in pieces of an awkward size."""

    def __init__(self, data: bytes, size: int = 7) -> None:
        self.data, self.size = data, size

    def receive(self, deadline: float) -> bytes:
        piece, self.data = self.data[: self.size], self.data[self.size :]
        return piece


def replayed(name: str) -> Answer:
    raw = (RESPONSES / f"{name}.http").read_bytes().replace(b"\n", b"\r\n")
    raw = raw.replace(b"Content-Length", b"X-Length").replace(b"content-length", b"x-length")
    http = Http1(Recorded(raw))  # type: ignore[arg-type]
    head, body = http.read_head(0), b""
    while piece := http.read_body(0):
        body += piece
    return Answer(head, body, 0.0, 0.01, 0.001)


def facts_of(*answers: Answer) -> Facts:
    return Facts(ORIGIN, Way(ORIGIN), site=this_site(), strangers=list(answers))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cloudflare", ["cloudflare"]),
        ("cloudfront", ["cloudfront", "daphne"]),
        ("aws-alb", ["aws-alb"]),
        ("aws-alb-sticky", ["aws-alb", "daphne"]),
        ("heroku", ["heroku", "daphne"]),
        ("heroku-2", ["heroku"]),
        ("vercel", ["vercel"]),
        ("bunny", ["bunny"]),
        ("varnish", ["varnish/7.1", "daphne"]),
        ("envoy", ["envoy"]),
        ("caddy-2.8", ["caddy", "daphne"]),
        ("nginx-of-another-name", ["nginx"]),
        ("fastly", ["fastly", "varnish"]),
        ("azure-front-door", ["azure"]),
        ("google", ["google", "uvicorn"]),
        ("aws-api-gateway", ["aws-api-gateway"]),
        ("nextjs", ["nextjs"]),
        ("gunicorn-400", ["gunicorn"]),
        ("hypercorn", ["hypercorn"]),
        ("vite", ["vite"]),
    ],
)
def test_a_product_is_recognised_by_what_it_adds(name: str, path: list[str]) -> None:
    assert products(facts_of(replayed(name))) == path


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("cloudflare-524", "cloudflare"),
        ("aws-alb", "aws-alb"),
        ("varnish-503", "varnish"),
        ("envoy-503", "envoy"),
        ("traefik-502", "traefik"),
        ("akamai-503", "akamai"),
        ("azure-gateway-502", "azure"),
        ("google-502", "google"),
        ("squid-503", "squid"),
    ],
)
def test_a_bad_gateway_is_named_with_the_product_that_says_so(name: str, product: str) -> None:
    answer = replayed(name)
    assert made_by(answer).partition("/")[0] == product
    finding = judge(facts_of(answer)).findings[0]
    assert finding.code == "bad-gateway"
    assert product in finding.evidence


@pytest.mark.parametrize(
    ("refusal", "path"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", ["node"]),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close"
         b"\r\n\r\n400 Bad Request: malformed Host header", ["go"]),
        (b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\r\n"
         b"Invalid HTTP request received.", ["uvicorn"]),
        (b"HTTP/1.1 400 Bad Request\r\nServer: h2o/2.2.5\r\n\r\n", ["h2o/2.2.5"]),
    ],
)  # fmt: skip
def test_a_product_is_recognised_by_how_it_refuses_what_it_cannot_read(
    refusal: bytes, path: list[str]
) -> None:
    facts = facts_of()
    facts.refusal = refusal
    assert products(facts) == path


@pytest.mark.parametrize(
    ("path", "seconds", "says"),
    [
        ("cloudfront", 30.1, "CloudFront"),
        ("heroku", 55.0, "Heroku"),
        ("nginx/1.22.1", 60.2, "nginx"),
        ("cloudflare", 100.4, "Cloudflare"),
        ("cloudflare", 42.0, ""),
        ("somethingelse", 60.0, ""),
    ],
)
def test_a_default_is_that_of_a_product_which_was_recognised(
    path: str, seconds: float, says: str
) -> None:
    facts = facts_of()
    head = replayed("cloudfront").head
    cut = Record(sent_at=0, head=head, head_at=0.1, first_byte_at=0.1, last_byte_at=0.1,
                 pieces=[0.1], over_at=0.1 + seconds, end="cut")  # fmt: skip
    facts.way.silent = [cut, replace(cut)]
    facts.way.paced = [replace(cut, last_byte_at=seconds, end="open")]
    finding = duration.idle_timeout(facts, [path])
    assert finding is not None
    assert f"{seconds:.1f} s" in finding.evidence
    assert says in finding.evidence
    assert ("default of" in finding.evidence) == bool(says)


def test_a_cached_stream_is_believed_to_the_header_that_admits_it() -> None:
    facts = facts_of()
    facts.way.paced = [Record(head=replayed("bunny").head)]
    finding = judge(facts).findings[0]
    assert (finding.code, "CDN-Cache: HIT" in finding.evidence) == ("cached", True)
    assert "bunny.net" in finding.fix


@pytest.mark.parametrize(("streams", "copied"), [(2, False), (1, True)])
def test_two_streams_of_one_moment_are_no_copies_but_the_same_words_are(
    streams: int, copied: bool
) -> None:
    data = {"user": 7, "streams": 1, "head": 3, "server_time": "2026-01-02T03:04:05.678Z"}
    one = Frame(0.0, "connected", retry="1500", data=data)
    other = Frame(0.1, "connected", retry="1500", data={**data, "streams": streams})
    head = Head(200, [("content-type", "text/event-stream")], "1.1")
    facts = facts_of()
    words = this_site().words
    facts.way.paced = [Record(words, head=head, frames=[frame]) for frame in (one, other)]
    finding = copies.cached(facts, [])
    assert (finding is not None) == copied


@pytest.mark.parametrize("code", GENERAL)
def test_the_unknown_gets_the_general_rule(code: str) -> None:
    assert remedy(code, ["somethingelse/1.0", "daphne"]) == GENERAL[code]
