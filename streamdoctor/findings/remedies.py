"""What to do about a finding: for the products that were recognised in the way, or else the general
rule. `/STREAM` stands for the path of the stream and SERVER for the server's address, which
verdict.py puts in their place."""

from streamdoctor.findings.lines import (
    APACHE,
    CADDY,
    H2O,
    HAPROXY,
    LIGHTTPD,
    NGINX,
    SQUID,
    VARNISH,
)
from streamdoctor.findings.lines_elsewhere import ELSEWHERE
from streamdoctor.findings.products import label, version
from streamdoctor.findings.remedy import Remedy, lines

STREAM, SERVER = "/STREAM", "SERVER"

PRODUCTS: dict[str, dict[str, Remedy]] = {
    "nginx": NGINX,
    "apache": APACHE,
    "caddy": CADDY,
    "haproxy": HAPROXY,
    "varnish": VARNISH,
    "lighttpd": LIGHTTPD,
    "h2o": H2O,
    "squid": SQUID,
    **ELSEWHERE,
}
NAMES = {
    "apache": "Apache", "caddy": "Caddy", "haproxy": "HAProxy", "varnish": "Varnish",
    "traefik": "Traefik", "envoy": "Envoy", "cloudflare": "Cloudflare", "cloudfront": "CloudFront",
    "bunny": "bunny.net", "fastly": "Fastly", "akamai": "Akamai", "azure": "Azure",
    "google": "Google Cloud", "aws-alb": "AWS ALB", "aws-api-gateway": "AWS API Gateway",
    "heroku": "Heroku", "vercel": "Vercel", "squid": "Squid", "h2o": "H2O", "nextjs": "Next.js",
    "express": "Express", "vite": "Vite",
}  # fmt: skip
HTTP2_ON = (1, 25, 1)  # from this version on nginx wants it so

GENERAL: dict[str, str] = {
    "unreachable": "Check the name, the port, the firewall, and that the front server runs and"
    " listens there.",
    "tls": "Install a certificate that names this host, is in date and comes with its"
    " intermediate certificates.",
    "bad-gateway": "Start the server, and give the proxy the address that it listens on.",
    "redirected": "Answer /STREAM itself, without a redirect, at the address people use. Where TLS"
    " ends at a proxy, it must say so in X-Forwarded-Proto, and the server must believe it.",
    "unauthorized": "Pass Cookie, Authorization and Set-Cookie unchanged, pass Host as it came, and"
    " say the scheme in X-Forwarded-Proto.",
    "own-login": "Leave /STREAM out of the proxy's log-in, for an EventSource cannot answer it; or"
    " give the doctor what it asks for by --cookie or --header.",
    "refused": "Let /STREAM out of the limit or the filter that answered: each tab of a browser"
    " keeps a stream open, and asks again after each break.",
    "resume-refused": "Let requests with the header Last-Event-ID pass as those without: a browser"
    " that is refused once does not come back. The server answers an id that it does not know with"
    " 200.",
    "not-event-stream": "Route /STREAM to the server, with its path, Host, type and status"
    " unchanged.",
    "buffered": "Pass each piece of a text/event-stream on as it comes: no response buffering, no"
    " filter that collects a body, on /STREAM; at every proxy in the row.",
    "compressed": "Leave text/event-stream out of compression, everywhere on the way.",
    "cached": "Never cache /STREAM: honour Cache-Control: no-cache, and empty what is stored.",
    "idle-timeout": "Allow /STREAM at least 75 s between two bytes, at every proxy and load"
    " balancer on the way; or let the server send a heartbeat well before the seconds that were"
    " measured.",
    "stalled": "Something in between (a firewall, NAT, a VPN) forgets connections that are silent:"
    " let the server send heartbeats more often, and the page reconnect when they fail to come.",
    "max-duration": "Take the limit of a response's whole duration off /STREAM.",
    "no-heartbeat": "Look at whether the server is ready, and at its log. If it is well, something"
    " on the way filters events out or holds them back.",
    "no-heartbeat-any": "Let the server send a comment line (: ping) after each 15 s of silence,"
    " and better a named event, which the page can see.",
    "no-ids": "Pass the lines that begin with id: on unchanged: no filter that rewrites the body"
    " of /STREAM.",
    "no-ids-at-all": "Let the server send an id: line with each event and, asked with"
    " Last-Event-ID, what came after it.",
    "last-event-id-dropped": "Pass the request header Last-Event-ID and the query on unchanged.",
    "delayed": "Pass each piece on at once: no delayed or corked sending (TCP_NODELAY), nothing"
    " that waits for the next piece, for text/event-stream.",
    "header-missing": "Send and pass on Cache-Control: no-cache, no-transform and"
    " X-Accel-Buffering: no on /STREAM.",
    "http1-only": "Serve the site over https with HTTP/2.",
    "few-streams": "Allow a hundred streams on one connection of HTTP/2, as browsers expect.",
    "no-disconnect": "Close the connection to the server when the client has left.",
}

