"""The pages: who is refused, what is shown, what a form does and what it never overwrites."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from live.log import numbering
from tests.harness.moving import move_before_its_lock
from tests.harness.people import signed_in
from tickets.actor import acting_as
from tickets.models import Comment, Queue, Ticket
from tickets.public import public_comment
from tickets.refusals import JUST_DELETED

pytestmark = pytest.mark.django_db

ACTIONS = ("edit-ticket", "take-ticket", "add-comment")


def url(name: str, ticket: Ticket) -> str:
    return reverse(name, args=[ticket.pk])


def choices(ticket: Ticket, **changed: Any) -> dict[str, Any]:
    """What the panel's form sends: the values it showed, and those chosen."""
    shown = {
        "status": ticket.status,
        "priority": ticket.priority,
        "assignee": ticket.assignee_id or "",
        "queue": ticket.queue_id,
    }
    initial = {f"initial-{name}": value for name, value in shown.items()}
    return {"version": ticket.version, **initial, **shown, **changed}


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("queue", "assignee").get(pk=ticket.pk)


# --- Who is refused -----------------------------------------------------------------------------


def test_a_host_that_is_not_ours_gets_the_page_that_says_so() -> None:
    answer = Client(headers={"host": "evil.example"}).get("/")
    assert answer.status_code == 400
    assert "cannot be understood" in answer.content.decode()


def test_the_signed_out_log_in_first_and_come_back(client: Client, ticket: Ticket) -> None:
    for page in ["/?status=new", url("ticket", ticket), "/tickets/new/"]:
        answer = client.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")
        back = client.get(answer["Location"]).context["next"]
        assert back == page


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_of_the_signed_out_leads_back_to_the_ticket(
    name: str, client: Client, ticket: Ticket
) -> None:
    answer = client.post(url(name, ticket), {"body": "Hello"})
    assert answer["Location"] == f"/accounts/login/?next={url('ticket', ticket)}"
    assert not Comment.objects.exists()
    assert stored(ticket).version == 1


@pytest.mark.parametrize("name", ["bob", "dave"])
def test_a_ticket_out_of_sight_is_not_there(
    name: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(name))
    assert client.get(url("ticket", ticket)).status_code == 404
    for action in ACTIONS:
        data = {**choices(ticket, status="closed"), "body": "Hello"}
        assert client.post(url(action, ticket), data).status_code == 404
    assert stored(ticket).version == 1
    assert not Comment.objects.exists()
    assert "Printer" not in client.get("/?status=all").content.decode()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_ticket_that_moves_away_before_its_lock_is_not_there(
    action: str, ticket: Ticket, network: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {**choices(ticket, status="closed"), "body": "Hello"}
    move_before_its_lock(ticket, network, monkeypatch)
    answer = signed_in(alice).post(url(action, ticket), data)
    assert answer.status_code == 404
    assert "Network" not in answer.content.decode()
    assert stored(ticket).version == 1
    assert not Comment.objects.exists()


@pytest.mark.parametrize("number", [0, 999_999, 2**63, 10**40])
def test_a_ticket_that_does_not_exist_is_not_there(number: int, admin: User) -> None:
    client = signed_in(admin)
    assert client.get(f"/tickets/{number}/").status_code == 404
    assert client.post(f"/tickets/{number}/take/").status_code == 404


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_are_posts(name: str, alice: User, ticket: Ticket) -> None:
    assert signed_in(alice).get(url(name, ticket)).status_code == 405


def test_pages_are_read(alice: User, ticket: Ticket) -> None:
    for page in ["/", url("ticket", ticket)]:
        assert signed_in(alice).post(page).status_code == 405


@pytest.mark.parametrize(
    "page", ["new-ticket", "queues", "new-canned", "webhooks", "add-person", "preferences"]
)
def test_pages_with_a_form_take_no_other_method(page: str, admin_client: Client) -> None:
    assert admin_client.put(reverse(page)).status_code == 405
    assert admin_client.get(reverse(page)).status_code == 200


@pytest.mark.parametrize("name", ACTIONS)
def test_a_form_without_its_token_changes_nothing(name: str, alice: User, ticket: Ticket) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    answer = client.post(url(name, ticket), {**choices(ticket, status="closed"), "body": "Hello"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()
    assert stored(ticket).version == 1
    assert not Comment.objects.exists()


def test_who_serves_no_queue_opens_no_ticket(dave: User, billing: Queue) -> None:
    client = signed_in(dave)
    assert "New ticket" not in client.get("/").content.decode()
    for answer in [
        client.get("/tickets/new/"),
        client.post("/tickets/new/", {"subject": "x", "queue": billing.pk, "priority": "low"}),
    ]:
        assert answer.status_code == 403
        assert "Only agents" in answer.content.decode()
    assert not Ticket.objects.exists()


def test_a_filter_that_means_nothing_is_said(alice: User) -> None:
    answer = signed_in(alice).get("/?status=%3Cb%3E")
    assert answer.status_code == 400
    assert "There is no status “&lt;b&gt;”" in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "burning"), ("priority", ""), ("queue", "999"), ("queue", ""),
        ("assignee", "999"), ("assignee", "me"), ("version", "x"), ("version", ""),
        ("version", "0"),
    ],
)  # fmt: skip
def test_a_choice_that_is_none_is_refused_beside_its_field(
    field: str, value: str, alice: User, ticket: Ticket
) -> None:
    answer = signed_in(alice).post(url("edit-ticket", ticket), choices(ticket, **{field: value}))
    assert answer.status_code == 422
    assert answer.context["edit_form"].errors.keys() == {field}
    assert stored(ticket).version == 1


