"""A write that is sent twice is done once: idempotency keys.

A browser whose user presses twice, and a script that had no answer and tries again, send the same
request with the same key. The first one leaves a `RememberedWrite` in its own transaction, so that
a write and the memory of it are there together, or neither is: what was refused or rolled back is
not remembered. Whoever comes with the same key within a day is told what the first one made, and
looks at it under the rights that they have by then.

The row is written before anything else. While the first request is at work, the second one waits:
on PostgreSQL for the row, which is unique, and on SQLite for the database's only writer.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q
from django.db.models.functions import Now
from django.http import HttpRequest

from tickets import lock_waits
from tickets.bookkeeping import LONGEST_KEY, RememberedWrite
from tickets.lock_waits import WaitedTooLong

HEADER = "Idempotency-Key"
FIELD = "idempotency_key"  # of the pages' forms
WELL_FORMED = rf"^[^\x00-\x1f\x7f]{{1,{LONGEST_KEY}}}$"
BAD_KEY = f"A key has 1 to {LONGEST_KEY} characters, none of them a control character."
MEMORY = timedelta(days=1)
WAIT = 5.0  # seconds for which the second request waits for the first one
FORGOTTEN_AT_ONCE = 10  # old memories that each new one takes away

Made = TypeVar("Made", bound=Model)


class KeyRefused(Exception):
    """Nothing was written because of the key. `next_key` is the one to send the same form with."""

    status: HTTPStatus

    def __init__(self, sentence: str, next_key: str) -> None:
        super().__init__(sentence)
        self.next_key = next_key


class AnotherBody(KeyRefused):
    """Something else was written under this key."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self) -> None:
        sentence = (
            "Not saved: this form was saved before, with something else in it."
            " Look at what was saved, then send this again if you still want to."
        )
        super().__init__(sentence, new_key())


class StillAtWork(KeyRefused):
    """The first request under this key is not done. Its key stays, for with a new one the second
    request would be done as well."""

    status = HTTPStatus.CONFLICT

    def __init__(self, key: str) -> None:
        sentence = (
            f"Not saved: after {WAIT:g} seconds something else is still being saved."
            " Send the same again in a moment; it is done only once."
        )
        super().__init__(sentence, key)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request for a write, by which it is known when it comes again. Without a key it is new each
    time."""

    user_id: Any
    key: str | None
    digest: str

    @classmethod
    def to_api(cls, request: HttpRequest, key: str | None) -> "Sent":
        return cls(request.user.pk, key, _digest(request, request.body))

    @classmethod
    def by_form(cls, request: HttpRequest) -> "Sent":
        """A form without a good key was not made by our pages, or by a page from before there were
        keys. It is served as one without, for its text must not be lost.

        Only what its user sees counts as the body: another tab's log-in gives the form a new token,
        a script sends it in another encoding, and while the first answer is on its way the open
        page goes on, and names a newer state of the ticket.
        """
        key = request.POST.get(FIELD, "")
        unseen = (FIELD, "csrfmiddlewaretoken", "version", "seen")
        fields = [(name, texts) for name, texts in request.POST.lists() if name not in unseen]
        files = [
            (name, [f"{file.name} {file.size}" for file in files])
            for name, files in request.FILES.lists()
        ]
        body = urlencode(sorted(fields) + sorted(files), doseq=True).encode()
        return cls(request.user.pk, key if is_good_key(key) else None, _digest(request, body))


@dataclass(frozen=True, slots=True)
class Done(Generic[Made]):
    """A write that is done. `made` is None if it was done before, when the same was sent: then
    whoever answers has to look up under today's rights what it made."""

    made_id: int
    made: Made | None


def is_good_key(key: str) -> bool:
    return re.fullmatch(WELL_FORMED, key) is not None


def new_key() -> str:
    return secrets.token_urlsafe(16)


def once(sent: Sent, write: Callable[[], Made]) -> Done[Made]:
    """Write, unless the same was sent before. What `write()` raises leaves nothing behind."""
    if sent.key is None:
        made = write()
        return Done(made.pk, made)
    try:
        with lock_waits.for_writer(WAIT), transaction.atomic():
            with lock_waits.for_rows(WAIT):
                memory, is_first = remember(sent)
            if not is_first:
                return Done(memory.made_id, None)
            made = write()
            memory.made_id = made.pk
            memory.save(update_fields=["made_id"])
            return Done(made.pk, made)
    except WaitedTooLong as error:
        raise StillAtWork(sent.key) from error


def remember(sent: Sent) -> tuple[RememberedWrite, bool]:
    """The memory of the request, locked until the transaction ends, and whether it is new."""
    _forget_old(sent)
    memories = RememberedWrite.objects.select_for_update()
    memory, is_first = memories.get_or_create(
        user_id=sent.user_id, key=sent.key, defaults={"digest": sent.digest}
    )
    if memory.digest != sent.digest:
        raise AnotherBody
    return memory, is_first


def remember_again(sent: Sent) -> RememberedWrite:
    """The same memory, for a request of many transactions: only the first of them, where it is not
    there yet, looks for old ones."""
    memories = RememberedWrite.objects.select_for_update()
    young = memories.filter(user_id=sent.user_id, key=sent.key, at__gte=Now() - MEMORY).first()
    if young is not None and young.digest == sent.digest:
        return young
    return remember(sent)[0]


def _digest(request: HttpRequest, body: bytes) -> str:
    """With the server's key, for a body may hold a password: without it, whoever reads the table
    would find out a weak one by trying."""
    head = f"{request.method} {request.path}\n".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), head + body, "sha256").hex()


def _forget_old(sent: Sent) -> None:
    """Each new row takes away up to ten old ones, whoever they are of. So the table grows only
    while it has no old row, and never holds more than were written within any one day. Rows that
    another request is taking away are left to it: nobody waits for a request of somebody else."""
    old = RememberedWrite.objects.filter(at__lt=Now() - MEMORY)  # the clock is the database's
    some = old.order_by("at").select_for_update(skip_locked=True)[:FORGOTTEN_AT_ONCE]
    keys = list(some.values_list("pk", flat=True))
    old.filter(Q(pk__in=keys) | Q(user_id=sent.user_id, key=sent.key)).delete()
