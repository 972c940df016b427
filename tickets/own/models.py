"""What a user has chosen for themselves. Django finds this model through tickets/models.py."""

from django.conf import settings
from django.db import models


class Theme(models.TextChoices):
    AUTO = "auto", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"


class Keys(models.TextChoices):
    ON = "on", "On"
    OFF = "off", "Off"


class Preferences(models.Model):
    """One row for each user who has changed something; whoever has none has the defaults."""

    # Without a constraint, which a process of a release before this table could not keep.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+",
        db_constraint=False,
    )  # fmt: skip
    time_zone = models.CharField(max_length=64, blank=True)  # such as Europe/Berlin; "": the site's
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.AUTO)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    # Whether a single letter does something: who dictates types letters without meaning to.
    keys = models.CharField(max_length=3, choices=Keys, default=Keys.ON, db_default=Keys.ON)

    THEMES = Theme.choices
    DENSITIES = Density.choices

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of user {self.user_id}"
