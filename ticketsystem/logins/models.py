"""The passwords that were wrong of late, counted over all processes."""

from django.db import models
from django.db.models.functions import Now


class WrongPassword(models.Model):
    """A password is written down as wrong before it is tried, and taken out if it was right.

    There are no more rows than passwords that two threads of each process can try in a quarter of
    an hour: some 5,000 for each process.
    """

    name = models.CharField(max_length=32)  # a digest: people type passwords there, too
    network = models.CharField(max_length=43)  # that it came from; "" where nobody knows
    browser = models.CharField(max_length=32)  # that has signed in as this name before, or ""
    at = models.DateTimeField(db_default=Now())  # the clock is the database's

    class Meta:
        indexes = [
            models.Index(fields=["network", "at"], name="wrong_from_network"),
            models.Index(fields=["browser", "at"], name="wrong_in_browser"),
            models.Index(fields=["at"], name="wrong_of_late"),
        ]

    def __str__(self) -> str:
        return f"wrong at {self.at}"
