"""docs/live-in-your-project.md is the code of examples/orders, and no more than it promises."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.examples.projects import Project
from tests.harness.processes import ROOT

EXAMPLE = ROOT / "examples" / "orders"
DOCUMENT = ROOT / "docs" / "live-in-your-project.md"
MOST = 25  # lines of a project's own until a row changes by itself

BLOCK = re.compile(r"^```diff\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"#|//|/\*\*|{#")


@dataclass(frozen=True)
class Hunk:
    """Lines of one file that follow one another."""

    file: str
    lines: tuple[str, ...]

    def text(self, without: str) -> str:
        return "".join(f"{line[1:]}\n" for line in self.lines if not line.startswith(without))

    @property
    def before(self) -> str:
        return self.text(without="+")

    @property
    def after(self) -> str:
        return self.text(without="-")


def hunks() -> Iterator[Hunk]:
    for file, block in BLOCK.findall(DOCUMENT.read_text()):
        for hunk in block.split("…\n"):
            yield Hunk(file, tuple(line or " " for line in hunk.splitlines()))


HUNKS = list(hunks())


@pytest.mark.parametrize("hunk", HUNKS, ids=lambda hunk: hunk.file)
def test_what_the_document_says_is_what_the_example_does(hunk: Hunk) -> None:
    text = (EXAMPLE / hunk.file).read_text()
    assert text.count(hunk.after) == 1, f"{hunk.file} does not read\n{hunk.after}"


def test_a_project_writes_25_lines_at_most() -> None:
    added = [line[1:].strip() for hunk in HUNKS for line in hunk.lines if line.startswith("+")]
    written = [line for line in added if line and not COMMENT.match(line)]
    assert len(written) <= MOST
    assert f"{len(written)} in all" in DOCUMENT.read_text()


def test_nothing_else_in_the_example_is_there_for_live(tmp_path: Path) -> None:
    """Without the lines of the document it is a project like any other, and still works."""
    plain = tmp_path / "orders"
    shutil.copytree(EXAMPLE, plain, ignore=shutil.ignore_patterns("db.sqlite3*", "__pycache__"))
    for hunk in HUNKS:
        file = plain / hunk.file
        file.write_text(file.read_text().replace(hunk.after, hunk.before))
    words = [
        f"{file.relative_to(plain)}: {line}"
        for file in plain.rglob("*.*")
        for line in file.read_text().splitlines()
        if re.search(r"\blive\b|\bbeside\b|\bhead\b(?!>)", line)
    ]
    assert words == []
    (plain / "shop" / "static" / "shop" / "orders.js").unlink()  # empty now
    project = Project(plain, Path(sys.executable), PYTHONPATH="")
    assert "no issues" in project.manage("check")
    project.manage("migrate", "--verbosity", "0")
    project.manage("sample")
    page = project.run(
        "from django.test import Client; from shop.models import User;"
        "client = Client(); client.force_login(User.objects.first());"
        "print(client.get('/', headers={'host': 'localhost'}).content.decode())"
    )
    assert "Ada" in page
