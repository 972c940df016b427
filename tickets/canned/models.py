"""A text to answer with. Django finds this model through tickets/models.py."""

from django.conf import settings
from django.db import models

from tickets.database_time import DatabaseTime

LONGEST_NAME = 60
LONGEST_REPLY = 10_000  # characters


class CannedReply(models.Model):
    # Empty in a shared one whose owner is gone: the others still answer with it. There is no
    # constraint, which a process of a release before this table could not keep.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    name = models.CharField(max_length=LONGEST_NAME)
    text = models.TextField()
    shared = models.BooleanField("shared with all agents", default=False, db_index=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = DatabaseTime(editable=False)

    class Meta:
        ordering = ("name", "id")
        verbose_name_plural = "canned replies"
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_reply_per_name")]

    def __str__(self) -> str:
        return self.name