OWN = "It is the same on the direct way: the cause is the server itself, not what stands before it."
SHARED_SESSIONS = (
    "Give all servers the same sessions: one database or cache for them, one secret key; until then"
    " let the load balancer send each session to one server only."
)
NEXT = (
    "If that is so already, it is the next proxy in the row: --direct with its address tells which."
)

# Seconds after which products cut, as they come.
DEFAULTS: dict[tuple[str, str], tuple[int, str]] = {
    ("idle-timeout", "cloudfront"): (30, "CloudFront's response timeout"),
    ("idle-timeout", "haproxy"): (50, "HAProxy's `timeout server` as Debian has it"),
    ("idle-timeout", "heroku"): (55, "Heroku's router"),
    ("idle-timeout", "nginx"): (60, "nginx' proxy_read_timeout"),
    ("idle-timeout", "apache"): (60, "Apache's Timeout"),
    ("idle-timeout", "aws-alb"): (60, "an AWS ALB"),
    ("idle-timeout", "varnish"): (60, "Varnish's between_bytes_timeout"),
    ("idle-timeout", "h2o"): (30, "H2O's proxy.timeout.io"),
    ("idle-timeout", "fastly"): (10, "Fastly's between-bytes timeout"),
    ("idle-timeout", "cloudflare"): (100, "Cloudflare"),
    ("idle-timeout", "envoy"): (300, "Envoy's stream_idle_timeout"),
    ("max-duration", "envoy"): (15, "Envoy's route timeout"),
    ("max-duration", "google"): (30, "Google Cloud's backend timeout"),
    ("max-duration", "aws-api-gateway"): (29, "AWS API Gateway"),
    ("max-duration", "vercel"): (300, "Vercel's function duration"),
    ("max-duration", "varnish"): (600, "Varnish's send_timeout"),
}


def remedy(code: str, path: list[str]) -> str:
    """What to write for the products in the way, the nearest to the client first."""
    known = [
        f"{NAMES.get(family(product), family(product))}: {rendered(found)}"
        for product in path
        if (found := _remedy_of(code, product)) is not None
    ]
    return " ".join([*known, NEXT]) if known else GENERAL[code]


def rendered(found: Remedy) -> str:
    parts = [
        f"{'In' if number else 'in'} {part} write {' and '.join(f'`{line}`' for line in written)}."
        for number, (part, written) in enumerate(found.write)
    ]
    return " ".join([*parts, *([found.say] if found.say else [])])


def defaults_of(code: str, seconds: float, path: list[str]) -> str:
    """Names a product that was recognised and has the measured limit by default."""
    for product in path:
        limit, whose = DEFAULTS.get((code, family(product)), (0, ""))
        if whose and abs(seconds - limit) <= max(1.0, limit * 0.03):
            return f"; {limit} s is the default of {whose}"
    return ""


def family(product: str) -> str:
    name = label(product)
    return "nginx" if name in ("openresty", "tengine") else name


def _remedy_of(code: str, product: str) -> Remedy | None:
    if (code, family(product)) == ("http1-only", "nginx") and version(product) >= HTTP2_ON:
        return lines("the server block", "listen 443 ssl;", "http2 on;")
    return PRODUCTS.get(family(product), {}).get(code)
