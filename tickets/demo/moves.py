"""What moves on the demo's board: every few seconds an agent does something, or a ticket comes."""

from random import Random

from django.db import transaction
from django.utils import timezone

from tickets.demo.steps import Step, arrive
from tickets.demo.stories import ANSWERS, CALLS, REQUESTERS, STORIES, Story
from tickets.models import Queue, Status, Ticket
from tickets.replay import active_agents

FEWEST, MOST = 24, 40  # unresolved tickets; always fewer than there are stories
BY_SUBJECT = {story.subject: story for stories in STORIES.values() for story in stories}


def make_a_move(random: Random) -> None:
    """One agent does one thing, or one ticket arrives. Only tickets of the demo are touched."""
    under_way = Ticket.objects.filter(subject__in=BY_SUBJECT).exclude(status=Status.CLOSED)
    unresolved = under_way.exclude(status=Status.RESOLVED).count()
    with transaction.atomic():
        if unresolved < FEWEST or (unresolved < MOST and random.random() < 0.3):
            _let_arrive(random, set(under_way.values_list("subject", flat=True)))
        else:
            _go_on_with(random.choice(under_way), random, has_room=unresolved < MOST)


def _let_arrive(random: Random, taken: set[str]) -> None:
    """A story that is not on the board arrives in its queue, if that queue is still there."""
    told = [
        (queue, story)
        for queue in Queue.objects.filter(name__in=STORIES)
        for story in STORIES[queue.name]
        if story.subject not in taken
    ]
    if told:
        queue, story = random.choice(told)
        arrive(story, queue, random.choice(REQUESTERS), timezone.now())


def _go_on_with(ticket: Ticket, random: Random, *, has_room: bool) -> None:
    agents = active_agents(ticket.queue_id)
    if not agents:
        return
    agent = ticket.assignee if ticket.assignee in agents else random.choice(agents)
    step = Step(ticket, BY_SUBJECT[ticket.subject], agent, timezone.now())
    match ticket.status:
        case Status.NEW:
            _begin(step, random)
        case Status.OPEN:
            _work(step)
        case Status.PENDING if random.random() < 0.3:
            step.hear(random.choice(ANSWERS))
        case Status.PENDING if random.random() < 0.1:
            step.note_call(random.choice(CALLS))
        case Status.PENDING:
            step.resolve()
        case Status.RESOLVED if has_room and random.random() < 0.2:
            step.hear(random.choice(ANSWERS))
        case Status.RESOLVED:
            step.close()


def _begin(step: Step, random: Random) -> None:
    elsewhere = [queue for queue in _queues_with_agents() if queue.pk != step.ticket.queue_id]
    if elsewhere and random.random() < 0.1:
        step.hand_over(random.choice(elsewhere))
    elif step.ticket.priority != step.story.priority:
        step.prioritise()
    else:
        step.take()


def _work(step: Step) -> None:
    story: Story = step.story
    if story.note and not step.has_said(story.note):
        step.note()
    elif not step.has_said(story.reply):
        step.answer()
    else:
        step.resolve()


def _queues_with_agents() -> list[Queue]:
    return list(Queue.objects.filter(agents__is_active=True).distinct())
