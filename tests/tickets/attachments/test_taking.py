"""A comment takes files along: once, all or none, and in its own transaction."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.harness.told import told_of
from tests.tickets.attachments.samples import png, stream
from tickets import editing
from tickets.attachments import Attachment, describe, store
from tickets.attachments.limits import MOST, NotThere, TooMany, TooMuch
from tickets.attachments.shown import attach_to
from tickets.attachments.sweeping import sweep
from tickets.attachments.taking import chosen
from tickets.models import Comment, Queue, Ticket
from tickets.public import public_comment
from tickets.timeline import timeline


def test_a_comment_shows_what_it_took_along_wherever_it_is_told(
    ticket: Ticket, alice: User
) -> None:
    file = store(ticket, "photo.png", stream(png(3, 2)), uploader=alice)
    said = editing.comment(alice, ticket.pk, "Look", attaching=[file])
    shown = {
        "id": file.pk, "name": "photo.png", "size": len(png(3, 2)), "type": "image/png",
        "url": f"/tickets/{ticket.pk}/attachments/{file.pk}/photo.png",
        "picture": {"width": 3, "height": 2},
    }  # fmt: skip
    assert public_comment(said)["attachments"] == [shown]
    assert public_comment(Comment.objects.get())["attachments"] == [shown]
    (event,) = told_of("comment.created")
    assert event.data["comment"]["attachments"] == [shown]
    file.refresh_from_db()
    assert (file.pending, file.comment_id) == (False, said.pk)


def test_it_is_taken_once(ticket: Ticket, alice: User) -> None:
    file = store(ticket, "a.txt", stream(), uploader=alice)
    editing.comment(alice, ticket.pk, "One", attaching=[file])
    with pytest.raises(NotThere):
        editing.comment(alice, ticket.pk, "Two", attaching=[file])
    assert [comment.body for comment in Comment.objects.all()] == ["One"]


def test_a_comment_whose_file_is_gone_is_not_said(ticket: Ticket, alice: User) -> None:
    files = [store(ticket, "a.txt", stream(), uploader=alice) for _ in range(2)]
    Attachment.objects.filter(pk=files[0].pk).delete()
    with pytest.raises(NotThere):
        editing.comment(alice, ticket.pk, "Look", attaching=files, changes={"status": "open"})
    assert (Comment.objects.count(), Ticket.objects.get().status) == (0, "new")
    assert told_of("comment.created") == []
    assert Attachment.objects.get().pending


def test_only_ones_own_of_that_ticket_can_be_named(
    ticket: Ticket, billing: Queue, alice: User, carol: User
) -> None:
    other = Ticket.objects.create(subject="Other", queue=billing)
    mine = store(ticket, "a.txt", stream(), uploader=alice)
    assert chosen(alice, ticket.pk, [mine.pk, mine.pk]) == [mine]
    for user, place, ids in (
        (carol, ticket, [mine.pk]), (alice, other, [mine.pk]), (alice, ticket, [mine.pk, 10**9]),
    ):  # fmt: skip
        with pytest.raises(NotThere):
            chosen(user, place.pk, ids)


def test_together_they_have_limits(ticket: Ticket, alice: User) -> None:
    files = [store(ticket, "a.txt", stream(), uploader=alice) for _ in range(MOST + 1)]
    keys = [file.pk for file in files]
    assert len(chosen(alice, ticket.pk, keys[1:])) == MOST
    with pytest.raises(TooMany, match="20 may go with one comment"):
        chosen(alice, ticket.pk, keys)
    Attachment.objects.filter(pk__in=keys[:3]).update(size=9_000_000)
    with pytest.raises(TooMuch, match="25 MB may go with one comment"):
        chosen(alice, ticket.pk, keys[:3])


def test_a_file_of_another_ticket_is_not_taken_along(
    ticket: Ticket, billing: Queue, alice: User
) -> None:
    other = Ticket.objects.create(subject="Other", queue=billing)
    file = store(other, "a.txt", stream(), uploader=alice)
    with pytest.raises(NotThere):
        editing.comment_on_any(ticket.pk, alice, "Look", attaching=[file])


def test_many_at_once_take_nothing_along(ticket: Ticket) -> None:
    comment = Comment(ticket=ticket, body="Look")
    comment.attaching = [store(ticket, "a.txt", stream())]
    with pytest.raises(ValueError, match="saved alone"):
        Comment.objects.bulk_create([comment])


def test_what_came_by_mail_belongs_to_the_description(ticket: Ticket) -> None:
    file = store(ticket, "scan.pdf", stream())
    describe(ticket, [file])
    assert timeline(ticket).attached == [file]
    with pytest.raises(NotThere):
        describe(ticket, [file])


def test_a_page_of_comments_asks_once_for_all_their_files(ticket: Ticket, alice: User) -> None:
    for number in range(5):
        files = [store(ticket, f"{number}.txt", stream(), uploader=alice) for _ in range(2)]
        editing.comment(alice, ticket.pk, f"{number}", attaching=files)
    store(ticket, "waits.txt", stream(), uploader=alice)
    comments = list(Comment.objects.order_by("pk"))
    with CaptureQueriesContext(connection) as asked:
        assert attach_to(comments, ticket.pk) == []
        names = [[file.name for file in comment.attached] for comment in comments]
    assert names == [[f"{number}.txt"] * 2 for number in range(5)]
    assert len(asked) == 1


def test_a_comment_without_files_asks_for_none(ticket: Ticket, alice: User) -> None:
    with CaptureQueriesContext(connection) as asked:
        public_comment(editing.comment(alice, ticket.pk, "Hello"))
    assert [query["sql"] for query in asked if "tickets_attachment" in query["sql"]] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["its writer takes it back", "the sweep takes it away"])
def test_a_file_that_is_sent_while_it_is_taken_away_is_there_or_is_not_sent(
    way: str, ticket: Ticket, alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = store(ticket, "a.txt", stream(), uploader=alice)
    two_days_ago = timezone.now() - timedelta(days=2)
    Attachment.objects.filter(pk=waiting.pk).update(created_at=two_days_ago)
    delete = Attachment.delete

    def delete_after_a_comment(self: Attachment) -> Any:
        sending.append(threads.submit(_send, alice, ticket.pk, waiting))
        wait(sending, timeout=0.5)
        return delete(self)

    monkeypatch.setattr(Attachment, "delete", delete_after_a_comment)
    sending: list[Future[bool]] = []
    with ThreadPoolExecutor(1) as threads:
        if way == "the sweep takes it away":
            with transaction.atomic():
                sweep()
        else:
            client.force_login(alice)
            client.delete(f"/api/tickets/{ticket.pk}/attachments/{waiting.pk}/")
        (sent,) = sending
        was_sent = sent.result(timeout=20)
    assert (Comment.objects.count(), Attachment.objects.count()) == (was_sent, was_sent)


def _send(user: User, ticket_id: int, file: Attachment) -> bool:
    """Whether it was sent."""
    try:
        editing.comment(user, ticket_id, "Look", attaching=[file])
    except NotThere:
        return False
    finally:
        connection.close()
    return True
