"""What of a user's session and password travels the log, told to the processes only."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from live.access.sessions import digest
from live.log.entries import IDENTITY, SESSION_ENDED
from tests.harness.people import signed_in
from tests.harness.sessions import session_of
from tests.harness.told import forget, only, told

pytestmark = pytest.mark.django_db


def test_a_sign_out_names_the_user_and_the_session_by_its_digest(alice: User) -> None:
    client = signed_in(alice)
    key = client.session.session_key
    assert key is not None
    forget()
    client.logout()
    event = only()
    assert (event.name, event.audience) == (SESSION_ENDED, {f"@{alice.pk}"})
    assert event.data == {"user": alice.pk, "session": digest(key)}
    assert key not in str(event)


def test_who_was_not_signed_in_signs_nobody_out() -> None:
    request = RequestFactory().get("/")
    request.session = signed_in(User.objects.create_user("eve")).session
    forget()
    user_logged_out.send(sender=None, request=request, user=None)
    assert told() == []


def deactivate(user: User) -> None:
    user.is_active = False
    user.save()


def set_password(user: User) -> None:
    user.set_password("another")
    user.save(update_fields=["password"])


def delete(user: User) -> None:
    user.delete()


@pytest.mark.parametrize("change", [deactivate, set_password, delete])
def test_what_may_end_sessions_has_them_looked_at(
    alice: User, change: Callable[[User], None]
) -> None:
    pk = alice.pk
    forget()
    change(alice)
    (event,) = [event for event in told() if event.name == IDENTITY]
    assert (event.data, event.audience) == ({"user": pk}, {f"@{pk}"})


def sign_in(user: User) -> None:
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])


@pytest.mark.parametrize("change", [sign_in, session_of])
def test_what_ends_no_session_has_nobody_looked_at(
    alice: User, change: Callable[[User], object]
) -> None:
    forget()
    change(alice)
    User.objects.create_user("somebody new")
    assert IDENTITY not in [event.name for event in told()]


def test_what_is_rolled_back_is_not_told(alice: User) -> None:
    forget()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        deactivate(alice)
        _ = 1 / 0
    assert told() == []
