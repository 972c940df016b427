from django.apps import AppConfig


class TicketsystemConfig(AppConfig):
    """Registers the checks of the site when Django starts."""

    name = "ticketsystem"

    def ready(self) -> None:
        from ticketsystem import checks  # noqa: F401  registers itself
