"""Each line that the doctor tells people to write is accepted by the product it is for: it stands
in the part of a configuration that is named with it, and the product's own check reads that."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import pytest

from streamdoctor.findings.lines import APACHE, CADDY, H2O, HAPROXY, LIGHTTPD, NGINX, SQUID, VARNISH
from streamdoctor.findings.remedies import GENERAL, PRODUCTS, remedy, rendered
from streamdoctor.findings.remedy import Remedy
from streamdoctor.findings.verdict import EXAMPLE
from tests.harness.processes import installed
from tests.harness.temporary import folder
from tests.streamdoctor.certificates import Certificate
from tests.streamdoctor.proxies import APACHE_MODULES

Check = Callable[[str, str, Path], list[str]]  # (part, lines, folder) → the command


@pytest.fixture
def place() -> Path:
    """Which Varnish reads as a user of its own."""
    made = Path(mkdtemp(dir=folder, prefix="remedy-"))
    made.chmod(0o755)
    return made


def nginx(part: str, lines: str, home: Path) -> list[str]:
    where = {"the http block": "", "the server block": "", "the location of /STREAM": ""}
    where[part] = lines
    tls = Certificate().nginx if " ssl" in lines else ""
    (home / "config").write_text(f"""
        pid {home}/pid; error_log stderr; events {{}}
        http {{
          access_log off; {LIMITS if "limit_" in lines and part != "the http block" else ""}
          {where["the http block"]}
          server {{
            {"" if "listen" in lines else "listen 127.0.0.1:8080;"} {tls}
            {where["the server block"]}
            location = /events {{ {where["the location of /STREAM"]} }}
          }}
        }}
    """)
    return [installed("nginx", "nginx"), "-t", "-e", "stderr", "-c", str(home / "config")]


# The zones that stand in the http block beside these lines.
LIMITS = (
    "limit_conn_zone $binary_remote_addr zone=streams:1m;"
    " limit_req_zone $binary_remote_addr zone=reconnects:1m rate=20r/s;"
)


def apache(part: str, lines: str, home: Path) -> list[str]:
    modules = "\n".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
        for name in ("mpm_event", "authz_core", "authn_core", "auth_basic", "authz_host", "proxy",
                     "proxy_http", "headers", "setenvif", "http2", "cache", "filter")
        if (APACHE_MODULES / f"mod_{name}.so").exists()
    )  # fmt: skip
    if part.startswith("<"):
        lines = f'<Location "/events">\n{lines}\n</Location>'
    (home / "config").write_text(
        f"ServerRoot {home}\nServerName localhost\nErrorLog {home}/error.log\n"
        f"Listen 127.0.0.1:8080\n{modules}\n<VirtualHost *:8080>\n{lines}\n</VirtualHost>\n"
    )
    return [installed("apache2", "apache2"), "-t", "-f", str(home / "config")]


def caddy(part: str, lines: str, home: Path) -> list[str]:
    if part == "reverse_proxy":
        lines = f"reverse_proxy 127.0.0.1:8001 {{\n{lines}\n}}"
    (home / "config").write_text(f"http://127.0.0.1:8080 {{\n{lines}\n}}\n")
    return [installed("caddy", "caddy"), "validate", "--adapter", "caddyfile", "--config",
            str(home / "config")]  # fmt: skip


def haproxy(part: str, lines: str, home: Path) -> list[str]:
    where = {"global": "", "the defaults": "", "the frontend": "", "the backend": ""}
    where[part] = lines
    own = Certificate()
    (home / "site.pem").write_bytes(own.chain.read_bytes() + own.private.read_bytes())
    (home / "config").write_text(f"""
global
  maxconn 500
{where["global"]}
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout server 60s
{where["the defaults"]}
frontend front
  bind 127.0.0.1:8080
{where["the frontend"].replace("/etc/ssl/site.pem", str(home / "site.pem"))}
  default_backend back
backend back
{where["the backend"]}
  server daphne 127.0.0.1:8001
