from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "bench.recipe"
    label = "tickets"

    def ready(self) -> None:
        from bench.notifying import receivers  # noqa: F401  (needs the models)
