"""The board in real windows: what changes appears in place, to who may see it, and adds up."""

import re

from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from tests.browser.windows import (
    ROWS,
    Windows,
    assert_not_reloaded,
    eventually,
    expect_live,
    expect_settled,
    expect_subjects,
    hold_answers,
    open_tab,
    row,
)
from tests.harness.site import People
from tickets.actor import acting_as
from tickets.models import Status, Ticket


def change_in_admin(page: Page, ticket: Ticket, **choices: str) -> None:
    page.goto(f"/admin/tickets/ticket/{ticket.pk}/change/")
    for field, value in choices.items():
        page.locator(f"#id_{field}").select_option(value)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")


def change_all_in_admin(page: Page, queue_id: int, action: str, value: str) -> None:
    page.goto(f"/admin/tickets/ticket/?queue__id__exact={queue_id}")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(action)
    page.get_by_role("button", name="Go", exact=True).click()
    page.locator("#id_value").select_option(value)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#content li").first).to_contain_text(f"now {value}")


def test_a_change_in_the_admin_appears_to_who_may_see_it_and_to_nobody_else(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Printer on fire")
    site.ticket("Silent switch", queue=site.network)
    alice, bob = windows.open(site.alice), windows.open(site.bob)
    admin = windows.open(site.admin)
    change_in_admin(admin, ticket, status="pending", priority="urgent")
    expect(row(alice, "Printer on fire")).to_contain_text("pending")
    expect(row(alice, "Printer on fire")).to_contain_text("urgent")
    expect_settled(alice, bob)
    expect_subjects(bob, "Silent switch")
    assert "Printer" not in bob.content()
    assert_not_reloaded(alice, bob)


def test_a_bulk_action_in_the_admin_changes_many_rows_in_place(
    windows: Windows, site: People
) -> None:
    for number in range(12):
        site.ticket(f"Printer {number}")
    other = site.ticket("Silent switch", queue=site.network)
    alice, bob = windows.open(site.alice), windows.open(site.bob)
    change_all_in_admin(windows.open(site.admin), site.billing.pk, "set_status", "pending")
    expect(alice.locator(f"{ROWS} [data-status=pending]")).to_have_count(12)
    expect_settled(alice, bob)
    expect(row(bob, other.subject)).to_contain_text("new")
    expect(bob.locator(ROWS)).to_have_count(1)
    assert_not_reloaded(alice, bob)


def test_tickets_enter_change_and_leave_without_a_reload(windows: Windows, site: People) -> None:
    first = site.ticket("First", status="open")
    alice = windows.open(site.alice, "/?status=open")
    expect_subjects(alice, "First")

    second = site.ticket("Second", status="open")
    expect_subjects(alice, "Second", "First")
    site.ticket("Not of this list")
    first.priority = "urgent"
    first.save()
    expect(row(alice, "First")).to_contain_text("urgent")
    expect_subjects(alice, "Second", "First")
    expect_settled(alice)

    second.status = "resolved"
    second.save()
    expect_subjects(alice, "First")
    expect_settled(alice)

    first.queue = site.network
    first.save()
    expect_subjects(alice)
    expect(alice.locator("#empty")).to_contain_text("No ticket here")
    expect_settled(alice)

    second.status = "open"
    second.save()
    expect_subjects(alice, "Second")
    second.delete()
    expect_subjects(alice)
    expect_settled(alice)
    assert_not_reloaded(alice)


def test_counters_and_lists_agree_for_everybody_whatever_happens(
    windows: Windows, site: People
) -> None:
    people: list[User] = [site.alice, site.bob, site.carol, site.dave, site.admin]
    for number, status in enumerate([*Status.values, *Status.values]):
        queue = site.network if number % 2 else site.billing
        site.ticket(f"Ticket {number}", status=status, queue=queue)
    pages = [windows.open(user) for user in people]
    alice, bob, carol, dave, _ = pages
    agents = pages[:-1]  # an admin's lists hold whatever other tests have left: compared at the end
    expect(dave.locator("#empty")).to_contain_text("You serve no queue yet.")
    expect_settled(*agents)

    moved = site.ticket("Moves about", assignee=site.alice)
    expect(row(alice, moved.subject)).to_be_visible()
    moved.queue, moved.status = site.network, "open"
    moved.save()
    expect(row(alice, moved.subject)).to_contain_text(site.network.name)  # it is assigned to her
    expect(row(bob, moved.subject)).to_be_visible()
    expect_settled(*agents)

    moved.assignee = site.dave
    moved.save()
    expect(row(dave, moved.subject)).to_be_visible()
    expect(row(alice, moved.subject)).to_have_count(0)
    expect_settled(*agents)

    Ticket.objects.filter(queue=site.network).update(status="closed")
    moved.delete()
    expect_subjects(dave)
    expect(row(carol, moved.subject)).to_have_count(0)
    expect_settled(*pages)
    assert_not_reloaded(*pages)


def test_who_joins_a_queue_sees_its_tickets_and_who_leaves_it_does_not(
    windows: Windows, site: People
) -> None:
    site.ticket("Printer on fire")
    dave = windows.open(site.dave)
    site.billing.agents.add(site.dave)
    expect_subjects(dave, "Printer on fire")
    expect(dave.locator("#side")).to_contain_text(site.billing.name)
    expect_settled(dave)
    site.billing.agents.remove(site.dave)
    expect_subjects(dave)
    expect(dave.locator("#side")).not_to_contain_text(site.billing.name)
    expect_settled(dave)
    assert_not_reloaded(dave)


def test_a_search_stays_right_also_where_events_do_not_tell(windows: Windows, site: People) -> None:
    site.ticket("Toner is empty")
    alice = windows.open(site.alice, "/?q=toner")
    hidden = site.ticket("Needs a visit", description="The toner has leaked.")
    site.ticket("Nothing of the kind")
    expect_subjects(alice, "Needs a visit", "Toner is empty")
    expect_settled(alice)
    hidden.description = "It was ink."
    hidden.save()
    expect_subjects(alice, "Toner is empty")
    expect_settled(alice)
    assert_not_reloaded(alice)


def test_a_page_of_many_stays_right(windows: Windows, site: People) -> None:
    tickets = [site.ticket(f"Ticket {number:02}") for number in range(51)]
    first, second = windows.open(site.alice), windows.open(site.carol, "/?page=2")
    expect(first.locator("#pager")).to_contain_text("Page 1 of 2")
    expect_subjects(second, "Ticket 00")

    site.ticket("Ticket 51")
    expect(first.locator(ROWS).first).to_contain_text("Ticket 51")
    expect(first.locator(ROWS)).to_have_count(50)
    second.locator("#pill").click()  # A later page waits until its reader asks.
    expect_subjects(second, "Ticket 01", "Ticket 00")
    expect_settled(first, second)

    for ticket in tickets[40:42]:
        ticket.delete()
    expect(first.locator(ROWS).last).to_contain_text("Ticket 00")
    expect(first.locator("#pager")).to_be_hidden()
    expect_settled(first, second)
    assert_not_reloaded(first, second)


def test_a_ticket_that_is_taken_on_the_board_shows_its_agent_to_the_others(
    windows: Windows, site: People
) -> None:
    site.ticket("Printer on fire")
    alice, carol = windows.open(site.alice), windows.open(site.carol)
    row(alice, "Printer on fire").get_by_role("button", name="Take ticket").click()
    expect(alice.locator(".toast")).to_contain_text("is yours")
    expect(row(carol, "Printer on fire").locator(".name")).to_have_text(site.alice.username)
    expect(row(carol, "Printer on fire").get_by_role("button")).to_be_hidden()
    assert_not_reloaded(carol)


def test_a_message_is_news_in_the_row_until_its_ticket_was_opened_in_any_tab(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Printer on fire", requester_name="Marta")
    with acting_as(site.alice):
        own = site.ticket("Mine")
    alice = windows.open(site.alice)
    second = open_tab(alice, f"/tickets/{ticket.pk}/")
    printer = row(alice, "Printer on fire")
    expect(printer).not_to_have_attribute("data-unread", "")
    second.close()  # it would see what is said, and nothing would be unread

    with acting_as(site.carol):
        ticket.comments.create(author=site.carol, body="Still burning", requester=True)
    with acting_as(site.alice):
        own.comments.create(author=site.alice, body="I will see")
    expect(printer).to_have_attribute("data-unread", "")
    expect(printer.locator(".cell-subject")).to_contain_text("unread")
    expect(printer.locator(".cell-activity")).to_contain_text("requester")
    expect(printer.locator(".cell-activity")).to_contain_text("now")
    expect(row(alice, "Mine").locator(".cell-activity")).to_contain_text("agent")
    expect(row(alice, "Mine")).not_to_have_attribute("data-unread", "")
    alice.reload()
    expect(printer).to_have_attribute("data-unread", "")

    open_tab(alice, f"/tickets/{ticket.pk}/")
    expect(printer).not_to_have_attribute("data-unread", "")
    expect(printer.locator(".cell-subject")).not_to_contain_text("unread")


PLACES = """() => [...document.querySelectorAll(
    ".heading h1, #filters, .heading > .menu > summary, .tools > *, .heading > .button, #rows"
  )].map((element) => element.getBoundingClientRect())
    .filter(({ width }) => width > 0).map(({ x, y, width, height }) => [x, y, width, height])"""


def test_the_tools_stand_in_the_row_of_the_heading_and_no_news_moves_them(
    windows: Windows, site: People
) -> None:
    site.ticket("First")
    page = windows.open(site.alice)
    for width in (1920, 1280, 1100):
        page.set_viewport_size({"width": width, "height": 800})
        *heading, _ = page.evaluate(PLACES)
        middles = [y + height / 2 for _, y, _, height in heading]
        assert max(middles) - min(middles) < 8, (width, heading)
        label = page.locator("#label")
        assert label.evaluate("(text) => text.scrollWidth <= text.offsetWidth"), width
    page.set_viewport_size({"width": 1280, "height": 800})
    before = page.evaluate(PLACES)
    page.get_by_role("button", name="Pause").click()
    for number in range(12):
        site.ticket(f"Held back {number}")
    expect(page.get_by_role("button", name="Resume")).to_have_text("Resume, 12 held back")
    assert page.evaluate(PLACES) == before
    for state in ("reconnecting", "not-live", "signed-out"):
        page.evaluate("(state) => (document.documentElement.dataset.liveState = state)", state)
        assert page.evaluate(PLACES) == before, state


def test_long_names_and_words_leave_the_rest_whole(windows: Windows, site: People) -> None:
    site.billing.name = f"Rechnungswesen und Zahlungsverkehr {site.billing.pk}"
    site.billing.save()
    Ticket.objects.bulk_create(
        Ticket(subject="x" * 150, queue=site.billing, tags="a-tag-of-thirty-characters-now")
        for _ in range(12)
    )
    page = windows.open(site.alice)
    number = page.locator("#side a", has_text="Rechnungswesen").locator(".count")
    expect(number).to_have_text("12")
    for whole in (number, page.locator("#rows .label").first):
        assert whole.evaluate("(it) => it.getBoundingClientRect().height") <= 20
    # The mark of an unread ticket stands before its subject, not in a line of its own.
    subject = page.locator("#rows .subject").first
    assert subject.evaluate("(link) => link.innerText.length > 0")
    first_line = """(link) => {
      const range = document.createRange();
      range.selectNodeContents(link);
      return range.getClientRects()[0].top - link.getBoundingClientRect().top;
    }"""
    assert subject.evaluate(first_line) < 10


def test_no_row_grows_when_it_changes_or_leaves_and_a_mark_stands_where_motion_is_unwelcome(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("A subject that is longer than any row is wide " * 4, requester_name="Ana")
    other = site.ticket("Short")
    heights = "() => [...document.querySelectorAll('#rows > tr')].map((row) => row.offsetHeight)"
    page = windows.open(site.alice, reduced_motion="reduce")
    for width, density in (
        (1920, "comfortable"),
        (1280, "comfortable"),
        (1280, "compact"),
        (390, ""),
    ):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("(density) => (document.documentElement.dataset.density = density)", density)
        row(page, "Short").locator("a.subject").focus()
        before = page.evaluate(heights)
        Ticket.objects.filter(pk__in=[ticket.pk, other.pk]).update(
            status="closed", priority="urgent"
        )
        expect(page.locator(f"{ROWS}[data-left]")).to_have_count(2)
        changed = row(page, "Short").locator(".cell-priority")
        expect(changed).to_have_css("animation-name", "none")
        expect(changed).not_to_have_css("box-shadow", "none")
        assert page.evaluate(heights) == before, (width, density)
        Ticket.objects.filter(pk__in=[ticket.pk, other.pk]).update(status="new", priority="low")
        expect(page.locator(f"{ROWS}[data-left]")).to_have_count(0)


def test_a_list_by_its_last_messages_goes_on_with_each_of_them(
    windows: Windows, site: People
) -> None:
    tickets = [site.ticket(f"Ticket {number:02}") for number in range(52)]
    page = windows.open(site.alice, "/?sort=-activity")
    expect(page.locator(ROWS).first).to_contain_text("Ticket 51")
    tickets[0].comments.create(body="From the next page", requester=True)
    expect(page.locator(ROWS).first).to_contain_text("Ticket 00")
    expect(page.locator(ROWS)).to_have_count(50)
    expect_settled(page)
    assert_not_reloaded(page)


def test_of_two_answers_about_the_length_of_a_list_the_later_one_counts(
    windows: Windows, site: People
) -> None:
    """Two of the page leave it, so its rows are asked for; they come after the next counters."""
    tickets = [site.ticket(f"Ticket {number:02}") for number in range(55)]
    page = windows.open(site.alice)
    held = hold_answers(page, "**/rows/**")
    leaving = [ticket.pk for ticket in tickets[5:7]]
    Ticket.objects.filter(pk__in=leaving).update(status=Status.CLOSED)
    expect(page).to_have_title(re.compile(r"^\(53\)"))
    eventually(page, lambda: len(held), lambda number: number == 1)
    site.ticket("The newest")
    expect(page).to_have_title(re.compile(r"^\(54\)"))
    held[0]()
    expect(row(page, "Ticket 04")).to_be_visible()  # it has taken the rows
    expect(page).to_have_title(re.compile(r"^\(54\)"))
    expect(page.locator("[data-total]")).to_have_text("54")


def test_what_happens_while_a_page_loads_is_not_lost(windows: Windows, site: People) -> None:
    ticket = site.ticket("Printer on fire")
    page = windows.open(site.alice)

    def change_first(route: Route) -> None:
        """After the server has read the page's data, before its stream begins."""
        ticket.status = "pending"
        ticket.save()
        route.continue_()

    page.route("**/tickets/board.js", change_first)
    page.reload()
    expect_live(page)
    expect(row(page, "Printer on fire")).to_contain_text("pending")
    expect_settled(page)
