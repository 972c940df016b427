"""Set-ups that refuse: log-ins of a proxy's own, limits, filters, and servers that do not know what
others know."""

from collections.abc import Iterator

from tests.streamdoctor.certificates import Certificate
from tests.streamdoctor.proxies import caddy, haproxy, nginx
from tests.streamdoctor.setups import set_up

STREAM = "location = /api/user/stream"
LIMITS = (
    "limit_conn_zone $server_port zone=streams:1m;"
    " limit_req_zone $server_port zone=requests:1m rate=2r/s;"
)
HTML = "gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any;"


def twice(daphne: str, second: str) -> str:
    """Two servers that take turns, as nginx' `http` block."""
    servers = f"server {daphne[7:]}; server {second[7:]} max_fails=0;"
    return f"upstream both {{ {servers} }} proxy_next_upstream off;"


@set_up(path="nginx", logs_in=True)
def nginx_compresses_the_pages_but_not_the_stream(daphne: str) -> Iterator[str]:
    stream = f"{STREAM} {{ proxy_pass {daphne}; gzip off; }}"
    with nginx(daphne, http=HTML, server=stream) as proxy:
        yield proxy.url


@set_up("unauthorized", path="nginx", evidence="a log-in of its own", fix="auth_basic off;")
def nginx_asks_for_a_password(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="auth_basic 'Staff only'; auth_basic_user_file none;") as proxy:
        yield proxy.url


@set_up("unauthorized", logs_in=True, evidence="a log-in of its own")
def nginx_asks_for_a_password_before_the_log_in(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="auth_basic 'Staff only'; auth_basic_user_file none;") as proxy:
        yield proxy.url


@set_up("unauthorized", evidence="https://sso.example/authorize")
def a_sign_on_for_many_sites_redirects(daphne: str) -> Iterator[str]:
    with nginx(daphne, server="return 302 https://sso.example/authorize?client=desk;") as proxy:
        yield proxy.url


@set_up("unauthorized", evidence="a page with a form")
def a_sign_on_for_many_sites_answers_with_its_page(daphne: str) -> Iterator[str]:
    page = '<form action="/sso"><input name="u"><input type="password" name="p"></form>'
    form = f"{STREAM} {{ default_type text/html; return 200 '{page}'; }}"
    with nginx(daphne, server=form) as proxy:
        yield proxy.url


@set_up("unauthorized", path="nginx", evidence="do not know the session", fix="the same sessions")
def one_of_two_servers_does_not_know_the_session(daphne: str) -> Iterator[str]:
    with (
        nginx(daphne, location="proxy_set_header Cookie '';") as second,
        nginx("http://both", http=twice(daphne, second.url)) as proxy,
    ):
        yield proxy.url


@set_up("bad-gateway", path="nginx", evidence="not reach the server each time")
def one_of_two_servers_is_away(daphne: str) -> Iterator[str]:
    with nginx("http://both", http=twice(daphne, "http://127.0.0.1:1") + "proxy_connect_timeout 1s;"
               ) as proxy:  # fmt: skip
        yield proxy.url


@set_up("refused", path="nginx", evidence="open", fix="limit_conn")
def nginx_lets_two_streams_in(daphne: str) -> Iterator[str]:
    stream = f"{STREAM} {{ limit_conn streams 2; proxy_pass {daphne}; proxy_buffering off; }}"
    with nginx(daphne, http=LIMITS, server=stream) as proxy:
        yield proxy.url


@set_up("refused", path="nginx", evidence="503", fix="limit_req")
def nginx_takes_two_requests_a_second(daphne: str) -> Iterator[str]:
    stream = f"{STREAM} {{ limit_req zone=requests; proxy_pass {daphne}; proxy_buffering off; }}"
    with nginx(daphne, http=LIMITS, server=stream) as proxy:
        yield proxy.url


@set_up("refused", path="haproxy", evidence="429")
def haproxy_denies_the_third_connection(daphne: str) -> Iterator[str]:
    limit = (
        "stick-table type ip size 1k store conn_cur\n  http-request track-sc0 src\n"
        "  http-request deny deny_status 429 if { sc_conn_cur(0) gt 2 }"
    )
    with haproxy(daphne, frontend=limit) as proxy:
        yield proxy.url


