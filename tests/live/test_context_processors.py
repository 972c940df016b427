"""What a page is told of the client: whose it is, where stream and log-in are, which scripts."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import path, reverse_lazy

from live.context_processors import SCRIPTS, live, scripts_version

urlpatterns = [path("door/", lambda request: None, name="front-door")]  # type: ignore[arg-type, return-value]


@pytest.fixture(autouse=True)
def _as_at_start() -> Iterator[None]:
    """A server looks for the scripts once; each test is a server that starts."""
    scripts_version.cache_clear()
    yield
    scripts_version.cache_clear()


def page_of(user: object) -> str:
    """The client as a page includes it."""
    request = RequestFactory().get("/")
    request.user = user  # type: ignore[assignment]
    template = Template('{% include "live/client.html" with head=5 events="thing.made" %}')
    return template.render(Context(live(request)))


def told(page: str, name: str) -> str:
    """A data attribute of the client's script."""
    found = re.search(rf'\bdata-{name}="([^"]*)"', page)
    assert found, page
    return found[1]


def test_pages_of_nobody_have_no_stream() -> None:
    assert page_of(AnonymousUser()).strip() == ""
    assert live(RequestFactory().get("/"))["live_user_id"] == ""  # before any middleware


@pytest.mark.parametrize(
    "key", [7, 0, 12_345, uuid.UUID("6f1ff1c2-7a5b-4d5e-9a39-8f0f2f6f4c11"), "ada"]
)
def test_the_key_of_a_user_is_told_as_text_whatever_its_type(key: Any, settings: Any) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    user = User()
    user.pk = key
    assert told(page_of(user), "user") == str(key)


def test_the_stream_is_where_the_settings_say(settings: Any) -> None:
    assert told(page_of(User(pk=7)), "url") == "/api/user/stream"
    settings.LIVE_STREAM_PATH = "/events/mine"
    assert told(page_of(User(pk=7)), "url") == "/events/mine"


@pytest.mark.parametrize("login", ["front-door", "/door/", reverse_lazy("front-door")])
def test_the_log_in_is_where_django_says_as_a_name_or_an_address(login: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__  # nothing in it is called "login"
    settings.LOGIN_URL = login
    assert told(page_of(User(pk=7)), "login") == "/door/"


def test_a_log_in_on_another_site_is_left_as_it_is(settings: Any) -> None:
    settings.LOGIN_URL = "https://sign-on.example/?of=desk"
    assert told(page_of(User(pk=7)), "login") == "https://sign-on.example/?of=desk"


def test_a_page_without_the_client_needs_no_log_in_address(settings: Any) -> None:
    settings.LOGIN_URL = "no-such-name"
    request = RequestFactory().get("/")
    assert Template("nothing of it").render(Context(live(request))) == "nothing of it"


def test_numbers_are_written_as_scripts_read_them(settings: Any) -> None:
    settings.USE_I18N, settings.LANGUAGE_CODE = True, "de"
    settings.USE_THOUSAND_SEPARATOR = True
    page = Template('{% include "live/client.html" with head=12345 %}').render(
        Context({"live_user_id": "7"})
    )
    assert told(page, "head") == "12345"
    assert re.fullmatch(r"[0-9]{10}\.[0-9]{6}", told(page, "rendered"))


# --- the version of the scripts ----------------------------------------------------------------


def test_the_version_is_told() -> None:
    assert told(page_of(User(pk=7)), "version") == scripts_version()
    assert re.fullmatch("[0-9a-f]{12}", scripts_version())


def test_a_script_that_changes_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.STATICFILES_FINDERS = []
    for script in SCRIPTS.glob("*.js"):
        (tmp_path / script.name).write_bytes(script.read_bytes())
    ours = scripts_version()
    monkeypatch.setattr("live.context_processors.SCRIPTS", tmp_path)
    scripts_version.cache_clear()
    assert scripts_version() == ours
    (tmp_path / "hub.js").write_text("// another")
    scripts_version.cache_clear()
    assert scripts_version() != ours


def test_a_script_that_the_project_puts_in_place_of_ours_counts(
    tmp_path: Path, settings: Any
) -> None:
    ours = scripts_version()
    (tmp_path / "live").mkdir()
    settings.STATICFILES_DIRS = [tmp_path]
    for name, differs in (("theirs.js", False), ("hub.js", True)):
        (tmp_path / "live" / name).write_text("// theirs")
        scripts_version.cache_clear()
        assert (scripts_version() != ours) == differs, name


def test_collected_under_hashed_names_the_scripts_have_the_same_version(
    tmp_path: Path, settings: Any
) -> None:
    """Processes with and without collected files serve the same tabs during a deploy."""
    ours = scripts_version()
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "ticketsystem.static.ModuleStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert list((tmp_path / "live").glob("hub.*.js")), "nothing was collected"
    scripts_version.cache_clear()
    page = page_of(User(pk=7))
    assert told(page, "version") == ours
    worker = told(page, "worker").removeprefix(settings.STATIC_URL)
    assert worker != "live/worker.js"
    assert (tmp_path / worker).is_file()
