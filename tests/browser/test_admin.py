"""The admin in a real window: what its controls show is so, and thousands are done to the end."""

from django.contrib.auth.models import Permission, User
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Windows, eventually
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.bookkeeping import BulkJob
from tickets.models import Comment, Queue, Ticket

TICKETS = "/admin/tickets/ticket/"


def page_of(ticket: Ticket) -> str:
    return f"{TICKETS}{ticket.pk}/change/"


def open_admin(windows: Windows, user: User, path: str) -> Page:
    """The admin's pages have no stream to wait for."""
    page = windows.open(user, "/")
    page.goto(path)
    return page


def staff(user: User) -> User:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="tickets"))
    return user


def change_as(user: User, server: Daphne, ticket: Ticket, **fields: object) -> None:
    with Browser(server.url, user) as other:
        answer = other.patch(f"/api/tickets/{ticket.pk}/", json=fields)
        assert answer.status_code == 200, answer.text


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def choose(page: Page, field: str, typed: str) -> None:
    """Type into a control that looks names up, and take the only answer."""
    page.locator(f".field-{field} .select2-selection").click()
    page.locator(".select2-search__field:focus").press_sequentially(typed)
    options = page.locator(".select2-results__option[aria-selected]")
    expect(options).to_have_count(1)
    options.click()


def unsaved(page: Page) -> Locator:
    return page.locator("#ticket_form [data-unsaved]")


