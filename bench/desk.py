"""This asks the database what became of the help desk in a followed replay; it runs in a Worker."""
# ruff: noqa: E402  models need the apps

import json
from random import Random
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

import live
from bench.worker import serve
from live.log import numbering, reading
from tests.harness.sessions import session_of
from tickets.editing import edit_any
from tickets.models import Queue, Ticket
from tickets.public import public_ticket
from tickets.visibility import audiences_of, visible_tickets

SERVED = {  # who serves which queue; admin sees all, and nobody else the last one
    "Replay: billing": ("alice", "carol"),
    "Replay: network": ("bob", "carol"),
    "Replay: unserved": (),
}
AGENTS = ("alice", "bob", "carol", "dave", "admin")
BEFORE = "Here before the replay"
TICKETS_BEFORE = 120  # more than a page of the list


def make() -> dict[str, Any]:
    """Make the queues, and a session of each agent, by name."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        people = {name: _person(name) for name in AGENTS}
        for name, agents in SERVED.items():
            Queue.objects.create(name=name).agents.add(*(people[agent] for agent in agents))
        queues, assignees = _queues(), [None, None, None, *people.values()]
        for number in range(TICKETS_BEFORE):
            Ticket.objects.create(
                subject=BEFORE,
                queue=queues[number % len(queues)],
                assignee=assignees[number % len(assignees)],
            )
    numbering.number()
    return {
        "queues": list(SERVED),
        "sessions": {name: session_of(user) for name, user in people.items()},
    }


def stir(seed: int) -> None:
    """Somebody moves or assigns a ticket, or deletes one that the replay does not know."""
    dice = Random(seed)
    tickets = Ticket.objects.filter(queue__in=_queues())
    if dice.random() < 0.05:
        found = tickets.filter(subject=BEFORE).order_by("?").first()
        if found is not None:
            found.delete()
        return
    changes: dict[str, Any] = (
        {"queue": dice.choice(_queues())}
        if dice.random() < 0.6
        else {"assignee": dice.choice([None, *_people()])}
    )
    edit_any(tickets.order_by("?").values_list("pk", flat=True)[0], changes)


def end() -> int:
    """Give the log's last changes their positions, and return its head."""
    return numbering.number()


def truth(agent: str, after: int) -> dict[str, Any]:
    """The tickets that the agent may see, and the positions of the log that the agent had to be
    told."""
    user = User.objects.get(username=_username(agent))
    tickets = {ticket.pk: public_ticket(ticket) for ticket in visible_tickets(user)}
    audiences = audiences_of([user.pk])[user.pk]
    entries = reading.read(after, live.head() - after) if live.head() > after else []
    positions = [entry.position for entry in entries if entry.frame_for(audiences) is not None]
    told: dict[str, Any] = json.loads(
        json.dumps({"tickets": tickets, "positions": positions}, cls=DjangoJSONEncoder)
    )
    return told


def _person(name: str) -> User:
    return User.objects.create(username=_username(name), password="!", is_superuser=name == "admin")


def _username(agent: str) -> str:
    return f"{agent} (replay)"  # apart from whoever is in the database already


def _people() -> list[User]:
    return list(User.objects.filter(username__in=map(_username, AGENTS)).order_by("pk"))


def _queues() -> list[Queue]:
    return list(Queue.objects.filter(name__in=SERVED).order_by("pk"))


if __name__ == "__main__":
    serve(make=make, stir=stir, end=end, truth=truth)
