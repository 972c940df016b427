"""The pages on which people sign in, change their password, and choose one if they have none that
they know."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    PasswordResetCompleteView,
    PasswordResetConfirmView,
    PasswordResetDoneView,
)
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.views.generic import FormView, View

from ticketsystem.logins.changes import tell_owner
from ticketsystem.logins.forms import ChangePasswordForm, LogInForm
from ticketsystem.logins.limits import forgive
from ticketsystem.logins.resets import ask
from ticketsystem.origin import origin_of


class LogIn(LoginView):
    redirect_authenticated_user = True
    authentication_form = LogInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(can_reset=can_reset(self.request), **kwargs)

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
        with transaction.atomic():
            response = super().form_valid(form)
            tell_owner(form.user)
        self.request.signed_in_as = self.request.user.get_username()  # type: ignore[attr-defined]
        messages.success(
            self.request, "Your password is changed; you are signed out everywhere else."
        )
        return response


def can_reset(request: HttpRequest) -> bool:
    """Whether a link can be mailed, and leads here and nowhere else."""
    return bool(settings.EMAIL_URL) and origin_of(request) is not None


class ByMail(View):
    """A page that is there where mail is."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not can_reset(request):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class AskReset(ByMail, FormView[PasswordResetForm]):
    """Answers in the same words and after the same work whoever is asked for; see resets.py."""

    form_class = PasswordResetForm
    template_name = "registration/password_reset_form.html"
    success_url = reverse_lazy("password_reset_done")

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        here = f"{origin_of(self.request)}{reverse('password_reset')}"
        ask(self.request, form.cleaned_data["email"], here)
        return super().form_valid(form)


class AskedReset(ByMail, PasswordResetDoneView):
    pass


class ChooseNewPassword(ByMail, PasswordResetConfirmView):
    """Opened with the token, Django keeps it in the session and leads to the same page without."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if kwargs["token"] != self.reset_url_token:  # it stands in the address of this answer
            response["Referrer-Policy"] = "no-referrer"
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            tell_owner(form.user)
        forgive(self.request, form.user.get_username())
        return response


class ChosenNewPassword(ByMail, PasswordResetCompleteView):
    pass
