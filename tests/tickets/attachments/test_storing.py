"""Files come in: onto the disk, with a row, within limits."""

import errno
import os
from collections import namedtuple
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.tickets.attachments.samples import png, stream
from tests.tickets.test_wording import TABLE
from tickets.attachments import keeping, limits
from tickets.attachments.limits import (
    LARGEST,
    DiskFull,
    Empty,
    NotStored,
    OverQuota,
    TicketFull,
    TooLarge,
    in_words,
)
from tickets.attachments.models import Attachment
from tickets.attachments.storing import store, store_all
from tickets.models import Ticket

FilesIn = Callable[[], list[str]]


class Endless(BytesIO):
    """Megabytes that are made as they are read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size
        self.most_asked = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None and size > 0, "all of it at once"
        self.most_asked = max(self.most_asked, size)
        piece = b"x" * min(size, self.left)
        self.left -= len(piece)
        return piece


@pytest.mark.django_db(transaction=True)
def test_a_file_is_stored_and_waits(
    ticket: Ticket, alice: User, files_in: FilesIn, media: Path
) -> None:
    stored = store(ticket, "../photo.png", stream(png(3, 2)), uploader=alice)
    stored.refresh_from_db()
    assert (stored.name, stored.size, stored.type) == ("photo.png", len(png(3, 2)), "image/png")
    assert (stored.width, stored.height, stored.is_picture) == (3, 2, True)
    assert (stored.pending, stored.comment, stored.uploader) == (True, None, alice)
    assert files_in() == ["place"]
    place = f"{stored.file.name}"
    assert "photo" not in place
    with stored.file.open("rb") as file:
        assert file.read() == png(3, 2)
    kept = media / place
    assert kept.stat().st_mode & 0o777 == 0o640
    assert kept.parent.stat().st_mode & 0o777 == 0o750


@pytest.mark.django_db(transaction=True)
def test_it_goes_with_the_transaction_of_the_caller(ticket: Ticket, files_in: FilesIn) -> None:
    with transaction.atomic():
        stored = store(ticket, "a.txt", stream())
        assert files_in() == ["incoming"]
        with stored.file.open("rb") as file:  # its mail may be read at once
            assert file.read() == b"Hello"
    assert files_in() == ["place"]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        store(ticket, "b.txt", stream())
        raise ZeroDivisionError
    assert Attachment.objects.count() == 1
    assert files_in() == ["incoming", "place"]  # the sweep finds it


def test_what_is_too_large_is_read_no_further(ticket: Ticket, files_in: FilesIn) -> None:
    flood = Endless(10 * LARGEST)
    with pytest.raises(TooLarge, match=r"“big\.bin” is too large: a file may have 25 MB at most"):
        store(ticket, "big.bin", flood)
    assert flood.left >= 9 * LARGEST - keeping.PIECE
    assert flood.most_asked <= keeping.PIECE
    assert (files_in(), Attachment.objects.count()) == ([], 0)


def test_the_largest_is_taken(ticket: Ticket) -> None:
    assert store(ticket, "big.bin", Endless(LARGEST)).size == LARGEST


def test_an_empty_file_is_refused(ticket: Ticket, files_in: FilesIn) -> None:
    with pytest.raises(Empty, match=r"“a\.txt” is empty"):
        store(ticket, "a.txt", stream(b""))
    assert files_in() == []


Usage = namedtuple("Usage", "total used free")


def test_the_disk_is_never_filled(
    ticket: Ticket, files_in: FilesIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(10, 10, limits.LEFT_FREE))
    with pytest.raises(DiskFull, match="no room left"):
        store(ticket, "a.txt", stream())
    assert files_in() == []


@pytest.mark.parametrize(("number", "refusal"), [(errno.ENOSPC, DiskFull), (errno.EIO, NotStored)])
def test_a_disk_that_fails_is_said_and_leaves_nothing(
    number: int, refusal: type[Exception], ticket: Ticket, files_in: FilesIn,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def fails(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(refusal):
        store(ticket, "a.txt", stream())
    assert (files_in(), Attachment.objects.count()) == ([], 0)
    assert "could not be stored" in caplog.text


def test_one_person_uploads_so_much_an_hour(
    ticket: Ticket, alice: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotas = [(time, words, 10, 3) for time, words, _, _ in limits.QUOTAS]
    monkeypatch.setattr(limits, "QUOTAS", quotas)
    store(ticket, "a.txt", stream(b"x" * 6), uploader=alice)
    store(ticket, "a.txt", stream(b"x" * 6), uploader=alice)
    with pytest.raises(OverQuota, match="10 B and 3 files an hour are allowed"):
        store(ticket, "a.txt", stream(), uploader=alice)
    store(ticket, "a.txt", stream(), uploader=carol)
    store(ticket, "a.txt", stream())  # by mail


def test_and_so_many(ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUOTAS", [(limits.QUOTAS[1][0], "a day", 10_000, 2)])
    for _ in range(2):
        store(ticket, "a.txt", stream(), uploader=alice)
    with pytest.raises(OverQuota, match="2 files a day"):
        store(ticket, "a.txt", stream(), uploader=alice)


def test_a_ticket_takes_so_many(ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ON_TICKET", 2)
    store(ticket, "a.txt", stream())
    store(ticket, "a.txt", stream())
    with pytest.raises(TicketFull):
        store(ticket, "a.txt", stream())


@pytest.mark.django_db(transaction=True)
def test_of_several_all_are_stored_or_none(ticket: Ticket, files_in: FilesIn) -> None:
    files = [named("a.txt", b"Hello"), named("b.txt", b"")]
    with pytest.raises(Empty):
        store_all(ticket, files, None)
    assert (files_in(), Attachment.objects.count()) == ([], 0)
    files[0].seek(0)
    assert [one.name for one in store_all(ticket, files[:1], None)] == ["a.txt"]


def named(name: str, content: bytes) -> Any:
    file: Any = BytesIO(content)
    file.name = name
    return file


@pytest.mark.parametrize(("size", "words"), TABLE["sizes"])
def test_sizes_are_said_as_people_say_them(size: int, words: str) -> None:
    assert in_words(size) == words
