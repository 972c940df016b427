"""One field of many tickets set at once in the admin, each with its own result."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet

from tickets.editing import edit
from tickets.models import Ticket
from tickets.people import PersonField, assignable
from tickets.public import in_words


class BulkForm(forms.Form):
    """The new value, and the tickets as they were selected: one that matches the list's filter
    only now was never seen, and one that has left it still gets its result."""

    numbers = forms.RegexField(r"^\d{1,18}(,\d{1,18})*$", widget=forms.HiddenInput)

    def __init__(self, field: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        value: Any = Ticket._meta.get_field(field)
        self.fields["value"] = value.formfield()
        if field == "assignee":
            self.fields["value"] = PersonField(assignable(), required=False, empty_label="nobody")

    @property
    def count(self) -> int:
        return len(str(self["numbers"].value()).split(","))

    def clean_numbers(self) -> list[int]:
        return [int(number) for number in self.cleaned_data["numbers"].split(",")]


def set_for_each(
    tickets: QuerySet[Ticket], numbers: Iterable[int], field: str, value: Any
) -> Iterator[str]:
    """Set the field of each ticket in a transaction of its own; what became of each."""
    for number in numbers:
        try:
            with transaction.atomic():
                Ticket.locked([number], DEFAULT_DB_ALIAS)
                before = tickets.get(pk=number)
                after = edit(number, {field: value}, version=None)
        except Ticket.DoesNotExist:
            yield f"#{number} refused: it is gone, or not among those you may see."
        else:
            words = in_words(after, field) or "nobody"
            yield f"#{number} {'already was' if after.version == before.version else 'now'} {words}"
