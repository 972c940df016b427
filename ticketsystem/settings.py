"""Settings, all from the environment, with defaults that run.

Each variable is described in README.md and deploy/env.example; how it is parsed and refused,
in environment.py.
"""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ticketsystem.environment import (
    boolean,
    choice,
    database,
    hosts,
    integer,
    number,
    origins,
    redis,
    text,
    token,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The site ---------------------------------------------------------------------------------
DEBUG = boolean("DEBUG", True)
SECRET_KEY = text("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY='' is not allowed with DEBUG=0: it must be a long random text"
            " that only this site knows."
        )
    SECRET_KEY = "for development only"  # noqa: S105  with DEBUG=0 it is refused above

ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_SECURE = boolean("SESSION_COOKIE_SECURE", False)
CSRF_COOKIE_SECURE = boolean("CSRF_COOKIE_SECURE", False)
SECURE_SSL_REDIRECT = boolean("SECURE_SSL_REDIRECT", False)

# Whoever can reach Daphne can write these headers: on only behind a proxy that sets them itself.
TRUST_PROXY_HEADERS = boolean("TRUST_PROXY_HEADERS", False)
if TRUST_PROXY_HEADERS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "daphne",  # first: its runserver serves ASGI
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "ninja",  # its /api/docs then loads its scripts from here, not from a CDN
    "live",
    "tickets",
]

MIDDLEWARE = [
    "live.ops.ProbesMiddleware",
    "live.addresses.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tickets.actor.ActorMiddleware",  # last, see there
]

ROOT_URLCONF = "ticketsystem.urls"
ASGI_APPLICATION = "ticketsystem.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "live.context.live",
            ],
        },
    },
]

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# --- Static files: Daphne serves them itself, hashed and for ever, once they are collected ------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # also before the first collectstatic
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "ticketsystem.static.ModuleStaticFilesStorage"
    },
}

# --- Database -----------------------------------------------------------------------------------
DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock at the start: a transaction that reads first and writes later
        # fails at once with "database is locked", busy timeout or not.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # A database host that vanished is given up within seconds, not after Linux's quarter of an
    # hour; what stands in the URL goes first.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,  # milliseconds
        **DATABASES["default"].get("OPTIONS", {}),
    }
# The threads of requests stay (ticketsystem/handler.py), and their connections with them.
DATABASES["default"]["CONN_MAX_AGE"] = 600  # seconds
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # one the server has closed is opened again
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Live updates -------------------------------------------------------------------------------
REDIS_URL = redis("REDIS_URL")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1}]},
        }
    }

LIVE_HEARTBEAT_SECONDS = number("LIVE_HEARTBEAT_SECONDS", 15, least=1, most=60)
LIVE_POLL_SECONDS = number("LIVE_POLL_SECONDS", 1, least=0.05, most=60)
LIVE_RETENTION_HOURS = number("LIVE_RETENTION_HOURS", 48, least=0.01, most=24 * 366)
LIVE_MAX_STREAM_SECONDS = number("LIVE_MAX_STREAM_SECONDS", 3600, least=1, most=7 * 86400)
LIVE_MAX_STREAMS_PER_USER = integer("LIVE_MAX_STREAMS_PER_USER", 20, least=1, most=10_000)
LIVE_AUDIENCES = "tickets.visibility.audiences_of"
METRICS_TOKEN = token("METRICS_TOKEN")

# Nobody may ask the library's own views for a channel: our stream is the only door.
EVENTSTREAM_CHANNELMANAGER_CLASS = "live.channels.OwnChannelOnly"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "ticketsystem.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": choice("LOG_FORMAT", "line", ("line", "json")),
        }
    },
    "loggers": {
        "live": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django_eventstream": {"level": "WARNING"},  # a line per user who comes
    },
}
