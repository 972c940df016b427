"""What was queued to be mailed, and a worker that does what waits for it."""

import re
from typing import Any

from django_tasks_db.models import DBTaskResult

from tickets.mail.models import Mail
from ticketsystem.logins.models import AskedReset, SentReset
from ticketsystem.logins.resets import send_links

LINK = re.compile(r"https?://\S+/accounts/reset/\S+")


def forget() -> None:
    """Whatever tests have left that run real servers: nothing of theirs is flushed."""
    for model in (Mail, AskedReset, SentReset, DBTaskResult):
        model._base_manager.all().delete()


def work() -> None:
    """Do what a worker would find, but send nothing."""
    waiting = DBTaskResult.objects.ready().filter(task_path=send_links.module_path)
    for result in waiting:
        task: Any = result.task
        task.call(*result.task_result.args, **result.task_result.kwargs)
        result.delete()


def mails() -> list[Mail]:
    """In the order in which they were queued."""
    return [*Mail.objects.order_by("pk")]


def link_in(mail: Mail) -> str:
    (found,) = LINK.findall(mail.text)
    assert isinstance(found, str)
    return found
