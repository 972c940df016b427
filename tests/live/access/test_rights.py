"""Rights that changed while a user was away, and told nobody, are published when they come."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import live
from live.access import rights
from live.access.audience import audiences_of
from live.access.rights import announce
from live.log import numbering
from live.log.entries import ACCESS, processes_of
from live.models import Event, Rights

pytestmark = pytest.mark.django_db
TRUE: dict[Any, frozenset[str]] = {}  # what each user may see, by this project's rule
ANA = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


def rule(user_ids: Collection[Any]) -> dict[Any, frozenset[str]]:
    return {user_id: TRUE[user_id] for user_id in user_ids if user_id in TRUE}


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    settings.LIVE_AUDIENCES = "tests.live.access.test_rights.rule"
    TRUE.clear()


def comes(user_id: Any, *audiences: str) -> None:
    """The user opens a stream and may by now see these."""
    TRUE[user_id] = frozenset(audiences)
    announce({user_id: TRUE[user_id]})


def published(user_id: Any) -> list[tuple[list[str], list[str]]]:
    """What each event tells of the user's rights: gained and lost."""
    events = Event.objects.filter(name=ACCESS, audience=processes_of(user_id)).order_by("id")
    data = [json.loads(event.data) for event in events]
    assert all(each["user"] == str(user_id) or each["user"] == user_id for each in data)
    return [(each["gained"], each["lost"]) for each in data]


def test_at_the_first_time_it_is_noted_and_nothing_published() -> None:
    comes(7, "a", "b")
    assert published(7) == []
    assert Rights.objects.get(pk="7").audiences == "a b"


def test_an_unannounced_gain_and_loss_are_published_once() -> None:
    comes(7, "a", "b")
    comes(7, "b", "c")
    assert published(7) == [(["c"], ["a"])]
    comes(7, "b", "c")
    comes(7, "b", "c")
    assert len(published(7)) == 1


def test_what_was_announced_is_not_published_again() -> None:
    comes(7, "a")
    live.access_changed(7, gained=["b"])
    live.access_changed(7, gained=["c"], lost=["a"])
    comes(7, "b", "c")
    assert published(7) == [(["b"], []), (["c"], ["a"])]


def test_of_a_change_of_which_half_was_announced_the_other_half_is_published() -> None:
    comes(7, "a")
    live.access_changed(7, gained=["b"])
    comes(7, "b")
    assert published(7) == [(["b"], []), ([], ["a"])]


def test_what_was_announced_before_the_last_time_counts_no_more() -> None:
    comes(7, "a")
    live.access_changed(7, gained=["b"])
    comes(7, "a", "b")
    comes(7, "a")
    assert published(7) == [(["b"], []), ([], ["b"])]


def test_an_unannounced_change_back_to_what_was_noted_is_published() -> None:
    """The log has told of a gain that was undone past it."""
    comes(7, "a")
    live.access_changed(7, gained=["b"])
    comes(7, "a")
    assert published(7) == [(["b"], []), ([], ["b"])]
    comes(7, "a")
    assert len(published(7)) == 2


def test_of_each_who_come_together_what_was_told_since_their_own_last_time_counts() -> None:
    comes(7, "a")
    live.access_changed(8, gained=["b"])
    comes(8, "a")  # for the first time: what was told before is not how it was noted
    TRUE.update({7: frozenset("ac"), 8: frozenset("ac")})
    announce(TRUE)
    assert published(7) == [(["c"], [])]
    assert published(8) == [(["b"], []), (["c"], [])]


def test_others_rights_are_others() -> None:
    for user_id in (7, 8):
        comes(user_id, "a")
    live.access_changed(8, gained=["b"])
    comes(7, "a", "b")
    assert published(7) == [(["b"], [])]


def test_a_hundred_cost_as_many_queries_as_two() -> None:
    numbering.number()
    costs = []
    for user_ids in (range(2), range(100, 200)):
        TRUE.update({user_id: frozenset({f"user:{user_id}"}) for user_id in user_ids})
        with CaptureQueriesContext(connection) as queries:
            announce({user_id: TRUE[user_id] for user_id in user_ids})
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert Rights.objects.count() == 102
    with CaptureQueriesContext(connection) as queries:
        announce(TRUE)
    assert len(queries) == 1


@pytest.mark.parametrize("user_id", [ANA, "ana maría", 7])
def test_a_users_key_may_be_of_any_type(user_id: Any) -> None:
    comes(user_id, "a")
    live.access_changed(user_id, gained=["b"])
    comes(user_id, "a", "b")
    comes(user_id, "b")
    assert published(user_id) == [(["b"], []), ([], ["a"])]


def test_a_change_that_is_made_and_announced_meanwhile_is_not_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the log's position and what is true: telling it twice harms nobody."""
    comes(7, "a")

    def changed_meanwhile(user_ids: Collection[Any]) -> dict[Any, frozenset[str]]:
        TRUE[7] = frozenset({"a", "b", "c"})
        live.access_changed(7, gained=["c"])
        return audiences_of(user_ids)

    monkeypatch.setattr(rights, "audiences_of", changed_meanwhile)
    TRUE[7] = frozenset({"a", "b"})
    announce({7: TRUE[7]})
    assert published(7) == [(["c"], []), (["b", "c"], [])]
