from bench.recipe.settings import *  # noqa: F403

ROOT_URLCONF = "bench.websocket.urls"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "bench.websocket.apps.TicketsConfig",
]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
