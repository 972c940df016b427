"""A backup by the timer's script and a restore by the commands of operations.md, on PostgreSQL."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.deploy.fronts import DEPLOY, HOST
from tests.deploy.production import Installation, Process
from tests.deploy.typed import here, lines, manage, type_in
from tests.harness.databases import Postgres
from tests.harness.processes import installed
from tests.harness.sse import EventStream
from tests.harness.temporary import folder

BACKUP = DEPLOY / "systemd" / "backup"
FILL = """
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from io import BytesIO
from tickets import editing
from tickets.attachments import store
from tickets.models import Queue, Ticket
alice = User.objects.create_user("alice")
billing = Queue.objects.create(name="Billing")
billing.agents.add(alice)
ticket = Ticket.objects.create(subject="In the backup", queue=billing)
file = store(ticket, "kept.txt", BytesIO(b"Hello"), uploader=alice)
editing.comment(alice, ticket.pk, "Look", attaching=[file])
store(ticket, "waits.txt", BytesIO(b"Hello"), uploader=alice)
request = HttpRequest()
request.session = SessionStore()
login(request, alice, backend="django.contrib.auth.backends.ModelBackend")
request.session.save()
print(request.session.session_key)
"""
FILL_AGAIN = """
from io import BytesIO
from django.contrib.auth.models import User
from tickets.attachments import Attachment, describe, store
from tickets.models import Queue, Ticket
Ticket.objects.all().delete()
User.objects.get_or_create(username="alice")
billing, _ = Queue.objects.get_or_create(name="Billing")
ticket = Ticket.objects.create(subject="With a file", queue=billing)
describe(ticket, [store(ticket, "kept.txt", BytesIO(b"Hello"))])
"""
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres(folder / "postgres-backup") as postgres:
        yield postgres


def as_postgres(postgres: Postgres) -> dict[str, str]:
    """In place of the socket that lets PostgreSQL's own user in without a password."""
    return {"PATH": f"{postgres.binaries}:{os.environ['PATH']}", "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port), "PGUSER": "helpdesk"}  # fmt: skip


def back_up(postgres: Postgres, place: Path, *media: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BACKUP), str(place), *map(str, media)], env=as_postgres(postgres), timeout=60,
        check=False, capture_output=True, text=True,
    )  # fmt: skip


def databases(postgres: Postgres) -> set[str]:
    psql = [installed("psql", "postgresql"), "-Atc", "SELECT datname FROM pg_database", "helpdesk"]
    return set(subprocess.check_output(psql, env=as_postgres(postgres), text=True).split())


def test_a_backup_is_put_back_to_try_it_and_a_restore_tells_every_page_to_start_afresh(
    postgres: Postgres, installation: Installation, tmp_path: Path
) -> None:
    media = tmp_path / "media"
    site = installation.with_environment(
        DATABASE_URL=postgres.url, REDIS_URL="", MEDIA_ROOT=str(media)
    )
    site.manage("migrate", "--verbosity", "0")
    session = site.manage("shell", "-v", "0", "-c", FILL).split()[-1]
    place = tmp_path / "backups"
    place.mkdir()
    old, recent = place / "helpdesk-2020-01-01T000000Z.dump", place / "helpdesk-recent.dump"
    for dump in (old, recent):
        dump.touch()
    os.utime(old, (0, 0))
    (media / "incoming" / "on-its-way").write_text("half of")
    done = back_up(postgres, place, media)
    assert done.returncode == 0, done.stderr
    assert "was put back to try it: 1 users" in done.stdout
    (dump,) = place.glob("helpdesk-20*.dump")
    kept = {path.name for path in place.iterdir()}
    assert kept == {dump.name, recent.name, "files", "files.list"}
    files = [path for path in (place / "files").rglob("*") if path.is_file()]
    assert [file.read_text() for file in files] == ["Hello"] * 2
    shutil.rmtree(media)
    assert dump.stat().st_mode & 0o077 == 0
    assert "helpdesk_tried" not in databases(postgres)

    with (
        Process(site) as server,
        browser(server, session) as alice,
        closing(EventStream(server.url, session)) as stream,
    ):
        stream.next("connected")
        open_ticket(alice, "After the backup")
        seen = stream.next("ticket.created").id

    type_in(here(manage() + restore(dump, postgres, media), site, tmp_path), [])

    with Process(site) as server, browser(server, session) as alice:
        shown = alice.get("/api/tickets/").json()["results"]
        assert [ticket["subject"] for ticket in shown] == ["In the backup"]
        page = alice.get(f"/tickets/{shown[0]['id']}/").text
        (url,) = re.findall(r'href="([^"]+/kept.txt)"', page)
        assert alice.get(url).text == "Hello"
        last = {"Last-Event-ID": str(seen)}
        with closing(EventStream(server.url, session, headers=last)) as stream:
            stream.next("connected")
            assert stream.next("reset").data == {"reason": "missed"}
            open_ticket(alice, "After the restore")
            created = stream.next("ticket.created").id
            assert int(created or 0) > int(seen or 0)


