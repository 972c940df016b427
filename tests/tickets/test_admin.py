"""Django's admin: who sees what in it, what it refuses, and that whatever it changes is told."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.harness.moving import move_before_its_lock
from tests.harness.people import signed_in
from tests.harness.told import forget, names, told_of
from tickets import bulk
from tickets.models import Change, Comment, Queue, Ticket
from tickets.visibility import NO_SUCH_TICKET

pytestmark = pytest.mark.django_db

TICKETS = "/admin/tickets/ticket/"
EMPTY_FORMSET = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}


@pytest.fixture
def at_admin(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def at_bobs(bob: User) -> Client:
    """Staff with every permission on tickets, yet no superuser."""
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="tickets"))
    return signed_in(bob)


@pytest.fixture
def bobs(network: Queue) -> Ticket:
    return Ticket.objects.create(subject="Cable cut", queue=network)


def form_of(ticket: Ticket, *comments: dict[str, str], **changes: Any) -> dict[str, Any]:
    """What a browser posts from the ticket's page."""
    formsets = {f"{one}-{name}": value for one in ("comments", "history")
                for name, value in EMPTY_FORMSET.items()}  # fmt: skip
    for n, comment in enumerate(comments):
        formsets["comments-TOTAL_FORMS"] = str(n + 1)
        formsets |= {f"comments-{n}-{name}": value for name, value in comment.items()}
    return {
        "subject": ticket.subject,
        "description": ticket.description,
        "queue": ticket.queue_id,
        "assignee": ticket.assignee_id or "",
        "status": ticket.status,
        "priority": ticket.priority,
        "requester_name": ticket.requester_name,
        "requester_email": ticket.requester_email,
        "due_at_0": "",
        "due_at_1": "",
        "seen_version": ticket.version,
        **formsets,
        **changes,
    }


def save(client: Client, ticket: Ticket, *comments: dict[str, str], **changes: Any) -> Any:
    return client.post(f"{TICKETS}{ticket.pk}/change/", form_of(ticket, *comments, **changes))


def in_bulk(client: Client, action: str, tickets: list[Ticket], value: Any, query: str = "") -> str:
    """Select the tickets, choose the action, give the value; the page with the results."""
    selection = {"action": action, "_selected_action": [one.pk for one in tickets], "index": 0}
    page = client.post(TICKETS + query, selection)
    assert page.status_code == 200
    return apply_in_bulk(client, action, page, value, query)


