"""What is mailed and what is not, and that it is queued with what it tells of or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from tests.harness.told import forget, told_of
from tickets import editing
from tickets.demo.samples import make_samples
from tickets.forms import CommentForm
from tickets.mail.models import Mail, State
from tickets.mail.outgoing import queue, unmailed
from tickets.mail.threads import token_of
from tickets.models import Comment, Queue, Ticket, Via
from tickets.public import public_comment
from tickets.replay import Replay, read_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailing")]

LOG = """case_id,activity,timestamp
1,Insert ticket,2010-01-02 08:16:26
1,Wait,2010-01-03 08:16:26
1,VERIFIED,2010-01-04 08:16:26
"""


def test_a_reply_is_queued_to_the_requester_with_a_task_that_sends_it(reply: Any) -> None:
    forget()
    comment = reply()
    mail = Mail.objects.get()
    assert (mail.comment, mail.to, mail.to_name) == (comment, "zoe@customers.example", "Zoë Brandl")
    assert (mail.state, mail.reason, mail.tries) == (State.QUEUED, "", 0)
    assert DBTaskResult.objects.count() == 1
    shown = {"state": "queued", "reason": "", "to": mail.to, "cc": []}
    assert public_comment(comment)["mail"] == shown
    (told,) = told_of("comment.created")
    assert told.data["comment"]["mail"] == shown


@pytest.mark.parametrize(
    "how", [{"internal": True}, {"requester": True}, {"requester": True, "via": Via.PHONE}]
)
def test_a_note_and_what_the_requester_said_are_not_mailed(reply: Any, how: Any) -> None:
    comment = reply(**how)
    assert not Mail.objects.exists()
    assert public_comment(comment)["mail"] is None


def test_what_nobody_said_is_not_mailed(asked: Ticket) -> None:
    Comment.objects.create(ticket=asked, body="From a stranger.", via=Via.MAIL)
    editing.comment_on_any(asked.pk, None, "From the system.")
    assert not Mail.objects.exists()


def test_an_agents_own_mail_goes_on_to_the_requester(asked: Ticket, alice: User) -> None:
    editing.comment_on_any(asked.pk, alice, "By mail.", via=Via.MAIL)
    assert Mail.objects.get().to == asked.requester_email


def test_without_a_mail_server_nothing_is_queued(reply: Any, settings: Any) -> None:
    settings.EMAIL_URL = ""
    reply()
    assert not Mail.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_without_an_address_nothing_is_queued(asked: Ticket, reply: Any) -> None:
    asked.requester_email = ""
    asked.save()
    reply()
    assert not Mail.objects.exists()


def test_what_is_rolled_back_is_not_mailed(reply: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        reply()
        raise RuntimeError
    assert not Mail.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_every_way_of_saying_it_has_it_mailed(asked: Ticket, alice: User) -> None:
    Comment(ticket=asked, author=alice, body="saved").save()
    Comment.objects.bulk_create([Comment(ticket=asked, author=alice, body="in bulk")])
    assert [mail.comment.body for mail in Mail.objects.order_by("pk") if mail.comment] == [
        "saved", "in bulk",
    ]  # fmt: skip


def test_an_address_to_which_nothing_can_be_sent_fails_at_once(asked: Ticket, reply: Any) -> None:
    Ticket.objects.filter(pk=asked.pk).update(requester_email="Zoë at home")
    reply()
    mail = Mail.objects.get()
    assert mail.state == State.FAILED
    assert mail.reason == "“Zoë at home” is not an address such as name@example.com."
    assert not DBTaskResult.objects.exists()


def test_what_is_told_of_the_past_is_not_mailed(
    asked: Ticket, alice: User, tmp_path: Path, billing: Queue
) -> None:
    with unmailed():
        editing.comment(alice, asked.pk, "Said long ago.")
    (tmp_path / "log.csv").write_text(LOG)
    log = read_log(tmp_path / "log.csv")
    replay = Replay(log, [billing])
    for row in log.rows:
        replay.perform(row)
    assert not Mail.objects.exists()


def test_the_samples_of_the_demo_are_not_mailed() -> None:
    make_samples()
    assert Comment.objects.filter(internal=False, requester=False).exists()
    assert not Mail.objects.exists()


def test_what_is_loaded_is_not_mailed(reply: Any, tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_URL = ""
    reply()
    dump = tmp_path / "dump.json"
    with dump.open("w") as file:
        call_command("dumpdata", "tickets", stdout=file)
    assert any(row["model"] == "tickets.comment" for row in json.loads(dump.read_text()))
    Ticket.objects.all().delete()
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    call_command("loaddata", dump, verbosity=0)
    assert Comment.objects.exists()
    assert not Mail.objects.exists()


# --- Copies ---------------------------------------------------------------------------------------


def test_a_reply_is_copied_to_whom_it_names(reply: Any) -> None:
    comment = reply(cc=["boss@example.com", "Boss@example.com", "zwei@bücher.example"])
    assert Mail.objects.get().cc == ["Boss@example.com", "zwei@bücher.example"]
    assert public_comment(comment)["mail"]["cc"] == ["Boss@example.com", "zwei@bücher.example"]


@pytest.mark.parametrize("cc", [["nobody"], ["a@b.example\r\nBcc: eve@b.example"],
                                [f"a{number}@b.example" for number in range(11)]])  # fmt: skip
def test_bad_copies_are_refused_and_nothing_is_said(reply: Any, cc: list[str]) -> None:
    with pytest.raises(ValidationError, match=r"is not an address|at most 10"):
        reply(cc=cc)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("why", ["no server", "no address", "a note"])
def test_copies_of_what_is_not_mailed_are_refused(
    why: str, reply: Any, asked: Ticket, settings: Any
) -> None:
    if why == "no server":
        settings.EMAIL_URL = ""
    elif why == "no address":
        Ticket.objects.filter(pk=asked.pk).update(requester_email="")
    with pytest.raises(ValidationError, match="so nobody can get a copy"):
        reply(cc=["boss@example.com"], internal=why == "a note")
    assert not Comment.objects.exists()


@pytest.mark.parametrize(("kind", "refused"), [("", True), ("1", False), ("requester", False)])
def test_the_form_reads_copies_of_a_reply_alone(kind: str, refused: bool) -> None:
    form = CommentForm({"body": "Hm", "internal": kind, "cc": "nobody"})
    assert form.is_valid() is not refused
    assert (form.errors if refused else form.cleaned_data["cc"]) == (
        {"cc": ["“nobody” is not an address such as name@example.com."]} if refused else []
    )
    form = CommentForm({"body": "Hm", "internal": "", "cc": "a@example.com b@example.com"})
    assert form.is_valid()
    assert form.cleaned_data["cc"] == ["a@example.com", "b@example.com"]


# --- The rest -------------------------------------------------------------------------------------


def test_a_message_of_its_own_is_queued(settings: Any) -> None:
    mail = queue("alice@example.com", "Set\na new password", "https://…", name="Alice")
    assert (mail.subject, mail.text, mail.comment) == ("Set a new password", "https://…", None)
    assert DBTaskResult.objects.count() == 1


def test_a_ticket_that_goes_takes_its_mail_along(asked: Ticket, reply: Any) -> None:
    reply()
    token_of(asked)
    asked.delete()
    assert not Mail.objects.exists()


def test_what_is_not_mailed_costs_no_query(
    reply: Any, asked: Ticket, django_assert_num_queries: Any, settings: Any
) -> None:
    """And to show what has just been said asks nothing of its mail."""
    from django.db import connection

    def queries(**how: Any) -> list[str]:
        with CaptureQueriesContext(connection) as made:
            public_comment(reply(**how))
        return [query["sql"] for query in made if "tickets_mail" in query["sql"]]

    assert queries(internal=True) == []
    assert queries(requester=True) == []
    assert len(queries()) == 1  # written
    settings.EMAIL_URL = ""
    assert queries() == []
