"""certbot, by the command of operations.md, gets a certificate through the site's own nginx from an
authority on this machine (pebble), and a second one when it renews."""

import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY, HOST, Front, Haproxy, Nginx, certificate
from tests.deploy.production import Installation
from tests.deploy.typed import lines
from tests.harness.processes import ServerProcess, free_port, installed

NEW = "--agree-tos --register-unsafely-without-email"  # who is asked for a first certificate


class Names(ServerProcess):
    """Every name is this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__("names", folder)
        self.program = installed("pebble-challtestsrv", "pebble")
        self.questions = free_port()

    def command(self) -> list[str]:
        nothing = [f"-{challenge}=" for challenge in ("http01", "https01", "tlsalpn01")]
        return [self.program, "-defaultIPv4=127.0.0.1", "-defaultIPv6=", *nothing,
                f"-dns01=127.0.0.1:{self.questions}",
                f"-management=127.0.0.1:{self.port}"]  # fmt: skip


class Authority(ServerProcess):
    """Gives out certificates as Let's Encrypt does; asks at this port whether a name is ours."""

    def __init__(self, folder: Path, names: Names, asks_at: int) -> None:
        super().__init__(
            "pebble", folder, {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        )
        self.program = installed("pebble", "pebble")
        self.names = names
        identity = certificate(folder)
        self.ca = identity / "fullchain.pem"
        self.url = f"https://{HOST}:{self.port}/dir"
        self.configuration = folder / "pebble.json"
        settings = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{free_port()}",
            "certificate": str(self.ca),
            "privateKey": str(identity / "privkey.pem"),
            "httpPort": asks_at,
            "tlsPort": free_port(),
        }
        self.configuration.write_text(json.dumps({"pebble": settings}))
        own = " ".join(f"--{name}-dir {folder / name}" for name in ("config", "work", "logs"))
        self.options = f"{own} --server {self.url}"  # of certbot, so that it is all of this test

    def command(self) -> list[str]:
        return [self.program, "-config", str(self.configuration),
                "-dnsserver", f"127.0.0.1:{self.names.questions}"]  # fmt: skip


@pytest.fixture
def front(place: Path, installation: Installation) -> Iterator[Nginx]:
    """nginx with a certificate of its own, until certbot has one."""
    front = Nginx(place / "nginx-certbot", [free_port()] * 2, installation.static)
    linked = front.folder / "tls"
    linked.symlink_to(front.certificate)
    site = front.folder / "helpdesk.conf"
    text = site.read_text()
    for name in ("fullchain.pem", "privkey.pem"):
        text = text.replace(f"{front.certificate}/{name}", f"{linked}/{name}")
    site.write_text(text)
    front.challenges.mkdir()
    with front:
        yield front


def shown(front: Nginx) -> str:
    return ssl.get_server_certificate(("127.0.0.1", front.port), timeout=10)


def issuer(pem: str) -> str:
    return subprocess.check_output(
        [installed("openssl", "openssl"), "x509", "-noout", "-issuer"], input=pem, text=True
    )


def test_a_certificate_is_given_out_through_nginx_and_renewed_and_nginx_takes_it(
    front: Nginx, tmp_path: Path
) -> None:
    typed = lines("**6. The certificate.", "One of your own").replace("\\\n", "").strip()
    for there, here in (
        ("/var/www/html", str(front.challenges)),
        ("help.your.site", "help.example.com"),
        ("/etc/ssl/helpdesk", str(front.folder / "tls")),
        ("systemctl reload nginx", f"kill -HUP {front.pid}"),
    ):
        assert there in typed
        typed = typed.replace(there, here)
    with authority_for(front, tmp_path) as authority:
        certbot(f"{typed} {NEW} {authority.options}", authority)
        first = taken(front, before="")
        renew = "certbot renew --force-renewal --no-random-sleep-on-renew"
        certbot(f"{renew} {authority.options}", authority)
        taken(front, before=first)


def test_behind_haproxy_certbot_answers_by_itself_and_leaves_one_file(
    place: Path, installation: Installation, tmp_path: Path
) -> None:
    text = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
    comment = text.partition("certbot answers the authority itself:\n")[2].partition(
        "    acl acme"
    )[0]
    typed = re.sub(r"^    #\s*|\\$", "", comment, flags=re.MULTILINE).replace("\n", " ")
    front = Haproxy(place / "haproxy-certbot", [free_port()] * 2, installation.static)
    combined = front.folder / "from-certbot.pem"
    for there, here in (
        ("8402", str(front.challenge_port)),
        ("/etc/ssl/helpdesk/combined.pem", str(combined)),
        ("systemctl reload haproxy", "true"),
    ):
        assert there in typed
        typed = typed.replace(there, here)
    with front, authority_for(front, tmp_path) as authority:
        certbot(f"{typed} {NEW} {authority.options}", authority)
    assert "Pebble" in issuer(combined.read_text())
    assert "PRIVATE KEY" in combined.read_text()
    (front.folder / "combined.pem").write_text(combined.read_text())
    front.check()  # HAProxy takes it


@contextmanager
def authority_for(front: Front, folder: Path) -> Iterator[Authority]:
    installed("certbot", "certbot")
    with Names(folder) as names, Authority(folder, names, front.plain_port) as authority:
        yield authority


def certbot(command: str, authority: Authority) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{command} --non-interactive"], timeout=60, capture_output=True, text=True,
        check=False, env={**os.environ, "REQUESTS_CA_BUNDLE": str(authority.ca)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr + authority.said()


def taken(front: Nginx, before: str) -> str:
    """The certificate that nginx shows, once it has reloaded and it is another than before."""
    for _ in range(100):
        pem = shown(front)
        if pem != before and "Pebble" in issuer(pem):
            return pem
        time.sleep(0.1)
    raise TimeoutError(issuer(pem))
