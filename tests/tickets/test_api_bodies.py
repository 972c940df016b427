"""How much JSON the API takes, wherever in the body it stands."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.harness.people import signed_in
from tickets.api_bodies import MOST_VALUES, TOO_MANY_VALUES, has_more_values
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

MANY = 50_000  # pydantic took four hundred milliseconds for these, and ten seconds for a million


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("bulk", {"ids": [0] * MANY, "changes": {"status": "closed"}}),
        ("bulk", {"ids": [1], "changes": {f"{n}": 0 for n in range(MANY)}}),
        ("undo", {"versions": {f"{n}": 0 for n in range(MANY)}}),
        ("1/presence", {"state": "viewing", "client": "a", "b": [[[0] * MANY]]}),
        ("1/comments", {"body": "Hi", **{f"{n}": 0 for n in range(MANY)}}),
    ],
)
def test_a_body_of_very_many_values_is_refused_in_one_sentence(
    path: str, body: dict[str, Any], ticket: Ticket, alice: User
) -> None:
    answer = signed_in(alice).post(f"/api/tickets/{path}/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, TOO_MANY_VALUES)
    assert Ticket.objects.get().version == 1


def test_values_are_counted_however_they_are_nested() -> None:
    assert not has_more_values("x" * 3, 2)
    assert not has_more_values([1, 2], 2)
    assert has_more_values([1, 2, 3], 2)
    assert not has_more_values({"a": [1, 2]}, 3)
    assert has_more_values({"a": [1, {"b": 2}]}, 3)


def test_as_many_tickets_as_one_request_may_name_fit_with_their_versions() -> None:
    ids = [*range(1, 501)]
    body = {"ids": ids, "versions": dict.fromkeys(ids, 1), "changes": {"status": "closed"}}
    assert not has_more_values(body, MOST_VALUES)
