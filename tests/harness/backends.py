"""The database and the Redis that the suite runs on, started before Django reads its settings.

    TEST_DATABASE=postgres TEST_REDIS=1 pytest tests/live

Without them: SQLite in a temporary file, no Redis. Loaded by `-p` in pyproject.toml.
"""

import atexit
import os
from contextlib import ExitStack

from tests.harness.databases import Postgres, Redis
from tests.harness.temporary import folder

_running = ExitStack()
atexit.register(_running.close)

# At the start: what is set here is what Django's settings read.
postgres: Postgres | None = None
redis: Redis | None = None
if os.environ.get("TEST_DATABASE") == "postgres":
    postgres = _running.enter_context(Postgres(folder / "postgres"))
if os.environ.get("TEST_REDIS"):
    redis = _running.enter_context(Redis(folder))
os.environ["DATABASE_URL"] = postgres.url if postgres else f"sqlite:///{folder / 'db.sqlite3'}"
os.environ["REDIS_URL"] = redis.url if redis else ""
os.environ["MEDIA_ROOT"] = str(folder / "media")
for name in ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "METRICS_TOKEN",
             "LIVE_BELL_URL", "EMAIL_URL", "MAIL_FROM"):  # fmt: skip
    os.environ.pop(name, None)


def pytest_report_header() -> str:
    return f"on {'PostgreSQL' if postgres else 'SQLite'}, {'with' if redis else 'without'} Redis"
