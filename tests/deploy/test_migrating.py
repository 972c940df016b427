"""Migrations while others go on reading and writing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.harness.databases import Postgres
from tests.harness.processes import ROOT
from tests.harness.temporary import folder

pytestmark = pytest.mark.postgres

INDEX = "SELECT indisvalid FROM pg_class JOIN pg_index ON oid = indexrelid WHERE relname = %s"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres(folder / "postgres-migrations") as postgres:
        yield postgres


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The address of an empty one."""
    address = f"{postgres.url}_empty"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE helpdesk_empty")
        yield address
        connection.execute("DROP DATABASE helpdesk_empty WITH (FORCE)")


def manage(url: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": ""}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def run(url: str, *arguments: str) -> str:
    """What it said, whether it succeeded or not."""
    return manage(url, *arguments).communicate(timeout=90)[0]


def migrate(postgres: Postgres, number: str) -> "subprocess.Popen[str]":
    return manage(postgres.url, "migrate", "live", number, "--verbosity", "0")


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


# Every migration in turn, and which of the tables that were there it keeps from others at once.
# What it took with one LOCK TABLE does not count: it gives back what it has while it waits.
KEPT = """
import json
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
kept, served, now = {}, set(), ["before the first"]

def begins(action, migration=None, fake=False):
    if action == "apply_start":
        now[:] = [str(migration)]
        served.clear()
        served.update(connection.introspection.table_names())

def watch(execute, sql, *rest):
    answer = execute(sql, *rest)
    if connection.in_atomic_block and sql.startswith("LOCK TABLE "):
        served.difference_update(sql.split(" IN ")[0].removeprefix("LOCK TABLE ").split(", "))
    elif connection.in_atomic_block:
        locks = connection.connection.execute(
            "SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND"
            " locktype = 'relation' AND mode IN ('ShareLock', 'ShareRowExclusiveLock',"
            " 'ExclusiveLock', 'AccessExclusiveLock')"
        )
        kept.setdefault(now[0], set()).update(served & {name for (name,) in locks})
    return answer

executor = MigrationExecutor(connection, begins)
with connection.execute_wrapper(watch):
    executor.migrate(executor.loader.graph.leaf_nodes())
print(json.dumps({name: sorted(tables) for name, tables in kept.items()}))
"""
OURS = ("live.", "tickets.", "logins.")


def test_no_migration_keeps_one_table_while_it_waits_for_another(database: str) -> None:
    said = run(database, "shell", "-v", "0", "--no-imports", "-c", KEPT)
    kept: dict[str, list[str]] = json.loads(said.splitlines()[-1])
    assert kept["tickets.0021_tags"] == ["tickets_ticket"], "it does see what is kept"
    several = {name: tables for name, tables in kept.items() if len(tables) > 1}
    assert not [name for name in several if name.startswith(OURS)], several


def test_who_reads_two_tables_goes_on_while_a_migration_changes_both(database: str) -> None:
    steps = [
        ("live", "0005", "0010", "live_head", "live_event"),
        ("tickets", "0009", "0010", "tickets_ticket", "tickets_comment"),
        ("tickets", "0015", "0016", "tickets_rememberedwrite", "tickets_change"),
        ("tickets", "0019", "0020", "tickets_comment", "tickets_ticket"),
    ]
    for app, before, number, one, two in steps:
        run(database, "migrate", app, before)
        with psycopg.connect(database) as reader:
            reader.execute(f"SELECT FROM {one}")
            running = manage(database, "migrate", app, number)
            wait_for_a_lock(running, database)
            reader.execute(f"SELECT FROM {two}")  # a deadlock, were the one kept for the other
            reader.commit()
            said, _ = running.communicate(timeout=90)
        assert running.returncode == 0, said


def test_a_migration_that_finds_no_moment_says_so_and_has_changed_nothing(database: str) -> None:
    run(database, "migrate", "tickets", "0009")
    with psycopg.connect(database) as reader:
        reader.execute("SELECT FROM tickets_ticket")
        script = (
            "from django.core.management import call_command; from tickets.migrations import"
            " _locking; _locking.PATIENCE = 1; call_command('migrate', 'tickets', '0010')"
        )
        said = run(database, "shell", "-v", "0", "--no-imports", "-c", script)
        assert "Others used tickets_comment and tickets_ticket for 1 seconds" in said
        assert "run migrate again when fewer work" in said
    said = run(database, "migrate", "tickets", "0010")
    assert "Applying tickets.0010_last_activity... OK" in said


def wait_for_a_lock(running: "subprocess.Popen[str]", database: str) -> None:
    """Until the migration waits for one, or has ended."""
    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(1200):
            waiting = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if running.poll() is not None or waiting.fetchone() != (0,):
                return
            connection.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("the migration neither waited nor ended")
