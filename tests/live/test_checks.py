"""`check --deploy` names what would make the stream fail silently, and nothing else."""

import resource
from pathlib import Path
from typing import Any

import pytest

from live import checks

SOUND = {
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "REDIS_URL": "redis://127.0.0.1/0",
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
        ({"REDIS_URL": None}, {"live.I001"}),
        ({"SESSION_COOKIE_SECURE": False}, {"live.W006"}),
        ({"TRUST_PROXY_HEADERS": True}, {"live.W007"}),
        ({"SECURE_SSL_REDIRECT": True}, {"live.W008"}),
        ({"ASGI_APPLICATION": "tests.live.test_checks.plain_django"}, {"live.E001", "live.W002"}),
    ],
)
def test_each_fault_is_named(found: Any, changes: dict[str, Any], expected: set[str]) -> None:
    assert found(**changes) == expected


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
