"""What changes who is on a ticket: a tab says its state, and a look round finds who is gone.

The list of a ticket changes only while the ticket is locked, so that each change of it is told
once, in order, and to those who see the ticket at that place of the log. The ticket is locked
first and the rows of its people after it, as when a ticket is saved. A tab that only says again
what it has said before locks no ticket, and nothing is told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

import live
from tickets.editing import hold
from tickets.lock_waits import for_rows
from tickets.models import Ticket
from tickets.presence.models import LEFT, Presence
from tickets.presence.pace import MOST, pace
from tickets.presence.people import gone, listed
from tickets.visibility import audience_of, audiences_of

LOOK_EVERY = 5.0  # seconds: a tab that is gone is away after 40
AT_ONCE = 250  # tickets that a look settles, in about a second; the next one goes on
MOST_TABS = 50  # of one user, on all tickets together
MOST_ON_ONE = 10  # of one user on one ticket
WAIT = 1.0  # seconds for a ticket that somebody else is saving


class TooManyTabs(Exception):
    """Nothing was noted."""

    def __init__(self) -> None:
        super().__init__(
            f"You have too many tickets open: at most {MOST_TABS} tabs are shown to others,"
            f" and {MOST_ON_ONE} on one ticket."
        )


class TooOften(Exception):
    """Nothing was noted."""

    def __init__(self) -> None:
        super().__init__(
            f"You open and leave tickets too often to be shown on them: at most {MOST} times a"
            " minute. It is shown again from the next minute on."
        )


def say(user: Any, ticket_id: int, client: str, state: str) -> None:
    """A tab of the user says that it shows the ticket, or has left it. Raises Ticket.DoesNotExist
    where there is no such ticket among those that the user may see, and WaitedTooLong where
    somebody is saving it: then it can be said again. TooOften and TooManyTabs are told to it."""
    own = Presence.objects.filter(ticket=ticket_id, user=user.pk, client=client)
    if state != LEFT and own.filter(~gone(), state=state).update(seen_at=Now()):
        return
    if not pace.allows(user.pk):
        raise TooOften
    with transaction.atomic():
        with for_rows(WAIT):
            ticket = hold(user, ticket_id)
        with _told(ticket):
            _of(ticket).filter(gone()).delete()
            if state == LEFT:
                own.delete()
            elif not own.update(state=state, seen_at=Now()):
                _refuse_too_many(user, ticket)
                Presence.objects.create(ticket=ticket, user=user, client=client, state=state)


def look_round() -> None:
    """End the presence of tabs that are gone, and of users who no longer see their ticket. Servers
    do this every few seconds, one of them at a time."""
    users_on: defaultdict[int, set[int]] = defaultdict(set)
    for ticket_id, user_id in Presence.objects.values_list("ticket_id", "user_id"):
        users_on[ticket_id].add(user_id)
    if not users_on:
        return
    late = set(Presence.objects.filter(gone()).values_list("ticket_id", flat=True))
    audiences = audiences_of(set().union(*users_on.values()))
    tickets = Ticket.objects.defer("description").in_bulk(users_on)
    Presence.objects.filter(ticket__in=users_on.keys() - tickets.keys()).delete()
    over = [
        ticket_id
        for ticket_id, ticket in sorted(tickets.items())
        if ticket_id in late or _strangers(ticket, users_on[ticket_id], audiences)
    ]
    for ticket_id in over[:AT_ONCE]:
        with _free(ticket_id) as free:
            if free is not None:
                _take_away(free)


def leave_all(user: Any) -> None:
    """The user has signed out. A tab of another browser, in which they have not, is back when it
    next says its state."""
    own = Presence.objects.filter(user=user.pk)
    for ticket_id in sorted(set(own.values_list("ticket_id", flat=True))):
        with _free(ticket_id) as ticket:
            if ticket is not None:
                own.filter(ticket=ticket_id).delete()


def follow(ticket: Ticket) -> None:
    """The ticket, which is locked, is seen by others than before: who no longer sees it is not on
    it any more, and who sees it now is told who is."""
    if _of(ticket).exists():
        _take_away(ticket)
        _tell(ticket)


@contextmanager
def _free(ticket_id: int) -> Iterator[Ticket | None]:
    """The ticket, locked, so that its list may be changed; None where somebody else holds it, for
    which nobody has to wait: it is looked at again soon."""
    with transaction.atomic():
        free = Ticket._base_manager.filter(pk=ticket_id).select_for_update(skip_locked=True)
        if list(free.values_list("pk")):
            ticket = Ticket.objects.get(pk=ticket_id)
            with _told(ticket):
                yield ticket
        else:
            yield None


def _of(ticket: Ticket) -> QuerySet[Presence]:
    return Presence.objects.filter(ticket=ticket.pk)


def _take_away(ticket: Ticket) -> None:
    _of(ticket).filter(gone()).delete()
    users = set(_of(ticket).values_list("user_id", flat=True))
    _of(ticket).filter(user__in=_strangers(ticket, users, audiences_of(users))).delete()


def _strangers(
    ticket: Ticket, users: Collection[int], audiences: Mapping[int, frozenset[str]]
) -> set[int]:
    """Those of the users who do not see the ticket, or are not active."""
    seeing = audience_of(ticket)
    return {user for user in users if seeing.isdisjoint(audiences.get(user, ()))}


@contextmanager
def _told(ticket: Ticket) -> Iterator[None]:
    """Tell the list of the ticket, if it is not the same at the end of the block."""
    before = _states(ticket)
    yield
    if _states(ticket) != before:
        _tell(ticket)


def _states(ticket: Ticket) -> dict[int, str]:
    """The state of each user of these rows, whether or not there still is such a user."""
    # Of several tabs the last one counts, and by the alphabet who replies stands before who views.
    return dict(_of(ticket).order_by("-state").values_list("user_id", "state"))


def _tell(ticket: Ticket) -> None:
    data = {"ticket": {"id": ticket.pk}, "people": listed(_of(ticket)).get(ticket.pk, [])}
    live.publish("presence", data, audience_of(ticket), passing=f"presence:{ticket.pk}")


def _refuse_too_many(user: Any, ticket: Ticket) -> None:
    own = list(Presence.objects.filter(user=user.pk).values_list("ticket_id", flat=True))
    if len(own) >= MOST_TABS or own.count(ticket.pk) >= MOST_ON_ONE:
        raise TooManyTabs