def test_nobody_inactive_is_assigned(alice: User, bob: User, ticket: Ticket) -> None:
    bob.is_active = False
    bob.save()
    data = choices(ticket, assignee=bob.pk)
    assert signed_in(alice).post(url("edit-ticket", ticket), data).status_code == 422
    assert stored(ticket).assignee is None


@pytest.mark.parametrize("body", ["", " \n ", "a\0b"])
def test_a_comment_that_says_nothing_is_refused(body: str, alice: User, ticket: Ticket) -> None:
    answer = signed_in(alice).post(url("add-comment", ticket), {"body": body})
    assert answer.status_code == 422
    assert answer.context["comment_form"].errors["body"]
    assert not Comment.objects.exists()


# --- What is shown ------------------------------------------------------------------------------


def test_text_from_people_is_never_markup(alice: User, billing: Queue) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x>"
    ticket = Ticket.objects.create(
        subject=evil, description=evil, requester_name=evil, queue=billing, assignee=alice
    )
    Comment.objects.create(ticket=ticket, author=alice, body=evil)
    for page in ["/", url("ticket", ticket), f"/?q={evil[:20]}"]:
        content = signed_in(alice).get(page).content.decode()
        assert "&lt;script&gt;alert" in content
        assert "<script>alert" not in content
        assert "<img" not in content


def test_a_page_names_the_position_its_data_is_as_new_as(alice: User, ticket: Ticket) -> None:
    position = numbering.number()
    assert position > 0
    for page in ["/", url("ticket", ticket), "/tickets/new/"]:
        assert f'data-head="{position}"' in signed_in(alice).get(page).content.decode()


def test_no_page_is_kept_by_caches(alice: User, ticket: Ticket) -> None:
    """The back button would show an old world otherwise."""
    for page in ["/", "/counters/", url("ticket", ticket), "/tickets/new/"]:
        assert "no-store" in signed_in(alice).get(page)["Cache-Control"]


def test_the_board_costs_the_same_for_one_ticket_and_for_many(alice: User, billing: Queue) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        return len(seen)

    client = signed_in(alice)
    Ticket.objects.create(subject="one", queue=billing, assignee=alice)
    few = queries()
    for _ in range(20):
        Ticket.objects.create(subject="more", queue=billing, assignee=alice)
    assert queries() == few


def test_under_each_comment_stands_who_wrote_it_and_nothing_that_is_not_known(
    alice: User, dave: User, ticket: Ticket
) -> None:
    Comment.objects.create(ticket=ticket, author=dave, body="So long")
    Comment.objects.create(ticket=ticket, body="Imported")
    dave.delete()
    page = signed_in(alice).get(url("ticket", ticket)).content.decode()
    assert re.findall("<strong>(dave|no author recorded|deleted user)</strong>", page) == [
        "dave", "no author recorded",
    ]  # fmt: skip
    assert [(said["author"], said["author_name"]) for said in said_by_the_api(alice, ticket)] == [
        (None, "dave"), (None, ""),
    ]  # fmt: skip


