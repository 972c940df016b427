"""What somebody has not read yet: a message of somebody else, a ticket that somebody else has
opened, or one into which they have merged another, is unread until they have looked at the ticket,
in whichever tab or browser.

What is older than their time here never counts, or a new agent would begin with thousands: in the
queues that they serve since they serve them, elsewhere since they have an account. Before the first
membership that has a date, at an upgrade of an older desk, nothing counts for anybody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Min, OuterRef, Subquery

import live
from tickets.bookkeeping import Seen
from tickets.history import CREATED, TOOK_IN
from tickets.models import Change, Comment, Membership, Ticket
from tickets.visibility import user_audience


class News(NamedTuple):
    """What decides whether a ticket is unread for a user."""

    ticket: int
    opened_at: datetime
    opened_by: int | None
    newest: int | None  # comment of somebody else
    said_at: datetime | None
    grown_at: datetime | None  # when somebody else last merged another ticket into it
    seen: int | None  # up to which comment the user has read; None: never opened
    serves_since: datetime | None

    def is_unread(self, user: Any, begin: datetime | None) -> bool:
        if self.seen is not None:
            return (self.newest or 0) > self.seen
        since = self.serves_since or begin
        news = [self.said_at, self.grown_at, None if self.opened_by == user.pk else self.opened_at]
        return since is not None and any(at is not None and at > since for at in news)


def mark_unread(user: Any, tickets: Sequence[Any]) -> None:
    """Set `unread` on each of the tickets, which are those of one page."""
    news = _news(user, [ticket.pk for ticket in tickets])
    begin = _begin(user) if any(told.serves_since is None for told in news) else None
    unread = {told.ticket for told in news if told.is_unread(user, begin)}
    for ticket in tickets:
        ticket.unread = ticket.pk in unread


def see(user: Any, ticket: Ticket, comment: int) -> None:
    """The user has read the ticket up to this comment, 0 for its opening. Their tabs are told, if
    that is news."""
    own = Seen.objects.filter(user=user, ticket=ticket)
    if own.filter(comment__gte=comment).exists():
        return
    with transaction.atomic():
        _, is_first = Seen.objects.get_or_create(
            user=user, ticket=ticket, defaults={"comment": comment}
        )
        if is_first or own.filter(comment__lt=comment).update(comment=comment):
            data = {"ticket": {"id": ticket.pk}, "comment": comment}
            live.publish("ticket.seen", data, [user_audience(user.pk)])


def forget_seen(ticket: Ticket, actor: Any) -> None:
    """Nobody but the actor has read what the ticket has just taken in, however old it is."""
    Seen.objects.filter(ticket=ticket).exclude(user=actor.pk if actor else None).delete()


def _news(user: Any, keys: Sequence[int]) -> list[News]:
    by_others = Comment.objects.filter(ticket=OuterRef("pk")).exclude(author=user.pk)
    newest = by_others.order_by("-created_at", "-pk")
    opening = Change.objects.filter(ticket=OuterRef("pk"), field=CREATED).order_by("at")
    grown = Change.objects.filter(ticket=OuterRef("pk"), field=TOOK_IN).exclude(actor=user.pk)
    seen = Seen.objects.filter(user=user.pk, ticket=OuterRef("pk"))
    serving = Membership.objects.filter(user=user.pk, queue=OuterRef("queue"))
    told = Ticket.objects.filter(pk__in=keys).order_by()
    return [
        News(*row)
        for row in told.values_list(
            "pk",
            "created_at",
            Subquery(opening.values("actor")[:1]),
            Subquery(newest.values("pk")[:1]),
            Subquery(newest.values("created_at")[:1]),
            Subquery(grown.order_by("-at").values("at")[:1]),
            Subquery(seen.values("comment")[:1]),
            Subquery(serving.values("since")[:1]),
        )
    ]


def _begin(user: Any) -> datetime | None:
    """From when on a message counts in a queue that the user does not serve."""
    first: datetime | None = Membership.objects.aggregate(first=Min("since"))["first"]
    return None if first is None else max(first, user.date_joined)
