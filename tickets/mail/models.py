"""The messages that are to be sent, each with what has become of it, and what names the thread of a
ticket in mail.

Django finds these models through tickets/models.py. Their keys are no constraints of the database:
a process of a release before these tables could not keep them when it deletes a ticket.
"""

from typing import Any

from django.db import models
from django.db.models import Q

from tickets.database_time import DatabaseTime

LONGEST_REASON = 300  # characters
LONGEST_ID = 250  # characters of a Message-ID that is kept


class State(models.TextChoices):
    QUEUED = "queued"  # it is tried, again and again
    SENT = "sent"  # the mail server has taken it
    FAILED = "failed"  # it is not tried any more


class Mail(models.Model):
    """One message. The row is the truth, and the task that sends it only a hint: what the row says
    is to be sent is sent, whatever becomes of the task."""

    # None: it is no reply, but has a text of its own.
    comment = models.OneToOneField(
        "tickets.Comment", models.CASCADE, null=True, related_name="mail_row", db_constraint=False
    )
    to = models.CharField(max_length=254)
    to_name = models.CharField(max_length=100, blank=True)
    cc = models.JSONField(default=list)  # addresses
    subject = models.CharField(max_length=250)
    text = models.TextField(blank=True)  # of mail that is no reply, until it is sent
    state = models.CharField(max_length=6, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)  # why it is not sent (yet)
    # It may be sent again after it has failed, and is then another message: part of its Message-ID.
    sending = models.PositiveIntegerField(default=1)
    tries = models.PositiveIntegerField(default=0)  # of this sending
    queued_at = DatabaseTime()  # this sending
    next_at = DatabaseTime()
    # When nobody wants it any more, as a link that no longer holds; None: it is tried for a day.
    until = models.DateTimeField(null=True)
    # Until then a worker has it, which may have died meanwhile.
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="queued"), name="mail_to_be_sent"),
            models.Index(fields=["done_at"], condition=Q(comment=None), name="mail_of_its_own"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}, {self.state}"


class Thread(models.Model):
    """By what the answers to a ticket's mail are known: a token that nobody can guess. It is kept,
    and not made from the server's key, for a key is changed, and answers come after months."""

    ticket = models.OneToOneField(
        "tickets.Ticket", models.CASCADE, primary_key=True, related_name="mail_thread",
        db_constraint=False,
    )  # fmt: skip
    token = models.CharField(max_length=30, unique=True)

    def __str__(self) -> str:
        return f"the thread of #{self.ticket_id}"


class Heard(models.Model):
    """A message that came for a ticket, so that what is sent can name it as what it answers."""

    ticket: Any = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="+", db_constraint=False
    )
    message_id = models.CharField(max_length=LONGEST_ID)
    at = DatabaseTime()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "message_id"], name="heard_once")]

    def __str__(self) -> str:
        return f"{self.message_id} on #{self.ticket_id}"
