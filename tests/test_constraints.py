"""constraints.txt: one version of every package, by whichever command the project is installed."""

import os
import re
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
BOUNDS = ("requirements.txt", "requirements-dev.txt", "bench/requirements.txt")
DOCUMENTS = (ROOT / "deploy" / "compose" / "Dockerfile", ROOT / "docs" / "operations.md")
PIN = re.compile(r"[\w.-]+==[\w.!+-]+")


def lines(name: str) -> list[str]:
    """Without comments, and without the other files that it names."""
    bare = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in bare if line and not line.startswith("-r ")]


def pinned() -> dict[str, str]:
    pairs = (line.split("==") for line in lines("constraints.txt"))
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    return [Requirement(line) for name in BOUNDS for line in lines(name)]


def with_what_comes_along(wanted: Iterable[Requirement]) -> set[str]:
    """The names of these packages, and of all that they need here, by what they say themselves."""
    ahead = [(requirement.name, extra) for requirement in wanted
             for extra in ("", *requirement.extras)]  # fmt: skip
    seen: set[tuple[str, str]] = set()
    while ahead:
        name, extra = ahead.pop()
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                ahead += [(needed.name, extra) for extra in ("", *needed.extras)]
    return {name for name, _ in seen}


def test_each_line_is_one_package_in_one_version_and_says_nothing_of_where_it_comes_from() -> None:
    found = lines("constraints.txt")
    assert found
    assert [line for line in found if not PIN.fullmatch(line)] == []
    assert len(pinned()) == len(found)


@pytest.mark.parametrize("name", BOUNDS)
def test_each_requirement_is_pinned_within_its_bounds(name: str) -> None:
    versions = pinned()
    outside = [
        line
        for line in lines(name)
        if (version := versions.get(canonicalize_name(Requirement(line).name))) is None
        or not Requirement(line).specifier.contains(version)
    ]
    assert outside == [], "make constraints"


def test_every_package_that_comes_along_is_pinned_and_no_other() -> None:
    assert with_what_comes_along(requirements()) == set(pinned()), "make constraints"


def test_the_tests_run_with_exactly_these_versions() -> None:
    assert {name: metadata.version(name) for name in pinned()} == pinned()


def test_make_installs_anew_and_exactly_these_when_they_change() -> None:
    stamps = [".venv/.requirements", ".venv/.requirements-dev", ".venv/.requirements-bench"]
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    done = subprocess.run(
        ["make", "--dry-run", "--what-if=constraints.txt", *stamps], cwd=ROOT, timeout=20,
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    installed = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert len(installed) == len(BOUNDS)
    assert [line for line in installed if "--constraint constraints.txt" not in line] == []


def test_every_installation_that_is_described_takes_these_versions() -> None:
    for document in DOCUMENTS:
        described = re.findall(r"pip install.*requirement.*", document.read_text())
        assert described, document.name
        assert [line for line in described if "--constraint constraints.txt" not in line] == []
