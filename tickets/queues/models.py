"""Queues, and who serves them. Django finds these models through models.py."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now

from live import Observed
from tickets.bounded import Bounded
from tickets.database_time import DatabaseTime


class Queue(Bounded):
    """Where tickets wait for the agents who serve it."""

    name = models.CharField(max_length=100, unique=True)
    agents = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="queues", blank=True
    )

    tracked = ("name",)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def bulk_create(
        self, objs: Iterable["Membership"], *args: Any, **options: Any
    ) -> list["Membership"]:
        """Make the user an agent of the queue, who is one afterwards even if somebody else does the
        same at the same time. `add()` and `set()`, from either side, end here.

        They have looked who is missing, but Django's own look is before the lock. FOR NO KEY UPDATE
        holds up whoever else adds agents to these queues, and nobody who writes tickets in them.
        """
        wanted = {(membership.queue_id, membership.user_id): membership for membership in objs}
        queues = {queue for queue, _ in wanted}
        with transaction.atomic(savepoint=False):
            locked = Queue.objects.filter(pk__in=queues).order_by("pk")
            list(locked.select_for_update(no_key=True).values_list("pk"))
            there = Membership.objects.filter(
                queue__in=queues, user__in={user for _, user in wanted}
            ).values_list("queue_id", "user_id")
            for pair in there:
                wanted.pop(pair, None)
            return super().bulk_create([*wanted.values()], *args, **options)


class Membership(Observed):
    """A user serves a queue as its agent. This has a model of its own because Django sends no
    signals for the rows of a model that it makes for a many-to-many field."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    since = DatabaseTime(editable=False, default=None, db_default=Now())

    tracked = ("queue", "user")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} serves {self.queue}"
