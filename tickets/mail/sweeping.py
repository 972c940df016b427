"""Looks round once a minute, in one server process at a time: for mail that no task is going to
send, mail that no worker sends, and rows that nobody needs any more."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tickets.database_time import clock
from tickets.mail import outcomes
from tickets.mail.models import Mail, State
from tickets.mail.sending import send_due, waiting

EVERY = 60.0  # seconds
LATE = timedelta(seconds=30)
SAID_AFTER = timedelta(minutes=5)
TOO_LATE = timedelta(hours=25)  # a worker gives up after 24
KEPT = timedelta(days=1)  # of a task that is done, and of mail that is no reply
MOST_TOLD = 20  # replies; the others are told a minute later
MOST_PRUNED = 1_000

NOBODY_YET = "No worker has taken it for 5 minutes: is none running?"
NOBODY = "No worker has sent it within a day: manage.py db_worker has to run."


def sweep() -> None:
    """To be called in a transaction, by one process at a time (live.every)."""
    now = clock.now()
    late = waiting().filter(next_at__lt=now - LATE)
    if late.exists() and not _a_task_is_due():
        send_due.enqueue()
    _tell_late(late.filter(queued_at__lt=now - SAID_AFTER, tries=0, reason=""))
    given_up = waiting().filter(queued_at__lt=now - TOO_LATE)
    for mail in given_up.order_by("comment__ticket")[:MOST_TOLD]:
        outcomes.failed(mail, mail.reason if mail.tries else NOBODY)
    _prune()


def _a_task_is_due() -> bool:
    ready = DBTaskResult.objects.ready()
    return ready.filter(task_path=send_due.module_path).exists()


def _tell_late(late: QuerySet[Mail]) -> None:
    for mail in late.order_by("comment__ticket")[:MOST_TOLD]:
        outcomes.explain(mail, NOBODY_YET)


def _prune() -> None:
    before = timezone.now() - KEPT  # the clock of the library
    ended = Q(finished_at__lt=before)
    # Of a worker that was killed: nobody will ever end it.
    lost = Q(status=TaskResultStatus.RUNNING, started_at__lt=before)
    tasks = DBTaskResult.objects.order_by().filter(ended | lost).values_list("pk", flat=True)
    DBTaskResult.objects.filter(pk__in=list(tasks[:MOST_PRUNED])).delete()
    own = Mail.objects.filter(comment=None, done_at__lt=clock.now() - KEPT).exclude(
        state=State.QUEUED
    )
    Mail.objects.filter(pk__in=list(own.values_list("pk", flat=True)[:MOST_PRUNED])).delete()
