import os

import environ

from bench.recipe.settings import *  # noqa: F403

ROOT_URLCONF = "bench.notifying.urls"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "djangorealtime",
    "bench.notifying.apps.TicketsConfig",
]
DATABASES = {"default": environ.Env.db_url_config(os.environ["DATABASE_URL"])}
DJANGOREALTIME = {"ENABLE_EVENT_STORAGE": False}
