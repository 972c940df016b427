"""The log and its head.

Rows of `Event` are written without a position, in the transaction of the change they tell of,
so a rollback takes them along. `live.numbering` gives committed rows their positions afterwards,
under the lock of the one `Head` row: 1, 2, 3 … without gaps, in an order all readers share.
"""

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """One change, once, however many people see it."""

    position = models.BigIntegerField(null=True, unique=True)
    name = models.CharField(max_length=64)
    data = models.TextField()  # JSON, as it goes out
    audience = models.TextField()  # words; see publish()
    # Only where a change moved its subject between audiences:
    before = models.TextField(null=True)  # the former audience
    entered = models.TextField(null=True)  # JSON [name, data] for who sees it only after
    left = models.TextField(null=True)  # JSON [name, data] for who saw it only before
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # Read by live.numbering; almost always empty.
            models.Index(
                fields=["id"], condition=models.Q(position=None), name="live_event_unnumbered"
            ),
            models.Index(fields=["created_at"], name="live_event_created_at"),  # read by prune()
        ]

    def __str__(self) -> str:
        return f"{self.position or 'unnumbered'} {self.name}"


class Head(models.Model):
    """One row: how far the log goes, and from where it can still be told."""

    position = models.BigIntegerField(default=0)  # of the newest numbered event
    floor = models.BigIntegerField(default=0)  # what came after an older position is not known
    pruned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "head of the log"

    def __str__(self) -> str:
        return f"head {self.position}, told from {self.floor}"


class Rights(models.Model):
    """What a user could see when they last came, as of a position; see live.rights."""

    user_id = models.BigIntegerField(primary_key=True)
    audiences = models.TextField()  # words, sorted
    position = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "rights"

    def __str__(self) -> str:
        return f"user {self.user_id} in {self.audiences}"


class ServerProcess(models.Model):
    """What one server process last said of itself, once per heartbeat; see live.snapshots."""

    name = models.CharField(max_length=100, primary_key=True)  # host, pid and a token
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    state = models.JSONField()  # see live.snapshots.state()

    class Meta:
        verbose_name = "server process"
        verbose_name_plural = "live connections"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
