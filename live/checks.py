"""`manage.py check --deploy` names, by id, settings that would make the stream fail silently.

The checks change nothing in the process that runs them, and name what is missing instead of failing
themselves. https://docs.djangoproject.com/en/5.2/topics/checks/
"""

import inspect
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

from live.conf import conf
from live.log import postgres_bell
from live.log.bell import KINDS

# Names of middlewares that rewrite what passes them: GZipMiddleware, BrotliMiddleware, …
REWRITING = re.compile("gzip|brotli|zstd|compress|minif", re.IGNORECASE)
SHORTEST_IDLE_LIMIT = 30  # seconds: CloudFront's; next are 55 (Heroku) and 60 (nginx, ALB)
LEAST_PENDING = 128_000  # bytes: twice what a server keeps before it asks for a pause
NEEDED_ISOLATION = "read committed"  # PostgreSQL's own default; log/numbering.py says why
RESERVED_FILES = 200  # descriptors for the database, logs and other requests
NETWORK_FILESYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "glusterfs"}
MOUNTS = Path("/proc/self/mounts")
CONTEXT_PROCESSOR = "live.context_processors.live"


@register("live", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    checks = (
        _application,
        _audiences,
        _sessions,
        _pages,
        _middleware,
        _heartbeat,
        _poll,
        _pending,
        _database,
        _isolation,
        _bell,
        _files,
    )
    return [message for check in checks for message in check()]


def _application() -> Iterator[CheckMessage]:
    path = getattr(settings, "ASGI_APPLICATION", None)
    application, problem = _imported(path)
    if getattr(application, "__module__", "") == "live.stream.endpoint":
        return
    yield Error(
        f"ASGI_APPLICATION={path!r} does not serve the stream beside Django{problem}.",
        hint="Let it be live.stream.endpoint.beside(get_asgi_application()).",
        id="live.E001",
    )
    for path in settings.MIDDLEWARE:
        middleware, _ = _imported(path)
        if inspect.isclass(middleware) and not getattr(middleware, "async_capable", False):
            yield Warning(
                f"{path} is synchronous: a stream that passes it holds a thread while it lasts.",
                hint="Serve the stream beside Django, with live.stream.endpoint.beside().",
                id="live.W002",
            )


def _audiences() -> Iterator[CheckMessage]:
    rule, problem = _imported(conf.AUDIENCES)
    if not callable(rule):
        yield Error(
            f"LIVE_AUDIENCES={conf.AUDIENCES!r} names no function{problem}: nobody can be let in.",
            hint="Name the function that takes users' keys and returns the audiences of each.",
            id="live.E003",
        )


def _sessions() -> Iterator[CheckMessage]:
    if settings.SESSION_ENGINE == "django.contrib.sessions.backends.signed_cookies":
        yield Error(
            "SESSION_ENGINE keeps sessions in cookies, where no server can see that one has ended:"
            " every stream would be ended at the next look.",
            hint="Keep sessions in the database or in a shared cache.",
            id="live.E004",
        )


def _pages() -> Iterator[CheckMessage]:
    engines: Any = settings.TEMPLATES
    processors = [
        processor
        for engine in engines
        for processor in engine.get("OPTIONS", {}).get("context_processors", ())
    ]
    if CONTEXT_PROCESSOR not in processors:
        yield Warning(
            f"{CONTEXT_PROCESSOR} is not among the context processors of TEMPLATES: pages that"
            " include live/client.html open no stream and do not say so.",
            hint="Add it to OPTIONS['context_processors'].",
            id="live.W010",
        )


def _middleware() -> Iterator[CheckMessage]:
    for path in settings.MIDDLEWARE:
        if REWRITING.search(path):
            yield Warning(
                f"{path} rewrites what passes it; compressed chunk by chunk, an event stream opens"
                " in browsers and then stays silent.",
                hint="Our stream stands beside Django and does not pass it, other streams do:"
                " remove it, and compress at the proxy, without text/event-stream.",
                id="live.W001",
            )


def _heartbeat() -> Iterator[CheckMessage]:
    seconds = conf.HEARTBEAT_SECONDS
    if seconds >= SHORTEST_IDLE_LIMIT:
        yield Warning(
            f"LIVE_HEARTBEAT_SECONDS={seconds} is not below the idle limits of what may stand in"
            " front: 30 s CloudFront, 55 s Heroku, 60 s nginx, Apache, AWS ALB.",
            hint="Leave it at 15, or raise those limits.",
            id="live.W003",
        )
    if 4 * seconds > conf.MAX_STREAM_SECONDS:
        yield Warning(
            f"LIVE_MAX_STREAM_SECONDS={conf.MAX_STREAM_SECONDS} ends streams after a few"
            " heartbeats: browsers reconnect all the time.",
            hint="Leave it at 3600.",
            id="live.W004",
        )


def _poll() -> Iterator[CheckMessage]:
    if conf.POLL_SECONDS > conf.HEARTBEAT_SECONDS:
        yield Warning(
            f"LIVE_POLL_SECONDS={conf.POLL_SECONDS} is longer than a heartbeat: without a"
            " bell, pages say live while events wait.",
            hint="Leave it at 1.",
            id="live.W005",
        )


def _pending() -> Iterator[CheckMessage]:
    if conf.MAX_PENDING_BYTES < LEAST_PENDING:
        yield Warning(
            f"LIVE_MAX_PENDING_BYTES={conf.MAX_PENDING_BYTES} ends streams whose readers are merely"
            " slow: what a server keeps for each is up to 128,000 bytes by itself.",
            hint="Leave it at 1000000.",
            id="live.W006",
        )


def _database() -> Iterator[CheckMessage]:
    database = settings.DATABASES.get("default", {})
    if database.get("ENGINE") != "django.db.backends.sqlite3":
        return
    kind = _filesystem_of(Path(str(database["NAME"])).absolute())
    if kind in NETWORK_FILESYSTEMS:
        yield Error(
            f"SQLite lies on a network file system ({kind}), where several processes corrupt it.",
            hint="Use PostgreSQL, or a local disk. https://sqlite.org/wal.html",
            id="live.E002",
        )


def _filesystem_of(path: Path) -> str:
    """The type of the file system a path lies on; "" where the system does not tell."""
    if not MOUNTS.exists():
        return ""
    mounts = [line.split()[1:3] for line in MOUNTS.read_text().splitlines()]
    around = [(len(point), kind) for point, kind in mounts if path.is_relative_to(point)]
    return max(around)[1] if around else ""


def _isolation() -> Iterator[CheckMessage]:
    try:
        if connection.vendor != "postgresql":
            return
        with transaction.atomic():
            in_transactions = _shown("transaction_isolation")
        by_default = _shown("default_transaction_isolation")
    except (DatabaseError, ImproperlyConfigured) as error:
        problem = str(error).partition("\n")[0]
        yield Warning(f"The database cannot be asked for its settings: {problem}", id="live.W011")
        return
    if in_transactions != NEEDED_ISOLATION:
        yield Error(
            f"Transactions run at {in_transactions.upper()}: a writer that has waited for another"
            " is refused, and so is the numbering of events.",
            hint="Let OPTIONS of DATABASES have 'isolation_level': IsolationLevel.READ_COMMITTED.",
            id="live.E005",
        )
    if by_default != NEEDED_ISOLATION:
        yield Warning(
            f"The database's default isolation is {by_default.upper()}, at which single statements"
            " outside of transactions run: one that meets another writer may be refused.",
            hint="ALTER ROLE … SET default_transaction_isolation = 'read committed';",
            id="live.W012",
        )


def _shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        return str(cursor.fetchone()[0])


def _bell() -> Iterator[CheckMessage]:
    if not any(kind.is_there() for kind in KINDS):
        yield Info(
            "Nothing carries the bell to other processes: what one of them saves arrives"
            f" {conf.POLL_SECONDS} s late, at most.",
            hint="With several processes, PostgreSQL makes that milliseconds, or a Redis in"
            " CHANNEL_LAYERS.",
            id="live.I001",
        )
    problem = postgres_bell.trial() if postgres_bell.PostgresCarrier.is_there() else ""
    if problem:
        yield Warning(
            f"PostgreSQL's bell is not heard: {problem}. What another process saves arrives"
            f" {conf.POLL_SECONDS} s late, at most, unless a Redis rings.",
            hint="Set LIVE_BELL_URL to PostgreSQL's own address, past any pooler.",
            id="live.W013",
        )


def _files() -> Iterator[CheckMessage]:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    streams = limit - RESERVED_FILES
    if streams < 1_000:
        yield Warning(
            f"This process may open {limit} files, so hold about {max(0, streams)} streams; the"
            " next browser is not even refused.",
            hint="Raise the limit (LimitNOFILE= in systemd, ulimit -n in a shell) to 65536.",
            id="live.W009",
        )


def _imported(path: str | None) -> tuple[Any, str]:
    """What the dotted path names, or None and why it cannot be had, as a clause."""
    if not path:
        return None, ", for it is not set"
    try:
        return import_string(path), ""
    except Exception as error:  # whatever the module raises when it is imported
        return None, f", for importing it fails: {type(error).__name__}: {error}"
