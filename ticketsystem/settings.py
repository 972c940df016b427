"""Django's settings. All of them come from the environment, and each has a default that runs.

README.md and deploy/env.example describe each variable; environment.py parses and refuses.
"""

from pathlib import Path
from typing import Any

from ticketsystem.environment import (
    bell,
    boolean,
    choice,
    database,
    folder,
    hosts,
    integer,
    networks,
    number,
    old_signing_keys,
    origins,
    path,
    redis,
    signing_key,
    text,
    time_zone,
    token,
)
from ticketsystem.environment_of_mail import (
    inbox,
    mail_server,
    mailbox,
    queue_name,
    server_name,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The site ---------------------------------------------------------------------------------
DEBUG = boolean("DEBUG", True)
if DEBUG:
    SECRET_KEY = text("SECRET_KEY") or "for development only, and known to everybody"
else:
    SECRET_KEY = signing_key("SECRET_KEY")
SECRET_KEY_FALLBACKS = old_signing_keys("SECRET_KEY_FALLBACKS")

ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_SECURE = boolean("SESSION_COOKIE_SECURE", False)
CSRF_COOKIE_SECURE = boolean("CSRF_COOKIE_SECURE", False)
SECURE_SSL_REDIRECT = boolean("SECURE_SSL_REDIRECT", False)
SECURE_HSTS_SECONDS = integer("SECURE_HSTS_SECONDS", 0, least=0, most=10 * 366 * 86400)

# The path that the site is served under, such as /desk. Cookies are kept apart by their path, and
# by their name too: a browser sends the cookies of a site at / to the one at /desk as well.
PREFIX = path("FORCE_SCRIPT_NAME")
FORCE_SCRIPT_NAME = PREFIX or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{PREFIX}/"
SESSION_COOKIE_NAME = f"sessionid{PREFIX.replace('/', '_')}"
CSRF_COOKIE_NAME = f"csrftoken{PREFIX.replace('/', '_')}"
# Django's other storage keeps notices in a cookie of one name, that each site on a host gets.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Whoever can reach Daphne can write these headers: on only behind a proxy that sets them itself.
LIVE_TRUST_PROXY_HEADERS = boolean("TRUST_PROXY_HEADERS", False)
if LIVE_TRUST_PROXY_HEADERS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "daphne",  # first: its runserver serves ASGI
    "ticketsystem.admin.SiteConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",  # its `manage.py db_worker` does what is not to keep a request waiting
    "channels",
    "ninja",  # its /api/docs then loads its scripts from here, not from a CDN
    "live",
    "tickets",
    "ticketsystem",
    "ticketsystem.logins",
]

MIDDLEWARE = [
    "live.probes.ProbesMiddleware",
    "live.addresses.ClientAddressMiddleware",
    "tickets.api_edges.ApiEdgesMiddleware",  # before all that may refuse
    "ticketsystem.values.ValuesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ticketsystem.headers.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "ticketsystem.logins.middleware.LogInMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "ticketsystem.key_change.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ticketsystem.failures.FailuresMiddleware",
    "tickets.own.preferences.OwnMiddleware",
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
                "live.context_processors.live",
                "ticketsystem.read_only.read_only",
                "tickets.own.preferences.own",
            ],
        },
    },
]

FORM_RENDERER = "ticketsystem.rendering.Renderer"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

PASSWORD_RESET_TIMEOUT = 3600  # seconds for which a link by mail holds; its pages say "an hour"

LANGUAGE_CODE = "en-us"
TIME_ZONE = time_zone("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True

# --- Static files: Daphne serves them itself, hashed and for ever, once they are collected ------
STATIC_URL = f"{PREFIX}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # also before the first collectstatic
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "tickets.attachments.keeping.KeptFiles"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "ticketsystem.static.ModuleStaticFilesStorage"
    },
}

# --- Files that people attach: one folder for all processes, on all hosts ------------------------
MEDIA_ROOT = folder("MEDIA_ROOT", BASE_DIR / "media")

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
        # The limits of a request travel in one message with its statement, which bindings of the
        # server's do not allow (ticketsystem/serving/work.py).
        "server_side_binding": False,
        # READ COMMITTED, whatever is the server's default: a writer that has waited for a lock sees
        # what was committed meanwhile. Under REPEATABLE READ it is refused, and 15 of 20 edits at
        # once failed. https://docs.djangoproject.com/en/5.2/ref/databases/#isolation-level
        "isolation_level": 2,  # psycopg.IsolationLevel.READ_COMMITTED
    }
# Seconds for a statement of a request (ticketsystem/serving/work.py); commands take their time.
STATEMENT_TIMEOUT_SECONDS = number("STATEMENT_TIMEOUT_SECONDS", 10, least=0.1, most=3600)
# The threads of requests stay (ticketsystem/serving/lanes.py), and their connections with them.
DATABASES["default"]["CONN_MAX_AGE"] = 600  # seconds
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # one the server has closed is opened again
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Mail ---------------------------------------------------------------------------------------
EMAIL_URL = mail_server("EMAIL_URL")
MAIL_FROM = mailbox("MAIL_FROM", needed_for="EMAIL_URL" if EMAIL_URL else "")
INBOX = inbox("INBOX_URL")
MAIL_QUEUE = queue_name("MAIL_QUEUE")
MAIL_AUTHENTICATION_SERVER = server_name("MAIL_AUTHENTICATION_SERVER")
# Webhooks have a queue of their own, so that a worker of their own can be started for them.
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "webhooks"],
    }
}

# --- Live updates -------------------------------------------------------------------------------
REDIS_URL = redis("REDIS_URL")
if REDIS_URL:
    # While nothing is rung, Redis answers the layer's blocking read after 5 seconds, with nothing.
    # So 10 seconds without an answer prove that Redis vanished without a word, or is stuck; the
    # bell then comes again. The client's own default is 5 seconds since redis 8: as long as the
    # read itself, so that each silence looked like an outage. Earlier it waited for ever.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 10}]
            },
        }
    }

LIVE_HEARTBEAT_SECONDS = number("LIVE_HEARTBEAT_SECONDS", 15, least=1, most=60)
LIVE_POLL_SECONDS = number("LIVE_POLL_SECONDS", 1, least=0.05, most=60)
LIVE_BELL_URL = bell("LIVE_BELL_URL")
LIVE_RETENTION_HOURS = number("LIVE_RETENTION_HOURS", 48, least=0.01, most=24 * 366)
LIVE_MAX_STREAM_SECONDS = number("LIVE_MAX_STREAM_SECONDS", 3600, least=1, most=7 * 86400)
LIVE_MAX_STREAMS_PER_USER = integer("LIVE_MAX_STREAMS_PER_USER", 20, least=1, most=10_000)
LIVE_MAX_PENDING_BYTES = integer(
    "LIVE_MAX_PENDING_BYTES", 1_000_000, least=128_000, most=1_000_000_000
)
LIVE_AUDIENCES = "tickets.visibility.audiences_of"
LIVE_METRICS_TOKEN = token("METRICS_TOKEN")

# Nobody may ask the library's own views for a channel: our stream is the only door.
EVENTSTREAM_CHANNELMANAGER_CLASS = "live.process.channels.OwnChannelOnly"

# Networks inside that webhooks may be sent to all the same.
WEBHOOK_ALLOWED_NETWORKS = networks("WEBHOOK_ALLOWED_NETWORKS")

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
    # Whatever else is said in this process, by Daphne first of all, takes the same form.
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "daphne": {"level": "INFO"},
        "live": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "tickets": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "ticketsystem": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django_eventstream": {"level": "WARNING"},  # a line per user who comes
    },
}
