"""The passwords that were wrong of late, and who has asked for a new one, over all processes."""

from django.conf import settings
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


class AskedReset(models.Model):
    """Somebody has asked for a link to choose a new password. It goes after an hour, as others ask,
    and there are never more than an hour's worth; see resets.py."""

    address = models.CharField(max_length=254)  # as it was typed; "" once it was looked at
    page = models.CharField(max_length=500)  # where that was: the link leads to the same site
    network = models.CharField(max_length=43)  # that it came from; "" where nobody knows
    browser = models.CharField(max_length=32)  # that has signed in before, or ""
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["network", "at"], name="asked_from_network"),
            models.Index(fields=["browser", "at"], name="asked_in_browser"),
            models.Index(fields=["at"], name="asked_of_late"),
        ]

    def __str__(self) -> str:
        return f"asked at {self.at}"


class SentReset(models.Model):
    """A link that went to an account: three an hour."""

    # No constraint of the database: a process of a release before this table could not keep it when
    # it deletes a user.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["at"], name="sent_of_late")]

    def __str__(self) -> str:
        return f"sent at {self.at}"
