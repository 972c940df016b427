import os

from django.core.asgi import get_asgi_application

from live.stream.endpoint import beside

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = beside(get_asgi_application())
