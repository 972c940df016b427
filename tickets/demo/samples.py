"""The demo's queues and people, and its tickets of the past days. They are made only once."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, cycle
from random import Random

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tickets.canned.models import CannedReply
from tickets.demo.steps import DOMAIN, DUE_WITHIN, Step, arrive
from tickets.demo.stories import ANSWERS, REQUESTERS, STORIES, Story
from tickets.mail.outgoing import unmailed
from tickets.models import Change, Notice, Queue, Status, Ticket

PASSWORD = "demo"  # noqa: S105  shown to everybody; the command refuses to run in production
AGENTS = {
    "alice": ("Billing",),
    "bob": ("Network",),
    "carol": ("Billing", "Network"),
    "dave": (),
    "erin": ("Workplace",),
}
ADMIN = "admin"
REPLIES = {
    "Thanks, we are on it": "Dear {requester},\n\nthank you for your message about “{subject}”."
    " We are looking into it and will write to you as {ticket}.\n\n{agent}",
    "We need to know more": "Dear {requester},\n\nwhen did this first happen, and what did you see?"
    " A picture of the screen helps.\n\n{agent}",
    "Solved?": "Dear {requester},\n\nthis should work again now. If it does not, just answer this"
    " message.\n\n{agent}",
}

OLDEST = timedelta(days=9)
# How far each ticket has come, from the oldest to the newest. The tickets go to three queues in
# turn, so these patterns have four statuses each: every queue then gets tickets of each status.
STAGES = (
    [Status.CLOSED] * 12
    + [Status.RESOLVED, Status.CLOSED, Status.PENDING, Status.CLOSED] * 4
    + [Status.RESOLVED, Status.OPEN, Status.PENDING, Status.OPEN] * 6
    + [Status.NEW, Status.OPEN, Status.NEW, Status.NEW] * 2
)


class OthersDatabase(Exception):
    """The database has users whom the demo did not make."""


def make_samples() -> bool:
    """Make them all, unless they have been made before; say whether they were made now."""
    if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
        return False
    if User.objects.exists():
        raise OthersDatabase(
            "This database has users already, and the demo's passwords are known to all:"
            " name a new one, such as DATABASE_URL=sqlite:////tmp/demo.sqlite3."
        )
    with unmailed(), transaction.atomic():
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
    owner = User.objects.get(username="carol")
    for name, text in REPLIES.items():
        CannedReply.objects.create(owner=owner, name=name, text=text, shared=True)


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
    """The stories, from each queue in turn, so that each queue has old tickets and new ones."""
    by_queue = ([(queue, story) for story in stories] for queue, stories in STORIES.items())
    return chain.from_iterable(zip(*by_queue, strict=True))


def _ages(random: Random) -> Iterator[timedelta]:
    """How old each ticket is: the oldest first, and the newer they are the closer together."""
    for left in range(len(STAGES), 0, -1):
        yield OLDEST * ((left - random.uniform(0.2, 0.9)) / len(STAGES)) ** 2


def _moments(created: datetime, now: datetime, random: Random) -> Iterator[datetime]:
    """When agents do something about a ticket: moments that come ever closer to now."""
    at = created
    while True:
        at += (now - at) * random.uniform(0.1, 0.4)
        yield at


def _steps_to(stage: Status, story: Story) -> list[Callable[[Step], None]]:
    """The steps that bring a new ticket to this status."""
    answers = story.priority in DUE_WITHIN  # whoever is in a hurry writes back
    steps: list[Callable[[Step], None]]
    steps = [Step.prioritise, Step.take, Step.note, Step.answer, _hear, Step.resolve, Step.close]
    if not story.note:
        steps.remove(Step.note)
    if not answers or stage == Status.PENDING:
        steps.remove(_hear)
    last = {
        Status.NEW: Step.prioritise,
        Status.OPEN: _hear if answers else Step.note if story.note else Step.take,
        Status.PENDING: Step.answer,
        Status.RESOLVED: Step.resolve,
        Status.CLOSED: Step.close,
    }[stage]
    return steps[: steps.index(last) + 1]


def _hear(step: Step) -> None:
    step.hear(ANSWERS[step.ticket.pk % len(ANSWERS)])


def _set_in_the_past(ticket: Ticket, at: datetime, now: datetime) -> None:
    """Date back what was just written. No page is told of this, for it is no change."""
    Change.objects.filter(ticket=ticket, at__gte=now).update(at=at)
    Notice.objects.filter(ticket=ticket, at__gte=now).update(at=at)
    Ticket.update_without_telling(Ticket.objects.filter(pk=ticket.pk), updated_at=at)
