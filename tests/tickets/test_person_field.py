"""The list of people, which is made in one go, beside Django's own."""

from collections.abc import Iterable
from typing import Any, cast

import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.test.html import parse_html
from django.utils.html import format_html

from tickets.names import name_of
from tickets.person_field import PeopleSelect, PersonField
from tickets.visibility import assignable

User = get_user_model()
PEOPLE = [("", "Anybody"), (1, "Ann <b>Other</b> & Sons"), (2, 'Bo "B" B'), ("me", "Me")]


def choices(field: PersonField) -> list[tuple[Any, str]]:
    return list(cast("Iterable[tuple[Any, str]]", field.choices))


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


@pytest.mark.django_db
def test_people_are_called_as_everywhere_else() -> None:
    User.objects.create(username="ann", first_name="Ann", last_name="Other")
    User.objects.create(username="bo", first_name="Bo")
    User.objects.create(username="cy")
    User.objects.create(username="dee", first_name=" ", last_name="<i>Dee</i> ")
    User.objects.create(username="gone", is_active=False)
    field = PersonField(assignable(), empty_label="nobody")
    expected = [("", "nobody"), *((user.pk, name_of(user)) for user in assignable())]
    assert choices(field) == expected
    assert [name for _, name in expected] == ["nobody", "Ann Other", "Bo", "cy", "<i>Dee</i>"]
    assert PersonField(assignable(), empty_label=None).clean(expected[1][0]).username == "ann"


@pytest.mark.django_db
def test_a_list_of_people_knows_who_came_since_it_was_made() -> None:
    field = PersonField(assignable(), empty_label=None)
    User.objects.create(username="late")
    assert [name for _, name in choices(field)] == ["late"]
