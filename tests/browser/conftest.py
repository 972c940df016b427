"""Everything in this folder drives Chromium against Daphne."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.windows import Windows
from tests.harness.chromium import launched
from tests.harness.servers import Daphne

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all: each window has cookies and a store of its own."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package")
def server(site_database: str) -> Iterator[Daphne]:
    """One for all tests that do not stop it, and that need no settings of their own: no test in
    this folder empties the tables."""
    with Daphne(site_database) as daphne:
        yield daphne


@pytest.fixture
def windows(browser: Browser, server: Daphne) -> Iterator[Windows]:
    windows = Windows(browser, server)
    yield windows
    windows.close()
