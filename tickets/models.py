"""The help desk: tickets, their comments, and the history of every change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.functional import cached_property

from tickets.activity import ActivitySide, ActivityTime, Awaiting, Side, moved_by
from tickets.attachments.models import Attachment as Attachment
from tickets.attachments.models import Leftover  # noqa: F401  Django looks for models here
from tickets.bookkeeping import (  # noqa: F401  Django looks for models here
    BulkItem,
    BulkJob,
    RememberedWrite,
    ReplayedCase,
    SavedView,
    SearchText,
    Seen,
    TicketTag,
)
from tickets.bounded import Bounded
from tickets.canned.models import CannedReply  # noqa: F401  Django looks for models here
from tickets.choices import Priority as Priority
from tickets.choices import Status as Status
from tickets.choices import Via as Via
from tickets.database_time import DatabaseTime, clock
from tickets.exchange.models import ImportedTicket  # noqa: F401
from tickets.inbox.models import KeptMail, KeptPiece, Letter, MailText  # noqa: F401
from tickets.mail.models import Heard, Mail, Thread  # noqa: F401
from tickets.merging.refusals import Merged
from tickets.names import AuthorName, name_of
from tickets.notices.models import DueTold, Muted  # noqa: F401
from tickets.notices.models import Notice as Notice
from tickets.own.models import Preferences  # noqa: F401  Django looks for models here
from tickets.presence.models import Presence  # noqa: F401
from tickets.queues.models import Membership as Membership
from tickets.queues.models import Queue as Queue
from tickets.tags import TagsField
from tickets.texts import LongText
from tickets.webhooks.models import Delivery, Webhook  # noqa: F401


class Ticket(Bounded):
    subject = models.CharField(max_length=200)
    description = LongText(blank=True)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="tickets")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True,
        related_name="assigned_tickets",
    )  # fmt: skip
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    requester_name = models.CharField(max_length=100, blank=True)
    requester_email = models.EmailField(blank=True)
    tags = TagsField()
    due_at = models.DateTimeField(null=True, blank=True)
    # Where its conversation goes on (merging/deeds.py). Without a constraint, which a process of a
    # release before this could not keep.
    merged_into: Any = models.ForeignKey(
        "self", models.CASCADE, null=True, editable=False, related_name="pointers",
        db_constraint=False, db_index=False,
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = DatabaseTime(editable=False)
    updated_at = DatabaseTime(editable=False)
    # What activity.py says of them. They are filled in this order, and after `created_at`.
    last_activity_at = ActivityTime(editable=False, default=None, db_default=Now())
    last_activity_by = ActivitySide(
        max_length=9, choices=Side, default=Side.SYSTEM, db_default=Side.SYSTEM, editable=False
    )
    awaits_answer = Awaiting(default=False, db_default=False, editable=False)

    tracked = (
        "subject", "description", "queue", "assignee", "status", "priority",
        "requester_name", "requester_email", "tags", "due_at", "merged_into", "created_at",
    )  # fmt: skip
    has_changed = False  # whether editing.py made a new version when it saved it last

    touched = ("version", "updated_at", "last_activity_at", "last_activity_by", "awaits_answer")

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="known_status"),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="known_priority"
            ),
        ]
        indexes = [
            # The counters read nothing else of a ticket.
            models.Index(
                fields=["queue", "status", "assignee", "priority", "awaits_answer", "due_at"],
                name="ticket_counted",
            ),
            # Orders of a list of a hundred thousand.
            *(
                models.Index(fields=[name, "id"], name=f"ticket_by_{name}")
                for name in ("created_at", "due_at", "last_activity_at", "updated_at")
            ),
            # The tickets of one requester, whatever the case of the address (requesters.py).
            models.Index(Lower("requester_email"), "id", name="ticket_of_requester"),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="ticket_merged"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    def touch(self) -> None:
        self.version += 1
        self.updated_at = clock.now()

    @classmethod
    def touch_stored(cls, changed: Sequence["Ticket"]) -> None:
        now = clock.now()
        for ticket in changed:
            ticket.version += 1
            ticket.updated_at = now
        rows = cls._base_manager.filter(pk__in=[ticket.pk for ticket in changed])
        cls.update_without_telling(rows, version=F("version") + 1, updated_at=now)

    @classmethod
    def hear(cls, comment: "Comment") -> "Ticket":
        """Move the last activity of the comment's ticket, which is locked from then on. A comment
        is a row of its own, so the version stays, and the caller tells. Merged is raised where the
        conversation goes on elsewhere."""
        rows = cls._base_manager.filter(pk=comment.ticket_id)
        cls.update_without_telling(rows, **moved_by(comment))
        ticket = cls.stored([comment.ticket_id]).get()
        if ticket.merged_into_id is not None:
            raise Merged(ticket)
        return ticket

    @classmethod
    def stored(cls, keys: Collection[Any]) -> models.QuerySet["Ticket"]:
        return super().stored(keys).select_related("queue", "assignee")


class CommentQuerySet(models.QuerySet["Comment"]):
    def bulk_create(self, objs: Iterable["Comment"], *args: Any, **options: Any) -> list["Comment"]:
        """Lock the tickets first, as `save()` does."""
        comments = [*objs]
        if any(comment.attaching or comment.cc for comment in comments):
            raise ValueError(Comment.ALONE)
        Comment.refuse_creation(comments)  # before the transaction: the caller's then goes on
        with transaction.atomic(savepoint=False):
            Ticket.locked({comment.ticket_id for comment in comments})
            return super().bulk_create(comments, *args, **options)


# Said by the model and by the forms.
NEVER_INTERNAL = "What the requester said is never internal: choose one of the two."


class Comment(Bounded):
    """A reply to the requester of a ticket, an internal note that only agents see, or what the
    requester said: they wrote it themselves, or the author notes it for them."""

    PERMANENT: ClassVar[str] = (
        "A comment is never changed or deleted by itself: add another one with"
        " Comment.objects.create(...), or delete its ticket."
    )
    ALONE: ClassVar[str] = "A comment with files or copies is saved alone, by save()."

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # At the time of writing; it stays when the user is deleted. "" where no author is recorded.
    author_name = AuthorName(
        max_length=320, blank=True, default="", db_default="", editable=False, verbose_name="author"
    )
    requester = models.BooleanField("the requester's words", default=False, db_default=False)
    via = models.CharField(
        max_length=5, choices=Via, default=Via.PAGE, db_default=Via.PAGE, editable=False
    )
    body = LongText()
    internal = models.BooleanField(default=False)
    created_at = DatabaseTime(editable=False)
    # The number of the ticket on which it was said, and who that one was from, if that ticket was
    # merged into this one. They stay when it is deleted.
    said_on = models.BigIntegerField(null=True, editable=False)
    asker = models.CharField(max_length=254, default="", db_default="", editable=False)

    # Set before it is saved: the files that it takes along, and who gets a copy of its mail.
    attaching: Sequence[Attachment] = ()
    cc: Sequence[str] = ()
    # And whether there is more of it than its body: a message's quoted history (inbox/models.py).
    has_quoted = False

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = [
            models.CheckConstraint(
                condition=~Q(requester=True, internal=True), name="requester_is_never_internal",
                violation_error_message=NEVER_INTERNAL,
            ),
            models.CheckConstraint(condition=Q(via__in=Via.values), name="known_way"),
        ]  # fmt: skip
        # Long texts are stored beside it, and are not read to find out which comments are newest.
        indexes = [models.Index(fields=["ticket", "created_at"], name="comment_of_ticket")]

    def __str__(self) -> str:
        kind = "internal note" if self.internal else "comment"
        return f"{kind} on #{self.ticket_id}"

    @property
    def written_by(self) -> str:
        """The author's name; "" where no author is recorded. Until all processes of a release
        without `author_name` have ended, they write rows that have only the author."""
        return self.author_name or (name_of(self.author) if self.author else "")

    @property
    def is_folded(self) -> bool:
        """Whether there is more of it than its body; where it was read, `quotes` of its query."""
        return self.has_quoted or bool(getattr(self, "quotes", False))

    @cached_property
    def attached(self) -> list[Attachment]:
        """Its files. Where there are many comments, attach_to() gives each its own at once."""
        return [*self.attachments.all()]

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise ValueError(self.PERMANENT)
        self.refuse_creation([self])
        # The ticket first: two who write to one ticket at once would each wait for the other.
        with transaction.atomic(savepoint=False):
            Ticket.locked([self.ticket_id])
            super().save(**{**options, "force_insert": True})
        self.attached = [*self.attaching]

    def hand_on(self, stored: "Comment") -> None:
        stored.attaching, stored.cc = self.attaching, self.cc
        stored.has_quoted = self.has_quoted

    @classmethod
    def refuse_creation(cls, rows: Iterable[models.Model]) -> None:
        super().refuse_creation(rows)
        for row in rows:
            if isinstance(row, cls) and row.requester and row.internal:
                raise ValidationError({"internal": NEVER_INTERNAL})

    @classmethod
    def refuse_update(cls, rows: models.QuerySet["Comment"], values: Mapping[str, Any]) -> None:
        if rows.exists():  # deleting a user comes by, with nothing left to do
            raise ValueError(cls.PERMANENT)

    @classmethod
    def refuse_deletion(cls, origin: models.Model | models.QuerySet[Any]) -> None:
        """Raise if comments themselves are to be deleted, and not the ticket that takes them."""
        model = origin.model if isinstance(origin, models.QuerySet) else type(origin)
        if model._meta.concrete_model is cls:
            raise ValueError(cls.PERMANENT)

    @classmethod
    def forget_author(cls, author: Any) -> int:
        """Empty `author` where it is this user: the caller tells. How many comments that were."""
        written = cls.objects.filter(author=author)
        cls.update_without_telling(written.filter(author_name=""), author_name=name_of(author))
        return cls.update_without_telling(written, author=None)


class Change(models.Model):
    """One change of one field of a ticket. It stays when the ticket or its actor is deleted."""

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
    # What the words in `old` do not tell: an id, or a time to the microsecond. So the change can be
    # taken back (undo.py). NULL where the words tell all, or in rows from before there was this.
    old_value = models.CharField(max_length=100, null=True, editable=False)
    at = DatabaseTime()

    class Meta:
        ordering = ("at", "id")
        indexes = [models.Index(fields=["ticket", "at", "version"], name="save_of_ticket")]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.field} {self.old} → {self.new}"
