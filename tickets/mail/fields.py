"""The field of a form in which one names who gets a copy."""

from typing import Any

from django import forms

from tickets.mail.addresses import LONGEST_FIELD, BadAddress, copies_in


class CopiesField(forms.CharField):
    """Addresses with commas or spaces between them; cleaned, a list of them."""

    def __init__(self) -> None:
        shown = {"inputmode": "email", "placeholder": "name@example.com, …"}
        widget = forms.TextInput(attrs=shown)
        super().__init__(required=False, label="Copies to", max_length=LONGEST_FIELD, widget=widget)

    def clean(self, value: Any) -> Any:
        try:
            return copies_in(super().clean(value))
        except BadAddress as error:
            raise forms.ValidationError(f"{error}") from None
