"""Hooks and fixtures of the whole suite. People are in harness/people.py, real servers in site.py,
the browser in chromium.py."""

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.harness.processes import NotInstalled

pytest_plugins = ["tests.harness.people", "tests.harness.site", "tests.harness.chromium"]


def pytest_sessionstart() -> None:
    """Ctrl-C and `kill` end a run alike, and all servers with it, which run in sessions of their
    own. What a script starts in the background ignores Ctrl-C, and so would each process that the
    tests start and then stop by SIGINT."""
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.default_int_handler)
    # Each test client builds the middleware anew, and WhiteNoise would look at all static files
    # each time: a third of the time of the tests in this process. Servers of their own still do.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What needs a program that is not installed is skipped, with the reason. CI says that all
    programs are there: then it fails."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, NotInstalled) and os.environ.get("CI") != "true":
        file, line, _ = item.location
        report.outcome, report.longrepr = "skipped", (file, line or 0, f"Skipped: {error}")
    return report


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """The database of backends.py is made for this run: no other one is set up beside it, so that
    servers in other processes share it with the tests."""
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
