"""Whose session it is, asked for many at once, and by the rules that Django has for one."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from live.access.sessions import digest, identify, revalidate
from tests.harness.people import signed_in
from tests.harness.sessions import session_of
from tickets.visibility import audiences_of

pytestmark = pytest.mark.django_db


def whose(*keys: str) -> dict[str, int]:
    return {key: identity.user_id for key, identity in identify(keys).items()}


def held_by(user: User, key: str) -> tuple[int, str, str]:
    """As a stream holds it that was opened now."""
    return user.pk, key, user.get_session_auth_hash()


# --- identify ------------------------------------------------------------------------------------


def test_a_session_names_its_user_and_what_they_may_see(alice: User, carol: User) -> None:
    keys = [session_of(alice), session_of(carol), session_of(carol)]
    found = identify(keys)
    assert [found[key].user_id for key in keys] == [alice.pk, carol.pk, carol.pk]
    for key, user in zip(keys, (alice, carol, carol), strict=True):
        assert found[key].session_key == key
        assert found[key].auth_hash == user.get_session_auth_hash()
        assert found[key].audiences == audiences_of([user.pk])[user.pk]


def test_a_session_that_django_made_at_a_login_is_known(alice: User) -> None:
    key = signed_in(alice).session.session_key
    assert key is not None
    assert whose(key) == {key: alice.pk}


def test_who_is_inactive_or_gone_or_expired_is_nobody(
    alice: User, bob: User, carol: User, dave: User
) -> None:
    keys = [session_of(user) for user in (alice, bob, carol, dave)]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    bob.delete()
    Session.objects.filter(pk=keys[2]).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert whose(*keys) == {keys[3]: dave.pk}


def test_a_session_that_nobody_signed_in_to_is_nobodys(alice: User) -> None:
    session = import_module("django.contrib.sessions.backends.db").SessionStore()
    session["basket"] = "full"
    session.save()
    assert whose(session.session_key, "", "junk") == {}


def test_a_session_of_another_password_is_nobodys(alice: User) -> None:
    key = session_of(alice)
    alice.set_password("another")
    alice.save()
    assert whose(key) == {}


def test_a_session_that_was_signed_by_a_former_key_is_known(alice: User, settings: Any) -> None:
    """As Django has it: a key that is changed signs nobody out while the old one is a fallback."""
    key = session_of(alice)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert whose(key) == {key: alice.pk}
    assert revalidate([(alice.pk, key, identify([key])[key].auth_hash)]).sessions
    settings.SECRET_KEY_FALLBACKS = []
    assert whose(key) == {}


def test_a_backend_that_is_no_longer_set_lets_nobody_in(alice: User, settings: Any) -> None:
    key = session_of(alice)
    settings.AUTHENTICATION_BACKENDS = ["tests.some.OtherBackend"]
    assert whose(key) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_many_cost_three_queries_as_one_does(alice: User, bob: User, count: int) -> None:
    keys = [session_of(user) for user in (alice, bob, alice)][:count]
    with CaptureQueriesContext(connection) as queries:
        assert len(whose(*keys)) == count
    assert len(queries) == 3


# --- revalidate ----------------------------------------------------------------------------------


def test_sessions_that_hold_are_named_with_what_their_users_may_see(alice: User, bob: User) -> None:
    held = [held_by(alice, session_of(alice)), held_by(bob, session_of(bob))]
    verdict = revalidate(held)
    assert verdict.sessions == {(key, auth_hash) for _, key, auth_hash in held}
    assert verdict.audiences == audiences_of([alice.pk, bob.pk])


def test_of_a_user_with_another_password_only_the_new_session_holds(alice: User) -> None:
    before = held_by(alice, session_of(alice))
    alice.set_password("another")
    alice.save()
    after = held_by(alice, session_of(alice))
    assert revalidate([before, after]).sessions == {after[1:]}


def test_who_is_inactive_or_gone_or_signed_out_holds_none(
    alice: User, bob: User, carol: User, dave: User
) -> None:
    held = [held_by(user, session_of(user)) for user in (alice, bob, carol, dave)]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    bob.delete()
    Session.objects.filter(pk=held[2][1]).delete()
    verdict = revalidate(held)
    assert verdict.sessions == {held[3][1:]}
    assert set(verdict.audiences) == {carol.pk, dave.pk}  # of others, nothing is to be published


def test_nothing_held_is_nothing_asked() -> None:
    with CaptureQueriesContext(connection) as queries:
        verdict = revalidate([])
    assert (verdict.sessions, verdict.audiences) == (frozenset(), {})
    assert len(queries) == 0


# --- Other places where sessions are kept --------------------------------------------------------


@pytest.mark.parametrize("engine", ["cache", "cached_db"])
def test_sessions_may_be_kept_elsewhere(alice: User, settings: Any, engine: str) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session.update(
        {
            SESSION_KEY: str(alice.pk),
            BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
            HASH_SESSION_KEY: alice.get_session_auth_hash(),
        }
    )
    session.save()
    held = held_by(alice, session.session_key)
    assert whose(session.session_key, "junk") == {session.session_key: alice.pk}
    assert revalidate([held]).sessions == {held[1:]}
    session.delete()
    assert whose(session.session_key) == {}
    assert revalidate([held]).sessions == set()


# --- digest --------------------------------------------------------------------------------------


def test_a_digest_names_a_session_and_does_not_give_it_away(settings: Any) -> None:
    assert digest("abc") == digest("abc") != digest("abd")
    assert "abc" not in digest("abc")
    before = digest("abc")
    settings.SECRET_KEY = "another site's"
    assert digest("abc") != before
