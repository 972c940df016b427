"""Two people save the same thing in the admin at once: the second gets a sentence."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model

from tests.harness.people import signed_in
from tests.harness.told import forget, names
from tickets.models import Queue

pytestmark = pytest.mark.django_db(transaction=True)

NO_AGENTS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
SALES = {"name": "Sales"}
NEW_USER = {"username": "eve", "usable_password": "false"}


@pytest.mark.parametrize(
    ("model", "url", "form", "sentence"),
    [
        (
            Queue,
            "/admin/tickets/queue/add/",
            {"name": "Sales", **NO_AGENTS},
            "Queue with this Name",
        ),
        (Group, "/admin/auth/group/add/", SALES, "Group with this Name"),
        (User, "/admin/auth/user/add/", NEW_USER, "A user with that username"),
    ],
)
def test_of_two_of_the_same_name_the_second_is_told_so(
    model: type[Model],
    url: str,
    form: dict[str, str],
    sentence: str,
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together, validate = Barrier(2), model.validate_unique

    def validate_together(self: Model, exclude: Any = None) -> None:
        """Both are found valid before either is saved, where the database lets both in."""
        validate(self, exclude)
        with suppress(BrokenBarrierError):
            together.wait(2)

    monkeypatch.setattr(model, "validate_unique", validate_together)

    def post(client: Any) -> Any:
        try:
            return client.post(url, form)
        finally:
            connection.close()

    forget()
    clients = [signed_in(admin, raise_request_exception=False) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        done, refused = sorted(threads.map(post, clients), key=lambda answer: -answer.status_code)
    assert (done.status_code, refused.status_code) == (302, 200)
    assert f"{sentence} already exists." in refused.content.decode()
    assert "was added successfully" not in refused.content.decode()
    assert model._default_manager.count() == (2 if model is User else 1)  # the admin is one
    assert names() == []
