"""The settings of PostgreSQL and Redis, by servers that run with them; backup and restore."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator

import psycopg
import pytest
import redis

from tests.backends import Postgres, folder, free_port, missing
from tests.deploy.fronts import DEPLOY
from tests.deploy.production import Installation, Process
from tests.sse import EventStream

SETTING = re.compile(r"^(\w+) = (\S+)", re.MULTILINE)

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres("postgres-deploy")
    yield server
    server.stop()


def test_postgresql_takes_every_setting(postgres: Postgres) -> None:
    text = (DEPLOY / "postgresql" / "helpdesk.conf").read_text()
    postgres.stop()
    with (postgres.data / "postgresql.conf").open("a") as conf:
        conf.write(text)
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute("SELECT name, setting, error FROM pg_file_settings").fetchall()
    taken = {name: (setting, error) for name, setting, error in rows}
    for name, value in SETTING.findall(text):
        assert taken[name] == (value, None)


@pytest.mark.redis
def test_redis_takes_every_setting() -> None:
    binary = shutil.which("redis-server")
    if binary is None:
        missing("redis-server (Debian package redis-server)")
    port = free_port()
    command = [str(binary), str(DEPLOY / "redis" / "helpdesk.conf"), "--port", str(port)]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(port=port)
        deadline = time.monotonic() + 20
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    finally:
        server.terminate()
        server.wait(10)


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

    restore = [binaries / "pg_restore", "--clean", "--if-exists", "-d", url, dump]
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
login(request, User.objects.get(username="rita"))
request.session.save()
print(request.session.session_key)
"""