def said_by_the_api(user: User, ticket: Ticket) -> list[dict[str, Any]]:
    """Comments as the API and events show them."""
    return [public_comment(comment) for comment in Comment.objects.filter(ticket=ticket)]


def test_the_timeline_tells_comments_notes_and_changes_in_order(
    alice: User, ticket: Ticket
) -> None:
    Comment.objects.create(ticket=ticket, author=alice, body="For you")
    with acting_as(alice):
        Ticket.objects.filter(pk=ticket.pk).update(status="open", assignee=alice)
    Comment.objects.create(ticket=ticket, author=alice, body="For us", internal=True)
    page = signed_in(alice).get(url("ticket", ticket))
    created, said, changed, noted = page.context["timeline"].entries
    assert created.created
    assert said.comment.body == "For you"
    assert [(step.deed, step.values) for step in changed.steps] == [
        ("took the ticket", ""),
        ("set status", "new → open"),
    ]
    assert noted.comment.internal
    assert page.content.decode().count('<span class="tag">internal note</span>') == 1


@pytest.mark.parametrize("name", ["alice", "dave"])
def test_an_empty_list_says_what_would_appear(name: str, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(name))
    for query in ["", "?assignee=me", "?assignee=none", "?q=nothing", "?status=closed"]:
        content = client.get(f"/{query}").content.decode()
        empty = content.partition('id="empty">')[2]
        assert "appear" in empty.partition("</div>")[0] or "search looks at" in empty


# --- What forms do ------------------------------------------------------------------------------


def test_a_choice_is_saved_by_who_made_it(alice: User, bob: User, ticket: Ticket) -> None:
    data = choices(ticket, status="pending", assignee=bob.pk, priority="urgent")
    answer = signed_in(alice).post(url("edit-ticket", ticket), data)
    assert answer["Location"] == url("ticket", ticket)
    saved = stored(ticket)
    assert (saved.status, saved.assignee, saved.priority) == ("pending", bob, "urgent")
    assert saved.version == 2
    assert set(saved.history.filter(version=2).values_list("actor_name", flat=True)) == {"alice"}


def test_saving_without_a_change_changes_no_version(alice: User, ticket: Ticket) -> None:
    signed_in(alice).post(url("edit-ticket", ticket), choices(ticket))
    assert stored(ticket).version == 1


def test_a_stale_form_shows_what_changed_and_writes_nothing(
    alice: User, carol: User, ticket: Ticket
) -> None:
    stale = choices(ticket, priority="low")
    with acting_as(carol):
        Ticket.objects.filter(pk=ticket.pk).update(status="pending")
    answer = signed_in(alice).post(url("edit-ticket", ticket), stale)
    assert answer.status_code == 409
    assert stored(ticket).priority == "normal"
    assert stored(ticket).version == 2
    content = answer.content.decode()
    assert "Not saved" in content
    assert "<strong>carol</strong> set status <strong>new → pending</strong>" in content


def test_the_answer_to_a_stale_form_saves_only_ones_own_choice(
    alice: User, carol: User, ticket: Ticket
) -> None:
    """Carol's new status was never Alice's to take back."""
    client = signed_in(alice)
    stale = choices(ticket, priority="low")
    Ticket.objects.filter(pk=ticket.pk).update(status="pending", assignee=carol)
    offered = client.post(url("edit-ticket", ticket), stale).context["edit_form"]
    again = {name: offered[name].value() for name in ("version", *offered.CHOICES)}
    assert again["priority"] == "low"
    assert again["status"] == "pending"
    initial = {f"initial-{name}": offered.data[f"initial-{name}"] for name in offered.CHOICES}
    answer = client.post(url("edit-ticket", ticket), {**initial, **again})
    assert answer.status_code == 302
    saved = stored(ticket)
    assert (saved.status, saved.assignee, saved.priority) == ("pending", carol, "low")


