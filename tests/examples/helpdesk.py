"""A project around django-helpdesk, and what its owner adds to have its list of tickets live."""

from difflib import unified_diff
from pathlib import Path

# As django-helpdesk's documentation has it.
PROJECT = {
    "manage.py": """
import os, sys
from django.core.management import execute_from_command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "desk.settings"
execute_from_command_line(sys.argv)
""",
    "desk/__init__.py": "",
    "desk/settings.py": """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "for a test"
DEBUG = True
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "rest_framework",
    "desk",
    "helpdesk",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": PROCESSORS},
}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "desk.urls"
STATIC_URL = "static/"
SITE_ID = 1
USE_TZ = True
LOGIN_URL = "helpdesk:login"
HELPDESK_TEAMS_MODE_ENABLED = False
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
HELPDESK_USE_CDN = False
""",
    "desk/apps.py": """
from django.apps import AppConfig

class DeskConfig(AppConfig):
    name = "desk"
""",
    "desk/asgi.py": """
from django.core.asgi import get_asgi_application
application = get_asgi_application()
""",
    "desk/urls.py": """
from django.contrib import admin
from django.urls import include, path
urlpatterns = [path("admin/", admin.site.urls), path("", include("helpdesk.urls"))]
""",
}

# The same after docs/live-in-your-project.md, step by step.
LIVE = {
    "desk/settings.py": f"""{PROJECT["desk/settings.py"]}
INSTALLED_APPS = ["daphne", "live", *INSTALLED_APPS]
PROCESSORS += ["live.context_processors.live", "desk.apps.position"]
ASGI_APPLICATION = "desk.asgi.application"
LIVE_AUDIENCES = "desk.apps.audiences_of"
""",
    "desk/asgi.py": """
from django.core.asgi import get_asgi_application
from live.stream.endpoint import beside
application = beside(get_asgi_application())
""",
    "desk/apps.py": """
from django.apps import AppConfig, apps
from django.contrib.auth import get_user_model
import live

class DeskConfig(AppConfig):
    name = "desk"
    def ready(self):
        live.observe(apps.get_model("helpdesk.Ticket"))
        live.changed.connect(ticket_changed)

def ticket_changed(transition, **kwargs):
    live.publish("ticket", {"id": transition.key}, ["staff"])

def audiences_of(users):
    staff = get_user_model().objects.filter(pk__in=users, is_staff=True)
    return dict.fromkeys(staff.values_list("pk", flat=True), frozenset({"staff"}))

def position(request):
    return {"head": live.head()}
""",
    "desk/templates/helpdesk/ticket_list.html": """
{% extends "helpdesk/ticket_list.html" %}
{% block helpdesk_js %}{{ block.super }}{% include "live/client.html" with events="ticket" %}
<script>
  document.addEventListener("live:event", () => $("#ticketTable").DataTable().draw(false));
  document.addEventListener("live:reset", () => location.reload());
</script>{% endblock %}
""",
}


def write(folder: Path) -> None:
    """The project as its owner has made it live."""
    for name, text in (PROJECT | LIVE).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"))


def added_lines() -> list[str]:
    """What its owner has written for that."""
    return [
        line
        for name, text in LIVE.items()
        for line in unified_diff(PROJECT.get(name, "").splitlines(), text.splitlines(), lineterm="")
        if line.startswith("+") and not line.startswith("+++") and line[1:].strip()
    ]
