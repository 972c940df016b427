"""Nothing stays queued for ever, and nothing that is done stays for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tests.harness.told import forget, told_of
from tickets.mail import sweeping
from tickets.mail.models import Mail, State
from tickets.mail.outgoing import queue
from tickets.mail.sending import claim
from tickets.mail.sweeping import NOBODY, NOBODY_YET, sweep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailing")]


def age(**by: Any) -> None:
    then = timezone.now() - timedelta(**by)
    Mail.objects.update(queued_at=then, next_at=then)


def test_mail_whose_task_is_lost_gets_another_one_and_only_one(reply: Any) -> None:
    reply()
    DBTaskResult.objects.all().delete()
    sweep()
    assert not DBTaskResult.objects.exists()  # it may be on its way
    age(minutes=1)
    sweep()
    sweep()
    assert DBTaskResult.objects.count() == 1


def test_mail_of_a_worker_that_died_is_taken_up_once_its_claim_has_run_out(reply: Any) -> None:
    reply()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING)
    age(minutes=2)
    assert claim()
    sweep()
    assert DBTaskResult.objects.ready().count() == 0
    Mail.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert DBTaskResult.objects.ready().count() == 1
    assert claim()


def test_mail_that_is_to_be_tried_later_is_left_alone(reply: Any) -> None:
    reply()
    DBTaskResult.objects.all().delete()
    Mail.objects.update(next_at=timezone.now() + timedelta(hours=6), tries=9)
    forget()
    sweep()
    assert not DBTaskResult.objects.exists()
    assert told_of("comment.mailed") == []


def test_where_no_worker_runs_the_page_says_so_and_after_a_day_it_has_failed(reply: Any) -> None:
    reply()
    forget()
    age(minutes=6)
    sweep()
    sweep()
    assert Mail.objects.get().reason == NOBODY_YET
    assert len(told_of("comment.mailed")) == 1
    age(hours=26)
    sweep()
    mail = Mail.objects.get()
    assert (mail.state, mail.reason) == (State.FAILED, NOBODY)
    assert told_of("comment.mailed")[-1].data["comment"]["mail"]["reason"] == NOBODY


def test_a_look_tells_only_so_many(reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "MOST_TOLD", 2)
    for number in range(3):
        reply(f"{number}")
    age(hours=26)
    sweep()
    assert Mail.objects.filter(state=State.FAILED).count() == 2
    sweep()
    assert Mail.objects.filter(state=State.FAILED).count() == 3


def test_tasks_that_are_done_or_lost_go_after_a_day_and_so_does_mail_of_its_own(
    reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply()
    queue("alice@example.com", "a", "b")
    queue("alice@example.com", "c", "d")
    new, old = timezone.now() - timedelta(hours=23), timezone.now() - timedelta(hours=25)
    DBTaskResult.objects.all().delete()
    for status, at in (("SUCCESSFUL", old), ("FAILED", old), ("RUNNING", old), ("SUCCESSFUL", new)):
        finished = {} if status == "RUNNING" else {"finished_at": at}
        DBTaskResult.objects.create(
            status=status, started_at=at, task_path="x", backend_name="default",
            args_kwargs={"args": [], "kwargs": {}}, run_after=at, **finished,
        )  # fmt: skip
    Mail.objects.filter(comment=None).update(state=State.SENT, done_at=new)
    Mail.objects.filter(subject="a").update(done_at=old)
    Mail.objects.exclude(comment=None).update(state=State.SENT, done_at=old)
    monkeypatch.setattr(sweeping, "MOST_PRUNED", 2)
    sweep()
    assert DBTaskResult.objects.count() == 2
    sweep()
    assert [task.status for task in DBTaskResult.objects.all()] == ["SUCCESSFUL"]
    assert sorted(mail.subject for mail in Mail.objects.all()) == ["Printer on fire", "c"]


def test_servers_look_round_by_themselves() -> None:
    from live.process.timed import registered

    assert any(work.function is sweep for work in registered())
