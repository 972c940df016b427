"""How much may be stored, by whom and how fast. Each refusal is a sentence.

A flood of files must fill neither the disk nor the table: one file has a largest size, one comment
a number and a sum, one person so much an hour and a day, and the disk a rest that is left free.
"""

import shutil
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now

from tickets.attachments.models import Attachment

MEGABYTE = 1024 * 1024
LARGEST = 25 * MEGABYTE  # of one file, and of all that go with one comment
MOST = 20  # files of one comment
MOST_ON_TICKET = 2000  # of one ticket, whoever sent them
LEFT_FREE = 1024 * MEGABYTE  # of the disk, below which nothing is stored
# Of one person: within how long, how many bytes, and how many files.
QUOTAS = (
    (timedelta(hours=1), "an hour", 500 * MEGABYTE, 500),
    (timedelta(days=1), "a day", 2000 * MEGABYTE, 2000),
)


class Refused(Exception):
    """Nothing was stored, or sent. It says why in a sentence."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooLarge(Refused):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is too large: a file may have {in_words(LARGEST)} at most.")


class Empty(Refused):
    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is empty: there is nothing in it to send.")


class TooMany(Refused):
    def __init__(self) -> None:
        super().__init__(f"These are too many files: {MOST} may go with one comment.")


class NoFiles(Refused):
    def __init__(self) -> None:
        super().__init__("There is no file in it: send files as multipart/form-data.")


class TooMuch(Refused):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self) -> None:
        super().__init__(
            f"The files are too large together: {in_words(LARGEST)} may go with one comment."
        )


class TicketFull(Refused):
    def __init__(self) -> None:
        super().__init__(f"This ticket has {MOST_ON_TICKET:,} files already, and takes no more.")


class OverQuota(Refused):
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, size: int, count: int, time: str) -> None:
        super().__init__(
            f"You have uploaded too much: {in_words(size)} and {count:,} files {time} are"
            " allowed. Try again later."
        )


class DiskFull(Refused):
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "The server has no room left for files: nothing was stored. Tell whoever runs it."
        )


class NotStored(Refused):
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The server could not store the file, and has logged why.")


class NotThere(Refused):
    """Sent already, taken away, or somebody else's: which of them is not said."""

    def __init__(self) -> None:
        super().__init__(
            "A file that this names is not there any more, or was sent already: look, then add it"
            " again."
        )


def in_words(size: int) -> str:
    """Such as "25 MB". static/tickets/attached.js says the same."""
    if size < 1024:
        return f"{size} B"
    if size < MEGABYTE:
        return f"{round(size / 1024)} kB"
    return f"{size / MEGABYTE:.1f}".removesuffix(".0") + " MB"


def refuse_to_store(ticket: Any, uploader: Any) -> None:
    """Raise if this person may not store anything now, or there is no room. Two uploads at once may
    both pass, so a quota is exceeded by as many files as somebody has under way."""
    if not has_room():
        raise DiskFull
    if Attachment.objects.filter(ticket=ticket)[MOST_ON_TICKET - 1 : MOST_ON_TICKET].exists():
        raise TicketFull
    if uploader is None:  # by mail, which has limits of its own
        return
    longest = max(time for time, *_ in QUOTAS)
    own = Attachment.objects.filter(uploader=uploader, created_at__gt=Now() - longest)
    done = own.aggregate(
        **{f"n_{n}": Count("pk", filter=_since(quota[0])) for n, quota in enumerate(QUOTAS)},
        **{f"size_{n}": Sum("size", filter=_since(quota[0])) for n, quota in enumerate(QUOTAS)},
    )
    for n, (_, words, size, count) in enumerate(QUOTAS):
        if done[f"n_{n}"] >= count or (done[f"size_{n}"] or 0) >= size:
            raise OverQuota(size, count, words)


def _since(time: timedelta) -> Q:
    return Q(created_at__gt=Now() - time)


def has_room() -> bool:
    return shutil.disk_usage(settings.MEDIA_ROOT).free >= LEFT_FREE + LARGEST


def refuse_together(attachments: list[Attachment]) -> None:
    """Raise if these are too many for one comment, or too large."""
    if len(attachments) > MOST:
        raise TooMany
    if sum(attachment.size for attachment in attachments) > LARGEST:
        raise TooMuch