def test_what_the_browser_has_filled_in_by_itself_is_no_choice(
    alice: User, carol: User, ticket: Ticket
) -> None:
    """After "Back" the controls and what they showed may be old although the version is not."""
    old = choices(ticket)
    with acting_as(carol):
        Ticket.objects.filter(pk=ticket.pk).update(status="pending")
    answer = signed_in(alice).post(url("edit-ticket", ticket), {**old, "version": 2})
    assert answer.status_code == 409
    assert stored(ticket).status == "pending"
    assert answer.context["edit_form"]["status"].value() == "pending"


def test_a_form_without_what_it_showed_is_compared_with_the_ticket(
    alice: User, ticket: Ticket
) -> None:
    sent = {
        name: value
        for name, value in choices(ticket, status="pending").items()
        if not name.startswith("initial-")
    }
    assert signed_in(alice).post(url("edit-ticket", ticket), sent).status_code == 302
    assert set(ticket.history.filter(version=2).values_list("field", flat=True)) == {"status"}


def test_only_what_is_not_saved_is_marked_as_such(alice: User, carol: User, ticket: Ticket) -> None:
    client = signed_in(alice)
    assert "data-unsaved" not in client.get(url("ticket", ticket)).content.decode()
    stale = choices(ticket, priority="low")
    Ticket.objects.filter(pk=ticket.pk).update(status="pending", assignee=carol)
    form = client.post(url("edit-ticket", ticket), stale).context["edit_form"]
    assert [name for name in form.CHOICES if "data-unsaved" in str(form[name])] == ["priority"]


def test_the_browser_must_not_fill_in_what_the_page_has_shown(alice: User, ticket: Ticket) -> None:
    form = signed_in(alice).get(url("ticket", ticket)).context["edit_form"]
    for name in ("version", *form.CHOICES):
        tags = str(form[name]).count("name=")
        assert str(form[name]).count('autocomplete="off"') == tags


def test_a_stale_form_of_a_ticket_out_of_sight_tells_nothing(
    alice: User, network: Queue, ticket: Ticket
) -> None:
    stale = choices(ticket, priority="low")
    Ticket.objects.filter(pk=ticket.pk).update(queue=network, subject="Secret")
    answer = signed_in(alice).post(url("edit-ticket", ticket), stale)
    assert answer.status_code == 404
    assert "Secret" not in answer.content.decode()


def test_who_moves_a_ticket_out_of_sight_is_told_on_the_board(
    alice: User, network: Queue, ticket: Ticket
) -> None:
    data = choices(ticket, queue=network.pk)
    answer = signed_in(alice).post(url("edit-ticket", ticket), data, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert f"#{ticket.pk} is saved in Network" in answer.content.decode()
    assert stored(ticket).queue == network


def test_the_first_to_take_it_wins_and_the_second_is_told(
    alice: User, carol: User, ticket: Ticket
) -> None:
    first = signed_in(carol).post(url("take-ticket", ticket), follow=True)
    second = signed_in(alice).post(url("take-ticket", ticket))
    assert f"#{ticket.pk} is yours" in first.content.decode()
    assert second.status_code == 409
    assert f"carol has ticket #{ticket.pk} already" in second.content.decode()
    assert stored(ticket).assignee == carol
    assert stored(ticket).version == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_gets_it(alice: User, carol: User, ticket: Ticket) -> None:
    def take(user: User) -> int:
        try:
            return signed_in(user).post(url("take-ticket", ticket)).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(take, [alice, carol], timeout=30))
    assert sorted(answers) == [302, 409]
    assert stored(ticket).assignee == (alice if answers[0] == 302 else carol)
    assert stored(ticket).version == 2


def test_taking_what_one_has_changes_nothing(alice: User, ticket: Ticket) -> None:
    for _ in range(2):
        assert signed_in(alice).post(url("take-ticket", ticket)).status_code == 302
    assert stored(ticket).version == 2


