"""The settings of PostgreSQL and Redis, by servers that run with them; backup and restore."""

import re
import subprocess
from collections.abc import Iterator

import psycopg
import pytest
import redis

from tests.deploy.fronts import DEPLOY
from tests.deploy.production import Installation, Process
from tests.harness.databases import Postgres, Redis
from tests.harness.sse import EventStream
from tests.harness.temporary import folder

SETTING = re.compile(r"^(\w+) = (\S+)", re.MULTILINE)

# A dozen processes of manage.py, one after the other: 107 s on a machine that does much else.
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """With the settings of deploy/, and no others."""
    configuration = (DEPLOY / "postgresql" / "helpdesk.conf").read_text()
    with Postgres(folder / "postgres-deploy", configuration) as server:
        yield server


def test_postgresql_takes_every_setting(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute("SELECT name, setting, error FROM pg_file_settings").fetchall()
    taken = {name: (setting, error) for name, setting, error in rows}
    for name, value in SETTING.findall(postgres.configuration):
        assert taken[name] == (value, None)


class ConfiguredRedis(Redis):
    """With the settings of deploy/."""

    def command(self) -> list[str]:
        return [self.program, str(DEPLOY / "redis" / "helpdesk.conf"), "--port", str(self.port)]


@pytest.mark.redis
def test_redis_takes_every_setting() -> None:
    with ConfiguredRedis(folder) as server, redis.Redis(port=server.port) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_after_a_restore_a_browser_that_knows_more_than_the_backup_starts_afresh(
    postgres: Postgres, installation: Installation
) -> None:
    """Backup and restore as docs/operations.md writes them."""
    binaries = postgres.binaries
    url = postgres.url
    desk = installation.with_environment(DATABASE_URL=url, REDIS_URL="")
    desk.manage("migrate")
    desk.manage("shell", "-c", PREPARE)
    dump = folder / "helpdesk.dump"
    subprocess.run([binaries / "pg_dump", "-Fc", "-f", dump, url], check=True, timeout=60)
    with Process(desk) as server:
        session = desk.manage("shell", "-v", "0", "-c", SIGN_IN).split()[-1]
        stream = EventStream(server.url, session)
        stream.next("connected")
        desk.manage("shell", "-c", CHANGE)
        known = stream.next("ticket.created").id
        stream.close()

    restore = [str(binaries / "pg_restore"), "--clean", "--if-exists", "-d", url, str(dump)]
    subprocess.run(restore, check=True, timeout=60)
    desk.manage("positions_lost")
    with Process(desk) as server:
        session = desk.manage("shell", "-v", "0", "-c", SIGN_IN).split()[-1]
        stream = EventStream(server.url, session, headers={"Last-Event-ID": str(known)})
        stream.next("connected")
        assert stream.next("reset").data == {"reason": "missed"}
        desk.manage("shell", "-c", CHANGE)
        created = stream.next("ticket.created")
        assert known is not None
        assert created.id is not None
        assert created.id > known
        stream.close()


PREPARE = """
from django.contrib.auth.models import User
from tickets.models import Queue
Queue.objects.create(name="Restored").agents.add(User.objects.create_user("rita", password="x"))
"""
CHANGE = """
from tickets.models import Queue, Ticket
Ticket.objects.create(subject="Since the backup", queue=Queue.objects.get(name="Restored"))
"""
SIGN_IN = """
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
request = HttpRequest()
request.session = SessionStore()
user = User.objects.get(username="rita")
login(request, user, backend="django.contrib.auth.backends.ModelBackend")
request.session.save()
print(request.session.session_key)
"""
