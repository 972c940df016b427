"""Webhooks, and what each of them is sent. Django finds these models through tickets/models.py."""

import uuid
from contextlib import suppress
from http import HTTPStatus

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tickets.database_time import DatabaseTime

EVERY_QUEUE = "*"
LONGEST_URL = 500
LONGEST_ANSWER = 1000  # characters that are kept of what a receiver says

# Events that can be sent. Others are news for browsers alone, such as who has a ticket open.
EVENTS = (
    "ticket.created", "ticket.updated", "ticket.removed", "comment.created", "comment.mailed",
)  # fmt: skip


class Webhook(models.Model):
    """An address that is told of events, as long as it is on."""

    name = models.CharField(max_length=60, unique=True)
    url = models.CharField("address", max_length=LONGEST_URL)
    secret = models.CharField(max_length=80, editable=False)  # signs what is sent
    events = models.CharField(max_length=200)  # words of EVENTS
    audience = models.TextField(default=EVERY_QUEUE)  # or words such as queue:3
    notes = models.BooleanField("internal notes too", default=False)
    is_on = models.BooleanField(default=True)
    trouble = models.CharField(max_length=300, blank=True)  # why it was turned off by itself
    given_up = models.PositiveIntegerField(default=0)  # deliveries that nobody took in time
    created_at = DatabaseTime(editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one webhook, written in the transaction of the change that it tells of."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    ticket = models.BigIntegerField()  # its number; the ticket may be gone
    event = models.CharField(max_length=64)
    # Its receiver knows by this that it has the message already.
    message = models.UUIDField(default=uuid.uuid4, editable=False)
    body = models.TextField()  # as it is sent
    created_at = DatabaseTime()
    due_at = models.DateTimeField(db_default=Now())  # when it is tried next
    claimed_until = models.DateTimeField(null=True)  # a worker is sending it
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer, if there was one
    answer = models.CharField(max_length=LONGEST_ANSWER, blank=True)  # or why there was none

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["webhook", "id"], name="delivery_of_webhook"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
            # Read by working.py: what is next, and what stands before it.
            models.Index(
                fields=["webhook", "due_at"], condition=Q(delivered_at=None), name="delivery_due"
            ),
            models.Index(
                fields=["webhook", "ticket", "id"], condition=Q(delivered_at=None),
                name="delivery_in_order",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.event} of #{self.ticket}"

    @property
    def outcome(self) -> str:
        """Of the last try, such as "503 Service Unavailable"; "" where there was none yet."""
        if self.status is None:
            return "no answer" if self.tries else ""
        with suppress(ValueError):
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        return f"{self.status}"
