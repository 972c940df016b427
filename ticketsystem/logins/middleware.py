"""What log-ins have in common: how they are refused, and that the browser is remembered."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from ticketsystem.failures import refusal
from ticketsystem.logins import known
from ticketsystem.logins.counting import TooOften


@receiver(user_logged_in, dispatch_uid="ticketsystem.logins.signed_in")
def signed_in(request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> None:
    """From the site's page or from the admin's."""
    request.signed_in_as = user.get_username()  # type: ignore[attr-defined]


class LogInMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, TooOften):
            return None
        status = HTTPStatus.TOO_MANY_REQUESTS
        response = refusal(request.path_info, status, error.title, f"{error}")
        response["Retry-After"] = f"{error.seconds}"
        return response

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        name = getattr(request, "signed_in_as", None)
        if name is not None:
            known.remember(request, response, name)
        return response
