"""The compose file, by compose's own check. No container engine runs here: what the containers
then do is told by the tests of the very files they mount."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from tests.deploy.fronts import DEPLOY
from tests.deploy.production import CODE
from tests.harness.processes import ROOT, installed

COMPOSE = DEPLOY / "compose"
DOCKERFILE = COMPOSE / "Dockerfile"


def compose() -> list[str]:
    """The plugin, or Debian's own package."""
    docker = shutil.which("docker")
    if docker and _has_compose(docker):
        return [docker, "compose"]
    return [installed("docker-compose", "docker-compose")]


def _has_compose(docker: str) -> bool:
    asked = [docker, "compose", "version"]
    return subprocess.run(asked, capture_output=True, timeout=30, check=False).returncode == 0


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
    for service in ("nginx", "web1", "web2", "worker", "db", "redis", "migrate"):
        assert f"  {service}:" in done.stdout
    assert "postgres://helpdesk:secret@db:5432/helpdesk" in done.stdout
    services = yaml.safe_load(done.stdout)["services"]
    for name in ("web1", "web2", "worker"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True


def test_mail_is_fetched_in_a_profile_and_workers_answer_nobody(folder: Path) -> None:
    written = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
    assert written["fetch"]["profiles"] == ["inbox"]
    done = config(folder, POSTGRES_PASSWORD="secret", COMPOSE_PROFILES="inbox")
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    for name, command in (("worker", "db_worker"), ("fetch", "fetch_mail")):
        service = services[name]
        assert written[name]["healthcheck"] == {"disable": True}  # the image's asks a port
        assert service["command"][:3] == ["python", "manage.py", command]
        assert command in get_commands()
        assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
        assert "ports" not in service
        assert service["depends_on"] == services["web1"]["depends_on"]


def test_without_a_password_it_refuses(folder: Path) -> None:
    done = config(folder)
    assert done.returncode != 0
    assert "choose one" in done.stderr


def test_what_it_mounts_and_builds_from_is_there() -> None:
    text = (COMPOSE / "compose.yaml").read_text()
    prepared = {
        "./helpdesk.conf",
        "./tls",
        "./acme",
    }  # by whoever installs it; the first lines say how
    mounted = set(re.findall(r"- (\.\.?/[\w./-]+):", text)) - prepared
    assert mounted == {"../nginx/nginx.conf", "./upstream.conf"}
    for path in mounted:
        assert (COMPOSE / path).is_file()
    dockerfile = (COMPOSE / "Dockerfile").read_text()
    lines = re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE)
    copied = [name for line in lines for name in line.split()]
    assert set(copied) == {*CODE, "requirements.txt", "constraints.txt"}
    assert all((ROOT / name).exists() for name in copied)


def test_nothing_goes_to_the_image_but_what_it_copies() -> None:
    """All is left out, and let in by name: a secret or a database beside the code stays there."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert let_in == {*CODE, "requirements.txt", "constraints.txt"}
    assert set(rules) - {f"!{name}" for name in let_in} == {"*", "**/__pycache__"}


def test_the_image_is_built_with_a_key_that_starts() -> None:
    built = re.search(r"^RUN (DEBUG=0 SECRET_KEY=\S+) ", DOCKERFILE.read_text(), re.MULTILINE)
    assert built is not None
    variables = dict(word.split("=", 1) for word in built[1].split())
    subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, timeout=60, check=True,
        env={"PATH": os.environ["PATH"], **variables}, capture_output=True,
    )  # fmt: skip


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
