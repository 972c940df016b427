"""`check --deploy` names settings of the site that would lock everybody out."""

from typing import Any

import pytest
from django.core.management import call_command

from ticketsystem import checks


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"LIVE_TRUST_PROXY_HEADERS": True}, ["ticketsystem.W001"]),
        ({"SECURE_SSL_REDIRECT": True}, ["ticketsystem.W002"]),
        (
            {
                "LIVE_TRUST_PROXY_HEADERS": True,
                "SECURE_SSL_REDIRECT": True,
                "CSRF_TRUSTED_ORIGINS": ["https://help.example.com"],
            },
            [],
        ),
    ],
)
def test_each_fault_is_named(settings: Any, changes: dict[str, Any], expected: list[str]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert [message.id for message in checks.check_proxy(None)] == expected


def test_the_command_reports_them(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    settings.SECURE_SSL_REDIRECT = True
    call_command("check", "--deploy", "--tag", "ticketsystem")
    assert "ticketsystem.W002" in capsys.readouterr().err
