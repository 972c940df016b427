"""Forms in real windows: a control shows what the database says or is marked as unsaved, and what
was typed stays until the server has said that it took it."""

import re
from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.windows import Windows, expect_live, log_in, log_out, open_tab
from tests.harness.site import People
from tickets.models import Comment, Ticket

REPLY = "Have you tried water?"


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def reply_box(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def change(ticket: Ticket, **fields: object) -> None:
    for name, value in fields.items():
        setattr(ticket, name, value)
    ticket.save()


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def said(ticket: Ticket) -> list[str]:
    return list(Comment.objects.filter(ticket=ticket).values_list("body", flat=True))


def hold(page: Page, address: str) -> list[Route]:
    """Posts to this address are held back until the test lets them go."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route))
    return held


def expect_under_way(page: Page) -> None:
    expect(page.locator("form[aria-busy=true] button:not([type])")).to_have_text("Sending…")
    expect(page.locator("button[aria-busy=true]")).to_have_attribute("aria-disabled", "true")


def expect_said(page: Page, words: str) -> None:
    expect(page.locator(".says [role=alert]")).to_contain_text(words)


# --- What a control shows -------------------------------------------------------------------------


def leave_and_come_back(page: Page) -> None:
    page.goto("/")
    page.go_back()


def leave_far_and_come_back(page: Page) -> None:
    page.goto("/")
    page.goto("/tickets/new/")
    page.go_back()
    page.go_back()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("come_back", [leave_and_come_back, leave_far_and_come_back])
def test_after_back_the_panel_shows_what_a_colleague_has_changed(
    scripts: bool, come_back: Callable[[Page], None], windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket), java_script_enabled=scripts)
    alice.goto("/")
    change(ticket, status="pending", assignee=site.carol)
    alice.go_back()
    expect(alice.get_by_label("Status")).to_have_value("pending")
    expect(alice.get_by_label("Assignee")).to_have_value(str(site.carol.pk))
    change(ticket, status="resolved", priority="high")
    come_back(alice)
    expect(alice.get_by_label("Status")).to_have_value("resolved")
    expect(alice.get_by_label("Priority")).to_have_value("high")


@pytest.mark.parametrize("come_back", [leave_and_come_back, leave_far_and_come_back])
def test_after_back_without_scripts_no_choice_is_left_that_nobody_sees_as_unsaved(
    come_back: Callable[[Page], None], windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket), java_script_enabled=False)
    alice.get_by_label("Status").select_option("open")
    come_back(alice)
    expect(alice.get_by_label("Status")).to_have_value("new")
    change(ticket, status="pending")
    come_back(alice)
    expect(alice.get_by_label("Status")).to_have_value("pending")
    alice.get_by_label("Priority").select_option("low")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success")).to_contain_text("Saved.")
    assert (stored(ticket).status, stored(ticket).priority) == ("pending", "low")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_choice_saved_and_changed_by_a_colleague_does_not_come_back(
    scripts: bool, windows: Windows, site: People
) -> None:
    """Chromium fills in what was chosen when the page was left."""
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket), java_script_enabled=scripts)
    alice.get_by_label("Status").select_option("pending")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success")).to_contain_text("Saved.")
    alice.goto("/")
    change(stored(ticket), status="resolved")
    for _ in range(2):
        alice.go_back()
        if alice.locator("#panel").count():
            expect(alice.get_by_label("Status")).to_have_value("resolved")
    expect(alice.locator("[data-unsaved]")).to_have_count(0)
    alice.get_by_label("Priority").select_option("low")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success, #conflict").first).to_be_visible()
    assert stored(ticket).status == "resolved"


@pytest.mark.parametrize("again", [leave_and_come_back, lambda page: page.reload()])
def test_an_unsaved_choice_comes_back_as_such_and_never_overwrites(
    again: Callable[[Page], None], windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    status = alice.get_by_label("Status")
    status.select_option("pending")
    expect(status).to_have_attribute("data-unsaved", "")
    alice.goto("/")
    change(ticket, status="open", priority="urgent")
    alice.go_back()
    again(alice)
    expect(status).to_have_value("pending")
    expect(status).to_have_attribute("data-unsaved", "")
    expect(alice.get_by_label("Priority")).to_have_value("urgent")
    expect(alice.locator("[data-unsaved]")).to_have_count(1)

    alice.get_by_role("button", name="Save").click()
    expect(alice.locator("#conflict")).to_contain_text("new → open")
    assert stored(ticket).status == "open"
    expect(status).to_have_attribute("data-unsaved", "")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success")).to_contain_text("Saved.")
    assert (stored(ticket).status, stored(ticket).priority) == ("pending", "urgent")
    expect(alice.locator("[data-unsaved]")).to_have_count(0)
    alice.reload()
    expect_live(alice)
    expect(alice.locator("[data-unsaved]")).to_have_count(0)


def test_an_unsaved_choice_can_be_discarded(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    alice.get_by_label("Status").select_option("pending")
    change(ticket, status="open")
    expect(alice.locator("#meanwhile")).to_contain_text("new → open")
    alice.get_by_role("button", name="Discard choices").click()
    expect(alice.locator("[data-unsaved]")).to_have_count(0)
    expect(alice.get_by_label("Status")).to_have_value("open")
    alice.reload()
    expect(alice.get_by_label("Status")).to_have_value("open")
    expect(alice.locator("[data-unsaved]")).to_have_count(0)


def test_a_copy_of_the_tab_shows_the_choice_as_unsaved_too(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    alice.get_by_label("Status").select_option("pending")
    with alice.context.expect_page() as opened:
        alice.evaluate("void window.open(location.href)")  # takes the tab's storage along
    copy = opened.value
    expect(copy.get_by_label("Status")).to_have_value("pending")
    expect(copy.get_by_label("Status")).to_have_attribute("data-unsaved", "")
    copy.get_by_role("button", name="Save").click()
    expect(copy.locator(".notice-success")).to_contain_text("Saved.")
    expect(alice.locator("[data-unsaved]")).to_have_count(0)  # it is what the ticket has by now
    assert stored(ticket).version == 2


@pytest.mark.parametrize("scripts", [True, False])
def test_after_back_the_filters_are_those_of_the_list(
    scripts: bool, windows: Windows, site: People
) -> None:
    site.ticket("Toner is empty")
    alice = windows.open(site.alice, java_script_enabled=scripts)
    alice.get_by_role("searchbox").fill("toner")
    alice.locator("#filters summary").click()
    alice.get_by_label("Priority").select_option("urgent")
    alice.get_by_role("button", name="Show").click()
    expect(alice).to_have_url(re.compile("priority=urgent"))
    alice.go_back()
    expect(alice.get_by_role("searchbox")).to_have_value("")
    expect(alice.locator("#filter-priority")).to_have_value("")


def test_filters_of_a_board_that_the_browser_kept_are_those_of_the_list(
    windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice)
    alice.get_by_role("searchbox").fill("toner")
    alice.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(alice.get_by_role("searchbox")).to_have_value("")


# --- What was typed -------------------------------------------------------------------------------


def test_a_new_ticket_typed_while_the_session_ends_is_there_after_the_log_in(
    windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice, "/tickets/new/")
    fill_in(alice, site)
    log_out(open_tab(alice))
    alice.get_by_role("button", name="Open ticket").click()
    expect_said(alice, "You are signed out. Nothing was sent")
    expect(alice.get_by_label("Subject")).to_have_value("Toner is empty")
    with alice.context.expect_page() as opened:
        alice.get_by_role("link", name="Log in in another tab").click()
    log_in(opened.value, site.alice)
    expect(opened.value).to_have_url(re.compile("/tickets/new/$"))
    alice.reload()
    expect(alice.get_by_label("Description")).to_have_value("Since Monday")
    expect(alice.get_by_label("Queue")).to_have_value(str(site.billing.pk))
    alice.get_by_role("button", name="Open ticket").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Toner is empty")
    assert Ticket.objects.filter(queue=site.billing).count() == 1
    alice.goto("/tickets/new/")
    expect(alice.get_by_label("Subject")).to_have_value("")


def fill_in(page: Page, site: People) -> None:
    page.get_by_label("Subject").fill("Toner is empty")
    page.get_by_label("Description").fill("Since Monday")
    page.get_by_label("Queue").select_option(site.billing.name)


def test_a_draft_can_be_discarded(windows: Windows, site: People) -> None:
    alice = windows.open(site.alice, "/tickets/new/")
    fill_in(alice, site)
    alice.reload()
    alice.get_by_role("button", name="Discard the draft").click()
    expect(alice.get_by_label("Subject")).to_have_value("")
    alice.reload()
    expect_live(alice)
    expect(alice.get_by_label("Subject")).to_have_value("")
    expect(alice.locator("[data-unsaved]")).to_have_count(0)


@pytest.mark.parametrize("note", [False, True])
def test_a_reply_is_sent_after_a_log_in_in_another_tab_made_its_token_old(
    note: bool, windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    if note:
        alice.get_by_text("Internal note", exact=True).click()
    reply_box(alice).fill(REPLY)
    other = open_tab(alice)
    log_out(other)
    log_in(other, site.alice)
    expect_live(other)
    reply_box(alice).press("Control+Enter")
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    expect(reply_box(alice)).to_have_value("")
    assert list(Comment.objects.filter(ticket=ticket).values_list("internal", flat=True)) == [note]


@pytest.mark.parametrize("button", ["Take it", "Log out"])
def test_the_other_forms_of_such_a_tab_are_alive_too(
    button: str, windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice, path(site.ticket()))
    other = open_tab(alice)
    log_out(other)
    log_in(other, site.alice)
    expect_live(other)
    if button == "Log out":
        log_out(alice)
        expect(alice.get_by_role("button", name="Log in")).to_be_visible()
    else:
        alice.get_by_role("button", name=button).click()
        expect(alice.locator(".notice-success")).to_contain_text("is yours")


def test_a_second_log_in_form_is_alive_after_the_first(windows: Windows, site: People) -> None:
    first = windows.open(path="/")
    second = first.context.new_page()
    second.goto("/accounts/login/")
    log_in(first, site.alice)
    expect_live(first)
    log_in(second, site.alice)
    expect_live(second)


def test_without_its_token_the_form_says_so_and_can_be_sent_again(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)
    alice.context.clear_cookies()
    alice.get_by_role("button", name="Add reply").click()
    expect_said(alice, "Nothing was sent")
    with alice.context.expect_page() as opened:
        alice.get_by_role("link", name="Log in in another tab").click()
    log_in(opened.value, site.alice)
    expect_live(opened.value)
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    assert said(ticket) == [REPLY]


def test_nothing_is_sent_in_the_name_of_who_signed_in_later(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)
    other = open_tab(alice)
    log_out(other)
    log_in(other, site.carol)
    expect_live(other)
    alice.get_by_role("button", name="Add reply").click()
    expect_said(alice, "Somebody else is signed in")
    expect(reply_box(alice)).to_have_value(REPLY)
    assert said(ticket) == []
    alice.reload()  # carol, in alice's tab
    expect_live(alice)
    expect(reply_box(alice)).to_have_value("")
    leave_and_come_back(alice)
    expect_live(alice)
    expect(reply_box(alice)).to_have_value("")
    assert REPLY not in alice.content()


def test_without_a_network_the_page_stays_and_says_so(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)
    alice.context.set_offline(True)
    alice.get_by_role("button", name="Add reply").click()
    expect_said(alice, "There is no connection to the server.")
    expect(reply_box(alice)).to_have_value(REPLY)
    alice.get_by_label("Status").select_option("pending")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator("#panel .says")).to_contain_text("There is no connection")
    expect(alice.get_by_label("Status")).to_have_attribute("data-unsaved", "")
    alice.context.set_offline(False)
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    expect(alice.get_by_label("Status")).to_have_value("pending")
    assert said(ticket) == [REPLY]


def test_an_answer_that_is_lost_makes_no_second_reply(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    alice.route("**/comment/", lose)
    alice.get_by_role("button", name="Add reply").click()
    expect_said(alice, "There is no connection")
    alice.unroute("**/comment/")
    alice.reload()
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    expect(reply_box(alice)).to_have_value("")
    assert said(ticket) == [REPLY]


def test_a_new_ticket_whose_answer_is_lost_is_opened_once_also_after_a_reload(
    windows: Windows, site: People
) -> None:
    """The draft keeps the key under which it was sent."""
    alice = windows.open(site.alice, "/tickets/new/")
    fill_in(alice, site)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    alice.route("**/tickets/new/", lose)
    alice.get_by_role("button", name="Open ticket").click()
    expect_said(alice, "There is no connection")
    alice.unroute("**/tickets/new/")
    alice.reload()
    expect(alice.get_by_label("Subject")).to_have_value("Toner is empty")
    alice.get_by_role("button", name="Open ticket").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Toner is empty")
    expect(alice.locator(".notice-success")).to_contain_text("was saved once")
    assert Ticket.objects.filter(queue=site.billing).count() == 1


def test_pressed_twice_it_is_sent_once_and_the_button_shows_that_it_works(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    box = reply_box(alice)
    box.fill(REPLY)
    held = hold(alice, "**/comment/")
    box.press("Control+Enter")
    expect_under_way(alice)
    expect(box).to_be_focused()
    box.press("Control+Enter")
    alice.locator("#composer .button-primary").click(force=True)
    box.fill("A second thought")
    assert len(held) == 1
    held[0].continue_()
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    expect_live(alice)
    expect(box).to_have_value("A second thought")
    expect(alice.locator("[data-draft-state]")).to_contain_text("Draft restored")
    assert said(ticket) == [REPLY]


def test_a_new_ticket_is_opened_once_however_often_it_is_pressed(
    windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice, "/tickets/new/")
    fill_in(alice, site)
    held = hold(alice, "**/tickets/new/")
    alice.get_by_role("button", name="Open ticket").dblclick()
    expect_under_way(alice)
    assert len(held) == 1
    held[0].continue_()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Toner is empty")
    assert Ticket.objects.filter(queue=site.billing).count() == 1


def test_who_leaves_while_it_is_under_way_finds_the_text_again(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)
    held = hold(alice, "**/comment/")
    alice.get_by_role("button", name="Add reply").click()
    expect_under_way(alice)
    alice.goto("/")
    alice.go_back()
    expect(reply_box(alice)).to_have_value(REPLY)
    assert len(held) == 1
    assert said(ticket) == []


def test_what_is_refused_is_said_beside_its_field_and_the_rest_stays(
    windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice, "/tickets/new/")
    fill_in(alice, site)
    alice.get_by_label("Subject").fill("   ")
    alice.get_by_role("button", name="Open ticket").click()
    expect(alice.locator(".field-subject .errorlist")).to_contain_text("required")
    expect(alice.get_by_label("Subject")).to_be_focused()
    expect(alice.get_by_label("Description")).to_have_value("Since Monday")
    alice.get_by_label("Subject").fill("Toner is empty")
    alice.get_by_role("button", name="Open ticket").click()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Toner is empty")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_cannot_take_it_loses_nothing(
    status: int, windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)
    alice.route("**/comment/", lambda route: route.fulfill(status=status, body="<h1>no</h1>"))
    alice.get_by_role("button", name="Add reply").click()
    expect_said(alice, f"The server could not take this ({status}).")
    expect(alice.get_by_role("button", name="Add reply")).to_have_attribute("aria-busy", "false")
    alice.unroute("**/comment/")
    alice.reload()
    expect(reply_box(alice)).to_have_value(REPLY)
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    assert said(ticket) == [REPLY]


def test_who_takes_a_ticket_too_late_is_told_on_the_board(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice)
    held = hold(alice, "**/take/")
    alice.get_by_role("button", name="Take ticket").click()
    expect(alice.locator("form[aria-busy=true]")).to_have_count(1)
    change(ticket, assignee=site.carol)
    held[0].continue_()
    expect_said(alice, f"{site.carol.username} has ticket")


@pytest.mark.parametrize("comes", [True, False])
def test_a_ticket_is_taken_once_though_the_script_that_sends_it_is_late_or_never_comes(
    comes: bool, windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice)
    held = hold(alice, "**/sent-form*.js*")
    take = alice.get_by_role("button", name="Take ticket")
    with alice.expect_request("**/sent-form*.js*"):
        take.click()
    take.click()
    assert len(held) == 1
    assert stored(ticket).assignee is None
    if comes:
        held[0].continue_()
        expect(alice.locator(".toast")).to_contain_text(f"Ticket #{ticket.pk} is yours.")
    else:
        held[0].abort()
        expect(alice.locator(".notice-success")).to_contain_text(f"Ticket #{ticket.pk} is yours.")
    assert stored(ticket).assignee == site.alice
    assert ticket.history.filter(field="assignee").count() == 1


def test_what_the_database_cannot_take_now_stays_a_draft_and_is_sent_later(
    windows: Windows, site: People
) -> None:
    """Somebody else holds the ticket for longer than the server waits. On SQLite that could be the
    same form, sent before, and is told as such."""
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill(REPLY)
    with transaction.atomic():
        Ticket.locked([ticket.pk]).get()
        alice.get_by_role("button", name="Add reply").click()
        sentence = re.compile("Nothing was saved|Not saved")
        expect(alice.get_by_role("alert").filter(has_text=sentence)).to_be_visible(timeout=20_000)
    assert said(ticket) == []
    alice.reload()
    expect(reply_box(alice)).to_have_value(REPLY)
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator("#timeline > .said").filter(has_text=REPLY)).to_have_count(1)
    assert said(ticket) == [REPLY]
