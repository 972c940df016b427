"""A forgotten password, as its owner sees it: on a phone, without scripts, by a link in a mail."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.windows import Windows, expect_live, expect_state
from tests.harness.axe import CONTRAST, assert_sound
from tests.harness.post import post_office
from tests.harness.servers import Daphne
from tests.harness.site import People
from tests.tickets.mail.test_worker import Worker
from tests.ticketsystem.logins.mails import LINK, forget, link_in, mails, work

PHONE: ViewportSize = {"width": 390, "height": 844}
NEW = "12 Gallons of paint"
MAIL = {"EMAIL_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "help@example.com"}


@pytest.fixture(scope="module")
def server(site_database: str) -> Iterator[Daphne]:
    """One that has mail; what it queues the test looks at itself."""
    with Daphne(site_database, **MAIL) as daphne:
        yield daphne


def with_address(user: User) -> User:
    user.email = f"{user.username}@example.org"
    user.save()
    return user


def expect_sound(page: Page) -> None:
    assert_sound(page)
    page.emulate_media(color_scheme="dark")
    assert_sound(page, only=CONTRAST)
    page.emulate_media(color_scheme="light")
    widths = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def link_for(user: User) -> str:
    work()
    return link_in([mail for mail in mails() if mail.to == user.email][-1])


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without"])
def test_a_forgotten_password_is_replaced_on_a_phone(
    scripts: bool, windows: Windows, site: People
) -> None:
    alice = with_address(site.alice)
    page = windows.open(path="/", java_script_enabled=scripts, viewport=PHONE)
    sound = expect_sound if scripts else (lambda page: None)
    page.get_by_role("link", name="Forgot your password?").click()
    sound(page)
    page.get_by_label("E-mail address of your account").fill("nobody@nowhere")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_text("Enter a valid email address.")).to_be_visible()
    sound(page)
    page.get_by_label("E-mail address of your account").fill(alice.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    sound(page)

    page.goto(link_for(alice))
    assert urlsplit(page.url).path.endswith("/set-password/")
    sound(page)
    page.get_by_label("New password", exact=True).fill("1234567")
    page.get_by_label("New password confirmation").fill("1234567")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".errorlist").first).to_contain_text("too short")
    sound(page)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password confirmation").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password is changed")
    sound(page)
    page.get_by_role("link", name="To the log-in").click()
    page.get_by_label("Username").fill(alice.username)
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Log in").click()
    if scripts:
        expect_live(page)
    expect(page.locator("#rows")).to_be_attached()


def test_a_link_that_does_not_hold_says_why_and_leads_to_another_one(
    windows: Windows, site: People
) -> None:
    page = windows.open(path="/accounts/reset/MQ/c1-00000000000000000000000000000000/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not hold")
    page.set_viewport_size(PHONE)
    expect_sound(page)
    page.get_by_role("link", name="Ask for another one").click()
    expect(page.get_by_label("E-mail address of your account")).to_be_visible()


def test_whoever_was_signed_in_elsewhere_is_signed_out_and_their_page_says_so(
    windows: Windows, site: People
) -> None:
    alice = with_address(site.alice)
    elsewhere = windows.open(alice)
    page = windows.open(path="/accounts/password_reset/")
    page.get_by_label("E-mail address of your account").fill(alice.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    page.goto(link_for(alice))
    for field in ("New password", "New password confirmation"):
        page.get_by_label(field, exact=True).fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect_state(elsewhere, "signed-out", "Signed out")


def test_a_worker_mails_the_link_that_was_asked_for(
    server: Daphne, site_database: str, site: People
) -> None:
    alice = with_address(site.alice)
    forget()
    with (
        post_office() as office,
        Worker(site_database, office),
        httpx.Client(base_url=server.url, follow_redirects=True, timeout=20) as browser,
    ):
        form = browser.get("/accounts/password_reset/")
        fields = {"email": alice.email.upper(), "csrfmiddlewaretoken": token_of(form.text)}
        assert "Look into your mail" in browser.post(form.url, data=fields).text
        came = office.next()
        assert came.to == [alice.email]
        assert came.message["Subject"] == "Choose a new password"
        assert came.message["Auto-Submitted"] == "auto-generated"
        (link,) = LINK.findall(came.text())
        assert "Choose a new password" in browser.get(link).text
    (mail,) = mails()
    assert mail.text == ""  # what opens the account is forgotten once it is sent


def test_under_a_path_the_link_has_the_path(site_database: str, site: People) -> None:
    alice = with_address(site.alice)
    with Daphne(site_database, FORCE_SCRIPT_NAME="/desk", **MAIL) as server:
        page = f"{server.url}/desk/accounts/password_reset/"
        with httpx.Client(follow_redirects=True, timeout=20) as browser:
            form = browser.get(page)
            browser.post(
                page, data={"email": alice.email, "csrfmiddlewaretoken": token_of(form.text)}
            )
            link = link_for(alice)
            assert link.startswith(f"{server.url}/desk/accounts/reset/")
            chosen = browser.get(link)
        assert urlsplit(f"{chosen.url}").path.startswith("/desk/accounts/reset/")
        assert "Choose a new password" in chosen.text


def token_of(page: str) -> str:
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
