"""The log and its head.

Rows of `Event` are written without a position, in the transaction of the change they tell of,
so a rollback takes them along. Committed rows get their positions afterwards (log/numbering.py),
under the lock of the one `Head` row: 1, 2, 3 … without gaps, in an order all readers share.

All times here are by the database's clock. Several hosts write and compare them, and the clocks of
hosts differ.
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


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
    passing = models.CharField(max_length=64, null=True)  # what it is the newest word on
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # Read by live/log/numbering.py; almost always empty.
            models.Index(
                fields=["id"], condition=models.Q(position=None), name="live_event_unnumbered"
            ),
            models.Index(fields=["created_at"], name="live_event_created_at"),  # read by prune()
            # Read by live/access/rights.py and live/log/reading.py for each user who comes.
            models.Index(
                fields=["audience"],
                condition=models.Q(name="live.access"),
                name="live_event_access",
            ),
            # Read by live/log/reading.py for the passing events of a backlog.
            models.Index(
                fields=["passing", "position"],
                condition=models.Q(passing__isnull=False),
                name="live_event_passing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position or 'unnumbered'} {self.name}"


class Head(models.Model):
    """One row: how far the log goes, and from where it can still be told."""

    position = models.BigIntegerField(default=0)  # of the newest numbered event
    floor = models.BigIntegerField(default=0)  # what came after an older position is not known
    pruned_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "head of the log"

    def __str__(self) -> str:
        return f"head {self.position}, told from {self.floor}"


class Rights(models.Model):
    """What a user could see when they last came, as of a position; see live/access/rights.py."""

    user_id = models.CharField(max_length=255, primary_key=True)  # as the log has it
    audiences = models.TextField()  # words, sorted
    position = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "rights"
        db_table = "live_noted_rights"  # `live_rights` has integer keys, for processes of 0.1.0

    def __str__(self) -> str:
        return f"user {self.user_id} in {self.audiences}"


class ServerProcess(models.Model):
    """What one server process last said of itself; see live/process/snapshots.py."""

    name = models.CharField(max_length=100, primary_key=True)  # host, pid and a token
    started_at = models.DateTimeField()
    at = models.DateTimeField()
    state = models.JSONField(encoder=DjangoJSONEncoder)  # see live/process/snapshots.py

    class Meta:
        verbose_name = "server process"
        verbose_name_plural = "live connections"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Claim(models.Model):
    """When timed work was last done, by whichever process; see live/process/timed.py."""

    name = models.CharField(max_length=255, primary_key=True)  # the function's, with its module
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.claimed_at}"
