"""What the help desk notes for its own use: jobs in bulk, writes that carried a key, replayed logs,
what the search looks at, how far each user has read, and the lists that they come back to.

Django finds these models through models.py.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tickets import tags
from tickets.database_time import DatabaseTime

LONGEST_KEY = 64  # characters of an idempotency key
LONGEST_QUERY = 2000  # characters: a search of two hundred, nine for each in an address


class ReplayedCase(models.Model):
    """How many rows of a case `manage.py replay` has done, and the ticket that the case became."""

    digest = models.CharField(max_length=64)  # of the log's content
    case = models.CharField(max_length=100)  # as the log names it
    ticket = models.ForeignKey("tickets.Ticket", models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(default=0)  # of the case, done

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "case"], name="one_replayed_case")]

    def __str__(self) -> str:
        return f"case {self.case}, {self.rows} rows done"


class BulkJob(models.Model):
    """Something that a user has confirmed for many tickets in the admin. It is done in steps, and
    stands here until it is done, whatever becomes of the page that shows it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    field = models.CharField(max_length=30)  # to be set, or "" where tickets are to be deleted
    value = models.CharField(max_length=30, blank=True)  # as the form posts it
    created_at = DatabaseTime()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"set the {self.field}" if self.field else "delete"


class BulkItem(models.Model):
    """One ticket of a bulk job, and what became of it."""

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="items")
    number = models.BigIntegerField()  # of the ticket, which may be gone
    result = models.TextField(blank=True)  # "" as long as it waits
    refused = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["job", "result"], name="item_of_job")]

    def __str__(self) -> str:
        return f"#{self.number} {self.result}".strip()


class SearchText(models.Model):
    """The texts of a ticket, or of one of its comments, folded for the search (search.py).

    They stand in a table of their own, so that nothing else reads them: each of them is as long as
    what it was made of. And a ticket that only changes its status has no index of words renewed.
    """

    # Such as "ticket 3" or "comment 17". It is the key, so that a dump that is loaded over a
    # database replaces what is there.
    name = models.CharField(max_length=30, primary_key=True)
    # Without a constraint, which a process of a release before this table could not keep.
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="+", db_constraint=False
    )
    folded = models.TextField()
    at = DatabaseTime()

    def __str__(self) -> str:
        return self.name


class TicketTag(models.Model):
    """That a ticket has a tag (tagging.py). Its key is made of both, as "3 vip", so that a dump
    that is loaded over a database replaces what is there.

    There are no constraints, which a process of a release before this table could not keep.
    """

    name = models.CharField(max_length=60, primary_key=True)
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="tagged", db_constraint=False
    )
    tag = models.CharField(max_length=tags.LONGEST)

    class Meta:
        indexes = [models.Index(fields=["tag", "ticket"], name="tickets_of_tag")]

    def __str__(self) -> str:
        return self.name


class Seen(models.Model):
    """How far a user has read a ticket: up to this comment, or 0 for its opening alone.

    There are no constraints, which a process of a release before this table could not keep.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False,
        db_index=False,
    )  # fmt: skip
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="+", db_constraint=False
    )
    comment = models.BigIntegerField(default=0)  # its id

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_seen")]

    def __str__(self) -> str:
        return f"#{self.ticket_id} up to {self.comment}"


class SavedView(models.Model):
    """A list that its owner comes back to, by the query of its address; shared, everybody does."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=LONGEST_QUERY)
    shared = models.BooleanField("shared with all agents", default=False)
    created_at = DatabaseTime(editable=False)

    class Meta:
        ordering = ("name", "id")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_view_per_name")]

    def __str__(self) -> str:
        return self.name


class RememberedWrite(models.Model):
    """A write that carried an idempotency key, so that it is not done again (idempotency.py)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=LONGEST_KEY)
    digest = models.CharField(max_length=64)  # of method, path and body
    made_id = models.BigIntegerField(default=0)  # ticket or comment; set before the commit
    # Of a write of many tickets: those that are done, such as " 17:4 18:0" (many.py).
    parts = models.TextField(default="", db_default="")
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_write_per_key")]

    def __str__(self) -> str:
        return f"{self.key} of user {self.user_id}"
