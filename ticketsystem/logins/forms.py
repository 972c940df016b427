"""The forms that take a password. Each counts it before it is tried; see limits.py."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    PasswordChangeForm,
)
from django.db import transaction

from ticketsystem.logins.changes import tell_owner
from ticketsystem.logins.limits import claim, was_right


class LogInForm(AuthenticationForm):
    def clean(self) -> Any:
        name = self.cleaned_data.get("username")
        if self.request is None or not (name and self.cleaned_data.get("password")):
            return super().clean()
        guess = claim(self.request, name)
        try:
            return super().clean()
        finally:
            if self.get_user() is not None:  # perhaps one who may not come in here
                was_right(guess)


class AdminLogInForm(LogInForm, AdminAuthenticationForm):
    """The admin's own page, for staff."""


class ChangePasswordForm(PasswordChangeForm):
    """Whoever finds a browser signed in has no more tries at its password than a stranger."""

    def __init__(self, *args: Any, request: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._request = request

    def clean_old_password(self) -> str:
        guess = claim(self._request, self.user.get_username())
        old_password: str = super().clean_old_password()
        was_right(guess)
        return old_password


class AdminChangePasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """With which staff set the password of somebody else."""

    def save(self, commit: bool = True) -> Any:
        with transaction.atomic():
            user = super().save(commit)
            if commit:
                tell_owner(user)
        return user
