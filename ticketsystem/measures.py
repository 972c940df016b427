"""What /metrics tells of the help desk itself, beside what `live` counts of its streams."""

import math

from django.db import Error
from prometheus_client import Gauge

from live.metrics import registry
from tickets.attachments.stored import Stored
from tickets.mail.waiting import how_much_waits

mail_queued = Gauge(
    "helpdesk_mail_queued", "Messages that are neither sent nor given up", registry=registry
)
mail_oldest = Gauge(
    "helpdesk_mail_oldest_seconds", "Since the first of them was queued", registry=registry
)
mail_untaken = Gauge(
    "helpdesk_mail_untaken_seconds", "For how long one has been due that no worker has",
    registry=registry,
)  # fmt: skip
files_size = Gauge(
    "helpdesk_attachments_bytes", "Of all attached files, looked up every five minutes",
    registry=registry,
)  # fmt: skip
files_free = Gauge(
    "helpdesk_media_free_bytes", "That MEDIA_ROOT has room for, looked up with it",
    registry=registry,
)  # fmt: skip
stored = Stored()


def measure(database_answers: bool) -> None:
    """Set what is looked up when somebody asks. Where the database cannot be asked nobody knows:
    that it is away is told by other numbers."""
    try:
        found = how_much_waits() if database_answers else None
        if database_answers:
            stored.look()
    except Error:  # it has gone this very moment
        found = None
    mail_queued.set(found.queued if found else math.nan)
    mail_oldest.set(found.oldest if found else math.nan)
    mail_untaken.set(found.untaken if found else math.nan)
    files_size.set(stored.size)
    files_free.set(stored.free)
