"""Whoever's password was changed is told so by mail, whichever way it was."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tests.ticketsystem.logins.mails import forget, link_in, mails, work
from tests.ticketsystem.logins.people import MD5, RIGHT, log_in, with_password
from tests.ticketsystem.logins.test_resets import ALICE, ask, choose, opened

NEW = "12 Gallons of paint"


@pytest.fixture(autouse=True)
def with_mail(db: None, settings: Any) -> None:
    forget()
    settings.EMAIL_URL = "smtp://localhost:1"
    settings.MAIL_FROM = "Help desk <help@example.com>"
    settings.PASSWORD_HASHERS = MD5
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def alice(alice: User) -> User:
    alice.email = ALICE
    return with_password(alice)


def by_herself(alice: User, admin: User) -> None:
    form = {"old_password": RIGHT, "new_password1": NEW, "new_password2": NEW}
    signed_in(alice).post("/accounts/password_change/", form)


def by_a_link(alice: User, admin: User) -> None:
    ask(ALICE)
    work()
    browser = Client()
    choose(opened(link_in(mails()[-1]), browser), browser, NEW, NEW)


def by_staff(alice: User, admin: User) -> None:
    form = {"password1": NEW, "password2": NEW, "usable_password": "true",
            "set-password": "Change password"}  # fmt: skip
    answer = signed_in(admin).post(f"/admin/auth/user/{alice.pk}/password/", form)
    assert answer.status_code == 302


WAYS = [by_herself, by_a_link, by_staff]


@pytest.mark.parametrize("changed", WAYS)
def test_whoever_changes_a_password_its_owner_is_told(
    changed: Any, alice: User, admin: User, settings: Any
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://help.example.com"]
    changed(alice, admin)
    told = [mail for mail in mails() if mail.subject == "Your password was changed"]
    assert [mail.to for mail in told] == [ALICE]
    assert "your account alice at https://help.example.com/ has just been changed" in told[0].text
    assert log_in(Client(), "alice", NEW).status_code == 302


@pytest.mark.parametrize("address", ["", "alice@-example.org", "alice@example.org\nBcc: m@x.de"])
@pytest.mark.parametrize("changed", [by_herself, by_staff])
def test_a_password_is_changed_all_the_same_where_nobody_can_be_told(
    changed: Any, address: str, alice: User, admin: User
) -> None:
    User.objects.filter(pk=alice.pk).update(email=address)
    changed(User.objects.get(pk=alice.pk), admin)
    assert mails() == []
    assert log_in(Client(), "alice", NEW).status_code == 302


@pytest.mark.parametrize("changed", [by_herself, by_staff])
def test_without_mail_nothing_is_queued(
    changed: Any, alice: User, admin: User, settings: Any
) -> None:
    settings.EMAIL_URL = ""
    changed(alice, admin)
    assert mails() == []
    assert log_in(Client(), "alice", NEW).status_code == 302


def test_a_refused_change_tells_nobody(alice: User, admin: User) -> None:
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    signed_in(alice).post("/accounts/password_change/", form)
    assert mails() == []
