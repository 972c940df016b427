"""What is taken away: files whose rows were deleted, and what nobody has sent within a day.

A file leaves the disk after the transaction that deletes its row, never before: a row without its
file would be a link into nothing. If the process dies in between, a Leftover remembers it.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from tickets.attachments import keeping
from tickets.attachments.models import Attachment, Leftover
from tickets.attachments.taking import take_away

EVERY = 600.0  # seconds
WAITS = timedelta(days=1)  # for being sent
UPLOADED_WITHIN = 3600.0  # seconds that an upload, and the transaction around it, may take
AT_ONCE = 200
LOST_EVERY = 86_400.0


def row_deleted(instance: Attachment, **kwargs: Any) -> None:
    """Connected to post_delete: whatever has deleted the row, with its ticket or alone."""
    leftover = Leftover.objects.create(file=f"{instance.file.name}")
    transaction.on_commit(partial(_remove, leftover), robust=True)


def sweep() -> None:
    """To be called in a transaction, by one process at a time (live.every)."""
    unsent = Attachment.objects.filter(pending=True, created_at__lt=Now() - WAITS)
    take_away(unsent[:AT_ONCE])
    for leftover in Leftover.objects.filter(at__lt=Now() - timedelta(minutes=1))[:AT_ONCE]:
        _remove(leftover)
    keeping.left_behind(UPLOADED_WITHIN, _is_kept, AT_ONCE)


def forget_lost() -> None:
    """Rows whose ticket a process of a release without this table has deleted."""
    from_nothing = ~Exists(_tickets().filter(pk=OuterRef("ticket_id")))
    for lost in Attachment.objects.filter(from_nothing)[:AT_ONCE]:
        lost.delete()


def _tickets() -> Any:
    related: Any = Attachment._meta.get_field("ticket").related_model
    return related._base_manager.all()


def _remove(leftover: Leftover) -> None:
    """Unless another row has the same file."""
    if _is_kept(leftover.file) or keeping.remove(leftover.file):
        leftover.delete()


def _is_kept(place: str) -> bool:
    return Attachment.objects.filter(file=place).exists()
