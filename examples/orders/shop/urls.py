from django.contrib.auth import urls as accounts
from django.urls import include, path

from shop import views

urlpatterns = [
    path("", views.orders, name="orders"),
    path("next-step/", views.next_step, name="next-step"),
    path("accounts/", include(accounts)),
]
