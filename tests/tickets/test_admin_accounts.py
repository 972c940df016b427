"""Users in the admin: what Django's own pages do wrong where many are chosen."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.harness.people import signed_in

pytestmark = pytest.mark.django_db
USERS = "/admin/auth/user/"


def delete_all(admin: User, name: str, **more: Any) -> Any:
    chosen = User.objects.filter(username__startswith=name)
    form = {"action": "delete_selected", "_selected_action": [chosen[0].pk], "select_across": 1}
    return signed_in(admin).post(f"{USERS}?q={name}", {**form, **more}, follow=True)


def test_more_deletions_at_once_than_a_form_may_carry_are_refused_with_a_sentence(
    admin: User,
) -> None:
    User.objects.bulk_create(User(username=f"temporary{n}") for n in range(1_001))
    answer = delete_all(admin, "temporary", post="yes")
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["Nothing was deleted: 1001 are chosen, 500 are allowed at a time."]
    assert User.objects.filter(username__startswith="temporary").count() == 1_001


def test_some_are_deleted_after_a_confirmation(admin: User) -> None:
    User.objects.bulk_create(User(username=f"temporary{n}") for n in range(3))
    assert "Are you sure you want to delete" in delete_all(admin, "temporary").content.decode()
    delete_all(admin, "temporary", post="yes")
    assert not User.objects.filter(username__startswith="temporary").exists()
