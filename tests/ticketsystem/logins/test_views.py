"""The pages to sign in and to change a password."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tests.ticketsystem.logins.people import MD5, RIGHT, log_in, with_password

PAGE = "/accounts/password_change/"
NEW = "12 Gallons of paint"


@pytest.fixture(autouse=True)
def cheap_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = MD5


def changed(client: Client, old: str, new: str = NEW, again: str = NEW) -> Any:
    form = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post(PAGE, form, follow=True)


def test_a_password_is_changed_and_its_user_goes_on(alice: User) -> None:
    with_password(alice)
    browser, other = signed_in(alice), signed_in(alice)
    answer = changed(browser, RIGHT)
    assert answer.redirect_chain == [("/", 302)]
    assert "Your password is changed" in answer.text
    assert other.get("/").status_code == 302  # signed out
    assert log_in(Client(), "alice", RIGHT).status_code == 200
    assert log_in(Client(), "alice", NEW).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", NEW, NEW, "Your old password was entered incorrectly"),
        (RIGHT, NEW, NEW + "!", "password fields didn’t match"),
        (RIGHT, "alice123", "alice123", "too similar to the username"),
        (RIGHT, "", "", "This field is required"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    alice: User, old: str, new: str, again: str, sentence: str
) -> None:
    answer = changed(signed_in(with_password(alice)), old, new, again)
    assert answer.status_code == 200
    assert sentence in answer.content.decode().replace("&#x27;", "’").replace("&rsquo;", "’")
    assert log_in(Client(), "alice", RIGHT).status_code == 302


def test_who_is_not_signed_in_is_led_to_the_log_in(db: None) -> None:
    assert Client().get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"


def test_the_page_is_in_the_sites_look_and_found_in_the_menu(alice: User) -> None:
    browser = signed_in(alice)
    assert PAGE in browser.get("/").text
    page = browser.get(PAGE)
    assert 'class="sheet"' in page.text
    assert 'autocomplete="current-password"' in page.text


def test_the_admin_leads_to_the_same_page(admin: User) -> None:
    assert signed_in(admin).get("/admin/password_change/")["Location"] == PAGE


def test_a_browser_that_signs_in_is_remembered_without_telling_as_whom(alice: User) -> None:
    browser = Client()
    log_in(browser, "alice", "wrong")
    assert "known_sessionid" not in browser.cookies
    with_password(alice)
    log_in(browser, "alice", RIGHT)
    cookie = browser.cookies["known_sessionid"]
    assert "alice" not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
