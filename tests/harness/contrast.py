"""Whether the texts of a page stand out from what lies under them."""

from pathlib import Path

from playwright.sync_api import Page

LEAST = 4.5  # to 1, WCAG 2.2 level AA
SCRIPT = Path(__file__).with_name("contrast.js").read_text().partition("*/")[2].strip()


def assert_texts_stand_out(page: Page, *, at_least: int) -> None:
    """`at_least` so many texts have to be there, so that an empty page proves nothing."""
    found = page.evaluate(SCRIPT, LEAST)
    assert found["measured"] >= at_least
    assert found["weak"] == []
