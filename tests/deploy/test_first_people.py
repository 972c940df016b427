"""From empty tables to a first agent who sees a first ticket, by typing what operations.md says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.deploy.production import Installation, Process
from tests.deploy.typed import here, lines, type_in

PASSWORDS = {"you": "first of all people", "alice": "second of all people"}


def test_a_superuser_a_queue_and_an_agent_are_typed_and_the_agent_works(
    installation: Installation, tmp_path: Path
) -> None:
    installed = installation.with_environment(
        DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}",
        SECURE_SSL_REDIRECT="0", SESSION_COOKIE_SECURE="0", CSRF_COOKIE_SECURE="0",
    )  # fmt: skip
    script = lines("**4. Tables", "**5. The processes")
    assert script.count("manage ") == 5
    script = script.replace("manage collectstatic --noinput\n", "")  # the installation has done it
    answers = [
        (question, password)
        for password in PASSWORDS.values()
        for question in ("Password: ", "Password (again): ")
    ]
    said = type_in(here(script, installed, tmp_path), answers)
    assert "Superuser created successfully" in said
    assert "changed successfully for user 'alice'" in said

    with Process(installed) as process:
        with signed_in(process.url, "you") as you:
            queue = {"queue": 1, "subject": "The first ticket"}
            made = you.post("/api/tickets/", json=queue)
            assert made.status_code == 201, made.text
            assert you.get("/admin/tickets/queue/").status_code == 200
        with signed_in(process.url, "alice") as alice:
            shown = alice.get("/api/tickets/").json()["results"]
            assert [(ticket["subject"], ticket["queue"]["name"]) for ticket in shown] == [
                ("The first ticket", "Support")
            ]
            assert alice.get("/admin/tickets/queue/").status_code == 302


@contextmanager
def signed_in(url: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"Referer": url}, timeout=20) as client:
        client.get("/accounts/login/")
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        form = {"username": name, "password": PASSWORDS[name]}
        assert client.post("/accounts/login/", data=form).status_code == 302
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client
