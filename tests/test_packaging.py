"""`pip install .` brings the doctor and `pip install '.[live]'` the app: both are built as a wheel,
installed where nothing else is, and run there."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.harness.imports import imports
from tests.harness.processes import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ALONE = PROJECT["dependencies"]
LIVE = PROJECT["optional-dependencies"]["live"]

SETTINGS = """
SECRET_KEY = "only for this test"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "live",
]
LIVE_AUDIENCES = "shop.audiences_of"
"""
AUDIENCES = """
def audiences_of(user_ids):
    return {user_id: frozenset() for user_id in user_ids}
"""
LIST = """
from importlib.metadata import distributions
for distribution in distributions():
    print(distribution.name)
"""


class Environment:
    """A virtual environment that holds the wheel, with what pip brings along for it."""

    def __init__(self, folder: Path, wheel: Path, extra: str = "") -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=False)
        self.binaries = folder / "venv" / "bin"
        pip("install", f"{wheel}{extra}", python=self.binaries / "python")

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Outside the checkout, so that nothing is imported from there."""
        return subprocess.run(
            [self.binaries / command[0], *command[1:]],
            cwd=self.folder, env={"PATH": os.environ["PATH"], **environment},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def packages(self) -> set[str]:
        return set(map(canonicalize_name, self.run("python", "-c", LIST).stdout.split()))


class PipFailed(Exception):
    pass


def pip(*arguments: str, python: Path | None = None) -> None:
    into = ["--python", str(python)] if python else []
    command = [sys.executable, "-m", "pip", *into, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise PipFailed(done.stdout + done.stderr)


@pytest.fixture(scope="module")
def pypi(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips, with the reason, where PyPI is not to be had; CI must have it."""
    try:
        pip("download", "--no-deps", "--dest", str(tmp_path_factory.mktemp("pypi")), ALONE[0])
    except PipFailed as error:
        reason = f"PyPI is not to be had: {str(error).strip().splitlines()[-1]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def wheel(pypi: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of a copy of the repository's files, for a build leaves its own files beside them."""
    copy, built = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for file in files_of("."):
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy / file)
    pip("wheel", "--no-deps", "--wheel-dir", str(built), str(copy))
    (made,) = built.glob("*.whl")
    return made


def files_of(*folders: str) -> set[str]:
    """What git has of them, or will have once it is added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {file for file in done.stdout.splitlines() if (ROOT / file).is_file()}


def test_the_wheel_holds_all_of_the_doctor_and_of_live_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    readmes = {file for file in files_of("live", "streamdoctor") if file.endswith("README.md")}
    assert packed - readmes == files_of("live", "streamdoctor") - readmes


def test_the_doctor_is_installed_with_h2_alone_and_runs(wheel: Path, tmp_path: Path) -> None:
    bare = Environment(tmp_path, wheel)
    assert bare.packages() == {"streamdoctor", "h2", "hpack", "hyperframe"}
    assert "No module named 'django'" in bare.run("python", "-c", "import django").stderr
    for command in (("streamdoctor",), ("python", "-m", "streamdoctor")):
        told = bare.run(*command, "--help")
        assert (told.returncode, told.stderr) == (0, ""), told.stderr
        assert told.stdout.startswith("usage: streamdoctor ")
        examined = bare.run(*command, "http://127.0.0.1:1/events")
        assert (examined.returncode, examined.stderr) == (1, ""), examined.stderr
        assert "error: unreachable" in examined.stdout


def test_live_is_installed_with_all_that_it_needs_and_migrates(wheel: Path, tmp_path: Path) -> None:
    project = Environment(tmp_path, wheel, "[live]")
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "shop.py").write_text(AUDIENCES)
    environment = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(tmp_path)}
    for command in ("check", "migrate"):
        done = project.run("python", "-m", "django", command, **environment)
        assert done.returncode == 0, done.stderr
    assert "Applying live." in done.stdout


def test_the_same_requirement_has_the_same_bounds_everywhere() -> None:
    lines = re.findall(r"^[a-z][^#\n]*", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    server = {canonicalize_name(needed.name): needed for needed in map(Requirement, lines)}
    for needed in map(Requirement, [*ALONE, *LIVE]):
        assert needed.specifier == server[canonicalize_name(needed.name)].specifier, needed.name


OPTIONAL = {"psycopg"}  # Django needs it on PostgreSQL; elsewhere `live` does without


@pytest.mark.parametrize(
    ("package", "requirements"), [("streamdoctor", ALONE), ("live", [*ALONE, *LIVE])]
)
def test_each_library_that_is_imported_is_required(package: str, requirements: list[str]) -> None:
    required = {canonicalize_name(Requirement(line).name) for line in requirements}
    owners = packages_distributions()
    imported = {found.name.split(".")[0] for found in imports(ROOT, package)}
    lacking = {
        name
        for name in imported - {"live", "streamdoctor", *OPTIONAL} - sys.stdlib_module_names
        if not required & set(map(canonicalize_name, owners.get(name, [])))
    }
    assert lacking == set()
