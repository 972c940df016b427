"""The form of one's preferences."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from tickets.own.models import Density, Keys, Preferences, Theme
from tickets.own.zones import named

LOOKS = {"theme": Theme, "density": Density}


class ZoneField(forms.CharField):
    """A time zone, chosen from a list or typed: whatever its case, and with spaces as people write
    them."""

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        name = named(typed) if typed else ""
        if name is None:
            raise ValidationError(
                "There is no such time zone: choose one from the list, such as Europe/Berlin, or"
                " leave this empty for the time zone of the site."
            )
        return name


class PreferencesForm(forms.Form):
    time_zone = ZoneField(
        required=False,
        max_length=64,
        label="Time zone",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    theme = forms.ChoiceField(choices=Theme.choices)
    density = forms.ChoiceField(choices=Density.choices)
    keys = forms.ChoiceField(choices=Keys.choices, label="Single keys, such as r to reply")

    def __init__(self, kept: Preferences, data: Any = None) -> None:
        super().__init__(data, initial={name: getattr(kept, name) for name in self.base_fields})
