"""`manage.py check --deploy` says where mail would not be taken in, and what was kept aside."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError

from tickets.inbox.arriving import no_such_queue
from tickets.inbox.models import KeptMail
from tickets.models import Queue


@register("tickets", deploy=True)
def check_mail_in(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        return [*_queue(), *_kept()]
    except DatabaseError:  # not there, or not migrated: others say so
        return []


def _queue() -> Iterator[CheckMessage]:
    is_wanted = settings.MAIL_QUEUE or settings.INBOX
    if is_wanted and not Queue.objects.filter(name=settings.MAIL_QUEUE).exists():
        yield Warning(
            f"No mail opens a ticket: {no_such_queue()}",
            hint="Until then mail servers keep what would open one, and come again.",
            id="tickets.W010",
        )


def _kept() -> Iterator[CheckMessage]:
    if kept := KeptMail.objects.count():
        yield Warning(
            f"{kept} messages are kept aside, and are forgotten after 30 days.",
            hint="Look at them in the admin, under “Mail kept aside”.",
            id="tickets.W011",
        )
