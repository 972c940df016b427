"""Real proxies on free ports, each with a configuration of its own in a temporary folder."""

from pathlib import Path
from tempfile import mkdtemp

from tests.harness.processes import installed
from tests.harness.servers import Proxy
from tests.harness.temporary import folder

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

VARNISH = """
vcl 4.1;
backend default {{
  .host = "127.0.0.1";
  .port = "{upstream_port}";
  .first_byte_timeout = 60s;
  {backend}
}}
sub vcl_recv {{
  {receive}
}}
sub vcl_backend_response {{
  {response}
}}
"""

LIGHTTPD = """
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/error.log"
server.modules = ( "mod_proxy", "mod_deflate" )
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => {upstream_port} )) )
{server}
"""

H2O = """
listen:
  host: 127.0.0.1
  port: {port}
error-log: {folder}/error.log
pid-file: {folder}/pid
{top}
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: "{upstream}/"
        proxy.preserve-host: ON
        {path}
"""

SQUID = """
http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1:{port}
cache_peer 127.0.0.1 parent {upstream_port} 0 no-query originserver name=server
http_access allow all
cache_mem 4 MB
pid_filename {folder}/pid
access_log none
cache_log {folder}/cache.log
coredump_dir {folder}
cache_effective_user proxy
shutdown_lifetime 1 seconds
pinger_enable off
{server}
"""


class Configured(Proxy):
    """`with nginx(upstream, location="proxy_buffering off;") as proxy: proxy.url …`"""

    def __init__(
        self, package: str, program: str, arguments: list[str], template: str, scheme: str,
        **blanks: str,
    ) -> None:  # fmt: skip
        self._program = installed(program, package)
        self.arguments = arguments
        home = Path(mkdtemp(dir=folder, prefix=f"{program}-"))
        home.chmod(0o777)  # nginx and Apache work as a user of their own
        super().__init__(program, home)
        self.folder = home
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.configuration = home / "config"
        self.configuration.write_text(
            template.format(folder=home, port=self.port, scheme=scheme, **blanks)
        )

    def command(self) -> list[str]:
        return [self._program, *self.arguments, str(self.configuration)]


def nginx(
    upstream: str, *, http: str = "", server: str = "", location: str = "", listen: str = "",
    version: str = "1.1",
) -> Configured:  # fmt: skip
    return Configured("nginx-light", "nginx", ["-e", "stderr", "-c"], NGINX, _scheme(listen),
                      upstream=upstream, http=http, server=server, location=location,
                      listen=listen, version=version)  # fmt: skip


def haproxy(
    upstream: str, *, timeout: str = "60s", defaults: str = "option http-no-delay",
    frontend: str = "", backend: str = "", listen: str = "", top: str = "",
) -> Configured:  # fmt: skip
    return Configured("haproxy", "haproxy", ["-db", "-f"], HAPROXY, _scheme(listen),
                      address=upstream.partition("//")[2], timeout=timeout, defaults=defaults,
                      frontend=frontend, backend=backend, listen=listen, top=top)  # fmt: skip


def caddy(upstream: str, *, site: str = "", proxy: str = "", top: str = "") -> Configured:
    scheme = "https" if "tls" in site.split() else "http"
    return Configured("caddy", "caddy", ["run", "--adapter", "caddyfile", "--config"], CADDY,
                      scheme, upstream=upstream, site=site, proxy=proxy, top=top)  # fmt: skip


def apache(upstream: str, *, server: str = "", proxy: str = "", modules: str = "") -> Configured:
    lines = "\n".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
        for name in [*MODULES, *modules.split()]
        if (APACHE_MODULES / f"mod_{name}.so").exists()  # else it is built in
    )
    scheme = "https" if "SSLEngine on" in server else "http"
    return Configured("apache2", "apache2", ["-D", "FOREGROUND", "-f"], APACHE, scheme,
                      upstream=upstream, server=server, proxy=proxy, modules=lines)  # fmt: skip


def varnish(
    upstream: str, *, backend: str = "", receive: str = "", response: str = ""
) -> Configured:
    """Varnish takes its address from the command line, and works in a folder of its own."""
    proxy = Configured("varnish", "varnishd", [], VARNISH, "http", upstream_port=_port(upstream),
                       backend=backend, receive=receive, response=response)  # fmt: skip
    proxy.arguments = ["-F", "-a", f"127.0.0.1:{proxy.port}", "-n", str(proxy.folder / "work"),
                       "-s", "malloc,16m", "-f"]  # fmt: skip
    return proxy


def lighttpd(upstream: str, *, server: str = "") -> Configured:
    return Configured("lighttpd", "lighttpd", ["-D", "-f"], LIGHTTPD, "http",
                      upstream_port=_port(upstream), server=server)  # fmt: skip


def h2o(upstream: str, *, path: str = "", top: str = "") -> Configured:
    return Configured("h2o", "h2o", ["-m", "worker", "-c"], H2O, "http",
                      upstream=upstream, path=path, top=top)  # fmt: skip


def squid(upstream: str, *, server: str = "") -> Configured:
    return Configured("squid", "squid", ["-N", "-f"], SQUID, "http",
                      upstream_port=_port(upstream), server=server)  # fmt: skip


def _port(upstream: str) -> str:
    return upstream.rpartition(":")[2]


def _scheme(listen: str) -> str:
    return "https" if "ssl" in listen.split() else "http"
