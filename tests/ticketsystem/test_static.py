"""Static files with DEBUG=0, by Daphne alone: hashed and for ever once collected, plain before."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from django.conf import settings

from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.site import Browser, make_people

FOR_EVER = "max-age=315360000, public, immutable"
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
ADDRESSES = re.compile(r'(?:href|src|data-worker)="(/static/[^"]+)"')
IMPORTS = re.compile(r'(?:import|from)\s*\(?["\'](\.[^"\']+)["\']')


def production(static_root: Path) -> dict[str, str]:
    """Settings that collect there instead of into the project."""
    static_root.mkdir()
    (static_root.parent / "elsewhere.py").write_text(
        f"from ticketsystem.settings import *\nSTATIC_ROOT = {str(static_root)!r}\n"
    )
    return {
        "DEBUG": "0",
        "SECRET_KEY": settings.SECRET_KEY,  # for the sessions made in this process
        "DJANGO_SETTINGS_MODULE": "elsewhere",
        "PYTHONPATH": str(static_root.parent),
    }


@pytest.fixture
def collected(tmp_path: Path, site_database: str) -> Iterator[Daphne]:
    environment = production(tmp_path / "static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"], cwd=ROOT, check=True,
        env={**os.environ, **environment}, stdout=subprocess.DEVNULL, timeout=100,
    )  # fmt: skip
    with Daphne(site_database, **environment) as server:
        yield server


@pytest.fixture
def uncollected(tmp_path: Path, site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, **production(tmp_path / "static")) as server:
        yield server


def test_once_collected_all_that_a_page_loads_is_named_after_its_content(collected: Daphne) -> None:
    loaded = load_all(collected)
    assert {HASHED.search(address) is not None for address in loaded} == {True}
    assert {answer.headers["cache-control"] for answer in loaded.values()} == {FOR_EVER}


def test_once_collected_what_is_large_goes_out_compressed(collected: Daphne) -> None:
    (sheet,) = [
        one for one in load_all(collected) if re.search(r"^/static/css/base\.\w+\.css$", one)
    ]
    plain = httpx.get(urljoin(collected.url, sheet), headers={"Accept-Encoding": "identity"})
    compressed = httpx.get(urljoin(collected.url, sheet), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.content == plain.content
    assert int(compressed.headers["content-length"]) < int(plain.headers["content-length"])


def test_before_anything_is_collected_the_pages_work_all_the_same(uncollected: Daphne) -> None:
    loaded = load_all(uncollected)
    assert not any(HASHED.search(address) for address in loaded)
    # Without a hash in the name it must not stay for ever.
    assert not any("immutable" in answer.headers["cache-control"] for answer in loaded.values())


def test_no_file_beside_the_static_ones_is_served(uncollected: Daphne) -> None:
    for path in ("/static/../manage.py", "/static/%2e%2e/manage.py", "/static/none.css"):
        assert httpx.get(uncollected.url + path).status_code == 404


def load_all(server: Daphne) -> dict[str, httpx.Response]:
    """What the board and the admin load, and what their modules import, by address."""
    loaded: dict[str, httpx.Response] = {}
    with Browser(server.url, make_people().admin) as browser:
        waiting = [
            address
            for page in ("/", "/admin/", "/tickets/new/")
            for address in ADDRESSES.findall(browser.get(page).raise_for_status().text)
        ]
        assert waiting
        while waiting:
            address = waiting.pop()
            if address not in loaded:
                loaded[address] = answer = browser.get(address).raise_for_status()
                if address.endswith(".js"):
                    waiting += [urljoin(address, one) for one in IMPORTS.findall(answer.text)]
    assert any("/live/stream." in address for address in loaded), "no imported module was met"
    return loaded
