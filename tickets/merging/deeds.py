"""The merge of one ticket into another one of the same person. It is not taken back.

The comments of the merged one move to the other, and stay what they are: their ids, their authors,
their times. What the merged one was opened with becomes a comment too, dated when it was opened,
for it is the beginning of that conversation. What is left is a pointer: the merged ticket is
closed, keeps its description and its history, and takes nothing more.

All of it is one transaction, in which both tickets are locked, and with them those that were merged
into the one before: they point to where the conversation is, and never to another pointer.

Pages are told by the change of each of the two tickets, to those who may see it. There is no event
for each comment: five thousand of them would say what one page says that is loaded once, and an
open page appends what it is told at its end, where these do not belong.
"""

from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from tickets import tags
from tickets.actor import current_actor
from tickets.database_time import clock
from tickets.editing import StaleVersion
from tickets.history import TOOK_IN, record_merge
from tickets.merging.moving import move_all
from tickets.merging.refusals import (
    INTO_ITSELF,
    TOO_LONG,
    TOO_MANY,
    Merged,
    NotMerged,
    TwoPeople,
)
from tickets.models import Status, Ticket, Via
from tickets.public import person, public_ticket
from tickets.requesters import is_same_person
from tickets.telling import tell
from tickets.visibility import audience_of, visible_tickets

MOST_COMMENTS = 10_000  # that one merge moves
MOST_POINTERS = 100  # tickets that one conversation was made of
TRIES = 5  # to lock what belongs to the two tickets, while others merge into them


class _OthersMerge(Exception):
    """Another ticket was merged into the first one before this had it locked."""


def merge(
    user: Any, ticket_id: int, into_id: int, *, version: int | None = None, despite: bool = False
) -> Ticket:
    """Merge the ticket into the other one, which is returned. `despite` they are two people's.

    Ticket.DoesNotExist is raised where the user does not see both, StaleVersion where the ticket
    that is merged is not at that version any more, Merged where one of them has been merged
    already, and NotMerged where they stay two.
    """
    if ticket_id == into_id:
        raise NotMerged(INTO_ITSELF)
    for tried in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                ticket, into = _hold(user, ticket_id, into_id, is_last=tried == TRIES)
                if version is not None and version != ticket.version:
                    raise StaleVersion(ticket, version)
                refuse(ticket, into, despite=despite)
                return _merge(ticket, into)
        except _OthersMerge:
            continue
    raise AssertionError("the last try raises by itself")


def _hold(user: Any, ticket_id: int, into_id: int, *, is_last: bool) -> tuple[Ticket, Ticket]:
    """Both tickets, and what points to the first, locked in the order of their ids: so two merges
    that cross never wait for each other."""
    visible = visible_tickets(user)
    for key in (ticket_id, into_id):
        visible.get(pk=key)
    pointers = {*_pointers(ticket_id)}
    Ticket.locked([ticket_id, into_id, *pointers])
    ticket, into = visible.get(pk=ticket_id), visible.get(pk=into_id)  # they may have moved
    if not pointers.issuperset(_pointers(ticket_id)):
        # A lock that is taken now would be out of order: let go of all, and begin again.
        raise NotMerged(f"Others merge into #{ticket_id}. Try again.") if is_last else _OthersMerge
    return ticket, into


def _pointers(ticket_id: int) -> QuerySet[Any, int]:
    return Ticket.objects.filter(merged_into=ticket_id).order_by("pk").values_list("pk", flat=True)


def refuse(ticket: Ticket, into: Ticket, *, despite: bool) -> None:
    """Raise if the one is not to be merged into the other."""
    for one in (ticket, into):
        if one.merged_into_id is not None:
            raise Merged(one)
    if not despite and not is_same_person(ticket, into):
        raise TwoPeople(ticket, into)
    if (found := ticket.comments.count()) > MOST_COMMENTS:
        raise NotMerged(TOO_LONG.format(pk=ticket.pk, found=found, most=MOST_COMMENTS))
    found = Ticket.objects.filter(merged_into__in=[ticket.pk, into.pk]).count()
    if found >= MOST_POINTERS:
        both = {"one": ticket.pk, "other": into.pk}
        raise NotMerged(TOO_MANY.format(most=MOST_POINTERS, found=found, **both))


def _merge(ticket: Ticket, into: Ticket) -> Ticket:
    Ticket.objects.filter(merged_into=ticket).update(merged_into=into)
    ticket.status, ticket.merged_into = Status.CLOSED, into
    ticket.save()
    into.tags = tags.together(into.tags, ticket.tags)
    into.save()  # a change of its own, if they are others by that
    move_all(ticket, into)
    return _grown(ticket, into)


def _grown(ticket: Ticket, into: Ticket) -> Ticket:
    """The other ticket in a version of its own, with the last activity of both: told to those who
    may see it, and written into its history."""
    newest = max((into, ticket), key=lambda one: one.last_activity_at)
    Ticket.update_without_telling(
        Ticket.objects.filter(pk=into.pk),
        version=F("version") + 1,
        updated_at=clock.now(),
        last_activity_at=newest.last_activity_at,
        last_activity_by=newest.last_activity_by,
        awaits_answer=_awaits_answer(into),
    )
    grown = Ticket.stored([into.pk]).get()
    record_merge(grown, ticket)
    data = {
        "ticket": public_ticket(grown),
        "changes": {TOOK_IN: [None, {"id": ticket.pk, "name": f"{ticket}"}]},
        "actor": person(current_actor()),
        "at": grown.updated_at,
    }
    tell("ticket.updated", data, audience_of(grown))
    return grown


def _awaits_answer(into: Ticket) -> bool:
    """The last word is the requester's, internal notes aside. All that was said is on the ticket by
    now; its own opening may be later still."""
    said = into.comments.filter(internal=False).order_by("-created_at", "-pk")
    by_strangers = Q(via=Via.MAIL, author=None, requester=False, author_name__endswith=">")
    last = said.exclude(by_strangers).values_list("requester", "created_at").first()
    if last is None or last[1] < into.created_at:
        return bool(into.awaits_answer)
    return bool(last[0])
