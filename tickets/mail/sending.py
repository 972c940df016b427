"""Sends what is due: the task of `manage.py db_worker`.

The rows say what is to be sent, and tasks only that there may be something. A worker claims one row
at a time, for five minutes, so no two send the same; it sends it outside of any transaction, and
then writes what became of it. A worker that dies in between leaves a row that is claimed, and is
taken up again when the claim has run out: sweeping.py wakes a worker for it. Whether a message was
sent cannot be known then, so it is sent again, with the same Message-ID.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django_tasks import task

from tickets.database_time import clock
from tickets.mail import outcomes
from tickets.mail.addresses import on_the_wire
from tickets.mail.message import message_of
from tickets.mail.models import Mail, State
from tickets.mail.smtp import Lines, PutOff, Refused, Unreachable

CLAIM = timedelta(minutes=5)  # longer than a message may take (smtp.py)
# Seconds after which a task makes room for others, which wait for the same worker.
TURN = 20.0
SOON = timedelta(seconds=2)  # by which the clocks of two processes may differ
PAUSE = timedelta(minutes=1)  # for all, where the server cannot be reached
COPIES_WAIT = 4  # tries, after which a message goes without the copies that are refused for now
BROKEN = "It could not be made into a message: the log of the worker says why."
NOBODY_WANTS_IT = "It was too late for what it says."
WRITING = 5  # times that the outcome is tried to be written

logger = logging.getLogger(__name__)


@task()
def send_due() -> None:
    """Send what is to be sent now."""
    if not settings.EMAIL_URL:
        return  # what is queued waits until there is a server, or for a day
    began = time.monotonic()
    with Lines(settings.EMAIL_URL) as lines:
        while mail := claim():
            try:
                _send(mail, lines)
            except Unreachable as error:
                wake(outcomes.put_off(mail, f"{error}"))
                wake(_pause())
                return
            if time.monotonic() - began > TURN:
                send_due.enqueue()
                return


def claim() -> Mail | None:
    """The next one that is due and that nobody has, for this worker alone."""
    with transaction.atomic():
        mail = waiting().order_by("next_at", "pk").select_for_update(skip_locked=True).first()
        if mail is not None:
            mail.tries += 1
            mail.claimed_until = clock.now() + CLAIM
            mail.save(update_fields=["tries", "claimed_until"])
        return mail


def waiting() -> QuerySet[Mail]:
    """What is due, and nobody has."""
    now = clock.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return Mail.objects.filter(free, state=State.QUEUED, next_at__lte=now + SOON)


def wake(at: datetime | None) -> None:
    """Have a worker look again then."""
    if at is not None:
        send_due.using(run_after=at).enqueue()


def _send(mail: Mail, lines: Lines) -> None:
    if mail.until is not None and mail.until <= clock.now():
        outcomes.failed(mail, NOBODY_WANTS_IT)
        return
    try:
        message, copies = message_of(mail)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("Mail %s cannot be made into a message", mail.pk)
        wake(outcomes.put_off(mail, BROKEN))
        return
    try:
        waits = mail.tries < COPIES_WAIT
        missed = lines.send(message, on_the_wire(mail.to), copies, waits_for_copies=waits)
    except Refused as error:
        outcomes.failed(mail, f"{error}")
    except PutOff as error:
        wake(outcomes.put_off(mail, f"{error}"))
    else:
        _write_down(mail, missed)


def _write_down(mail: Mail, missed: list[str]) -> None:
    """It is sent: what is not written now would be sent again."""
    note = f"No copy to {', '.join(missed)}." if missed else ""
    for attempt in range(1, WRITING + 1):
        try:
            outcomes.sent(mail, note)
            return
        except DatabaseError:
            if attempt == WRITING:
                raise
            logger.warning("Mail %s is sent, and cannot be written down yet", mail.pk)
            time.sleep(attempt)


def _pause() -> datetime | None:
    """The server cannot be reached: one message a minute finds out when it can, not each."""
    then = clock.now() + PAUSE
    return then if waiting().update(next_at=then) else None
