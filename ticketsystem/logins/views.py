"""The pages on which people sign in and change their password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy

from ticketsystem.logins.forms import ChangePasswordForm, LogInForm


class LogIn(LoginView):
    redirect_authenticated_user = True
    authentication_form = LogInForm

    def get_success_url(self) -> str:
        """Where `next` leads, or the board where that is this page again: whoever is signed in is
        sent on from here, and Django answers such a circle with an error."""
        url = super().get_success_url()
        return self.get_default_redirect_url() if url == self.request.path else url


class ChangePassword(PasswordChangeView):
    form_class = ChangePasswordForm
    success_url = reverse_lazy("board")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.signed_in_as = self.request.user.get_username()  # type: ignore[attr-defined]
        messages.success(
            self.request, "Your password is changed; you are signed out everywhere else."
        )
        return response
