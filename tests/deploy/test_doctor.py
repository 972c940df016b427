"""A site made from deploy/ needs no doctor: streamdoctor finds nothing wrong behind any of them."""

import json
import subprocess
import sys

from tests.deploy.fronts import Front
from tests.servers import ROOT
from tests.site import People, session_of


def test_the_doctor_finds_every_front_sound(fronts: dict[type[Front], Front], site: People) -> None:
    # All at once, for each takes the whole of its time; a person each, for it counts streams.
    people = (site.alice, site.bob, site.carol, site.admin)
    command = [sys.executable, "manage.py", "streamdoctor", "--json", "--insecure",
               "--seconds", "14"]  # fmt: skip
    doctors = [
        subprocess.Popen(
            [*command, "--session", session_of(person), front.url],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        for front, person in zip(fronts.values(), people, strict=True)
    ]  # fmt: skip
    for front, doctor in zip(fronts.values(), doctors, strict=True):
        said, _ = doctor.communicate(timeout=60)
        report = json.loads(said)
        found = [one for one in report["findings"] if one["severity"] != "info"]
        assert (found, report["healthy"]) == ([], True), f"{front.binary}: {found}"
        assert report["measured"]["http_version"].startswith("2"), report["measured"]
