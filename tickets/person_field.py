"""The form field in which a person is chosen from a list.

Thousands of people may be in the list, on each board and beside each ticket. So no object is made
and no template rendered for each of them, as Django does: with 4,000 colleagues that took 100 of
the 130 ms of a board.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.utils.choices import BaseChoiceIterator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from tickets.public import names_of
from tickets.visibility import NOT_ASSIGNABLE


class People(BaseChoiceIterator):
    """The choices of such a field: fixed ones first, then the users, who are read from the database
    when the choices are first listed."""

    def __init__(self, first: Iterable[tuple[str, str]], users: QuerySet[Any]) -> None:
        self.first = list(first)
        self.users = users

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        return iter(self._listed)

    @cached_property
    def _listed(self) -> list[tuple[Any, str]]:
        return [*self.first, *names_of(self.users)]


class PeopleSelect(forms.Select):
    """Renders what Django's Select does, but without a template for each option."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = self.format_value(value)
        options = "".join(
            f'<option value="{escape(word)}"{" selected" if word in chosen else ""}>'
            f"{escape(label)}</option>"
            for word, label in ((str(key), str(label)) for key, label in self.choices)
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        escaped = mark_safe(options)  # noqa: S308  each word and label is escaped
        return format_html("<select{}>{}</select>", attributes, escaped)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    widget = PeopleSelect
    default_error_messages = {"invalid_choice": NOT_ASSIGNABLE}

    @staticmethod
    def iterator(field: Any) -> People:  # type: ignore[override]  # no ModelChoiceIterator
        nobody = [] if field.empty_label is None else [("", field.empty_label)]
        return People(nobody, field.queryset)
