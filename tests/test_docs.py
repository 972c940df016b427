"""What the README and the example of the environment say is there, is there."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.harness.processes import ROOT
from tests.test_architecture import APPS, ROOMS, RULES

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
EXAMPLE = ROOT / "deploy" / "env.example"

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"manage\.py ([a-z]\w+)")
MODULE = re.compile(r"python -m ((?:bench|tests)\.\w+)")
TARGET = re.compile(r"(?:^    |`)make ([a-z-]+)", re.MULTILINE)
# A path of the project in running text: `deploy/nginx.conf`, live/log.py. What follows a slash is
# part of an address, such as /api/tickets/bulk/.
PATH = re.compile(
    r"(?<!/)\b(?:live|tickets|ticketsystem|tests|bench|deploy|static|templates|docs)/[\w./@*-]*"
)
# What a page has others change in files of theirs; see tests/examples/test_document.py.
CHANGE = re.compile(r"^```diff$.*?^```$", re.DOTALL | re.MULTILINE)


def variables() -> set[str]:
    """Each name that the settings hand to a reader of environment.py."""
    tree = ast.parse((ROOT / "ticketsystem" / "settings.py").read_text())
    readers = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("ticketsystem.environment")
        for alias in node.names
    }
    return {
        ast.literal_eval(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in readers
    }


def test_the_site_reads_the_environment_in_its_settings_only() -> None:
    """Else the next two tests would not see a variable. Commands may have some of their own."""
    readers = [
        path.relative_to(ROOT).as_posix()
        for app in ("live", "tickets", "ticketsystem")
        for path in (ROOT / app).rglob("*.py")
        if "management" not in path.parts
        and re.search(r"environ(\.get|\[)|getenv", path.read_text())
    ]
    assert readers == ["ticketsystem/environment.py"]
    assert {"SECRET_KEY", "DATABASE_URL", "LIVE_POLL_SECONDS"} <= variables()


def test_the_readme_describes_each_variable_and_no_other() -> None:
    table = [line for line in README.read_text().splitlines() if line.startswith("| `")]
    described = {name for line in table for name in re.findall(r"`([A-Z_]{4,})`", line)}
    assert described == variables()


def test_the_readme_names_the_defaults() -> None:
    rows = [line.split("|") for line in README.read_text().splitlines() if line.startswith("| `")]
    named = {
        name: row[2].strip(" `") for row in rows for name in re.findall(r"`([A-Z_]{4,})`", row[1])
    }
    given = defaults()
    assert len(given) > 8
    assert {name: named[name] for name in given} == given


def defaults() -> dict[str, str]:
    """Those that are a word or a number in the settings, as the environment would have them."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "ticketsystem" / "settings.py").read_text())):
        match node:
            case ast.Call(
                args=[ast.Constant(str(name)), ast.Constant(bool() | int() | str() as value), *_]
            ) if name in variables():
                found[name] = str(int(value) if isinstance(value, bool) else value)
    return found


def test_the_example_of_the_environment_sets_each_variable_and_no_other() -> None:
    lines = EXAMPLE.read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(names) == sorted(variables())


def test_each_command_in_the_readme_exists() -> None:
    text = README.read_text()
    assert set(COMMAND.findall(text)) - set(get_commands()) == set()
    makefile = (ROOT / "Makefile").read_text()
    assert [name for name in TARGET.findall(text) if f"\n{name}:" not in makefile] == []
    modules = [ROOT / f"{name.replace('.', '/')}.py" for name in MODULE.findall(text)]
    assert [path for path in modules if not path.exists()] == []


@pytest.mark.parametrize(
    "document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")), ids=lambda p: p.name
)
def test_each_link_and_path_leads_somewhere(document: Path) -> None:
    text = CHANGE.sub("", document.read_text())
    links = [link for link in LINK.findall(text) if "://" not in link]
    paths = [path.rstrip(".") for path in PATH.findall(re.sub(r"\]\([^)]*\)", "]", text))]
    lost = [link for link in links if not (document.parent / link).exists()]
    lost += [path for path in paths if not any(ROOT.glob(path.rstrip("/")))]
    assert lost == []


def test_the_readme_shows_the_rooms_as_the_rules_have_them() -> None:
    assert picture_of_the_rooms() in README.read_text()


def test_who_wants_to_contribute_reads_the_rules_that_are_tested() -> None:
    assert table_of_rules() in CONTRIBUTING.read_text()


def picture_of_the_rooms() -> str:
    """A room of one folder stands on a line with what it holds; of many modules, above it."""
    lines = [
        f"  {names[0]:<10}{holds}" if len(names) == 1 else f"  {', '.join(names)}\n{'':<12}{holds}"
        for names, holds in ROOMS.items()
    ]
    return "\n".join(["```", "live/", *lines, "```"])


def table_of_rules() -> str:
    """What holds for a whole app; the rules of single files stand in the test alone."""
    rows = ["| | never imports |", "| --- | --- |"]
    for app in APPS:
        never: dict[str, str] = {}
        for rule in (rule for rule in RULES if rule.within == app):
            files = [f"`{file}`" for file in rule.except_in if file.startswith(f"{app}/")]
            exception = f" (but in {', '.join(files)})" if files else ""
            for name in rule.never:
                if not name.startswith(f"{app}."):
                    never[name] = f"`{name}`{' (but its face)' if rule.but else exception}"
        rows.append(f"| `{app}` | {', '.join(never.values())} |")
    return "\n".join(rows)
