"""A comment takes along the files that its writer has uploaded; a description those of its mail."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tickets.attachments.limits import NotThere, refuse_together
from tickets.attachments.models import Attachment


def pending_of(user: Any, ticket_id: int) -> QuerySet[Attachment]:
    """What the user has uploaded to the ticket and not sent."""
    return Attachment.objects.filter(ticket=ticket_id, uploader=user.pk, pending=True)


def take_away(waiting: QuerySet[Attachment]) -> int:
    """Delete these, but what a comment takes along at the same moment: which of the two comes
    first is decided by the rows' locks. Returns how many there were."""
    with transaction.atomic():
        found = list(waiting.select_for_update())  # in the order of their ids
        for attachment in found:
            attachment.delete()
        return len(found)


def chosen(user: Any, ticket_id: int, ids: Collection[int]) -> list[Attachment]:
    """Those of the user's own that they name. Raises Refused where one of them is not there, or
    where they are too many or too large together."""
    if not ids:
        return []
    found = pending_of(user, ticket_id).in_bulk({*ids})
    if len(found) < len({*ids}):
        raise NotThere
    attachments = [found[pk] for pk in dict.fromkeys(ids)]  # in the order in which they were named
    refuse_together(attachments)
    return attachments


def claim(comment: Any) -> None:
    """Have the comment, which is being saved, take along what it was given. Its ticket is locked,
    so of two that name the same file the second finds it gone: it is refused as a whole."""
    _take(comment.ticket_id, comment.attaching, comment=comment.pk)
    comment.attached = [*comment.attaching]


def describe(ticket: Any, attachments: Sequence[Attachment]) -> None:
    """Have the ticket's description take them along, as those of the mail that opened it."""
    _take(ticket.pk, attachments, comment=None)


def _take(ticket_id: int, attachments: Sequence[Attachment], *, comment: int | None) -> None:
    if not attachments:
        return
    rows = Attachment.objects.filter(pk__in=[one.pk for one in attachments])
    taken = rows.filter(ticket=ticket_id, pending=True).update(comment=comment, pending=False)
    if taken < len(attachments):
        raise NotThere
    for one in attachments:
        one.comment_id, one.pending = comment, False
