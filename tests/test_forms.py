"""The list of people, which is rendered in one go, beside Django's own."""

from typing import Any

import pytest
from django import forms
from django.test.html import parse_html
from django.utils.html import format_html

from tickets.forms import PeopleSelect

PEOPLE = [("", "Anybody"), (1, "Ann <b>Other</b> & Sons"), (2, 'Bo "B" B'), ("me", "Me")]


@pytest.mark.parametrize("value", [None, "", 1, "2", "me", 99])
def test_people_are_listed_as_django_lists_choices(value: Any) -> None:
    attrs = {"id": "filter-people", "required": True}
    ours, djangos = (
        widget(attrs={"class": "wide"}, choices=PEOPLE).render("people", value, attrs)
        for widget in (PeopleSelect, forms.Select)
    )
    assert parse_html(ours) == parse_html(djangos)


def test_a_name_is_text() -> None:
    rendered = PeopleSelect(choices=PEOPLE).render("people", None)
    assert "<b>" not in rendered
    assert format_html("{}", rendered) == rendered
