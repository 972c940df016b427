"""SECURITY.md names only lines and tests that are there."""

import ast
import re

import pytest

from tests.harness.processes import ROOT

ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in (ROOT / "SECURITY.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| what |"))
]
LINE = re.compile(r"`([^`]+)`: `([^`]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_it_has_rows() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_each_line_that_protects_and_each_test_of_it_is_there(row: tuple[str, ...]) -> None:
    what, line, test = row
    protects = LINE.fullmatch(line)
    assert protects is not None, line
    file, words = protects.groups()
    assert words in (ROOT / file).read_text(), f"{file} no longer says {words}"
    named = TEST.findall(test)
    assert TEST.sub("", test).strip(", ") == "", test
    assert named, what
    for module, name in named:
        tree = ast.parse((ROOT / module).read_text())
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{module} has no {name}"
