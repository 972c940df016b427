from typing import Any

from django.apps import AppConfig
from django.contrib import admin


class LoginsConfig(AppConfig):
    """Gives the admin its forms that take passwords, which need the models, and registers the
    check."""

    name = "ticketsystem.logins"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.models import User

        from ticketsystem.logins import checks  # noqa: F401  registers itself
        from ticketsystem.logins.forms import AdminChangePasswordForm, AdminLogInForm

        admin.site.login_form = AdminLogInForm
        of_people: Any = admin.site.get_model_admin(User)
        of_people.change_password_form = AdminChangePasswordForm
