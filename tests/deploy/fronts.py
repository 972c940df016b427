"""The proxies of deploy/, each started from its very file: names, ports and paths replaced."""

import subprocess
from abc import abstractmethod
from pathlib import Path

from tests.harness.processes import ROOT, free_port, installed, listens
from tests.harness.servers import Proxy

DEPLOY = ROOT / "deploy"
HOST = "localhost"  # in place of help.example.com


def filled(text: str, replacements: dict[str, str]) -> str:
    """Each of these is in the text, and is replaced: nothing of the file is tested unawares."""
    for placeholder, value in replacements.items():
        assert placeholder in text, f"{placeholder!r} is not in the file any more"
        text = text.replace(placeholder, value)
    return text


def certificate(folder: Path) -> Path:
    """A self-signed one for localhost: fullchain.pem, privkey.pem and combined.pem."""
    openssl = installed("openssl", "openssl")
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext",
               f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(chain)]  # fmt: skip
    subprocess.run(command, check=True, timeout=30, capture_output=True)
    (folder / "combined.pem").write_text(chain.read_text() + key.read_text())
    return folder


class Front(Proxy):
    """`with Nginx(folder, [8001, 8002], static) as front: front.url …`"""

    binary: str
    package: str

    def __init__(self, folder: Path, backends: list[int], static: Path) -> None:
        installed(self.binary, self.package)
        folder.mkdir()
        folder.chmod(0o755)  # the servers' own users read below it
        super().__init__(self.binary, folder, {"HOME": str(folder)})
        self.folder = folder
        self.certificate = certificate(folder)
        self.static = static
        self.challenges = folder / "html"  # of who gives out certificates
        self.challenge_port = free_port()
        self.plain_port = free_port()
        self.url = f"https://{HOST}:{self.port}"
        self.plain_url = f"http://{HOST}:{self.plain_port}"
        self.redirect_url = self.url
        self.processes = {
            f"127.0.0.1:{8001 + number}": f"127.0.0.1:{port}"
            for number, port in enumerate(backends)
        }
        self.write()

    @abstractmethod
    def write(self) -> None:
        """The configuration, from deploy/."""

    @abstractmethod
    def check(self) -> None:
        """The configuration, by the server's own check; not a word of complaint."""

    def is_ready(self) -> bool:
        return listens(self.plain_port) and listens(self.port)

    def _checked(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, timeout=30, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said


class Nginx(Front):
    binary = "nginx"
    package = "nginx"

    def write(self) -> None:
        source = DEPLOY / "nginx"
        main = filled((source / "nginx.conf").read_text(), {
            "/run/nginx.pid": str(self.folder / "nginx.pid"),
            "/var/log/nginx/": f"{self.folder}/",
            "/etc/nginx/conf.d/*.conf": str(self.folder / "upstream.conf"),
            "/etc/nginx/sites-enabled/*": str(self.folder / "helpdesk.conf"),
        })  # fmt: skip
        site = filled((source / "helpdesk.conf").read_text(), {
            "/var/www/html": str(self.challenges),
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen [::]:80;": "",  # not every machine has IPv6
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen [::]:443 ssl http2 so_keepalive=60s:10s:3;": "",
            "https://$host$request_uri": f"https://$host:{self.port}$request_uri",
            "server_name help.example.com;": f"server_name {HOST};",
            "/etc/ssl/helpdesk/": f"{self.certificate}/",
            "/var/log/nginx/": f"{self.folder}/",
            "/srv/helpdesk/staticfiles/": f"{self.static}/",
        })  # fmt: skip
        upstream = filled((source / "upstream.conf").read_text(), self.processes)
        (self.folder / "nginx.conf").write_text(main)
        (self.folder / "helpdesk.conf").write_text(site)
        (self.folder / "upstream.conf").write_text(upstream)

    def command(self) -> list[str]:
        return [*self._nginx(), "-g", "daemon off;"]

    def check(self) -> None:
        said = self._checked(*self._nginx(), "-t")
        assert "warn" not in said, said

    def _nginx(self) -> list[str]:
        return ["nginx", "-c", str(self.folder / "nginx.conf")]


class Caddy(Front):
    binary = "caddy"
    package = "caddy"

    def write(self) -> None:
        self.redirect_url = f"https://{HOST}"  # it takes for granted that 443 is forwarded
        ports = f"grace_period 10s\nhttp_port {self.plain_port}\nhttps_port {self.port}\nadmin off"
        pair = f"{self.certificate}/fullchain.pem {self.certificate}/privkey.pem"
        text = filled((DEPLOY / "caddy" / "Caddyfile").read_text(), {
            "grace_period 10s": f"{ports}\ndefault_bind 127.0.0.1",
            "# A certificate of your own: tls /etc/ssl/helpdesk/fullchain.pem"
            " /etc/ssl/helpdesk/privkey.pem": f"tls {pair}",
            "help.example.com {": f"{HOST} {{",
            "/var/log/caddy/": f"{self.folder}/",
            "/srv/helpdesk/staticfiles": str(self.static),
            **self.processes,
        })  # fmt: skip
        (self.folder / "Caddyfile").write_text(text)

    def command(self) -> list[str]:
        return ["caddy", "run", "--config", str(self.folder / "Caddyfile")]

    def check(self) -> None:
        command = ["caddy", "validate", "--config", str(self.folder / "Caddyfile")]
        assert "Valid configuration" in self._checked(*command)


class Haproxy(Front):
    binary = "haproxy"
    package = "haproxy"

    def write(self) -> None:
        text = filled((DEPLOY / "haproxy" / "haproxy.cfg").read_text(), {
            "bind :80\n": f"bind 127.0.0.1:{self.plain_port}\n",
            "bind :443 ssl": f"bind 127.0.0.1:{self.port} ssl",
            "127.0.0.1:8402": f"127.0.0.1:{self.challenge_port}",
            "redirect scheme https code 301":
                f"redirect location https://%[req.hdr(host),field(1,:)]:{self.port}%[pathq]"
                " code 301",
            "/etc/ssl/helpdesk/": f"{self.certificate}/",
            **self.processes,
        })  # fmt: skip
        (self.folder / "haproxy.cfg").write_text(text)

    def command(self) -> list[str]:
        return ["haproxy", "-db", "-f", str(self.folder / "haproxy.cfg")]

    def check(self) -> None:
        said = self._checked("haproxy", "-c", "-f", str(self.folder / "haproxy.cfg"))
        assert "WARNING" not in said, said


class Apache(Front):
    binary = "apache2"
    package = "apache2"
    # What the a2enmod line of the file turns on, and what Debian has on by itself.
    own = (
        "mpm_event", "authz_core", "authz_host", "alias", "mime", "dir", "env", "setenvif",
        "reqtimeout", "slotmem_shm", "socache_shmcb",
    )  # fmt: skip

    def write(self) -> None:
        text = (DEPLOY / "apache" / "helpdesk.conf").read_text()
        enabled = next(line for line in text.splitlines() if "a2enmod" in line).split()[2:]
        site = filled(text, {
            "/var/www/html": str(self.challenges),
            "*:80": f"127.0.0.1:{self.plain_port}",
            "*:443": f"127.0.0.1:{self.port}",
            "https://help.example.com": self.url,
            "ServerName help.example.com": f"ServerName {HOST}",
            "/etc/ssl/helpdesk/": f"{self.certificate}/",
            "/etc/apache2/helpdesk": str(DEPLOY / "apache"),
            "/var/log/apache2/": f"{self.folder}/",
            "/srv/helpdesk/staticfiles": str(self.static),
            **self.processes,
        })  # fmt: skip
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
            for name in (*self.own, *enabled)
        )
        (self.folder / "apache.conf").write_text(
            f"{modules}\nServerName {HOST}\nUser www-data\nGroup www-data\n"
            f"PidFile {self.folder}/apache.pid\nDefaultRuntimeDir {self.folder}\n"
            f"Listen 127.0.0.1:{self.plain_port}\nListen 127.0.0.1:{self.port}\n"
            f"ErrorLog {self.folder}/error.log\nTypesConfig /etc/mime.types\n"
            f"<Directory />\nRequire all denied\n</Directory>\n{site}"
        )

    def command(self) -> list[str]:
        return ["apache2", "-d", str(self.folder), "-f", str(self.folder / "apache.conf"),
                "-DFOREGROUND"]  # fmt: skip

    def check(self) -> None:
        command = ["apache2", "-d", str(self.folder), "-f", str(self.folder / "apache.conf"), "-t"]
        said = self._checked(*command)
        assert said.strip() == "Syntax OK", said
