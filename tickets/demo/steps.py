"""What happens to a ticket of the demo: it arrives, and agents do one thing after the other."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from tickets import attachments, editing
from tickets.actor import acting_as
from tickets.demo.files import sent_with
from tickets.demo.stories import Story
from tickets.models import Comment, Priority, Queue, Status, Ticket, Via

DUE_WITHIN = {Priority.HIGH: timedelta(hours=8), Priority.URGENT: timedelta(hours=2)}
TAGS = ("invoice", "payment", "vpn", "wi-fi", "printer", "laptop", "password", "phone", "card")
DOMAIN = "demo.example"  # of every address: RFC 2606 keeps it from belonging to anybody


def arrive(story: Story, queue: Queue, requester: str, at: datetime) -> Ticket:
    """The requester's mail becomes a ticket; no agent acts."""
    mailbox = requester.lower().replace(" ", ".")
    ticket = editing.create(
        subject=story.subject,
        description=story.description,
        queue=queue,
        requester_name=requester,
        requester_email=f"{mailbox}@{DOMAIN}",
        created_at=at,
    )
    attachments.describe(ticket, sent_with(story.subject, ticket))
    return ticket


@dataclass(frozen=True, slots=True)
class Step:
    """What an agent does with a ticket at one moment. Each method is such a deed."""

    ticket: Ticket
    story: Story
    agent: User
    at: datetime

    def prioritise(self) -> None:
        within = DUE_WITHIN.get(self.story.priority)
        due = {"due_at": self.at + within} if within else {}
        tags = [tag for tag in TAGS if tag in self.story.subject.lower()]
        self._edit(priority=self.story.priority, tags=tags, **due)

    def take(self) -> None:
        self._edit(assignee=self.agent, status=Status.OPEN)

    def note(self) -> None:
        self._say(self.story.note, internal=True)

    def answer(self) -> None:
        self._say(self.story.reply)
        self._edit(status=Status.PENDING)

    def hear(self, words: str) -> None:
        """The requester writes back, and the ticket waits for its agent again."""
        with acting_as(None):
            files = sent_with(words, self.ticket)
            self._comment(None, words, requester=True, via=Via.MAIL, attaching=files)
            editing.edit_any(self.ticket.pk, {"status": Status.OPEN})

    def note_call(self, words: str) -> None:
        """The requester calls, and the agent notes what they said."""
        with acting_as(self.agent):
            self._comment(self.agent, words, requester=True, via=Via.PHONE)
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
            editing.edit_any(self.ticket.pk, changes)

    def _say(self, words: str, *, internal: bool = False) -> None:
        with acting_as(self.agent):
            self._comment(self.agent, words, internal=internal)

    def _comment(self, author: User | None, words: str, **how: Any) -> None:
        editing.comment_on_any(self.ticket.pk, author, words, at=self.at, **how)
