from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "bench.recipe"
    label = "tickets"

    def ready(self) -> None:
        from bench.websocket import receivers  # noqa: F401  (needs the models)
