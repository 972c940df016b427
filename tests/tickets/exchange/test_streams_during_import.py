"""An import holds nobody up: what others do meanwhile reaches open streams as it did before."""

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.harness.sse import EventStream

# docs/decisions-desk.md has the figures of 20,000: IMPORT_ROWS=20000 pytest -s, of this file.
ROWS = int(os.environ.get("IMPORT_ROWS", "2500"))


def table(path: Path, queue: str, rows: int) -> Path:
    lines = (
        f"{n},Imported {n},{queue},open,Rosa {n},rosa{n}@example.com,{'A line of text. ' * 30}\n"
        for n in range(rows)
    )
    header = "id,subject,queue,status,requester_name,requester_email,description\n"
    path.write_text(header + "".join(lines))
    return path


def test_a_change_of_somebody_else_arrives_during_an_import(
    server: Daphne, site: People, tmp_path: Path
) -> None:
    ticket = site.ticket()
    path = table(tmp_path / "old.csv", site.billing.name, ROWS)
    stream = EventStream(server.url, session_of(site.alice), seconds=30)
    stream.next("connected")
    latencies: list[float] = []
    import_is_over = Event()

    def change() -> None:
        """Carol writes by the API, again and again."""
        with Browser(server.url, site.carol) as browser:
            while not import_is_over.is_set():
                began = time.monotonic()
                body = {"priority": ["low", "high"][len(latencies) % 2]}
                answer = browser.patch(f"/api/tickets/{ticket.pk}/", json=body)
                assert answer.status_code == 200, answer.text
                stream.next("ticket.updated", seconds=20)
                latencies.append(time.monotonic() - began)

    writer = Thread(target=change)
    command = [
        sys.executable,
        "manage.py",
        "import_tickets",
        f"{path}",
        "--source",
        site.billing.name,
    ]
    began = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        writer.start()
        said, _ = process.communicate(timeout=120)
    took = time.monotonic() - began
    import_is_over.set()
    writer.join(30)
    assert f"{ROWS:,} tickets imported" in said
    assert len(latencies) > 5
    # A machine that is busy delays both: nobody waits for as much as half of the import.
    assert max(latencies) < took / 2, (took, sorted(latencies)[-5:])
    resets = sum(frame.event == "reset" for frame in stream.frames)
    print(  # for whoever measures
        f"{ROWS} rows in {took:.1f} s, {ROWS / took:.0f}/s; {len(latencies)} changes meanwhile:"
        f" median {sorted(latencies)[len(latencies) // 2] * 1000:.0f} ms, longest"
        f" {max(latencies) * 1000:.0f} ms; {resets} resets"
    )
    assert any(frame.event == "reset" for frame in stream.frames)
    stream.close()
