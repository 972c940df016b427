"""`manage.py check --deploy`: settings that would make the stream fail silently, by id.

https://docs.djangoproject.com/en/5.2/topics/checks/
"""

import inspect
import re
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register
from django.utils.module_loading import import_string

# Names of middlewares that rewrite what passes them: GZipMiddleware, BrotliMiddleware, …
REWRITING = re.compile("gzip|brotli|zstd|compress|minif", re.IGNORECASE)
SHORTEST_IDLE_LIMIT = 30  # seconds: CloudFront's; next are 55 (Heroku) and 60 (nginx, ALB)
RESERVED_FILES = 200  # descriptors for the database, logs and other requests
NETWORK_FILESYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "glusterfs"}
MOUNTS = Path("/proc/self/mounts")


@register("live", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    checks = (_application, _middleware, _heartbeat, _poll, _database, _redis, _https, _files)
    return [message for check in checks for message in check()]


def _application() -> Iterator[CheckMessage]:
    if _stream_stands_beside_django():
        return
    yield Error(
        f"ASGI_APPLICATION={settings.ASGI_APPLICATION!r} does not serve the stream beside Django.",
        hint="Let it be live.endpoint.beside(get_asgi_application()).",
        id="live.E001",
    )
    for path in settings.MIDDLEWARE:
        middleware = import_string(path)
        if inspect.isclass(middleware) and not getattr(middleware, "async_capable", False):
            yield Warning(
                f"{path} is synchronous: a stream that passes it holds a thread while it lasts.",
                hint="Serve the stream beside Django, with live.endpoint.beside().",
                id="live.W002",
            )


def _stream_stands_beside_django() -> bool:
    application = import_string(settings.ASGI_APPLICATION)
    return getattr(application, "__module__", "") == "live.endpoint"


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
    seconds = settings.LIVE_HEARTBEAT_SECONDS
    if seconds >= SHORTEST_IDLE_LIMIT:
        yield Warning(
            f"LIVE_HEARTBEAT_SECONDS={seconds} is not below the idle limits of what may stand in"
            " front: 30 s CloudFront, 55 s Heroku, 60 s nginx, Apache, AWS ALB.",
            hint="Leave it at 15, or raise those limits.",
            id="live.W003",
        )
    if 4 * seconds > settings.LIVE_MAX_STREAM_SECONDS:
        yield Warning(
            f"LIVE_MAX_STREAM_SECONDS={settings.LIVE_MAX_STREAM_SECONDS} ends streams after a few"
            " heartbeats: browsers reconnect all the time.",
            hint="Leave it at 3600.",
            id="live.W004",
        )


def _poll() -> Iterator[CheckMessage]:
    if settings.LIVE_POLL_SECONDS > settings.LIVE_HEARTBEAT_SECONDS:
        yield Warning(
            f"LIVE_POLL_SECONDS={settings.LIVE_POLL_SECONDS} is longer than a heartbeat: without a"
            " bell, pages say live while events wait.",
            hint="Leave it at 1.",
            id="live.W005",
        )


def _database() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3":
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


def _redis() -> Iterator[CheckMessage]:
    if not settings.REDIS_URL:
        yield Info(
            "REDIS_URL is not set: what another process saves arrives"
            f" {settings.LIVE_POLL_SECONDS} s late, at most.",
            hint="With several processes, a Redis makes that milliseconds; nothing else needs it.",
            id="live.I001",
        )


def _https() -> Iterator[CheckMessage]:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        if not getattr(settings, name):
            yield Warning(
                f"{name} is off: the cookie also travels over plain HTTP.",
                hint=f"Set {name}=1 once the site is reached over HTTPS.",
                id="live.W006",
            )
    if settings.TRUST_PROXY_HEADERS and not settings.CSRF_TRUSTED_ORIGINS:
        yield Warning(
            "CSRF_TRUSTED_ORIGINS is empty behind a proxy: if that changes host or scheme, every"
            " form is refused.",
            hint="Set CSRF_TRUSTED_ORIGINS=https://your.site.",
            id="live.W007",
        )
    if settings.SECURE_SSL_REDIRECT and not settings.TRUST_PROXY_HEADERS:
        yield Warning(
            "SECURE_SSL_REDIRECT without TRUST_PROXY_HEADERS: behind a proxy that ends TLS, every"
            " page redirects to itself for ever.",
            hint="Set TRUST_PROXY_HEADERS=1, and let the proxy set X-Forwarded-Proto.",
            id="live.W008",
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