def browser(server: Process, session: str) -> httpx.Client:
    """As behind the proxy that ends TLS. The session is one of before the backup."""
    token = "t" * 32
    headers = {"X-Forwarded-Proto": "https", "X-CSRFToken": token, "Referer": f"https://{HOST}/"}
    cookies = {"sessionid": session, "csrftoken": token}
    return httpx.Client(base_url=server.url, headers=headers, cookies=cookies, timeout=20)


def open_ticket(browser: httpx.Client, subject: str) -> None:
    queue = browser.get("/api/tickets/").json()["results"][0]["queue"]["id"]
    answer = browser.post("/api/tickets/", json={"subject": subject, "queue": queue})
    assert answer.status_code == 201, answer.text


def restore(dump: Path, postgres: Postgres, media: Path) -> str:
    """The commands, but for systemd's, and with the test's own PostgreSQL, folders and user."""
    script = lines("To restore, into", "`positions_lost` is the step")
    stop, start = "systemctl stop helpdesk.target\n", "systemctl start helpdesk.target\n"
    assert script.startswith(stop) and script.endswith(start)
    script = script.removeprefix(stop).removesuffix(start)
    named = "/var/backups/helpdesk/helpdesk-….dump"
    assert script.count(named) == 1
    script = script.replace(named, str(dump))
    for there, place in (
        ("install -d -m 750 -o helpdesk -g helpdesk", "install -d -m 750"),
        ("chown --recursive helpdesk:helpdesk", "ls -d"),
        ("/var/backups/helpdesk/files", str(dump.parent / "files")),
        ("/var/lib/helpdesk", str(media)),
    ):
        assert there in script
        script = script.replace(there, place)
    assert script.count('su postgres -c "') == 3
    variables = " ".join(f"{name}={value}" for name, value in as_postgres(postgres).items())
    return script.replace('su postgres -c "', f'env {variables} sh -c "')


def test_a_backup_that_cannot_be_put_back_keeps_the_old_ones_and_says_so(
    postgres: Postgres, tmp_path: Path
) -> None:
    old = tmp_path / "helpdesk-2020-01-01T000000Z.dump"
    old.touch()
    os.utime(old, (0, 0))
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "pg_restore").write_text("#!/bin/sh\necho 'the archive is broken' >&2\nexit 1\n")
    (broken / "pg_restore").chmod(0o755)
    environment = as_postgres(postgres)
    environment["PATH"] = f"{broken}:{environment['PATH']}"
    done = subprocess.run(
        [str(BACKUP), str(tmp_path)], env=environment, timeout=60, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "the archive is broken" in done.stderr
    assert [path.name for path in tmp_path.glob("*.dump")] == [old.name]
    assert "helpdesk_tried" not in databases(postgres)


def test_files_stay_as_long_as_a_dump_names_them_and_one_that_is_missing_is_said(
    postgres: Postgres, installation: Installation, tmp_path: Path
) -> None:
    media, place = tmp_path / "media", tmp_path / "backups"
    site = installation.with_environment(
        DATABASE_URL=postgres.url, REDIS_URL="", MEDIA_ROOT=str(media)
    )
    site.manage("migrate", "--verbosity", "0")
    site.manage("shell", "-v", "0", "-c", FILL_AGAIN)
    place.mkdir()
    assert back_up(postgres, place, media).returncode == 0
    (copy,) = (path for path in (place / "files").rglob("*") if path.is_file())
    (file,) = (path for path in media.rglob("*") if path.is_file())

    file.rename(tmp_path / "aside")  # as if its ticket had been deleted
    assert back_up(postgres, place, media).returncode == 0
    assert copy.exists()

    copy.unlink()
    done = back_up(postgres, place, media)
    assert done.returncode == 1
    assert f"The file {file.relative_to(media)} is in no backup" in done.stderr

    (tmp_path / "aside").rename(file)
    os.utime(file, (0, 0))
    old = place / "files" / "2020" / "old"
    old.parent.mkdir()
    old.touch()
    os.utime(old, (0, 0))
    assert back_up(postgres, place, media).returncode == 0
    assert copy.exists()  # however old it is: it is still there
    assert not old.parent.exists()
    assert "There is no folder" in back_up(postgres, place, tmp_path / "none").stderr


def test_a_dump_without_people_is_no_backup(postgres: Postgres, tmp_path: Path) -> None:
    empty = {**as_postgres(postgres), "PGDATABASE": "helpdesk"}
    script = BACKUP.read_text().replace(" helpdesk\n", " template_empty\n")
    copy = tmp_path / "backup"
    copy.write_text(script)
    copy.chmod(0o755)
    subprocess.run(["createdb", "template_empty"], env=empty, check=True, timeout=30)
    psql = ["psql", "-c", "CREATE TABLE auth_user (id int)", "template_empty"]
    subprocess.run(psql, env=empty, check=True, timeout=30, capture_output=True)
    done = subprocess.run(
        [str(copy), str(tmp_path)], env=empty, timeout=60, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "The dump holds no users" in done.stderr
    assert list(tmp_path.glob("*.dump")) == []
