"""The page of the doctor shows a real run, which this test makes: `PASTE=1 pytest …/test_readme.py`
pastes it anew."""

import os
import re
from contextlib import suppress

import pytest

from streamdoctor.command import main
from tests.harness.processes import ROOT
from tests.streamdoctor.origins import Origin
from tests.streamdoctor.proxies import nginx
from tests.streamdoctor.setups import IGNORING
from tests.streamdoctor.test_command import doctor

PAGE = ROOT / "streamdoctor" / "README.md"
BLOCK = re.compile(r"(test_readme\.py -->\n\n```\n)(.*?)(```)", re.DOTALL)
NUMBER = re.compile(r"\d+(\.\d+)*")


def test_the_run_on_the_doctors_page_is_a_real_one() -> None:
    with (
        Origin("plain.py") as shop,
        nginx(shop.url, location="proxy_buffering off;") as unchunked,
        nginx(unchunked.url, location=IGNORING, version="1.0") as proxy,
    ):
        run = doctor(f"{proxy.url}/orders", "--direct", shop.url, "--seconds", "12")
        said = run.stdout.replace(proxy.url, "http://shop.example")
    assert run.returncode == 1, run.stdout + run.stderr
    said = "$ streamdoctor http://shop.example/orders --direct http://127.0.0.1:3000\n" + said
    page = PAGE.read_text()
    if os.environ.get("PASTE"):
        page = BLOCK.sub(lambda match: match[1] + said + match[3], page)
        PAGE.write_text(page)
    pasted = BLOCK.search(page)
    assert pasted is not None
    assert NUMBER.sub("N", pasted[2]) == NUMBER.sub("N", said), "PASTE=1 pastes it anew"


def test_the_page_names_each_option_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out))
    page = PAGE.read_text()
    assert {option for option in options if option not in page} <= {"--help", "--insecure"}
