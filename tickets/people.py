"""Choosing somebody from a list. Thousands may stand in it, on each board and beside each ticket:
they become options without an object, a form's choice or a template for each, which took 100 of
the 130 ms of a board with 4,000 colleagues."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from tickets.models import Ticket
from tickets.public import names_of

User = get_user_model()


def assignable(ticket: Ticket | None = None) -> QuerySet[Any]:
    """Active users, and whoever has the ticket already."""
    allowed = Q(is_active=True)
    if ticket is not None:
        allowed |= Q(pk=ticket.assignee_id)
    return User._default_manager.filter(allowed).order_by("username")


class People(BaseChoiceIterator):
    """Some choices, and after them the users, read when they are first listed."""

    def __init__(self, first: Iterable[tuple[str, str]], users: QuerySet[Any]) -> None:
        self.first = list(first)
        self.users = users

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        return iter(self._listed)

    @cached_property
    def _listed(self) -> list[tuple[Any, str]]:
        return [*self.first, *names_of(self.users)]


class PeopleSelect(forms.Select):
    """As Django's, which renders a template for each option."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = "".join(
            f'<option value="{escape(word)}"{" selected" if word in chosen else ""}>'
            f"{escape(label)}</option>"
            for word, label in ((str(key), str(label)) for key, label in self.choices)
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        escaped = mark_safe(options)  # noqa: S308  every word and label above is
        return format_html("<select{}>{}</select>", attributes, escaped)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    widget = PeopleSelect

    @staticmethod
    def iterator(field: Any) -> People:  # type: ignore[override]  # no ModelChoiceIterator
        nobody = [] if field.empty_label is None else [("", field.empty_label)]
        return People(nobody, field.queryset)