def apply_in_bulk(client: Client, action: str, page: Any, value: Any, query: str = "") -> str:
    numbers = page.context["form"].initial["numbers"]
    given = {"action": action, "_selected_action": 0, "select_across": 1}
    answer = client.post(TICKETS + query, {**given, "numbers": numbers, "value": value})
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    ["{pk}/change/", "{pk}/delete/", "{pk}/history/"],
)
def test_staff_find_no_ticket_they_may_not_see(page: str, ticket: Ticket, at_bobs: Client) -> None:
    answer = at_bobs.get(TICKETS + page.format(pk=ticket.pk), follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert "Printer on fire" not in answer.content.decode()


def test_staff_change_and_delete_no_ticket_they_may_not_see(
    ticket: Ticket, at_bobs: Client
) -> None:
    forget()
    save(at_bobs, ticket, subject="Mine now")
    at_bobs.post(f"{TICKETS}{ticket.pk}/delete/", {"post": "yes"})
    chosen = {"_selected_action": [ticket.pk], "index": 0}
    at_bobs.post(TICKETS, {"action": "delete_selected", "post": "yes", **chosen})
    assert names() == []
    assert Ticket.objects.get().subject == "Printer on fire"


def test_staff_are_not_shown_a_ticket_that_moves_away_before_its_lock(
    bobs: Ticket, billing: Queue, at_bobs: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    move_before_its_lock(bobs, billing, monkeypatch)
    answer = save(at_bobs, bobs, {"body": "Hello"}, subject="Mine now")
    assert answer.status_code == 404
    assert "Billing" not in answer.content.decode()
    assert names() == []
    assert not Comment.objects.exists()


def test_staff_move_a_ticket_out_of_their_sight_with_a_last_comment(
    bobs: Ticket, billing: Queue, bob: User, at_bobs: Client
) -> None:
    answer = save(at_bobs, bobs, {"body": "For you, Billing"}, queue=billing.pk)
    assert answer.status_code == 302
    assert Ticket.objects.get().queue == billing
    assert Comment.objects.get().author == bob


def test_lists_and_filters_show_what_the_rule_lets_one_see(
    ticket: Ticket, bobs: Ticket, alice: User, at_bobs: Client
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(assignee=alice)
    for page in (TICKETS, f"{TICKETS}?q=r", "/admin/tickets/change/"):
        html = at_bobs.get(page).content.decode()
        assert f"#{bobs.pk}" in html or page.endswith("q=r")
        assert "Printer on fire" not in html
        assert f"#{ticket.pk}" not in html
    assert "alice" not in at_bobs.get(TICKETS).content.decode()


def test_the_history_of_a_hidden_ticket_is_hidden(ticket: Ticket, at_bobs: Client) -> None:
    change = Change.objects.get(ticket=ticket)
    answer = at_bobs.get(f"/admin/tickets/change/{change.pk}/change/", follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]


def test_a_bulk_action_refuses_what_one_may_not_see_and_does_the_rest(
    ticket: Ticket, bobs: Ticket, at_bobs: Client
) -> None:
    page = at_bobs.post(
        TICKETS, {"action": "set_status", "_selected_action": [bobs.pk], "index": 0}
    )
    page.context["form"].initial["numbers"] = f"{ticket.pk},{bobs.pk}"
    results = apply_in_bulk(at_bobs, "set_status", page, "open")
    assert f"#{ticket.pk} refused" in results
    assert f"#{bobs.pk} now open" in results
    assert dict(Ticket.objects.values_list("pk", "status")) == {ticket.pk: "new", bobs.pk: "open"}


def test_who_may_only_look_gets_no_bulk_action_and_no_form(bob: User, bobs: Ticket) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(codename="view_ticket"))
    client = signed_in(bob)
    assert client.get(f"{TICKETS}{bobs.pk}/change/").status_code == 200
    assert save(client, bobs, subject="Changed").status_code == 403
    chosen = {"_selected_action": [bobs.pk], "index": 0}
    page = client.post(TICKETS, {"action": "set_status", **chosen})
    assert page.status_code in (200, 302)
    assert page.context is None or "numbers" not in page.content.decode()


@pytest.mark.parametrize("numbers", ["", "1,x", "1;2", "9" * 30])
def test_junk_in_a_bulk_form_is_shown_and_changes_nothing(
    numbers: str, ticket: Ticket, at_admin: Client
) -> None:
    forget()
    given = {"action": "set_status", "_selected_action": 0, "select_across": 1}
    answer = at_admin.post(TICKETS, {**given, "numbers": numbers, "value": "open"})
    assert answer.context["form"].errors
    assert names() == []


def test_an_old_form_overwrites_nothing_and_shows_what_changed(
    ticket: Ticket, carol: User, at_admin: Client
) -> None:
    seen = Ticket.objects.get()
    signed_in(carol).patch(
        f"/api/tickets/{ticket.pk}/", {"status": "pending"}, content_type="application/json"
    )
    forget()
    answer = save(at_admin, seen, {"body": "Not lost"}, priority="high")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "carol set status new → pending" in html
    assert "Not lost" in html
    assert names() == []
    assert Ticket.objects.values_list("status", "priority").get() == ("pending", "normal")
    assert not Comment.objects.exists()


def test_a_form_without_the_version_is_refused(ticket: Ticket, at_admin: Client) -> None:
    answer = save(at_admin, ticket, seen_version="", status="open")
    assert "seen_version" in answer.context["adminform"].errors
    assert Ticket.objects.get().status == "new"


def test_an_inactive_user_is_given_no_ticket(ticket: Ticket, carol: User, at_admin: Client) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert "Only an active user" in save(at_admin, ticket, assignee=carol.pk).content.decode()
    assert Ticket.objects.get().assignee is None


def test_a_queue_with_tickets_is_not_deleted_and_the_page_says_why(
    ticket: Ticket, at_admin: Client, at_bobs: Client
) -> None:
    for client in (at_admin, at_bobs):
        page = f"/admin/tickets/queue/{ticket.queue_id}/delete/"
        html = client.post(page, {"post": "yes"}).content.decode()
        assert "Tickets: 1. Move or delete them first." in html
        assert "Printer on fire" not in html
    assert Queue.objects.filter(pk=ticket.queue_id).exists()


def test_a_comment_cannot_be_changed_or_deleted(
    ticket: Ticket, alice: User, at_admin: Client
) -> None:
    comment = Comment.objects.create(ticket=ticket, author=alice, body="As I said")
    rows = {
        "comments-TOTAL_FORMS": "1",
        "comments-INITIAL_FORMS": "1",
        "comments-0-id": comment.pk,
        "comments-0-ticket": ticket.pk,
        "comments-0-body": "I never said that",
        "comments-0-DELETE": "on",
    }
    assert save(at_admin, ticket, **rows).status_code == 302
    assert Comment.objects.get().body == "As I said"


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_history_is_read_only(page: str, ticket: Ticket, at_admin: Client) -> None:
    number = Change.objects.get().pk
    assert at_admin.get(f"/admin/tickets/change/{page.format(pk=number)}").status_code == 403
    change = f"/admin/tickets/change/{number}/change/"
    assert at_admin.get(change).status_code == 200
    assert at_admin.post(change, {"old": "x"}).status_code == 403


# --- What it does ---------------------------------------------------------------------


@pytest.mark.parametrize("app", ["queue", "ticket", "change"])
def test_every_list_opens_and_is_searched(app: str, ticket: Ticket, at_admin: Client) -> None:
    assert at_admin.get(f"/admin/tickets/{app}/").status_code == 200
    assert at_admin.get(f"/admin/tickets/{app}/?q=1").status_code == 200


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    ticket: Ticket, alice: User, at_admin: Client, django_assert_max_num_queries: Any
) -> None:
    Ticket.objects.bulk_create(
        Ticket(subject=f"{n}", queue=ticket.queue, assignee=alice) for n in range(60)
    )
    with django_assert_max_num_queries(12):
        at_admin.get(TICKETS)


def test_a_ticket_is_created_changed_and_deleted_with_events(
    billing: Queue, admin: User, at_admin: Client
) -> None:
    forget()
    blank = Ticket(subject="New", queue=billing)
    assert at_admin.post(f"{TICKETS}add/", form_of(blank, seen_version="")).status_code == 302
    ticket = Ticket.objects.get()
    assert save(at_admin, ticket, status="open").status_code == 302
    assert at_admin.post(f"{TICKETS}{ticket.pk}/delete/", {"post": "yes"}).status_code == 302
    assert names() == ["ticket.created", "ticket.updated", "ticket.removed"]
    assert told_of("ticket.updated")[0].data["actor"] == {"id": admin.pk, "name": "admin"}
    assert set(Change.objects.values_list("actor_name", flat=True)) == {"admin"}


def test_saving_an_unchanged_form_tells_nothing(ticket: Ticket, at_admin: Client) -> None:
    forget()
    assert save(at_admin, ticket).status_code == 302
    assert names() == []


def test_a_comment_added_is_by_who_is_signed_in(
    ticket: Ticket, admin: User, at_admin: Client
) -> None:
    forget()
    assert save(at_admin, ticket, {"body": "Call back", "internal": "on"}).status_code == 302
    comment = Comment.objects.get()
    assert (comment.author, comment.internal) == (admin, True)
    assert names() == ["comment.created"]
    html = at_admin.get(f"{TICKETS}{ticket.pk}/change/").content.decode()
    assert "Call back" in html
    assert "comments-0-body" not in html  # shown, not to be edited


def test_what_a_comment_says_is_text_not_markup(ticket: Ticket, at_admin: Client) -> None:
    Ticket.objects.update(subject="<script>alert(1)</script>")
    Comment.objects.create(ticket=ticket, body="<img src=x onerror=alert(1)>")
    for page in (TICKETS, f"{TICKETS}{ticket.pk}/change/", "/admin/tickets/change/"):
        html = at_admin.get(page).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_agents_join_and_leave_a_queue_with_events(
    billing: Queue, alice: User, dave: User, at_admin: Client
) -> None:
    forget()
    answer = at_admin.post(
        f"/admin/tickets/queue/{billing.pk}/change/",
        {
            "name": "Billing",
            "add_agents": [dave.pk],
            "remove_agents": [alice.pk],
        },
    )
    assert answer.status_code == 302
    assert [*billing.agents.all()] == [dave]
    queue = f"queue:{billing.pk}"
    changes = {(one.data["user"], *one.data["gained"], "-", *one.data["lost"])
               for one in told_of("live.access")}  # fmt: skip
    assert changes == {(alice.pk, "-", queue), (dave.pk, queue, "-")}


def test_deleting_a_user_empties_assignee_with_events(
    ticket: Ticket, alice: User, at_admin: Client
) -> None:
    Ticket.objects.update(assignee=alice)
    number = alice.pk
    forget()
    answer = at_admin.post(f"/admin/auth/user/{number}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    (event,) = told_of("ticket.updated")
    assert event.data["changes"] == {"assignee": [{"id": number, "name": "alice"}, None]}
    assert event.data["actor"]["name"] == "admin"


# --- In bulk ---------------------------------------------------------------------


def test_each_ticket_of_a_bulk_action_has_its_own_result(
    ticket: Ticket, bobs: Ticket, at_admin: Client
) -> None:
    gone = Ticket.objects.create(subject="Gone", queue=ticket.queue)
    Ticket.objects.filter(pk=bobs.pk).update(status="pending")
    selection = {"_selected_action": [ticket.pk, bobs.pk, gone.pk], "index": 0}
    page = at_admin.post(TICKETS, {"action": "set_status", **selection})
    number = gone.pk
    gone.delete()
    forget()
    results = apply_in_bulk(at_admin, "set_status", page, "pending")
    assert f"#{ticket.pk} now pending" in results
    assert f"#{bobs.pk} already was pending" in results
    assert f"#{number} refused: {NO_SUCH_TICKET}" in results
    assert [one.data["ticket"]["id"] for one in told_of("ticket.updated")] == [ticket.pk]


def test_tickets_are_assigned_and_unassigned_in_bulk(
    ticket: Ticket, alice: User, at_admin: Client
) -> None:
    assert f"#{ticket.pk} now alice" in in_bulk(at_admin, "assign", [ticket], alice.pk)
    assert Ticket.objects.get().assignee == alice
    assert f"#{ticket.pk} now nobody" in in_bulk(at_admin, "assign", [ticket], "")
    assert Ticket.objects.get().assignee is None


def test_tickets_are_moved_and_made_urgent_in_bulk(
    ticket: Ticket, network: Queue, at_admin: Client
) -> None:
    assert f"#{ticket.pk} now Network" in in_bulk(at_admin, "move", [ticket], network.pk)
    assert f"#{ticket.pk} now urgent" in in_bulk(at_admin, "set_priority", [ticket], "urgent")
    assert Ticket.objects.values_list("queue__name", "priority").get() == ("Network", "urgent")


def test_a_selection_across_pages_is_what_was_selected_whatever_matches_later(
    billing: Queue, network: Queue, at_admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STEP_SECONDS", 100)  # all in one step, on a slow machine too
    Ticket.objects.bulk_create(Ticket(subject=f"{n}", queue=billing) for n in range(150))
    other = Ticket.objects.create(subject="other", queue=network)
    query = f"?queue__id__exact={billing.pk}"
    some = Ticket.objects.filter(queue=billing).first()
    assert some is not None
    page = at_admin.post(
        TICKETS + query,
        {"action": "move", "_selected_action": [some.pk], "select_across": 1, "index": 0},
    )
    late = Ticket.objects.create(subject="late", queue=billing)
    results = apply_in_bulk(at_admin, "move", page, network.pk, query)
    assert results.count(" now Network") == 150
    assert Ticket.objects.get(pk=late.pk).queue == billing
    assert Ticket.objects.get(pk=other.pk).version == 1
