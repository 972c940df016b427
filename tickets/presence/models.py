"""One row for each tab that has a ticket open, as it last said.

Django finds this model through tickets/models.py.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

LONGEST_CLIENT = 64  # characters of the id of a tab

VIEWING, REPLYING, LEFT = "viewing", "replying", "left"


class Presence(models.Model):
    """A tab of a user, with the ticket that it shows.

    Nothing is deleted or refused for the sake of these rows: one whose ticket or user is gone is
    taken away by the next look round (deeds.py).
    """

    ticket = models.ForeignKey(
        "tickets.Ticket", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    client = models.CharField(max_length=LONGEST_CLIENT)
    state = models.CharField(max_length=8)  # VIEWING or REPLYING
    # Without an index: a row that is only seen again is then written in place.
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["ticket", "user", "client"], name="one_row_per_tab")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state} #{self.ticket_id}"
