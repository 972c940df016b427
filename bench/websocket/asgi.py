# ruff: noqa: E402  consumers need the apps
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.websocket.settings")
django = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from bench.websocket.consumers import Tickets

streams = URLRouter([path("api/user/stream", Tickets.as_asgi())])
application = ProtocolTypeRouter({"http": django, "websocket": AuthMiddlewareStack(streams)})
