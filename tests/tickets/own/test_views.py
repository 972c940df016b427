"""The page of preferences, and the buttons of the menu."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tickets.own.models import Preferences
from tickets.own.preferences import prefer, preferences_of

pytestmark = pytest.mark.django_db

PAGE = "/accounts/preferences/"
LOOK = "/accounts/preferences/look/"
CHOSEN = {"time_zone": "europe/berlin", "theme": "dark", "density": "compact", "keys": "off"}


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGE, LOOK])
def test_a_stranger_is_led_to_the_log_in(path: str, client: Client) -> None:
    assert client.post(path, CHOSEN).headers["Location"].startswith("/accounts/login/")
    assert not Preferences.objects.exists()


def test_without_the_token_nothing_is_kept(alice: User) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    for path in (PAGE, LOOK):
        assert client.post(path, CHOSEN).status_code == 403
    assert not Preferences.objects.exists()


def test_the_menus_buttons_are_no_page(alice: User) -> None:
    assert signed_in(alice).get(LOOK).status_code == 405


@pytest.mark.parametrize(
    ("field", "junk"),
    [("time_zone", "Mars/Olympus"), ("time_zone", "a\0b"), ("time_zone", "x" * 9000),
     ("theme", "pink"), ("theme", ""), ("density", "dense"), ("keys", "maybe")],
)  # fmt: skip
def test_junk_is_refused_beside_its_field_and_nothing_is_kept(
    field: str, junk: str, alice: User
) -> None:
    answer = signed_in(alice).post(PAGE, {**CHOSEN, field: junk})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert "errorlist" in answer.content.decode()
    assert not Preferences.objects.exists()


def test_an_unknown_zone_is_refused_with_what_is_allowed(alice: User) -> None:
    html = signed_in(alice).post(PAGE, {**CHOSEN, "time_zone": "Berlin"}).content.decode()
    assert "There is no such time zone: choose one from the list, such as Europe/Berlin" in html


@pytest.mark.parametrize(
    "form", [{}, {"theme": "pink"}, {"theme": "dark", "density": "x"}, {"time_zone": "UTC"}]
)
def test_the_menu_refuses_what_is_no_look(form: dict[str, str], alice: User) -> None:
    answer = signed_in(alice).post(LOOK, form)
    assert answer.status_code == 400
    assert "no such theme" in answer.json()["error"]
    assert not Preferences.objects.exists()


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example",
     "javascript:alert(1)", ""],
)  # fmt: skip
def test_the_menu_never_leads_to_another_site(url: str, alice: User) -> None:
    answer = signed_in(alice).post(LOOK, {"theme": "dark", "next": url})
    assert answer.headers["Location"] == "/"


def test_a_page_of_somebody_else_changes_nothing(alice: User, bob: User) -> None:
    answer = signed_in(alice).post(LOOK, {"theme": "dark"}, headers={"X-Sent-For": str(bob.pk)})
    assert answer.status_code == 403
    assert not Preferences.objects.exists()


# --- What they do ---------------------------------------------------------------------------------


def test_what_is_chosen_is_kept_and_shown_in_every_browser(alice: User) -> None:
    answer = signed_in(alice).post(PAGE, CHOSEN, follow=True)
    assert "Your preferences are saved." in answer.content.decode()
    kept = preferences_of(alice)
    assert (kept.time_zone, kept.theme, kept.density) == ("Europe/Berlin", "dark", "compact")
    html = signed_in(alice).get(PAGE).content.decode()
    assert 'value="Europe/Berlin"' in html
    assert 'value="dark" checked' in html
    assert 'value="compact" checked' in html
    assert "Times in Europe/Berlin" in html


def test_an_empty_zone_is_the_sites_again(alice: User) -> None:
    prefer(alice, time_zone="Europe/Berlin")
    signed_in(alice).post(PAGE, {**CHOSEN, "time_zone": ""})
    assert preferences_of(alice).time_zone == ""


@pytest.mark.parametrize(("name", "value"), [("theme", "light"), ("density", "compact")])
def test_the_menu_sets_one_thing_and_leads_back_to_its_page(
    name: str, value: str, alice: User
) -> None:
    prefer(alice, time_zone="Europe/Berlin")
    answer = signed_in(alice).post(LOOK, {name: value, "next": "/?status=new"})
    assert answer.headers["Location"] == "/?status=new"
    kept = preferences_of(alice)
    assert (getattr(kept, name), kept.time_zone) == (value, "Europe/Berlin")


def test_a_script_is_told_where_it_would_lead(alice: User) -> None:
    headers: Any = {"X-Sent-For": str(alice.pk)}
    answer = signed_in(alice).post(LOOK, {"theme": "dark", "next": "/"}, headers=headers)
    assert answer.json() == {"leads_to": "/"}


def test_the_menu_leads_to_the_preferences_and_to_the_password(alice: User) -> None:
    html = signed_in(alice).get("/").content.decode()
    for address in (PAGE, "/accounts/password_change/"):
        assert f'href="{address}"' in html
    assert 'value="auto" aria-pressed="true"' in html