@set_up("refused", evidence="Nothing was answered", seconds=13)
def haproxy_lets_the_fourth_connection_wait(daphne: str) -> Iterator[str]:
    with haproxy(daphne, frontend="maxconn 3") as proxy:
        yield proxy.url


@set_up("refused", path="nginx", evidence="403")
def a_filter_refuses_the_stream(daphne: str) -> Iterator[str]:
    with nginx(daphne, server=f"{STREAM} {{ return 403; }}") as proxy:
        yield proxy.url


@set_up("refused", path="nginx", evidence="Last-Event-ID")
def a_filter_refuses_those_that_resume(daphne: str) -> Iterator[str]:
    with nginx(daphne, location="if ($http_last_event_id) { return 403; }") as proxy:
        yield proxy.url


@set_up("cached", path="nginx", evidence="X-Cache-Status: HIT")
def nginx_keeps_a_refusal(daphne: str) -> Iterator[str]:
    keeping = (
        "proxy_cache kept; proxy_cache_valid 401 1m; proxy_cache_key $uri;"
        " proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;"
        " add_header X-Cache-Status $upstream_cache_status always;"
    )
    stream = f"{STREAM} {{ proxy_pass {daphne}; proxy_buffering on; {keeping} }}"
    with nginx(daphne, server=stream) as proxy:
        yield proxy.url


@set_up("cached", evidence="Age: 100")
def a_cache_has_kept_what_a_filter_said(daphne: str) -> Iterator[str]:
    kept = "add_header Age 100 always; return 403;"
    with nginx(daphne, server=f"{STREAM} {{ {kept} }}") as proxy:
        yield proxy.url


@set_up("unauthorized", path="caddy", evidence="a log-in of its own")
def caddy_asks_for_a_password(daphne: str) -> Iterator[str]:
    hashed = "$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG"
    with caddy(daphne, site=f"basicauth {{\n bob {hashed}\n}}") as proxy:
        yield proxy.url


@set_up("unauthorized", path="haproxy", evidence="a log-in of its own")
def haproxy_asks_for_a_password(daphne: str) -> Iterator[str]:
    with haproxy(daphne, frontend="http-request auth realm Staff") as proxy:
        yield proxy.url


@set_up("refused", path="haproxy", evidence="429")
def haproxy_takes_eight_requests_in_ten_seconds(daphne: str) -> Iterator[str]:
    limit = (
        "stick-table type ip size 1k expire 10s store http_req_rate(10s)\n"
        "  http-request track-sc0 src\n"
        "  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 8 }"
    )
    with haproxy(daphne, frontend=limit) as proxy:
        yield proxy.url


@set_up("tls", insecure=True, evidence="certificate of the client")
def nginx_wants_a_certificate_of_the_client(daphne: str) -> Iterator[str]:
    own = Certificate()
    server = f"{own.nginx} ssl_client_certificate {own.chain}; ssl_verify_client on;"
    with nginx(daphne, listen="ssl http2", server=server) as proxy:
        yield proxy.url


@set_up("tls", insecure=True, evidence="CERTIFICATE_REQUIRED", fix="verify required")
def haproxy_wants_a_certificate_of_the_client(daphne: str) -> Iterator[str]:
    own = Certificate()
    both = own.chain.with_name("both.pem")
    both.write_bytes(own.chain.read_bytes() + own.private.read_bytes())
    listen = f"ssl crt {both} ca-file {own.chain} verify required"
    with haproxy(daphne, listen=listen) as proxy:
        yield proxy.url


@set_up(
    "few-streams",
    only_costs=True,
    path="nginx",
    insecure=True,
    fix="http2_max_concurrent",
    seconds=20,
)
def nginx_takes_one_stream_at_a_time(daphne: str) -> Iterator[str]:
    server = f"{Certificate().nginx} http2_max_concurrent_streams 1;"
    with nginx(daphne, listen="ssl http2", server=server) as proxy:
        yield proxy.url