""")
    return [installed("haproxy", "haproxy"), "-c", "-f", str(home / "config")]


def varnish(part: str, lines: str, home: Path) -> list[str]:
    where = {"the backend": "", "vcl_recv": "", "vcl_backend_response": ""}
    where[part] = lines
    (home / "config").write_text(f"""
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "8001"; {where["the backend"]} }}
sub vcl_recv {{ {where["vcl_recv"]} }}
sub vcl_backend_response {{ {where["vcl_backend_response"]} }}
""")
    return [installed("varnishd", "varnish"), "-C", "-n", str(home / "work"),
            "-f", str(home / "config")]  # fmt: skip


def lighttpd(part: str, lines: str, home: Path) -> list[str]:
    (home / "config").write_text(
        f'server.document-root = "{home}"\nserver.port = 8080\n'
        f'server.modules = ( "mod_proxy", "mod_deflate" )\n{lines}\n'
    )
    return [installed("lighttpd", "lighttpd"), "-tt", "-f", str(home / "config")]


def h2o(part: str, lines: str, home: Path) -> list[str]:
    top, path = (lines, "") if part == "the top level" else ("", lines)
    if "proxy.reverse.url" not in path:
        path += '\nproxy.reverse.url: "http://127.0.0.1:8001/"'
    indented = "\n".join(f"        {line}" for line in path.strip().splitlines())
    (home / "config").write_text(
        f"listen: 8080\n{top}\nhosts:\n  default:\n    paths:\n      /events:\n{indented}\n"
    )
    return [installed("h2o", "h2o"), "-t", "-c", str(home / "config")]


def squid(part: str, lines: str, home: Path) -> list[str]:
    (home / "config").write_text(
        f"http_port 127.0.0.1:8080 accel defaultsite=localhost\npid_filename {home}/pid\n"
        f"cache_log {home}/log\npinger_enable off\n{lines}\n"
    )
    return [installed("squid", "squid"), "-k", "parse", "-f", str(home / "config")]


CHECKED: list[tuple[dict[str, Remedy], Check, tuple[str, ...]]] = [
    (NGINX, nginx, ()),
    (APACHE, apache, ()),
    (CADDY, caddy, ()),
    (HAPROXY, haproxy, ()),
    (VARNISH, varnish, ()),
    (LIGHTTPD, lighttpd, ()),
    (H2O, h2o, ()),
    (SQUID, squid, ("FATAL", "ERROR", "WARNING")),  # it exits with 0 all the same
]
WRITTEN = [
    pytest.param(check, part, lines, complaints, id=f"{check.__name__}: {code}, {part}")
    for remedies, check, complaints in CHECKED
    for code, found in remedies.items()
    for part, lines in found.write
]


@pytest.mark.parametrize(("check", "part", "lines", "complaints"), WRITTEN)
def test_what_is_to_be_written_is_accepted(
    check: Check, part: str, lines: tuple[str, ...], complaints: tuple[str, ...], place: Path
) -> None:
    written = "\n".join(lines).replace("/STREAM", "/events").replace("SERVER", EXAMPLE)
    done = run(check(part, written, place))
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not any(complaint in said for complaint in complaints), said


@pytest.mark.parametrize("check", [check for _, check, _ in CHECKED])
def test_the_check_of_each_product_refuses_what_is_wrong(check: Check, place: Path) -> None:
    parts = {"nginx": "the http block", "haproxy": "the backend", "varnish": "vcl_recv"}
    part = parts.get(check.__name__, "")
    done = run(check(part, "no_such_thing yes;", place))
    assert done.returncode or "FATAL" in done.stderr or "ERROR" in done.stderr


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_code_of_a_product_has_a_general_rule_too(product: str) -> None:
    assert set(PRODUCTS[product]) <= set(GENERAL)


def test_what_is_to_be_removed_never_looks_like_a_line_to_write() -> None:
    """In backticks stands what is to be written, in double quotes what is to go."""
    for remedies, _, _ in CHECKED:
        for found in remedies.values():
            assert "`" not in found.say
            assert not re.search(r"[Rr]emove [^\"]*`", rendered(found))


def test_nginx_is_told_of_http2_in_the_words_of_its_version() -> None:
    assert "`listen 443 ssl http2;`" in remedy("http1-only", ["nginx/1.22.1"])
    assert "`http2 on;`" in remedy("http1-only", ["nginx/1.27.0"])
