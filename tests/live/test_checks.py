"""`check --deploy` names what would make the stream fail silently, and nothing else."""

import resource
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from live import checks
from tests.harness import backends
from tests.harness.databases import PgBouncer
from tests.harness.temporary import folder

pytestmark = pytest.mark.django_db  # PostgreSQL is asked how it isolates transactions

SOUND = {
    "CHANNEL_LAYERS": {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    "LIVE_HEARTBEAT_SECONDS": 15,
    "LIVE_POLL_SECONDS": 1,
}


@pytest.fixture
def found(settings: Any) -> Any:
    """The ids that are reported with a sound deployment changed by the given settings."""

    def find(**changes: Any) -> set[str]:
        for name, value in {**SOUND, **changes}.items():
            setattr(settings, name, value)
        return {str(message.id) for message in checks.check_deployment(None)}

    return find


def test_a_sound_deployment_is_not_accused(found: Any) -> None:
    assert found() == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"MIDDLEWARE": ["django.middleware.gzip.GZipMiddleware"]}, {"live.W001"}),
        ({"LIVE_HEARTBEAT_SECONDS": 30}, {"live.W003"}),
        ({"LIVE_MAX_STREAM_SECONDS": 20}, {"live.W004"}),
        ({"LIVE_POLL_SECONDS": 60}, {"live.W005"}),
        ({"LIVE_MAX_PENDING_BYTES": 127_999}, {"live.W006"}),
        ({"LIVE_MAX_PENDING_BYTES": 128_000}, set()),
        ({"ASGI_APPLICATION": "tests.live.test_checks.plain_django"}, {"live.E001", "live.W002"}),
        ({"ASGI_APPLICATION": "no.such.module"}, {"live.E001", "live.W002"}),
        ({"LIVE_AUDIENCES": ""}, {"live.E003"}),
        ({"LIVE_AUDIENCES": "tickets.visibility.nothing"}, {"live.E003"}),
        ({"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"}, {"live.E004"}),
        ({"TEMPLATES": []}, {"live.W010"}),
    ],
)
def test_each_fault_is_named(found: Any, changes: dict[str, Any], expected: set[str]) -> None:
    assert found(**changes) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ASGI_APPLICATION", {"live.E001", "live.W002"}),
        ("LIVE_AUDIENCES", {"live.E003"}),
        ("CHANNEL_LAYERS", set() if backends.postgres else {"live.I001"}),
        ("LIVE_HEARTBEAT_SECONDS", set()),
        ("LIVE_POLL_SECONDS", set()),
        ("LIVE_MAX_STREAM_SECONDS", set()),
    ],
)
def test_a_missing_setting_is_named_or_has_a_default(
    found: Any, settings: Any, name: str, expected: set[str]
) -> None:
    found()  # all as it should be
    delattr(settings, name)
    assert {str(message.id) for message in checks.check_deployment(None)} == expected


def test_a_project_without_a_database_is_not_failed(
    found: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(settings.DATABASES, "default")
    assert found() == set()


async def plain_django(scope: Any, receive: Any, send: Any) -> None:
    """An application that has no stream beside it."""


def test_too_few_files_are_named(found: Any) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_000, hard))
    try:
        assert found() == {"live.W009"}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_sqlite_on_a_network_path_is_an_error(
    found: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/share {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(checks, "MOUNTS", mounts)
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    monkeypatch.setitem(settings.DATABASES, "default", sqlite)

    assert found() == {"live.E002"}


@pytest.fixture
def repeatable_read(request: pytest.FixtureRequest) -> None:
    """PostgreSQL as some hosts set it up. It counts for connections made from now on."""

    def alter(change: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER ROLE CURRENT_USER {change}")
        connection.close()

    alter("SET default_transaction_isolation = 'repeatable read'")
    request.addfinalizer(lambda: alter("RESET default_transaction_isolation"))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs TEST_DATABASE=postgres")
@pytest.mark.django_db(transaction=True)
def test_an_isolation_under_which_writers_are_refused_is_named(
    found: Any, repeatable_read: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found() == {"live.W012"}  # our transactions say what they need
    monkeypatch.delitem(connection.settings_dict["OPTIONS"], "isolation_level")
    connection.close()
    assert found() == {"live.E005", "live.W012"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs TEST_DATABASE=postgres")
@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_named(
    found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "PORT", 1)
        assert found() == {"live.W011"}


@pytest.mark.skipif(backends.postgres is None, reason="needs TEST_DATABASE=postgres")
@pytest.mark.django_db(transaction=True)
def test_a_pooler_through_which_nothing_is_heard_is_named(
    found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert backends.postgres is not None
    assert found() == set(), "without one it is heard"
    with PgBouncer(folder, backends.postgres) as pooler, monkeypatch.context() as behind:
        connection.close()
        behind.setitem(connection.settings_dict, "PORT", pooler.port)
        assert found() == {"live.W013"}
        assert found(LIVE_BELL_URL=backends.postgres.url) == set()
        elsewhere = "postgres://robert:s3cret@127.0.0.1:11/helpdesk"
        assert found(LIVE_BELL_URL=elsewhere) == {"live.W013"}
        told = [str(message.msg) for message in checks.check_deployment(None)]
        assert "s3cret" not in told[0]
        assert "robert" not in told[0]
        connection.close()


@pytest.mark.skipif(backends.postgres is not None, reason="PostgreSQL rings by itself")
def test_without_anything_that_rings_others_it_is_said(found: Any) -> None:
    assert found(CHANNEL_LAYERS={}) == {"live.I001"}
