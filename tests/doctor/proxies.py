"""Real proxies on free ports, each with a configuration of its own in a temporary folder."""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from tests.backends import folder, free_port, missing

NGINX = """
daemon off; worker_processes 1; error_log {folder}/error.log info; pid {folder}/pid;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=kept:1m;
  {http}
  server {{
    listen 127.0.0.1:{port} {listen};
    {server}
    location / {{
      proxy_pass {upstream};
      proxy_http_version {version}; proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      {location}
    }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 500
  {top}
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout server {timeout}
  {defaults}
frontend front
  bind 127.0.0.1:{port} {listen}
  {frontend}
  default_backend back
backend back
  {backend}
  server daphne {address}
"""

CADDY = """
{{
  admin off
  auto_https off
  storage file_system {folder}
  {top}
}}
{scheme}://127.0.0.1:{port} {{
  bind 127.0.0.1
  {site}
  reverse_proxy {upstream} {{
    {proxy}
  }}
}}
"""

APACHE = """
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Mutex file:{folder}
DefaultRuntimeDir {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
User www-data
Group www-data
{modules}
ProxyPreserveHost On
ProxyPass / {upstream}/ {proxy}
{server}
"""
APACHE_MODULES = Path("/usr/lib/apache2/modules")
MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http", "headers", "deflate", "filter",
           "setenvif", "ssl", "socache_shmcb", "http2", "buffer", "alias", "rewrite",
           "unixd")  # fmt: skip


@dataclass
class Proxy:
    """`with nginx(upstream, location="proxy_buffering off;") as proxy: proxy.url …`"""

    command: list[str]
    config: str
    home: Path
    port: int
    scheme: str = "http"
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        (self.home / "config").write_text(self.config)
        with (self.home / "output").open("wb") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output)
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                output = (self.home / "output").read_text() + _read(self.home / "error.log")
                raise RuntimeError(f"{self.command[0]} does not start:\n{output[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def nginx(
    upstream: str, *, http: str = "", server: str = "", location: str = "", listen: str = "",
    version: str = "1.1",
) -> Proxy:  # fmt: skip
    home, port = _home("nginx-light", "nginx"), free_port()
    config = NGINX.format(folder=home, port=port, upstream=upstream, http=http, server=server,
                          location=location, listen=listen, version=version)  # fmt: skip
    command = [str(shutil.which("nginx")), "-e", str(home / "error.log"), "-c",
               str(home / "config")]  # fmt: skip
    return Proxy(command, config, home, port, _scheme(listen))


def haproxy(
    upstream: str, *, timeout: str = "60s", defaults: str = "option http-no-delay",
    frontend: str = "", backend: str = "", listen: str = "", top: str = "",
) -> Proxy:  # fmt: skip
    home, port = _home("haproxy", "haproxy"), free_port()
    config = HAPROXY.format(port=port, address=upstream.partition("//")[2], timeout=timeout,
                            defaults=defaults, frontend=frontend, backend=backend, listen=listen,
                            top=top)  # fmt: skip
    command = [str(shutil.which("haproxy")), "-db", "-f", str(home / "config")]
    return Proxy(command, config, home, port, _scheme(listen))


def caddy(upstream: str, *, site: str = "", proxy: str = "", top: str = "") -> Proxy:
    home, port = _home("caddy", "caddy"), free_port()
    scheme = "https" if "tls" in site.split() else "http"
    config = CADDY.format(folder=home, port=port, upstream=upstream, site=site, proxy=proxy,
                          scheme=scheme, top=top)  # fmt: skip
    command = [str(shutil.which("caddy")), "run", "--adapter", "caddyfile", "--config",
               str(home / "config")]  # fmt: skip
    return Proxy(command, config, home, port, scheme)


def apache(upstream: str, *, server: str = "", proxy: str = "", modules: str = "") -> Proxy:
    home, port = _home("apache2", "apache2"), free_port()
    lines = "\n".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
        for name in [*MODULES, *modules.split()]
        if (APACHE_MODULES / f"mod_{name}.so").exists()  # else it is built in
    )
    config = APACHE.format(folder=home, port=port, upstream=upstream, server=server, proxy=proxy,
                           modules=lines)  # fmt: skip
    command = [str(shutil.which("apache2")), "-D", "FOREGROUND", "-f", str(home / "config")]
    return Proxy(command, config, home, port, "https" if "SSLEngine on" in server else "http")


def _home(package: str, tool: str) -> Path:
    if shutil.which(tool) is None:
        missing(f"{tool} (Debian package {package})")
    home = Path(mkdtemp(dir=folder, prefix=f"{tool}-"))
    home.chmod(0o777)  # nginx and Apache work as a user of their own
    return home


def _scheme(listen: str) -> str:
    return "https" if "ssl" in listen.split() else "http"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