@pytest.mark.parametrize(("internal", "is_note"), [("", False), ("1", True)])
def test_a_comment_is_a_reply_or_an_internal_note(
    internal: str, is_note: bool, alice: User, ticket: Ticket
) -> None:
    data = {"body": "One line\r\nand another", "internal": internal}
    answer = signed_in(alice).post(url("add-comment", ticket), data)
    comment = Comment.objects.get()
    assert answer["Location"] == f"{url('ticket', ticket)}#comment-{comment.pk}"
    assert (comment.body, comment.internal) == ("One line\nand another", is_note)
    assert comment.author == alice


def test_a_new_ticket_opens_its_page(alice: User, billing: Queue) -> None:
    data = {
        "subject": "Door stuck", "queue": billing.pk, "priority": "high",
        "requester_name": "Zoë", "requester_email": "zoe@example.com",
    }  # fmt: skip
    answer = signed_in(alice).post("/tickets/new/", data, follow=True)
    ticket = Ticket.objects.get()
    assert answer.redirect_chain == [(url("ticket", ticket), 302)]
    assert (ticket.status, ticket.requester_name) == ("new", "Zoë")
    assert ticket.history.get().actor_name == "alice"


def test_a_new_ticket_in_a_queue_of_others_is_told_on_the_board(
    alice: User, network: Queue
) -> None:
    data = {"subject": "Door stuck", "queue": network.pk, "priority": "high"}
    answer = signed_in(alice).post("/tickets/new/", data, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "is saved in Network" in answer.content.decode()


def test_a_new_ticket_with_faults_is_shown_again_with_what_was_typed(
    alice: User, billing: Queue
) -> None:
    data = {"subject": "", "description": "It is stuck", "queue": billing.pk, "priority": "high",
            "requester_email": "nobody"}  # fmt: skip
    answer = signed_in(alice).post("/tickets/new/", data)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"subject", "requester_email"}
    assert "It is stuck" in answer.content.decode()
    assert not Ticket.objects.exists()


# --- Logging in and out -------------------------------------------------------------------------


def test_a_wrong_password_is_said_and_the_way_back_kept(client: Client, alice: User) -> None:
    data = {"username": "alice", "password": "wrong", "next": "/tickets/5/"}
    answer = client.post("/accounts/login/", data)
    content = answer.content.decode()
    assert "correct username and password" in content
    assert 'name="next" value="/tickets/5/"' in content


def test_who_is_signed_in_is_not_led_in_a_circle(alice: User) -> None:
    answer = signed_in(alice).get("/accounts/login/?next=/accounts/login/")
    assert answer["Location"] == "/"


def test_logging_out_is_a_post(alice: User) -> None:
    client = signed_in(alice)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302


def test_only_staff_are_led_to_the_admin(alice: User, admin: User) -> None:
    assert "/admin/" not in signed_in(alice).get("/").content.decode()
    assert "/admin/" in signed_in(admin).get("/").content.decode()


def test_who_serves_no_queue_is_not_shown_the_names_of_those_who_do(
    client: Client, dave: User, carol: User
) -> None:
    client.force_login(dave)
    assert carol.username not in client.get("/").content.decode()


# --- What is deleted while it is chosen ---------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["queue", "assignee"])
@pytest.mark.parametrize("page", ["new", "edit"])
def test_what_is_deleted_at_the_same_moment_is_said_and_the_form_is_kept(
    page: str, what: str, alice: User, carol: User, ticket: Ticket, network: Queue
) -> None:
    """The form has seen it, and waits for the deletion when it saves."""
    doomed = network if what == "queue" else carol
    if page == "new":
        path = reverse("new-ticket")
        data: dict[str, Any] = {
            "subject": "Kept text", "queue": ticket.queue_id, "priority": "low", what: doomed.pk,
        }  # fmt: skip
    else:
        path, data = url("edit-ticket", ticket), choices(ticket, status="pending")
        data[what] = doomed.pk
    client = signed_in(alice)

    def save() -> Any:
        try:
            return client.post(path, data)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            doomed.delete()
            saved = thread.submit(save)
            with pytest.raises(TimeoutError):
                saved.result(1)
        answer = saved.result(30)
    content = answer.content.decode()
    assert answer.status_code == 409
    assert content.count(JUST_DELETED) == 1
    assert ("Kept text" if page == "new" else '<option value="pending" selected') in content
    assert Ticket.objects.get().version == 1
