"""Everything in this folder drives Chromium against Daphne."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.windows import Windows
from tests.harness.servers import Daphne

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def windows(browser: Browser, server: Daphne) -> Iterator[Windows]:
    windows = Windows(browser, server)
    yield windows
    windows.close()
