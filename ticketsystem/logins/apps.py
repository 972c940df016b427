from django.apps import AppConfig
from django.contrib import admin


class LoginsConfig(AppConfig):
    """Gives the admin its form to log in, which needs the models, and registers the check."""

    name = "ticketsystem.logins"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ticketsystem.logins import checks  # noqa: F401  registers itself
        from ticketsystem.logins.forms import AdminLogInForm

        admin.site.login_form = AdminLogInForm
