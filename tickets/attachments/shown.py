"""Files as API, events and pages show them, and which of them belong to which comment."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from tickets.attachments.models import Attachment


def public_attachment(attachment: Attachment) -> dict[str, Any]:
    """`picture` has width and height of what browsers may show; all else is only saved."""
    size = {"width": attachment.width, "height": attachment.height}
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "size": attachment.size,
        "type": attachment.type,
        "url": url_of(attachment),
        "picture": size if attachment.is_picture else None,
    }


def url_of(attachment: Attachment) -> str:
    """It ends in the name, which tells a reader what is there, and decides nothing."""
    return reverse("attachment", args=[attachment.ticket_id, attachment.pk, attachment.name])


def attach_to(comments: Iterable[Any], ticket_id: int | None = None) -> list[Attachment]:
    """Give each comment its own, all by one query; returns those of the ticket's description."""
    by_key = {comment.pk: comment for comment in comments}
    belongs = Q(comment__in=by_key)
    if ticket_id is not None:
        belongs |= Q(ticket=ticket_id, comment=None)
    elif not by_key:
        return []
    found: defaultdict[int | None, list[Attachment]] = defaultdict(list)
    for attachment in Attachment.objects.filter(belongs, pending=False):
        found[attachment.comment_id].append(attachment)
    for key, comment in by_key.items():
        comment.attached = found[key]
    return found[None]
