"""The compose file, by compose's own check. No container engine runs here: what the containers
then do is told by the tests of the very files they mount."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.backends import missing
from tests.deploy.fronts import DEPLOY
from tests.deploy.production import CODE
from tests.servers import ROOT

COMPOSE = DEPLOY / "compose"


def compose() -> list[str]:
    """The plugin, or Debian's own package."""
    docker = shutil.which("docker")
    if (
        docker
        and not subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        return [docker, "compose"]
    if shutil.which("docker-compose") is None:
        missing("docker compose (Debian package docker-compose)")
    return ["docker-compose"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """deploy/ as its own first lines say that it is prepared."""
    deploy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, deploy)
    shutil.copy(deploy / "env.example", deploy / "compose" / "env")
    return deploy / "compose"


def config(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*compose(), "-f", str(folder / "compose.yaml"), "config"], cwd=folder, timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_compose_takes_the_file(folder: Path) -> None:
    done = config(folder, POSTGRES_PASSWORD="secret")
    assert done.returncode == 0, done.stderr
    for service in ("nginx", "web1", "web2", "db", "redis", "migrate"):
        assert f"  {service}:" in done.stdout
    assert "postgres://helpdesk:secret@db:5432/helpdesk" in done.stdout


def test_without_a_password_it_refuses(folder: Path) -> None:
    done = config(folder)
    assert done.returncode != 0
    assert "choose one" in done.stderr


def test_what_it_mounts_and_builds_from_is_there() -> None:
    text = (COMPOSE / "compose.yaml").read_text()
    prepared = {"./helpdesk.conf", "./tls"}  # by whoever installs it; the first lines say how
    mounted = set(re.findall(r"- (\.\.?/[\w./-]+):", text)) - prepared
    assert mounted == {"../nginx/nginx.conf", "./upstream.conf"}
    for path in mounted:
        assert (COMPOSE / path).is_file()
    dockerfile = (COMPOSE / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (\S+)", dockerfile, re.MULTILINE)
    assert set(copied) == {*CODE, "requirements.txt"}
    assert all((ROOT / name).exists() for name in copied)


def test_its_processes_are_where_nginx_looks_for_them() -> None:
    addresses = re.findall(r"ipv4_address: (\S+)", (COMPOSE / "compose.yaml").read_text())
    upstream = (COMPOSE / "upstream.conf").read_text()
    assert re.findall(r"server (\S+):8000", upstream) == addresses
    assert '--port", "8000' in (COMPOSE / "Dockerfile").read_text()
    host = (DEPLOY / "nginx" / "upstream.conf").read_text()
    assert directives(upstream) == directives(host)  # else the same way of choosing


def directives(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("server ")]
