"""The demo's queues, people, and tickets of the past days; made once, then left alone."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, cycle
from random import Random

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tickets.demo.steps import DOMAIN, Step, arrive
from tickets.demo.stories import REQUESTERS, STORIES, Story
from tickets.models import Change, Queue, Status, Ticket

PASSWORD = "demo"  # noqa: S105  shown to everybody; the command refuses to run in production
AGENTS = {
    "alice": ("Billing",),
    "bob": ("Network",),
    "carol": ("Billing", "Network"),
    "dave": (),
    "erin": ("Workplace",),
}
ADMIN = "admin"

OLDEST = timedelta(days=9)
# How far each ticket has come, from the oldest to the newest, as on a working help desk. In fours,
# for the tickets go round three queues: each queue shall have some of each.
STAGES = (
    [Status.CLOSED] * 12
    + [Status.RESOLVED, Status.CLOSED, Status.PENDING, Status.CLOSED] * 4
    + [Status.RESOLVED, Status.OPEN, Status.PENDING, Status.OPEN] * 6
    + [Status.NEW, Status.OPEN, Status.NEW, Status.NEW] * 2
)


class OthersDatabase(Exception):
    """The database has users who are not the demo's."""


def make_samples() -> bool:
    """Whether there were any to make: all of them, or none where they have been made before."""
    if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
        return False
    if User.objects.exists():
        raise OthersDatabase(
            "This database has users already, and the demo's passwords are known to all:"
            " name a new one, such as DATABASE_URL=sqlite:////tmp/demo.sqlite3."
        )
    with transaction.atomic():
        queues = {name: Queue.objects.get_or_create(name=name)[0] for name in STORIES}
        _make_people(queues)
        _make_tickets(queues)
    return True


def _make_people(queues: dict[str, Queue]) -> None:
    known = make_password(PASSWORD)  # once, for it is slow on purpose
    User.objects.create(
        username=ADMIN, password=known, email=f"{ADMIN}@{DOMAIN}", is_staff=True, is_superuser=True
    )
    for name, served in AGENTS.items():
        agent = User.objects.create(username=name, password=known, email=f"{name}@{DOMAIN}")
        agent.queues.add(*(queues[queue] for queue in served))


def _make_tickets(queues: dict[str, Queue]) -> None:
    random = Random(2026)  # the same help desk each time
    now = timezone.now()
    requesters = cycle(REQUESTERS)
    ages = _ages(random)
    for (queue, story), stage in zip(_in_turn(), STAGES, strict=True):
        served_by = [name for name, served in AGENTS.items() if queue in served]
        agent = User.objects.get(username=random.choice(served_by))
        created = now - next(ages)
        ticket = arrive(story, queues[queue], next(requesters), created)
        _set_in_the_past(ticket, created, now)
        for at, step in zip(_moments(created, now, random), _steps_to(stage, story), strict=False):
            step(Step(ticket, story, agent, at))
            _set_in_the_past(ticket, at, now)


def _in_turn() -> Iterator[tuple[str, Story]]:
    """The stories, a queue after the other, so that each has old tickets and new ones."""
    by_queue = ([(queue, story) for story in stories] for queue, stories in STORIES.items())
    return chain.from_iterable(zip(*by_queue, strict=True))


def _ages(random: Random) -> Iterator[timedelta]:
    """From the oldest ticket to one of a few minutes, closer together the newer they are."""
    for left in range(len(STAGES), 0, -1):
        yield OLDEST * ((left - random.uniform(0.2, 0.9)) / len(STAGES)) ** 2


def _moments(created: datetime, now: datetime, random: Random) -> Iterator[datetime]:
    """When something is done about it: each time after a part of what was left of time."""
    at = created
    while True:
        at += (now - at) * random.uniform(0.1, 0.4)
        yield at


def _steps_to(stage: Status, story: Story) -> list[Callable[[Step], None]]:
    """What brings a ticket that far."""
    steps: list[Callable[[Step], None]]
    steps = [Step.prioritise, Step.take, Step.note, Step.answer, Step.resolve, Step.close]
    if not story.note:
        steps.remove(Step.note)
    last = {
        Status.NEW: Step.prioritise,
        Status.OPEN: Step.note if story.note else Step.take,
        Status.PENDING: Step.answer,
        Status.RESOLVED: Step.resolve,
        Status.CLOSED: Step.close,
    }[stage]
    return steps[: steps.index(last) + 1]


def _set_in_the_past(ticket: Ticket, at: datetime, now: datetime) -> None:
    """Date what was just written. Not a change to be told of, so it goes around the models."""
    Change.objects.filter(ticket=ticket, at__gte=now).update(at=at)
    QuerySet(Ticket).filter(pk=ticket.pk).update(updated_at=at)
