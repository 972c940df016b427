"""Notices, what their readers do not want to be told, and the due dates that were told.

Django finds these models through tickets/models.py. Their keys are no constraints of the database:
a process of a release before these tables could not keep them when it deletes a ticket or a user.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from tickets.database_time import DatabaseTime


class Kind(models.TextChoices):
    ASSIGNED = "assigned", "A ticket is assigned to me"
    MENTIONED = "mentioned", "Somebody mentions me in a comment, as @name"
    REPLIED = "replied", "Somebody writes on my ticket"
    DUE = "due", "My ticket is due within the hour"
    OVERDUE = "overdue", "My ticket is overdue"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def in_microseconds(then: datetime) -> int:
    return (then - EPOCH) // timedelta(microseconds=1)


class Notice(models.Model):
    """One thing that one user was told, once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    # The comment, the version that the assignment made, or the due date in microseconds.
    about = models.BigIntegerField()
    actor_name = models.CharField(max_length=320, blank=True)  # "" where nobody is known
    at = DatabaseTime()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "ticket", "kind", "about"], name="told_once")
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notice_of_user"),
            # Read by each page, for its bell.
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.ticket_id}, to user {self.user_id}"

    @property
    def due_at(self) -> datetime | None:
        """The due date that this tells of."""
        tells_of_it = self.kind in (Kind.DUE, Kind.OVERDUE)
        return EPOCH + timedelta(microseconds=self.about) if tells_of_it else None


class Muted(models.Model):
    """A kind of notice that a user does not want."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="muted_once")]

    def __str__(self) -> str:
        return f"{self.kind}, by user {self.user_id}"


class DueTold(models.Model):
    """The user's ticket was found due soon, or overdue. It says so longer than the notice lasts,
    which makes room for newer ones, and also where the user has muted it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "user", "kind", "due_at"], name="due_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.kind} {self.due_at}, to user {self.user_id}"
