"""Fixtures of the whole suite. People are in people.py, real servers in site.py, the browser in
chromium.py."""

from typing import Any

import pytest
from django.core.management import call_command

pytest_plugins = ["tests.people", "tests.site", "tests.chromium"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """The database of backends.py is made for this run: no other one is set up beside it, so that
    servers in other processes share it with the tests."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
