"""A PostgreSQL whose default is another isolation than the one we need."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.harness.databases import CARELESS, Postgres
from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.temporary import folder

pytestmark = pytest.mark.postgres

AT_ONCE = 16  # one user may have sixteen writes waiting
REPEATABLE = CARELESS + "default_transaction_isolation = 'repeatable read'\n"
PREPARE = """
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import login
from django.http import HttpRequest
from tickets.models import Queue, Ticket
queue = Queue.objects.create(name="Billing")
queue.agents.add(User.objects.create_user("alice"))
request = HttpRequest()
request.session = SessionStore()
login(request, User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
request.session.save()
print(request.session.session_key, Ticket.objects.create(subject="Printer", queue=queue).pk)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres(folder / "postgres-repeatable", REPEATABLE) as server:
        yield server


def manage(url: str, *arguments: str) -> str:
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": ""}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.check_output(command, cwd=ROOT, env=environment, timeout=60, text=True)


def test_edits_at_once_all_succeed_whatever_the_databases_default_is(postgres: Postgres) -> None:
    manage(postgres.url, "migrate", "--verbosity", "0")
    session, ticket = manage(postgres.url, "shell", "-v", "0", "-c", PREPARE).split()[-2:]
    with Daphne(postgres.url, REDIS_URL="") as server:
        cookies = {"sessionid": session, "csrftoken": "a" * 32}

        def edit(number: int) -> int:
            return httpx.patch(
                f"{server.url}/api/tickets/{ticket}/", json={"subject": f"Printer {number}"},
                cookies=cookies, headers={"X-CSRFToken": "a" * 32}, timeout=30,
            ).status_code  # fmt: skip

        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert list(threads.map(edit, range(AT_ONCE))) == [200] * AT_ONCE
        now = httpx.get(f"{server.url}/api/tickets/{ticket}/", cookies=cookies, timeout=30).json()
    assert now["version"] == 1 + AT_ONCE
