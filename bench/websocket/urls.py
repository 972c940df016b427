from django.urls import path

from bench.recipe.views import create_ticket

urlpatterns = [path("api/tickets/", create_ticket)]
