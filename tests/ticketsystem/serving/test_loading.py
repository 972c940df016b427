"""What a process needs for its pages is loaded at its start; tests/deploy/test_upgrade.py puts
other code in its place while it runs."""

from typing import Any

from django.template import engines

from ticketsystem.serving import loading


def test_every_template_of_the_project_is_loaded_and_kept() -> None:
    engine: Any = engines["django"]
    (cached,) = engine.engine.template_loaders
    cached.reset()
    loading.everything()
    names = set(loading.own_templates())
    assert {
        "404.html",
        "tickets/board.html",
        "registration/login.html",
        "live/client.html",
        "registration/password_reset_email.txt",
    } <= names
    kept = {template.origin.template_name for template in cached.get_template_cache.values()}
    assert names <= kept
