from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Connects the receivers and registers the checks when Django starts."""

    name = "live"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from live import checks, receivers  # noqa: F401  register themselves
