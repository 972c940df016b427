"""The help desk: queues, their agents, tickets, comments, and the history of every change."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from tickets.observed import Observed, ObservedQuerySet

LONGEST_COMMENT = 50_000  # characters, for each travels to every open page


class Status(models.TextChoices):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(models.TextChoices):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Queue(Observed):
    """Where tickets wait for the agents who serve it."""

    name = models.CharField(max_length=100, unique=True)
    agents = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="queues", blank=True
    )

    objects = ObservedQuerySet.as_manager()
    tracked = ("name",)

    class Meta:
        base_manager_name = "objects"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Membership(Observed):
    """That a user serves a queue as agent. A model of its own, for Django sends no signals for
    the rows of one it makes itself."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")

    objects = ObservedQuerySet.as_manager()
    tracked = ("queue", "user")

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["queue", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} serves {self.queue}"


class Ticket(Observed):
    subject = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="tickets")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True,
        related_name="assigned_tickets",
    )  # fmt: skip
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    requester_name = models.CharField(max_length=100, blank=True)
    requester_email = models.EmailField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ObservedQuerySet.as_manager()
    tracked = (
        "subject", "description", "queue", "assignee", "status", "priority",
        "requester_name", "requester_email", "due_at", "created_at",
    )  # fmt: skip
    touched = ("version", "updated_at")

    class Meta:
        base_manager_name = "objects"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="known_status"),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="known_priority"
            ),
        ]
        indexes = [models.Index(fields=["queue", "status"], name="ticket_queue_status")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    def touch(self) -> None:
        self.version += 1
        self.updated_at = timezone.now()

    @classmethod
    def touch_stored(cls, changed: Sequence["Ticket"], using: str) -> None:
        now = timezone.now()
        for ticket in changed:
            ticket.version += 1
            ticket.updated_at = now
        rows = cls._base_manager.using(using).filter(pk__in=[ticket.pk for ticket in changed])
        models.QuerySet.update(rows, version=F("version") + 1, updated_at=now)

    @classmethod
    def stored(cls, keys: Collection[Any], using: str) -> models.QuerySet["Ticket"]:
        return super().stored(keys, using).select_related("queue", "assignee")


class CommentQuerySet(ObservedQuerySet["Comment"]):
    def forget_author(self, author: Any) -> int:
        """Empty `author` without a word: the caller tells. How many comments that were."""
        return models.QuerySet.update(self.filter(author=author), author=None)

    def update(self, **values: Any) -> int:
        if self.exists():  # deleting a user comes by, with nothing left to do
            raise ValueError(Comment.PERMANENT)
        return 0

    def delete(self) -> tuple[int, dict[str, int]]:
        raise ValueError(Comment.PERMANENT)


class Comment(Observed):
    """Something said about a ticket: to the requester, or internally among agents."""

    PERMANENT: ClassVar[str] = (
        "A comment is never changed or deleted by itself: add another one with"
        " Comment.objects.create(...), or delete its ticket."
    )

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    body = models.TextField()
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        kind = "internal note" if self.internal else "comment"
        return f"{kind} on #{self.ticket_id}"

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise ValueError(self.PERMANENT)
        super().save(**{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise ValueError(self.PERMANENT)


class Change(models.Model):
    """One field of one ticket, changed once: the history that no deletion takes along."""

    ticket = models.ForeignKey(
        Ticket, models.DO_NOTHING, db_constraint=False, related_name="history"
    )
    version = models.PositiveIntegerField()  # of the ticket after the change
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)  # survives the user
    field = models.CharField(max_length=30)  # or "created", "deleted"
    old = models.TextField(blank=True)  # in words, as it was shown
    new = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "id")
        indexes = [models.Index(fields=["ticket", "at"], name="change_of_ticket")]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.field} {self.old} → {self.new}"


class ReplayedCase(models.Model):
    """How far `manage.py replay` is with one case of one log, and the ticket it became."""

    digest = models.CharField(max_length=64)  # of the log's content
    case = models.CharField(max_length=100)  # as the log names it
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(default=0)  # of the case, done

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "case"], name="one_replayed_case")]

    def __str__(self) -> str:
        return f"case {self.case}, {self.rows} rows done"
