"""What axe-core finds wrong on a page for whoever cannot see it, or uses no pointer."""

from typing import Any

from playwright.sync_api import Page

from tests.harness.processes import ROOT, NotInstalled

SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CONTRAST = {"runOnly": ["color-contrast"]}


def assert_sound(page: Page, *, only: dict[str, Any] | None = None, but: str = "none") -> None:
    """No rule of WCAG 2.2 level A and AA, nor of good practice, is broken by what is shown now, but
    for the elements that are not ours."""
    if not SCRIPT.exists():
        raise NotInstalled("axe-core (npm ci)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text())
    options = {"resultTypes": ["violations"], **(only or {})}
    run = "([exclude, options]) => axe.run({ exclude }, options)"
    found = page.evaluate(run, [[[but]], options])
    assert found["passes"], "nothing was looked at"
    broken = [line for violation in found["violations"] for line in _lines(violation)]
    assert not broken, "\n".join([page.url, *broken])


def _lines(violation: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]}: {node['failureSummary']}"
        for node in violation["nodes"]
    ]
