"""The people on tickets, as pages and the API show them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from tickets.models import Ticket
from tickets.names import name_from
from tickets.presence.models import REPLYING, Presence

# Seconds after which a tab that has said nothing is gone: it speaks every 15, and may be lost once.
GONE_AFTER = 35.0
MOST_SHOWN = 50  # people of one ticket

People = list[dict[str, Any]]


def gone() -> Q:
    """The rows of tabs that have not been heard of for too long."""
    return Q(seen_at__lt=Now() - timedelta(seconds=GONE_AFTER))


def people_of(ticket: Ticket) -> People:
    """Who has the ticket open now, those first who reply."""
    return people_on([ticket.pk]).get(ticket.pk, [])


def people_on(tickets: Iterable[int] | QuerySet[Any, Any]) -> dict[int, People]:
    """The same for each of the tickets that anybody has open, in one query."""
    return listed(Presence.objects.filter(~gone(), ticket__in=tickets))


def listed(rows: QuerySet[Presence]) -> dict[int, People]:
    """The people of each ticket. A user with several tabs is there once, and replies if any of the
    tabs does."""
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for ticket_id, state, user_id, *columns in rows.order_by("id").values_list(
        "ticket_id", "state", "user_id", "user__first_name", "user__last_name", "user__username"
    ):
        here = found.setdefault(ticket_id, {})
        person = {"id": user_id, "name": name_from(*columns), "state": state}
        known = here.setdefault(user_id, person)
        if state == REPLYING:
            known["state"] = state
    return {ticket_id: _first_who_reply(here.values()) for ticket_id, here in found.items()}


def _first_who_reply(people: Iterable[dict[str, Any]]) -> People:
    return sorted(people, key=lambda person: person["state"] != REPLYING)[:MOST_SHOWN]
