"""Which canned replies somebody answers with, which they may change, and what a reply says on a
ticket."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Left, Length
from django.urls import reverse

from tickets.canned.models import CannedReply
from tickets.canned.placeholders import filled, values_of
from tickets.models import Ticket
from tickets.public import person
from tickets.visibility import may_create

MOST_OWN = 200
MOST_SHARED = 500
BEGINNING = 160  # characters, in a list
AT_ONCE = 200_000  # characters of texts in one answer; of the rest it has the names

Fill = Callable[[str], str]


def replies_for(user: Any) -> QuerySet[CannedReply]:
    """The user's own, and those that are shared with all agents; the user's own first."""
    which = Q(owner=user.pk)
    if may_create(user):
        which |= Q(shared=True)
    replies = CannedReply.objects.filter(which).select_related("owner")
    return replies.order_by("shared", "name", "pk")


def changeable_by(user: Any) -> QuerySet[CannedReply]:
    """A reply is its owner's to change, and one that is shared a superuser's too."""
    which = Q(owner=user.pk)
    if user.is_superuser:
        which |= Q(shared=True)
    return CannedReply.objects.filter(which)


def beginnings(replies: QuerySet[CannedReply]) -> QuerySet[CannedReply]:
    """With the beginning of each text alone: all of them together may be millions long."""
    return replies.defer("text").annotate(beginning=Left("text", BEGINNING))


def filling(ticket: Ticket | None, agent: Any) -> Fill:
    """Makes of a reply's text what it says on this ticket; without one it stays as it was typed."""
    if ticket is None:
        return lambda text: text
    values: Mapping[str, str] = values_of(ticket, agent)
    return lambda text: filled(text, values)


def offered_on(ticket: Ticket) -> str:
    """Where the box of the ticket asks for them."""
    return f"{reverse('api:list_replies')}?ticket={ticket.pk}"


def public_replies(user: Any, fill: Fill) -> list[dict[str, Any]]:
    """As the box of a ticket offers them. One whose text has no room has none: it is asked for by
    itself once it is chosen."""
    listed = list(replies_for(user).defer("text").annotate(length=Length("text")))
    room, kept = AT_ONCE, []
    for reply in listed:
        room -= reply.length
        if room >= 0:
            kept.append(reply.pk)
    texts = dict(CannedReply.objects.filter(pk__in=kept).values_list("pk", "text"))
    room, found = AT_ONCE, []
    for reply in listed:
        text = fill(texts[reply.pk]) if reply.pk in texts else None
        room -= len(text or "")
        found.append(public_reply(reply, text if room >= 0 else None))
    return found


def public_reply(reply: CannedReply, text: str | None) -> dict[str, Any]:
    owner = person(reply.owner)
    return {
        "id": reply.pk,
        "name": reply.name,
        "text": text,
        "shared": reply.shared,
        "owner": owner,
    }