def test_after_back_a_control_shows_what_a_colleague_set_and_save_keeps_it(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket(assignee=site.alice)
    page = open_admin(windows, site.admin, page_of(ticket))
    expect(page.get_by_label("Status")).to_have_value("new")
    page.goto(TICKETS)
    change_as(site.carol, server, ticket, status="pending", assignee=site.carol.pk)
    page.go_back()
    expect(page.get_by_label("Status")).to_have_value("pending")
    expect(page.locator("#id_assignee")).to_have_value(str(site.carol.pk))
    page.get_by_label("Priority").select_option("high")
    save(page)
    expect(page.locator(".messagelist .success")).to_be_visible()
    saved = stored(ticket)
    assert (saved.status, saved.priority, saved.assignee) == ("pending", "high", site.carol)


def test_after_back_a_users_page_shows_what_was_set_meanwhile_and_save_keeps_it(
    windows: Windows, site: People
) -> None:
    """Or a user who was shut out would be let in again by a Save that meant something else."""
    path = f"/admin/auth/user/{site.dave.pk}/change/"
    page = open_admin(windows, site.admin, path)
    page.get_by_label("Staff status").check()  # which Chromium would fill in again
    expect(page.locator("[data-unsaved]")).to_have_count(1)
    page.goto("/admin/auth/user/")
    User.objects.filter(pk=site.dave.pk).update(is_active=False)
    page.go_back()
    expect(page.get_by_label("Active")).not_to_be_checked()
    expect(page.get_by_label("Staff status")).not_to_be_checked()
    page.get_by_label("Email address").fill("dave@example.com")
    save(page)
    expect(page.locator(".messagelist .success")).to_be_visible()
    dave = User.objects.get(pk=site.dave.pk)
    assert (dave.email, dave.is_active, dave.is_staff) == ("dave@example.com", False, False)


def test_what_was_chosen_before_back_is_marked_or_gone_and_overwrites_nothing_unseen(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    page = open_admin(windows, site.admin, page_of(ticket))
    page.get_by_label("Status").select_option("resolved")
    expect(page.get_by_label("Status")).to_have_attribute("data-unsaved", "")
    page.goto(TICKETS)
    change_as(site.carol, server, ticket, status="pending")
    page.go_back()
    expect(page.locator("#id_seen_version")).to_be_attached()
    shown = page.get_by_label("Status").input_value()
    marked = page.get_by_label("Status").get_attribute("data-unsaved") is not None
    assert marked if shown == "resolved" else shown == "pending"
    save(page)
    expect(page.locator(".errornote, .messagelist .success").first).to_be_visible()
    assert stored(ticket).status == "pending"


def test_what_is_chosen_is_marked_and_what_is_put_back_is_not(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    page = open_admin(windows, site.admin, page_of(ticket))
    expect(unsaved(page)).to_have_count(0)
    choose(page, "assignee", site.bob.username)
    expect(page.locator("#id_assignee")).to_have_attribute("data-unsaved", "")
    page.get_by_label("Subject").fill("Smoke")
    expect(unsaved(page)).to_have_count(2)
    page.get_by_label("Subject").fill("Printer on fire")
    expect(unsaved(page)).to_have_count(1)


def test_a_kept_page_comes_back_as_the_database_says_or_with_its_marks(
    windows: Windows, server: Daphne, site: People
) -> None:
    """Chromium keeps a page whole when it likes to; then it tells by the event `pageshow`."""
    come_back = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    ticket = site.ticket()
    page = open_admin(windows, site.admin, page_of(ticket))
    change_as(site.carol, server, ticket, status="pending")
    page.evaluate(come_back)
    expect(page.get_by_label("Status")).to_have_value("pending")
    expect(unsaved(page)).to_have_count(0)
    page.get_by_label("Subject").fill("Smoke")
    change_as(site.carol, server, ticket, status="open")
    page.evaluate(come_back)
    expect(page.get_by_label("Subject")).to_have_value("Smoke")
    save(page)
    expect(page.locator(".errornote")).to_be_visible()
    assert stored(ticket).subject == "Printer on fire"


def test_a_stale_form_shows_what_changed_and_the_second_save_saves(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    page = open_admin(windows, staff(site.alice), page_of(ticket))
    change_as(site.carol, server, ticket, status="pending", due_at="2027-01-02T10:00:00Z")
    page.get_by_label("Subject").fill("Smoke")
    page.locator("#comments-group .add-row a").click()
    page.locator("#id_comments-0-body").fill("On my way")
    save(page)
    expect(page.locator(".errornote + .errorlist")).to_contain_text("set status new → pending")
    expect(page.locator(".errornote + .errorlist")).to_contain_text(site.carol.username)
    expect(page.get_by_label("Status")).to_have_value("pending")
    expect(page.locator("#id_due_at_0")).to_have_value("2027-01-02")
    expect(page.locator("#id_comments-0-body")).to_have_value("On my way")
    expect(page.get_by_label("Subject")).to_have_attribute("data-unsaved", "")
    save(page)
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert (stored(ticket).subject, stored(ticket).status) == ("Smoke", "pending")
    assert Comment.objects.get(ticket=ticket).body == "On my way"


def test_after_back_no_other_ticket_is_ticked_than_was_chosen(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Chosen")
    page = open_admin(windows, site.admin, f"{TICKETS}?queue__id__exact={site.billing.pk}")
    page.locator(f'[name="_selected_action"][value="{ticket.pk}"]').check()
    page.goto(page_of(ticket))
    other = site.ticket("Came later")
    page.go_back()
    page.wait_for_load_state("load")
    ticked = page.locator('[name="_selected_action"]:checked')
    assert ticked.evaluate_all("boxes => boxes.map((box) => box.value)") in ([], [str(ticket.pk)])
    assert not page.locator(f'[name="_selected_action"][value="{other.pk}"]:checked').count()


def test_a_bulk_deletion_goes_on_by_itself_until_all_is_done(
    windows: Windows, site: People
) -> None:
    queue = Queue.objects.create(name=f"Old tickets of {site.admin.username}")
    Ticket.objects.bulk_create(Ticket(subject=f"No. {n}", queue=queue) for n in range(450))
    page = open_admin(windows, site.admin, f"{TICKETS}?queue__id__exact={queue.pk}")
    page.locator("#action-toggle").check()
    page.get_by_text("Select all 450 tickets").click()
    page.get_by_label("Action:").select_option("delete_selected")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.locator("#progress")).to_contain_text("All 450 are done", timeout=60_000)
    assert not Ticket.objects.filter(queue=queue).exists()
    assert BulkJob.objects.filter(user=site.admin).count() == 1


def test_agents_come_and_go_by_their_names(windows: Windows, site: People) -> None:
    page = open_admin(windows, site.admin, f"/admin/tickets/queue/{site.billing.pk}/change/")
    choose(page, "add_agents", site.dave.username)
    choose(page, "remove_agents", site.alice.username)
    save(page)
    expect(page.locator(".messagelist .success")).to_be_visible()
    agents = eventually(page, lambda: {*site.billing.agents.all()}, lambda found: found)
    assert agents == {site.carol, site.dave}


def test_the_history_of_a_ticket_is_shown(windows: Windows, server: Daphne, site: People) -> None:
    ticket = site.ticket()
    change_as(site.carol, server, ticket, status="open")
    page = open_admin(windows, staff(site.alice), page_of(ticket))
    page.get_by_role("link", name="History").click()
    expect(page.locator("#change-history")).to_contain_text("set status new → open")
    page.goto(f"{TICKETS}{site.ticket(queue=site.network).pk}/history/")
    expect(page.locator("#change-history")).to_have_count(0)
