"""The app as Django knows it. It connects the receivers once the models are there."""

from django.apps import AppConfig

import live


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from tickets import checks, receivers  # noqa: F401  the import connects them
        from tickets.canned import telling  # noqa: F401
        from tickets.notices import due
        from tickets.presence import deeds
        from tickets.presence import receivers as of_presence  # noqa: F401
        from tickets.queues import receivers as of_queues  # noqa: F401

        live.every(due.EVERY, due.tell_due)
        live.every(deeds.LOOK_EVERY, deeds.look_round)
