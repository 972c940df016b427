"""How much one sender, and all of them, bring about by mail within an hour."""

from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from tickets.inbox.models import Letter
from tickets.models import Ticket
from tickets.turns import in_turn

Outcome = Letter.Outcome

HOUR = timedelta(hours=1)
TICKETS_OF_ONE = 20  # opened by one address
TICKETS_OF_ALL = 500
ANSWERS_OF_ONE = 30  # to one ticket by one address: two machines that answer each other
ANSWERS_OF_ALL = 100  # to one ticket: an address is easily another one


def refusal_to_open(address: str) -> str:
    """Why this address may not open a ticket now, or "". Until the end of the transaction nobody
    else opens one by mail."""
    in_turn("tickets opened by mail")
    opened = _within_the_hour().filter(outcome=Outcome.OPENED)
    if opened.filter(address=address.lower()).count() >= TICKETS_OF_ONE:
        return f"This address has opened {TICKETS_OF_ONE} tickets within an hour already."
    if opened.count() >= TICKETS_OF_ALL:
        return f"{TICKETS_OF_ALL} tickets were opened by mail within an hour already."
    return ""


def refusal_to_answer(address: str, ticket: Ticket) -> str:
    """The ticket is locked, so nobody else answers it at the same time."""
    answers = _within_the_hour().filter(ticket=ticket, outcome=Outcome.ANSWERED)
    if answers.filter(address=address.lower()).count() >= ANSWERS_OF_ONE:
        return f"This address has answered #{ticket.pk} {ANSWERS_OF_ONE} times within an hour."
    if answers.count() >= ANSWERS_OF_ALL:
        return f"#{ticket.pk} was answered by mail {ANSWERS_OF_ALL} times within an hour."
    return ""


def _within_the_hour() -> QuerySet[Letter]:
    return Letter.objects.filter(at__gt=Now() - HOUR)
