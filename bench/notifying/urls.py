from django.urls import path
from djangorealtime.views import sse_view

from bench.recipe.views import create_ticket

urlpatterns = [
    path("api/user/stream", sse_view),
    path("api/tickets/", create_ticket),
]
