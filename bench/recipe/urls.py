import django_eventstream
from django.urls import include, path

from bench.recipe.views import create_ticket

urlpatterns = [
    path("api/user/stream", include(django_eventstream.urls)),
    path("api/tickets/", create_ticket),
]
