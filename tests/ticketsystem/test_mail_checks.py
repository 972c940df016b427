"""`check --deploy` about mail: senders that are nobody's, and links that would lead nowhere."""

from typing import Any

import pytest

from ticketsystem.mail_checks import check_links, check_sender


@pytest.fixture(autouse=True)
def with_mail(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://localhost:1"


@pytest.mark.parametrize(
    ("mailbox", "is_nobodys"),
    [
        ("Help desk <help@example.com>", True),
        ("help@desk.example.org", True),
        ("help@localhost", True),
        ("help@nas.local", True),
        ("help@EXAMPLE.test", True),
        ("help@example.com.au", False),
        ("Help <help@notexample.com>", False),
        ("help@b\u00fccher.de", False),
    ],
)
def test_a_sender_that_is_nobodys_is_named(mailbox: str, is_nobodys: bool, settings: Any) -> None:
    settings.MAIL_FROM = mailbox
    found = check_sender(None)
    assert [warning.id for warning in found] == ["ticketsystem.W011"] * is_nobodys
    settings.EMAIL_URL = ""
    assert check_sender(None) == []


@pytest.mark.parametrize(
    ("hosts", "origins", "is_named"),
    [
        (["help.example.com"], [], True),
        (["*"], ["https://help.example.com"], True),
        ([".example.com", "help.example.com"], [], True),
        (["*"], [], False),
        ([".example.com"], ["https://*.example.com"], False),
    ],
)
def test_a_site_whose_host_no_setting_names_can_mail_no_link(
    hosts: list[str], origins: list[str], is_named: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = hosts, origins
    found = check_links(None)
    assert [warning.id for warning in found] == ["ticketsystem.W012"] * (not is_named)
    settings.EMAIL_URL = ""
    assert check_links(None) == []
