"""`manage.py fetch_mail`: takes in what comes into a mailbox, until it is stopped."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tickets.inbox.arriving import no_such_queue
from tickets.inbox.fetching import Fetching
from tickets.management.stopping import told_to_stop
from tickets.models import Queue


class Command(BaseCommand):
    help = (
        "Take in the messages of the mailbox that INBOX_URL names, as soon as they come, and go on"
        " until Ctrl-C or SIGTERM. Each is moved into the folder Taken beside the inbox once it is"
        " a comment, a ticket, or kept aside with its reason."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        inbox = settings.INBOX
        if inbox is None:
            raise CommandError(
                "INBOX_URL is not set: it must be a URL such as imaps://user:password@host/INBOX."
            )
        if not Queue.objects.filter(name=settings.MAIL_QUEUE).exists():
            raise CommandError(no_such_queue())
        with told_to_stop() as stop:
            Fetching(inbox, stop).go_on()
        self.stdout.write("Stopped. What is in the mailbox is taken next time.")
