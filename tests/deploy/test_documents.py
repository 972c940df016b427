"""The documents of operations name only what is there."""

import re
from pathlib import Path

import pytest

from live.metrics import registry
from tests.deploy.fronts import DEPLOY
from tests.harness.processes import ROOT

DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
COPIED = re.compile(r"/srv/helpdesk/deploy/([\w./@*-]+)")


def anchors(markdown: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target, anchor in LINK.findall(document.read_text()):
        if target.startswith("http"):
            continue
        linked = (document.parent / target).resolve() if target else document
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked.read_text()), f"{target}#{anchor}"


def test_every_metric_has_the_name_it_is_watched_by() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"\b((?:live|helpdesk_mail)_[a-z_]+)", text))
    given = {
        name for metric in registry.collect() for name in (metric.name, f"{metric.name}_total")
    }
    assert named
    assert named <= given, named - given


def test_every_file_that_is_to_be_installed_is_in_deploy() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    named = COPIED.findall(text)
    assert len(named) > 5
    for name in named:
        assert list(DEPLOY.glob(name)), name


def test_every_check_that_is_named_exists() -> None:
    text = (ROOT / "docs" / "why-streams-fail.md").read_text()
    checks = (ROOT / "live" / "checks.py").read_text()
    named = set(re.findall(r"live\.[EWI]\d{3}", text))
    assert named
    for check in named:
        assert f'"{check}"' in checks, check
