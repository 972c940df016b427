"""The app as Django knows it. It connects the receivers once the models are there."""

from django.apps import AppConfig

import live


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from tickets import checks, ids, receivers  # noqa: F401  the import connects them
        from tickets.attachments import checks as of_files  # noqa: F401
        from tickets.attachments import sweeping as files
        from tickets.canned import telling  # noqa: F401
        from tickets.inbox import checks as of_mail  # noqa: F401
        from tickets.inbox import keeping
        from tickets.mail import sweeping as mail
        from tickets.notices import due
        from tickets.presence import deeds
        from tickets.presence import receivers as of_presence  # noqa: F401
        from tickets.queues import receivers as of_queues  # noqa: F401
        from tickets.webhooks import tidying

        live.every(files.EVERY, files.sweep)
        live.every(files.LOST_EVERY, files.forget_lost)
        live.every(keeping.PRUNE_EVERY, keeping.prune)
        live.every(due.EVERY, due.tell_due)
        live.every(mail.EVERY, mail.sweep)
        live.every(deeds.LOOK_EVERY, deeds.look_round)
        live.every(tidying.EVERY, tidying.tidy)
