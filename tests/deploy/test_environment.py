"""One file of variables, read by systemd, by compose and by the shell: all three find the same."""

import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from tests.deploy.fronts import DEPLOY
from tests.deploy.production import read
from tests.deploy.test_compose import compose
from tests.harness.processes import ROOT, NotInstalled
from ticketsystem import environment

# All that a keyboard has, but for what env.example says that must be written otherwise.
AWKWARD = {
    "SIGNS": """$a @b #c "d" e%f g&h;i|j<k>(l)*m?n~o`p`!q[r]{s}^t=u,v:w/x+y-z_.""",
    "SPACES": "  at the ends and  inside  ",
    "HASH": "# no comment",
    "DOLLARS": "$HOME $$ $1 $(id)",
    "LETTERS": "pässwörd 鍵",
    "EMPTY": "",
}
PASSWORD = """a/b@c:d#e?f%g'h\\i"j k$l${m}n&o=p+q"""


def systemd(path: Path) -> dict[str, str]:
    """By the very function that systemd reads an EnvironmentFile with."""
    libraries = sorted(Path("/usr/lib").glob("*/systemd/libsystemd-shared-*.so"))
    if not libraries:
        raise NotInstalled("libsystemd-shared (Debian package systemd)")
    found = ctypes.POINTER(ctypes.c_char_p)()
    library = ctypes.CDLL(str(libraries[-1]))
    assert library.load_env_file(None, str(path).encode(), ctypes.byref(found)) == 0
    pairs: list[str] = []
    while (pair := found[len(pairs)]) is not None:
        pairs.append(pair.decode())
    return dict(pair.split("=", 1) for pair in pairs)


def env_file(path: Path) -> dict[str, str]:
    """By compose itself, which writes a dollar twice where it shows what it has understood."""
    place = path.parent / "compose"
    place.mkdir()
    shutil.copy(path, place / "env")
    service = {"image": "any", "env_file": "env"}
    (place / "compose.yaml").write_text(
        yaml.safe_dump({"version": "3", "services": {"a": service}})
    )
    said = subprocess.check_output(
        [*compose(), "-f", str(place / "compose.yaml"), "config"], cwd=place, timeout=60, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(place)},
    )  # fmt: skip
    shown = yaml.safe_load(said)["services"]["a"]["environment"]
    return {name: str(value or "").replace("$$", "$") for name, value in shown.items()}


def shell(path: Path) -> dict[str, str]:
    """As `manage` of docs/operations.md does."""
    document = (ROOT / "docs" / "operations.md").read_text()
    manage = re.search(r"^    manage\(\) \{ .+ \}$", document, re.MULTILINE)
    assert manage is not None
    command = manage[0].replace("/etc/helpdesk/env", str(path)).replace(
        "cd /srv/helpdesk; exec .venv/bin/python manage.py", "exec env -0"
    )  # fmt: skip
    said = subprocess.check_output(
        ["sh", "-c", f"{command}\nmanage"], timeout=10, text=True, env={"HOME": "/nowhere"}
    )
    return dict(pair.split("=", 1) for pair in said.split("\0") if pair)


READERS = [systemd, env_file, shell, read]


@pytest.mark.parametrize("reader", READERS)
def test_a_value_in_single_quotes_arrives_as_it_is(
    reader: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "env"
    path.write_text("".join(f"# why\n{name}='{value}'\n" for name, value in AWKWARD.items()))
    found = reader(path)
    assert {name: found[name] for name in AWKWARD} == AWKWARD


@pytest.mark.parametrize("reader", READERS)
def test_any_password_arrives_at_the_database_as_the_file_says_to_write_it(
    reader: Callable[[Path], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = (DEPLOY / "env.example").read_text()
    command = re.search(r"^#     (python3 -c .+)$", written, re.MULTILINE)
    assert command is not None
    typed = command[1].replace("getpass.getpass()", "input()").replace(", getpass", "")
    quoted = subprocess.check_output(["sh", "-c", typed], input=PASSWORD, text=True, timeout=10)
    assert quoted.strip() == quote(PASSWORD, safe="")
    path = tmp_path / "env"
    secret = quoted.strip()
    for there, here in (
        (":secret@127.0.0.1:5432", f":{secret}@127.0.0.1:5432"),
        ("REDIS_URL=''", f"REDIS_URL='redis://:{secret}@127.0.0.1:6379/0'"),
        ("LIVE_BELL_URL=''", f"LIVE_BELL_URL='postgres://helpdesk:{secret}@127.0.0.1/helpdesk'"),
    ):
        assert there in written
        written = written.replace(there, here)
    path.write_text(written)
    found = reader(path)
    for name in ("DATABASE_URL", "REDIS_URL", "LIVE_BELL_URL"):
        assert secret in found[name]
        monkeypatch.setenv(name, found[name])
    assert environment.database("DATABASE_URL", "")["PASSWORD"] == PASSWORD
    assert environment.redis("REDIS_URL") == found["REDIS_URL"]
    assert conninfo_to_dict(environment.bell("LIVE_BELL_URL"))["password"] == PASSWORD


@pytest.mark.parametrize("reader", READERS)
def test_the_example_is_read_alike(
    reader: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "env"
    shutil.copy(DEPLOY / "env.example", path)
    expected = read(path)
    assert len(expected) > 15
    found = reader(path)
    assert {name: found[name] for name in expected} == expected


def test_every_value_of_the_example_stands_in_single_quotes() -> None:
    lines = (DEPLOY / "env.example").read_text().splitlines()
    values = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in values if not re.fullmatch(r"[A-Z_]+='[^'\\]*'", line)] == []
