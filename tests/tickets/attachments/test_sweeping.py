"""Files leave the disk when their rows have gone, and never before."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from tests.tickets.attachments.samples import stream
from tickets import editing
from tickets.attachments import Attachment, keeping, store, sweeping
from tickets.attachments.models import Leftover
from tickets.models import Ticket

FilesIn = Callable[[], list[str]]
pytestmark = pytest.mark.django_db(transaction=True)


def age(media: Path, seconds: float) -> None:
    """As if all that is on its way had been for so long."""
    for path in (media / "incoming").iterdir():
        os.utime(path, (time.time() - seconds, time.time() - seconds))


def test_a_ticket_that_is_deleted_takes_its_files_along(
    ticket: Ticket, alice: User, admin: User, files_in: FilesIn
) -> None:
    said = store(ticket, "a.txt", stream(), uploader=alice)
    editing.comment(alice, ticket.pk, "Look", attaching=[said])
    store(ticket, "waits.txt", stream(), uploader=alice)
    assert files_in() == ["place"] * 2
    editing.delete(admin, ticket.pk)
    assert (files_in(), Attachment.objects.count(), Leftover.objects.count()) == ([], 0, 0)


def test_no_file_goes_before_the_deletion_is_committed(ticket: Ticket, files_in: FilesIn) -> None:
    store(ticket, "a.txt", stream())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ticket.delete()
        assert files_in() == ["place"]
        raise ZeroDivisionError
    assert (files_in(), Attachment.objects.count()) == (["place"], 1)


def test_many_tickets_at_once_too(ticket: Ticket, files_in: FilesIn) -> None:
    other = Ticket.objects.create(subject="Other", queue=ticket.queue)
    for owner in (ticket, other):
        store(owner, "a.txt", stream())
    Ticket.objects.all().delete()
    assert files_in() == []


def test_a_process_that_died_after_the_deletion_leaves_what_the_sweep_removes(
    ticket: Ticket, files_in: FilesIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(ticket, "a.txt", stream())
    with monkeypatch.context() as patched:
        patched.setattr(sweeping, "_remove", lambda leftover: None)
        ticket.delete()
    assert (files_in(), Leftover.objects.count()) == (["place"], 1)
    sweep()
    assert files_in() == ["place"]  # it may be on its way right now
    Leftover.objects.update(at=timezone.now() - timedelta(minutes=5))
    sweep()
    assert (files_in(), Leftover.objects.count()) == ([], 0)


def test_a_process_that_died_between_file_and_row_leaves_what_the_sweep_throws_away(
    ticket: Ticket, files_in: FilesIn, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Attachment.objects, "create", interrupt)
        store(ticket, "a.txt", stream())
    assert (files_in(), Attachment.objects.count()) == (["incoming"], 0)
    sweep()
    assert files_in() == ["incoming"]  # the transaction around it may take a while
    age(media, 2 * sweeping.UPLOADED_WITHIN)
    sweep()
    assert files_in() == []


def interrupt(**values: Any) -> None:
    raise KeyboardInterrupt


def test_one_that_died_between_row_and_move_leaves_a_file_that_can_be_read(
    ticket: Ticket, files_in: FilesIn, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "settle", lambda place: None)
        stored = store(ticket, "a.txt", stream())
    assert files_in() == ["incoming"]
    with stored.file.open("rb") as file:
        assert file.read() == b"Hello"
    age(media, 2 * sweeping.UPLOADED_WITHIN)
    sweep()
    assert files_in() == ["place"]
    with Attachment.objects.get().file.open("rb") as file:
        assert file.read() == b"Hello"


def test_what_was_not_sent_within_a_day_is_removed(
    ticket: Ticket, alice: User, files_in: FilesIn
) -> None:
    old, new, sent = (store(ticket, "a.txt", stream(), uploader=alice) for _ in range(3))
    editing.comment(alice, ticket.pk, "Look", attaching=[sent])
    Attachment.objects.exclude(pk=new.pk).update(created_at=timezone.now() - timedelta(hours=25))
    sweep()
    assert set(Attachment.objects.values_list("pk", flat=True)) == {new.pk, sent.pk}
    assert files_in() == ["place"] * 2
    assert not Attachment.objects.filter(pk=old.pk).exists()


def test_a_file_that_two_rows_have_goes_with_the_last(ticket: Ticket, files_in: FilesIn) -> None:
    stored = store(ticket, "a.txt", stream())
    copy = Attachment.objects.get(pk=stored.pk)
    copy.pk = None
    copy.save()
    stored.delete()
    assert files_in() == ["place"]
    copy.delete()
    assert files_in() == []


def test_rows_whose_ticket_an_older_release_has_deleted_go_too(
    ticket: Ticket, files_in: FilesIn
) -> None:
    store(ticket, "a.txt", stream())
    with connection.cursor() as cursor:
        for table in ("tickets_searchtext", "tickets_ticket"):
            cursor.execute(f"DELETE FROM {table}")
    sweeping.forget_lost()
    assert (files_in(), Attachment.objects.count()) == ([], 0)


def test_a_deleted_user_leaves_their_files_behind(
    ticket: Ticket, alice: User, files_in: FilesIn
) -> None:
    file = store(ticket, "a.txt", stream(), uploader=alice)
    editing.comment(alice, ticket.pk, "Look", attaching=[file])
    alice.delete()
    assert Attachment.objects.get().uploader is None
    assert files_in() == ["place"]


def sweep() -> None:
    with transaction.atomic():
        sweeping.sweep()
