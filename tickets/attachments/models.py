"""One row for each file, and one for each that still has to leave the disk.

Django finds these models through tickets/models.py. Their keys are no constraints of the database:
a process of a release before these tables could not keep them when it deletes a ticket or a user.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tickets.attachments.names import LONGEST_NAME
from tickets.database_time import DatabaseTime

LONGEST_TYPE = 100
LONGEST_PLACE = 100  # characters of a file's name below MEDIA_ROOT


class Attachment(models.Model):
    """A file of a ticket. `pending` is one that its uploader has not sent yet, and nobody else sees
    it. One that is sent belongs to its comment, or without one to the ticket's description."""

    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, related_name="attachments", db_constraint=False
    )
    comment = models.ForeignKey(
        "tickets.Comment", models.CASCADE, null=True, related_name="attachments",
        db_constraint=False,
    )  # fmt: skip
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        db_constraint=False, db_index=False,
    )  # fmt: skip
    pending = models.BooleanField(default=True)
    name = models.CharField(max_length=LONGEST_NAME)  # as it is shown, and offered to be saved as
    size = models.PositiveBigIntegerField()
    type = models.CharField(max_length=LONGEST_TYPE)  # by its content; what its sender said is not
    # Of what is shown as a picture; NULL of all else, which is only ever saved.
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    file = models.FileField(max_length=LONGEST_PLACE)
    created_at = DatabaseTime()

    class Meta:
        ordering = ("id",)
        indexes = [
            # How much somebody has uploaded of late.
            models.Index(fields=["uploader", "created_at"], name="attachment_of_uploader"),
            models.Index(fields=["created_at"], condition=Q(pending=True), name="attachment_waits"),
            models.Index(fields=["file"], name="attachment_by_file"),
        ]

    def __str__(self) -> str:
        return f"{self.name} on #{self.ticket_id}"

    @property
    def is_picture(self) -> bool:
        """Whether browsers may show it, and not only save it."""
        return self.width is not None


class Leftover(models.Model):
    """A file whose row was deleted. It is written in the transaction of the deletion, so the file
    leaves the disk after the commit, also when the process dies in between."""

    file = models.CharField(max_length=LONGEST_PLACE)
    at = DatabaseTime()

    def __str__(self) -> str:
        return self.file
