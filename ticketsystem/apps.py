from django.apps import AppConfig


class TicketsystemConfig(AppConfig):
    """Registers the checks of the site, and what it measures, when Django starts."""

    name = "ticketsystem"

    def ready(self) -> None:
        from live import metrics
        from ticketsystem import checks, mail_checks  # noqa: F401  they register themselves
        from ticketsystem.measures import measure

        metrics.measures.append(measure)
