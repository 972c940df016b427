"""Every address that Django serves; live/stream/endpoint.py serves the stream's beside it."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from tickets.api import api
from tickets.api_edges import ROOT
from ticketsystem.logins.views import ChangePassword, LogIn

handler500 = "ticketsystem.failures.server_error"

urlpatterns = [
    path("", include("tickets.urls")),
    path("accounts/login/", LogIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password_change/", ChangePassword.as_view(), name="password_change"),
    path(ROOT.lstrip("/"), api.urls),
    path("admin/", admin.site.urls),
]
