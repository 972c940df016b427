"""What was imported. Django finds this model through tickets/models.py."""

from django.db import models

LONGEST_ID = 100  # characters
LONGEST_SOURCE = 60


class ImportedTicket(models.Model):
    """A ticket of another system, and what it became here: the same one is not imported again, not
    even where its ticket has been deleted since."""

    source = models.CharField(max_length=LONGEST_SOURCE)  # the system, as --source names it
    external_id = models.CharField(max_length=LONGEST_ID)
    # Without a constraint, which a process of a release before this table could not keep.
    ticket = models.ForeignKey(
        "tickets.Ticket", models.SET_NULL, null=True, related_name="+", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="imported_once")
        ]

    def __str__(self) -> str:
        return f"{self.external_id} of {self.source}"
