"""What came by mail: each message once, the whole text of those that are shown cut, and what could
not be taken in.

Django finds these models through tickets/models.py. Their keys are no constraints of the database:
a process of a release before these tables could not keep them when it deletes a ticket.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import Q

from tickets.database_time import DatabaseTime

LONGEST_MESSAGE_ID = 998  # characters: a line of a message has no more
LONGEST_ADDRESS = 254
PIECE = 1_000_000  # bytes of a row: a whole message in one would be copied several times


class Letter(models.Model):
    """A message that was taken in. It says so as long as there can be another copy of it, and names
    the ticket to which answers to it belong."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered"  # it became a comment
        OPENED = "opened"  # it became a ticket

    # Of the Message-ID; NULL where it has none. Message-IDs are longer than an index may be.
    name = models.CharField(max_length=64, unique=True, null=True)
    message_id = models.CharField(max_length=LONGEST_MESSAGE_ID, blank=True)
    digest = models.CharField(max_length=64, unique=True)  # of what it says, and who says it
    address = models.CharField(max_length=LONGEST_ADDRESS, blank=True)  # of who wrote it
    outcome = models.CharField(max_length=8, choices=Outcome)
    ticket = models.ForeignKey(
        "tickets.Ticket", models.SET_NULL, null=True, related_name="letters", db_constraint=False
    )
    at = DatabaseTime()

    class Meta:
        indexes = [
            models.Index(fields=["outcome", "at"], name="letter_by_time"),
            models.Index(fields=["address", "at"], name="letter_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}, from {self.address or 'nobody'}"


class MailText(models.Model):
    """The whole text of a message whose quoted history and signature are not shown at once: of a
    comment, or of a ticket's description."""

    comment = models.OneToOneField(
        "tickets.Comment", models.CASCADE, null=True, related_name="mail_text", db_constraint=False
    )
    ticket = models.OneToOneField(
        "tickets.Ticket", models.CASCADE, null=True, related_name="mail_text", db_constraint=False
    )
    text = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(comment=None) ^ Q(ticket=None), name="mail_text_of_one"
            )
        ]

    def __str__(self) -> str:
        return f"of comment {self.comment_id}" if self.comment_id else f"of #{self.ticket_id}"


class KeptMail(models.Model):
    """A message that was kept aside, with the reason. Its bytes stand in pieces beside it."""

    reason = models.CharField(max_length=500)  # a sentence
    sender = models.CharField(max_length=320, blank=True)  # as far as it could be read
    subject = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField()  # bytes
    digest = models.CharField(max_length=64, unique=True)
    at = DatabaseTime(db_index=True)

    class Meta:
        verbose_name = "message kept aside"
        verbose_name_plural = "mail kept aside"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"message {self.pk}"

    def store(self, raw: bytes) -> None:
        """Save it with these bytes, a piece at a time."""
        self.size = len(raw)
        self.save(force_insert=True)
        for number, start in enumerate(range(0, len(raw), PIECE)):
            piece = raw[start : start + PIECE]
            KeptPiece.objects.create(mail=self, number=number, content=piece)

    def read(self, most: int | None = None) -> bytes:
        """Its bytes, or so many of them."""
        pieces = self.pieces.order_by("number").values_list("content", flat=True)
        if most is not None:
            pieces = pieces[: -(-most // PIECE)]
        return b"".join(_as_bytes(pieces.iterator(chunk_size=1)))[:most]


class KeptPiece(models.Model):
    mail = models.ForeignKey(KeptMail, models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mail", "number"], name="one_kept_piece")]

    def __str__(self) -> str:
        return f"piece {self.number} of message {self.mail_id}"


def _as_bytes(pieces: Iterable[Any]) -> Iterator[bytes]:
    """psycopg gives some as memoryview."""
    return (bytes(piece) for piece in pieces)
