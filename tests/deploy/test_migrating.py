"""Migrations of the log, while others write to it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.harness.databases import Postgres
from tests.harness.processes import ROOT
from tests.harness.temporary import folder

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

INDEX = "SELECT indisvalid FROM pg_class JOIN pg_index ON oid = indexrelid WHERE relname = %s"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres(folder / "postgres-migrations") as postgres:
        yield postgres


def migrate(postgres: Postgres, number: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "migrate", "live", number, "--verbosity", "0"]
    environment = {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": ""}
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def columns(connection: "psycopg.Connection[tuple[object, ...]]") -> str:
    """A row of the log as that migration knows it: every column that must have a value."""
    needed = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name ="
        " 'live_event' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
    ).fetchall()
    names = ", ".join(str(name) for name, _ in needed)
    values = ", ".join("now()" if "timestamp" in str(kind) else "'x'" for _, kind in needed)
    return f"INSERT INTO live_event ({names}) VALUES ({values})"


def test_writers_do_not_wait_while_the_index_of_access_is_built(postgres: Postgres) -> None:
    assert migrate(postgres, "0004").wait(60) == 0
    with (
        psycopg.connect(postgres.url) as slow,
        psycopg.connect(postgres.url, autocommit=True) as other,
    ):
        insert = columns(slow)
        slow.execute(insert)
        # That stays open, and the index waits for it.
        building = migrate(postgres, "0005")
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%'"
        for _ in range(600):
            if other.execute(waiting).fetchone() != (0,):
                break
            assert building.poll() is None
            other.execute("SELECT pg_sleep(0.05)")
        other.execute("SET statement_timeout = '5s'")
        other.execute(insert)
        assert building.poll() is None
        slow.commit()
        assert building.wait(30) == 0
        assert other.execute(INDEX, ["live_event_access"]).fetchone() == (True,)

        # Broken off, it is half there and not noted; then it is built anew.
        other.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
                      ["live_event_access"])  # fmt: skip
        other.execute("DELETE FROM django_migrations WHERE app = 'live' AND name LIKE '0005%'")
        assert migrate(postgres, "0005").wait(60) == 0
        assert other.execute(INDEX, ["live_event_access"]).fetchone() == (True,)
