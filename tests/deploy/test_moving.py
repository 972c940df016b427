"""Moving from SQLite to PostgreSQL and back, by the commands of docs/operations.md."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.databases import Postgres
from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.sse import EventStream
from tests.harness.temporary import folder

# A dozen processes of manage.py, one after the other.
pytestmark = pytest.mark.postgres

FILL = """
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from tickets.actor import acting_as
from tickets.models import Comment, Queue, Ticket
billing, network = (Queue.objects.create(name=name) for name in ("Billing", "Network"))
alice = User.objects.create_user("alice", password="alice's password")
User.objects.create_superuser("admin", password="admin's password")
User.objects.create_user("gone").delete()  # so that keys have a gap
bob = User.objects.create_user("bob", password="bob's password")
billing.agents.add(alice)
network.agents.add(bob)
staff = Group.objects.create(name="Staff")
staff.permissions.add(Permission.objects.get(codename="change_ticket"))
alice.groups.add(staff)
bob.user_permissions.add(Permission.objects.get(codename="delete_ticket"))
for number in range(5):
    ticket = Ticket.objects.create(subject=f"Ticket {number} äöü", queue=billing)
    with acting_as(alice):
        ticket.assignee = bob
        ticket.status = "open"
        ticket.save()
    Comment.objects.create(ticket=ticket, author=alice, body="Hello", internal=bool(number % 2))
Ticket.objects.first().delete()
LogEntry.objects.log_actions(bob.pk, [ticket], CHANGE, change_message="moved", single_object=True)
"""
SHOW = """
import json
from django.contrib.admin.models import LogEntry
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from live.models import Event
from tickets.models import Change, Comment, Membership, Ticket
shown = {model.__name__: [*model.objects.order_by("pk").values()]
         for model in (Change, Comment, Membership, Ticket, User)}
shown["rights"] = {user.username: sorted(user.get_all_permissions())
                   for user in User.objects.filter(is_superuser=False)}
shown["may log in"] = [bool(authenticate(username=name, password=f"{name}'s password"))
                       for name in ("alice", "admin", "bob")]
shown["admin"] = [f"{entry.user} {entry.content_type} {entry.get_change_message()}"
                  for entry in LogEntry.objects.all()]
def milliseconds(time):  # which is what a dump holds
    return time.replace(microsecond=time.microsecond // 1000 * 1000).isoformat()
print(json.dumps([shown, [*Event.objects.values_list("name", "audience", "data")]],
                 default=milliseconds))
"""
GO_ON = """
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from tickets.models import Comment, Queue, Ticket
ticket = Ticket.objects.create(subject="New", queue=Queue.objects.get(name="Network"))
Comment.objects.create(ticket=ticket, body="New")
Queue.objects.create(name="New").agents.add(User.objects.create_user("new"))
request = HttpRequest()
request.session = SessionStore()
user = User.objects.get(username="alice")
login(request, user, backend="django.contrib.auth.backends.ModelBackend")
request.session.save()
print(request.session.session_key)
"""


def commands() -> list[list[str]]:
    """What operations.md has one type, after `manage`."""
    document = (ROOT / "docs" / "operations.md").read_text()
    section = document.partition("## Move from SQLite to PostgreSQL")[2].partition("\n## ")[0]
    lines = re.findall(r"^    manage (.+)$", section.replace("\\\n", ""), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def manage(url: str, *arguments: str, cwd: Path) -> str:
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": ""}
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.check_output(command, cwd=cwd, env=environment, timeout=90, text=True)


def shell(url: str, code: str) -> str:
    return manage(url, "shell", "-v", "0", "-c", code, cwd=ROOT).strip().splitlines()[-1]


def move(old: str, new: str, place: Path) -> None:
    """Type the commands: the first one at the old database, all others at the new one."""
    place.mkdir()
    dump, *rest = commands()
    manage(old, *dump, cwd=place)
    for command in rest:
        manage(new, *command, cwd=place)


def state(url: str) -> tuple[Any, Any]:
    shown, log = json.loads(shell(url, SHOW))
    return shown, log


def test_all_is_moved_to_postgresql_and_back_and_pages_start_afresh(tmp_path: Path) -> None:
    assert [command[0] for command in commands()] == [
        "dumpdata", "migrate", "loaddata", "positions_lost",
    ]  # fmt: skip
    first, last = (f"sqlite:///{tmp_path / name}.sqlite3" for name in ("first", "last"))
    manage(first, "migrate", "--verbosity", "0", cwd=ROOT)
    manage(first, "shell", "-v", "0", "-c", FILL, cwd=ROOT)
    before, _ = state(first)
    assert before["may log in"] == [True] * 3
    with Postgres(folder / "postgres-moving") as postgres:
        move(first, postgres.url, tmp_path / "there")
        after, log = state(postgres.url)
        assert after == before
        assert log == [["reset", "*", '{"reason":"untold"}']]

        session = shell(postgres.url, GO_ON)
        with Daphne(postgres.url, REDIS_URL="") as server:
            stream = EventStream(server.url, session, headers={"Last-Event-ID": "7"})
            stream.next("connected")
            assert stream.next("reset").data == {"reason": "missed"}
            stream.close()

        moved, _ = state(postgres.url)
        move(postgres.url, last, tmp_path / "back")
    assert state(last)[0] == moved
    shell(last, GO_ON.replace('"New"', '"Newer"').replace('"new"', '"newer"'))
