"""A site under a path, behind a proxy that passes the path on, and behind one that takes it off."""

from typing import Any

import pytest

from live.stream.prefix import path_within, prefix_of, with_prefix


@pytest.mark.parametrize(
    ("path", "whole", "within"),
    [
        ("/desk/tickets/5/", "/desk/tickets/5/", "/tickets/5/"),
        ("/tickets/5/", "/desk/tickets/5/", "/tickets/5/"),
        ("/desktop/", "/desk/desktop/", "/desktop/"),
        ("/desk/", "/desk/", "/"),
        ("/", "/desk/", "/"),
        ("/desk", "/desk", ""),  # Django answers it with a redirect to /desk/
    ],
)
@pytest.mark.parametrize(
    ("setting", "root_path"), [("/desk", ""), (None, "/desk"), (None, "/desk/")]
)
def test_every_path_carries_the_prefix_once(
    path: str, whole: str, within: str, setting: str | None, root_path: str, settings: Any
) -> None:
    settings.FORCE_SCRIPT_NAME = setting
    scope = with_prefix({"type": "http", "path": path, "root_path": root_path})
    assert (scope["path"], path_within(scope), prefix_of(scope)) == (whole, within, "/desk")
    assert with_prefix(scope) == scope


def test_a_site_at_the_root_is_left_as_it_is() -> None:
    scope = {"type": "http", "path": "/desk/", "root_path": ""}
    assert with_prefix(scope) is scope
    assert path_within(scope) == "/desk/"
