"""What happens to a ticket of the demo: it arrives, and agents do one thing after the other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from tickets.actor import acting_as
from tickets.demo.stories import Story
from tickets.editing import edit
from tickets.models import Comment, Queue, Status, Ticket

DOMAIN = "demo.example"  # of every address: RFC 2606 keeps it from belonging to anybody


def arrive(story: Story, queue: Queue, requester: str, at: datetime) -> Ticket:
    """By mail, so nobody of the help desk acts."""
    mailbox = requester.lower().replace(" ", ".")
    return Ticket.objects.create(
        subject=story.subject,
        description=story.description,
        queue=queue,
        requester_name=requester,
        requester_email=f"{mailbox}@{DOMAIN}",
        created_at=at,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One agent, at one moment, at one ticket."""

    ticket: Ticket
    story: Story
    agent: User
    at: datetime

    def prioritise(self) -> None:
        self._edit(priority=self.story.priority)

    def take(self) -> None:
        self._edit(assignee=self.agent, status=Status.OPEN)

    def note(self) -> None:
        self._say(self.story.note, internal=True)

    def answer(self) -> None:
        self._say(self.story.reply)
        self._edit(status=Status.PENDING)

    def reopen(self, why: str) -> None:
        self._say(why, internal=True)
        self._edit(status=Status.OPEN)

    def hand_over(self, queue: Queue) -> None:
        self._say(f"Looks like one for {queue.name}: handed over.", internal=True)
        self._edit(queue=queue, assignee=None)

    def resolve(self) -> None:
        self._edit(status=Status.RESOLVED)

    def close(self) -> None:
        self._edit(status=Status.CLOSED)

    def has_said(self, words: str) -> bool:
        return Comment.objects.filter(ticket=self.ticket, body=words).exists()

    def _edit(self, **changes: Any) -> None:
        with acting_as(self.agent):
            edit(self.ticket.pk, changes, version=None)

    def _say(self, words: str, *, internal: bool = False) -> None:
        with acting_as(self.agent):
            Comment.objects.create(
                ticket=self.ticket, author=self.agent, body=words, internal=internal,
                created_at=self.at,
            )  # fmt: skip
