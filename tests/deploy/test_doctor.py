"""A site made from deploy/ needs no doctor: streamdoctor finds nothing wrong behind any of them."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.deploy.fronts import HOST, Apache, Caddy, Haproxy, Nginx
from tests.deploy.production import Installation, Process
from tests.servers import ROOT
from tests.site import People, session_of


def test_the_doctor_finds_every_front_sound(
    place: Path, installation: Installation, processes: list[Process], site: People
) -> None:
    ports = [process.port for process in processes]
    with ExitStack() as stack:
        fronts = [
            stack.enter_context(kind(place / f"{kind.__name__}-doctor", ports, installation.static))
            for kind in (Nginx, Caddy, Haproxy, Apache)
        ]
        # All at once, for each takes the whole of its time; a person each, for it counts streams.
        people = (site.alice, site.bob, site.carol, site.admin)
        command = [sys.executable, "manage.py", "streamdoctor", "--json", "--insecure",
                   "--seconds", "14"]  # fmt: skip
        doctors = [
            subprocess.Popen(
                [*command, "--session", session_of(person), front.url],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for front, person in zip(fronts, people, strict=True)
        ]
        for front, doctor in zip(fronts, doctors, strict=True):
            said, _ = doctor.communicate(timeout=60)
            report = json.loads(said)
            found = [one for one in report["findings"] if one["severity"] != "info"]
            assert (found, report["healthy"]) == ([], True), f"{front.binary} at {HOST}: {found}"
            assert report["measured"]["http_version"].startswith("2"), report["measured"]
