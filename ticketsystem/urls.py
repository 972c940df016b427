"""Every address of the site; the stream's is beside Django, in live/stream.py."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from tickets.api import api
from ticketsystem.login import LogIn

urlpatterns = [
    path("", include("tickets.urls")),
    path("accounts/login/", LogIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
]
