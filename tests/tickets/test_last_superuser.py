"""One active superuser stays, whoever is taken away and by whichever page, also where two take each
other away at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tickets.queues import people_views
from tickets.queues.last_superuser import NOBODY_LEFT

pytestmark = pytest.mark.django_db
USERS = "/admin/auth/user/"
PEOPLE = "/queues/people/"


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who may change and delete users in the admin, and is no superuser."""
    user = User.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    return user


def superusers() -> set[str]:
    left = User.objects.filter(is_active=True, is_superuser=True)
    return set(left.values_list("username", flat=True))


def saved(client: Any, person: User, **changed: Any) -> Any:
    page = f"{USERS}{person.pk}/change/"
    form = {**filled(client.get(page).content.decode(), "user_form"), **changed}
    return client.post(page, {name: value for name, value in form.items() if value is not None})


def delete(client: Any, person: User) -> Any:
    return client.post(f"{USERS}{person.pk}/delete/", {"post": "yes"}, follow=True)


def delete_chosen(client: Any, *people: User) -> Any:
    chosen = [person.pk for person in people]
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    return client.post(USERS, form, follow=True)


def said(answer: Any) -> list[str]:
    return [f"{message}" for message in answer.context["messages"]]


@pytest.mark.parametrize("field", ["is_active", "is_superuser"])
def test_the_admins_form_refuses_beside_the_field(field: str, admin: User, staff: User) -> None:
    answer = saved(signed_in(staff), admin, **{field: None})
    assert answer.context["adminform"].form.errors == {field: [NOBODY_LEFT]}
    assert superusers() == {"admin"}


def test_the_admins_form_saves_whatever_else_is_changed(admin: User, staff: User) -> None:
    assert saved(signed_in(staff), admin, first_name="Zoe").status_code == 302
    admin.refresh_from_db()
    assert admin.first_name == "Zoe"


def test_where_another_one_stays_a_superuser_may_go(admin: User) -> None:
    zoe = User.objects.create_superuser("zoe")
    assert saved(signed_in(admin), zoe, is_superuser=None).status_code == 302
    assert superusers() == {"admin"}


def test_one_who_is_not_active_counts_for_nothing(admin: User, staff: User) -> None:
    User.objects.create_superuser("zoe", is_active=False)
    saved(signed_in(staff), admin, is_active=None)
    assert superusers() == {"admin"}


def test_who_is_no_superuser_may_be_deactivated_and_deleted(admin: User, alice: User) -> None:
    client = signed_in(admin)
    assert saved(client, alice, is_active=None).status_code == 302
    assert NOBODY_LEFT not in said(delete(client, alice))
    assert not User.objects.filter(username="alice").exists()


def test_the_admin_deletes_the_last_one_neither_alone_nor_with_others(
    admin: User, staff: User, alice: User
) -> None:
    zoe = User.objects.create_superuser("zoe")
    client = signed_in(staff)
    assert said(delete_chosen(client, admin, zoe, alice)) == [NOBODY_LEFT]
    assert superusers() == {"admin", "zoe"}
    delete(client, zoe)
    assert superusers() == {"admin"}
    assert said(delete(client, admin)) == [NOBODY_LEFT]
    assert superusers() == {"admin"}
    assert User.objects.filter(username="alice").exists()
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["zoe"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["page", "form", "delete", "delete chosen"])
def test_of_two_who_take_each_other_away_at_once_one_stays(way: str) -> None:
    two = [User.objects.create_superuser(name) for name in ("ada", "bea")]
    clients = [signed_in(user) for user in two]
    together = Barrier(2)

    def take_away(client: Any, other: User) -> None:
        together.wait(timeout=30)
        match way:
            case "page":
                client.post(f"{PEOPLE}{other.pk}/active/", {"active": "0"})
            case "form":
                saved(client, other, is_active=None)
            case "delete":
                delete(client, other)
            case _:
                delete_chosen(client, other)

    with ThreadPoolExecutor(2) as threads:
        for done in [*threads.map(take_away, clients, reversed(two))]:
            assert done is None
    assert len(superusers()) == 1


def test_the_page_of_people_says_why(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zoe is made an agent after she was let in, and before her deed."""
    zoe = User.objects.create_superuser("zoe")

    def found_meanwhile(model: Any, pk: int) -> User:
        User.objects.filter(pk=zoe.pk).update(is_superuser=False)
        return User.objects.get(pk=pk)

    monkeypatch.setattr(people_views, "get_object_or_404", found_meanwhile)
    client = signed_in(zoe)
    client.post(f"{PEOPLE}{admin.pk}/active/", {"active": "0"})
    assert NOBODY_LEFT in client.get("/").content.decode()
    assert superusers() == {"admin"}
