"""Every address that Django serves; live/stream/endpoint.py serves the stream's beside it."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from tickets.api import api
from tickets.api_edges import ROOT
from ticketsystem.logins.views import (
    AskedReset,
    AskReset,
    ChangePassword,
    ChooseNewPassword,
    ChosenNewPassword,
    LogIn,
)

handler400 = "ticketsystem.failures.bad_request"
handler500 = "ticketsystem.failures.server_error"

urlpatterns = [
    path("", include("tickets.urls")),
    path("accounts/login/", LogIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password_change/", ChangePassword.as_view(), name="password_change"),
    path("accounts/password_reset/", AskReset.as_view(), name="password_reset"),
    path("accounts/password_reset/done/", AskedReset.as_view(), name="password_reset_done"),
    path(
        "accounts/reset/<uidb64>/<token>/",
        ChooseNewPassword.as_view(),
        name="password_reset_confirm",
    ),
    path("accounts/reset/done/", ChosenNewPassword.as_view(), name="password_reset_complete"),
    path(ROOT.lstrip("/"), api.urls),
    path("admin/", admin.site.urls),
]
