"""A site made from deploy/ needs no doctor: streamdoctor finds nothing wrong behind any of them,
asked as the last step of operations.md asks it."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

import pytest

from tests.deploy.fronts import HOST, Apache, Caddy, Front, Haproxy, Nginx
from tests.deploy.production import Installation, Process, example
from tests.harness.processes import ROOT
from tests.harness.sessions import session_of
from tests.harness.site import People

# Apache learns that a client has left only when it next writes to it, with a heartbeat. The doctor
# sees that when more than half of the streams that it leaves were in the process it then asks.
ONLY_COSTS: dict[type[Front], set[str]] = {Apache: {"no-disconnect"}}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture
def processes(installation: Installation) -> list[Process]:
    """Two of them. They start once they know by which addresses people log in."""
    return [Process(installation) for _ in range(2)]


@pytest.fixture
def fronts(
    processes: list[Process], place: Path, installation: Installation
) -> Iterator[dict[type[Front], Front]]:
    ports = [process.port for process in processes]
    found: dict[type[Front], Front] = {
        kind: kind(place / f"doctor-{kind.__name__}", ports, installation.static)
        for kind in (Nginx, Caddy, Haproxy, Apache)
    }
    trusted = ",".join(front.url for front in found.values())
    with ExitStack() as stack:
        for process in processes:
            process.environment["CSRF_TRUSTED_ORIGINS"] = trusted
            stack.enter_context(process)
        for front in found.values():
            stack.enter_context(front)
        yield found


def test_the_doctor_finds_every_front_sound(
    fronts: dict[type[Front], Front], processes: list[Process], site: People
) -> None:
    # All at once, for each takes the whole of its time; a person each, for it counts streams.
    people = (site.alice, site.bob, site.carol, site.admin)
    direct = f"http://127.0.0.1:{processes[0].port}/"
    names = [person.username for person in people]
    with ThreadPoolExecutor(len(people)) as doctors:
        told = list(doctors.map(examine, fronts.values(), names, repeat(direct)))
    for (kind, front), said in zip(fronts.items(), told, strict=True):
        report = json.loads(said)
        told_of = [finding for finding in report["findings"] if finding["severity"] != "info"]
        allowed = ONLY_COSTS.get(kind, set())
        found = [finding for finding in told_of if finding["code"] not in allowed]
        assert (found, report["healthy"]) == ([], True), f"{front.binary}: {found}"
        assert report["measured"]["signed_in"], report
        assert not any("was not compared" in sentence for sentence in report["untested"]), report
        assert report["measured"]["http_version"].startswith("2"), report["measured"]


def test_the_direct_way_is_tried_in_the_shipped_environment_beside_the_site_and_alone(
    place: Path, installation: Installation, site: People
) -> None:
    """Which knows the site by its public name only, and sends whoever comes by HTTP to HTTPS."""
    shipped = example()
    assert shipped["SECURE_SSL_REDIRECT"] == shipped["SESSION_COOKIE_SECURE"] == "1"
    with Process(installation.with_environment(ALLOWED_HOSTS=HOST)) as process:
        ports = [process.port] * 2
        with Nginx(place / "nginx-direct", ports, installation.static) as front:
            command = installation.with_environment(
                CSRF_TRUSTED_ORIGINS=front.url, STREAMDOCTOR_PASSWORD="demo"
            )
            direct = ("streamdoctor", "--json", "--insecure", "--seconds", "20",
                      "--direct", process.url)  # fmt: skip
            ways = [
                ("--session", session_of(site.alice), front.url),
                ("--username", site.bob.username),
            ]
            with ThreadPoolExecutor(2) as doctors:
                told = doctors.map(lambda way: command.manage(*direct, *way), ways)
    beside, alone = map(json.loads, told)
    assert not [sentence for sentence in beside["untested"] if "not compared" in sentence]
    assert beside["measured"]["direct"]["event_delay_ms"] < 1000
    assert (alone["healthy"], alone["path"]) == (True, ["daphne"])
    assert alone["measured"]["event_delay_ms"] < 1000


def examine(front: Front, username: str, direct: str) -> str:
    """The last step of operations.md, with the names of this site."""
    line = re.search(r"^    manage (streamdoctor .*)$", OPERATIONS, re.MULTILINE)
    assert line is not None
    named = {
        "https://help.your.site/": front.url,
        "you": username,
        "http://127.0.0.1:8001/": direct,
    }
    arguments = [named.get(word, word) for word in shlex.split(line[1])]
    assert {front.url, username, direct} <= set(arguments)
    command = [sys.executable, "manage.py", *arguments, "--json", "--insecure", "--seconds", "20"]
    done = subprocess.run(
        command, cwd=ROOT, timeout=100, check=False, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "STREAMDOCTOR_PASSWORD": "demo"},
    )  # fmt: skip
    return done.stdout
