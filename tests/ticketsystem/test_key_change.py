"""SECRET_KEY is changed while people work: nobody is signed out, and a key that is gone is gone."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from live.access.sessions import identify
from tests.harness.people import signed_in

pytestmark = pytest.mark.django_db

OLD, NEW = "the old key, of more than 32 characters", "the new key, of more than 32 characters"


def tab(browser: Client) -> Client:
    """Another request of the same browser, sent with the cookies that it has now."""
    tab = Client()
    tab.cookies.update(browser.cookies)
    return tab


def is_signed_in(client: Client) -> bool:
    answer = client.get("/")
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


@pytest.fixture
def browser(settings: Any, alice: User) -> Client:
    """Signed in under the old key."""
    settings.SECRET_KEY = OLD
    return signed_in(alice)


def test_a_session_goes_on_under_the_new_key_and_without_the_old_one(
    browser: Client, settings: Any
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert is_signed_in(browser)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_signed_in(browser)


def test_requests_that_are_on_their_way_meanwhile_are_not_signed_out(
    browser: Client, settings: Any
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    late = tab(browser)
    session = browser.cookies["sessionid"].value
    assert is_signed_in(browser)
    assert is_signed_in(late)
    assert late.cookies["sessionid"].value == session
    assert session in identify([session])  # the stream's own look


def test_processes_of_both_keys_take_each_others_sessions(browser: Client, settings: Any) -> None:
    """One is restarted after the other: docs/operations.md has the new key known to all first."""
    for _ in range(2):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
        assert is_signed_in(browser)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, [NEW]
        assert is_signed_in(browser)


def test_without_the_old_key_what_it_signed_is_worth_nothing(
    browser: Client, settings: Any
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert not is_signed_in(browser)


def test_another_password_ends_the_session_under_either_key(
    browser: Client, settings: Any, alice: User
) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    alice.set_password("another")
    alice.save()
    assert not is_signed_in(browser)
