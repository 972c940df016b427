"""A forgotten password: who gets a link, what the page tells, and what the link opens."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.harness.people import signed_in
from tests.ticketsystem.logins.mails import forget, link_in, mails, work
from tests.ticketsystem.logins.people import HOME, MD5, OFFICE, RIGHT, log_in, with_password
from ticketsystem.logins.limits import OF_ONE_NAME
from ticketsystem.logins.models import AskedReset, SentReset
from ticketsystem.logins.resets import (
    OF_ALL_NETWORKS,
    OF_ONE_ACCOUNT,
    OF_ONE_BROWSER,
    OF_ONE_NETWORK,
    WINDOW,
    send_links,
)

PAGE = "/accounts/password_reset/"
DONE = "/accounts/password_reset/done/"
CHANGED = "/accounts/reset/done/"
PAGES = (PAGE, DONE, CHANGED, "/accounts/reset/MQ/set-password/")
NEW = "12 Gallons of paint"
ALICE = "alice@example.org"


@pytest.fixture(autouse=True)
def with_mail(db: None, settings: Any) -> None:
    forget()
    settings.EMAIL_URL = "smtp://localhost:1"
    settings.MAIL_FROM = "Help desk <help@example.com>"
    settings.LIVE_TRUST_PROXY_HEADERS = True
    settings.PASSWORD_HASHERS = MD5
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def alice(alice: User) -> User:
    """She has an address, and a password that she has forgotten."""
    return with_address(alice, ALICE)


def with_address(user: User, address: str) -> User:
    user.email = address
    return with_password(user)


def ask(address: str, client: Client | None = None, where: str = HOME, **headers: str) -> Any:
    at = {"X-Forwarded-For": where, **headers}
    return (client or Client()).post(PAGE, {"email": address}, headers=at)


def asked_and_mailed(address: str, **options: Any) -> str:
    """The link that comes of it."""
    assert ask(address, **options)["Location"] == DONE
    work()
    return link_in(mails()[-1])


def opened(link: str, client: Client) -> str:
    """The page to which the link leads on, without the token in its address."""
    answer = client.get(urlsplit(link).path)
    assert answer.status_code == 302, answer.text
    return str(answer["Location"])


def choose(page: str, client: Client, new: str = NEW, again: str = NEW, where: str = HOME) -> Any:
    form = {"new_password1": new, "new_password2": again}
    return client.post(page, form, headers={"X-Forwarded-For": where})


def asked_before(times: int, network: str = HOME, **fields: Any) -> None:
    row = {"address": "", "page": "", "network": network, "browser": "", **fields}
    AskedReset.objects.bulk_create(AskedReset(**row) for _ in range(times))


@pytest.mark.parametrize("page", PAGES)
def test_without_mail_there_is_no_such_page_and_no_way_to_it(
    page: str, alice: User, settings: Any
) -> None:
    assert f'href="{PAGE}"' in Client().get("/accounts/login/").text
    assert Client().get(page).status_code == 200
    settings.EMAIL_URL = ""
    assert f'href="{PAGE}"' not in Client().get("/accounts/login/").text
    assert Client().get(page).status_code == 404
    assert Client().post(page, {"email": ALICE}).status_code == 404
    assert not AskedReset.objects.exists()


def test_a_request_without_its_token_of_the_form_is_refused(alice: User) -> None:
    assert ask(ALICE, Client(enforce_csrf_checks=True)).status_code == 403
    assert not AskedReset.objects.exists()


def test_a_link_is_followed_to_a_new_password_and_holds_once(alice: User) -> None:
    other = signed_in(alice)
    link = asked_and_mailed(ALICE)
    assert link.startswith("http://testserver/accounts/reset/")
    (mail,) = mails()
    assert (mail.to, "account alice at http://testserver/" in mail.text) == (ALICE, True)
    browser = Client()
    answer = browser.get(urlsplit(link).path)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Location"].endswith("/set-password/")
    page = browser.get(answer["Location"])
    assert 'autocomplete="new-password"' in page.text
    assert "For <strong>alice</strong>" in page.text
    # With no-referrer the browser would send the form without its Origin, and be refused.
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "private, no-store"
    assert choose(answer["Location"], browser)["Location"] == CHANGED
    assert "Log in with the new one" in browser.get(CHANGED).text
    assert other.get("/").status_code == 302  # signed out
    assert log_in(Client(), "alice", RIGHT).status_code == 200
    assert log_in(Client(), "alice", NEW).status_code == 302
    for one in (browser, Client()):
        again = one.get(urlsplit(link).path)
        assert "This link does not hold" in again.text
        assert again["Referrer-Policy"] == "no-referrer"
    told = mails()[-1]
    assert (told.to, told.subject) == (ALICE, "Your password was changed")


@pytest.mark.parametrize(
    ("new", "again", "sentence"),
    [
        (NEW, f"{NEW}!", "password fields didn’t match"),
        ("alice123", "alice123", "too similar to the username"),
        ("1234567", "1234567", "too short"),
        ("", "", "This field is required"),
    ],
)
def test_what_is_wrong_with_a_password_is_said_beside_its_field(
    alice: User, new: str, again: str, sentence: str
) -> None:
    browser = Client()
    page = opened(asked_and_mailed(ALICE), browser)
    answer = choose(page, browser, new, again)
    assert answer.status_code == 200
    assert sentence in answer.text.replace("&#x27;", "’").replace("&rsquo;", "’")
    assert log_in(Client(), "alice", RIGHT).status_code == 302


def test_whoever_is_asked_for_the_answer_and_the_work_for_it_are_the_same(
    alice: User, bob: User, carol: User, dave: User
) -> None:
    """An account; one that has had its three, is inactive, has no password; and none."""
    with_address(bob, "bob@example.org")
    SentReset.objects.bulk_create(SentReset(user=bob) for _ in range(OF_ONE_ACCOUNT))
    with_address(carol, "carol@example.org")
    User.objects.filter(pk=carol.pk).update(is_active=False)
    User.objects.filter(pk=dave.pk).update(email="dave@example.org")
    assert not dave.has_usable_password()
    seen = []
    for name in ("alice", "bob", "carol", "dave", "nobody"):
        address, client = f"{name}@example.org", Client()
        with CaptureQueriesContext(connection) as queries:
            answer = ask(address, client)
            page = client.get(answer["Location"])
        statements = [shape(query["sql"]) for query in queries]
        seen.append((answer.status_code, dict(answer.headers), answer.content,
                     page.status_code, dict(page.headers), page.content, statements))  # fmt: skip
    for other in seen[1:]:
        assert other == seen[0]
    assert len(seen[0][-1]) > 3
    assert not any("auth_user" in statement for statement in seen[0][-1])
    work()
    assert [mail.to for mail in mails()] == [ALICE]


def shape(statement: str) -> str:
    """Without what differs from one request to the next anyway."""
    savepoint = r"\bs[0-9]+_x[0-9]+\b"
    return re.sub(rf"'[^']*'|\b[0-9]+\b|\b[0-9a-f]{{32}}\b|{savepoint}", "?", statement)


def test_an_account_gets_three_links_an_hour(alice: User, caplog: Any) -> None:
    for number in range(OF_ONE_ACCOUNT + 2):
        assert ask(ALICE, where=f"203.0.113.{number}")["Location"] == DONE
        work()
    assert len(mails()) == OF_ONE_ACCOUNT
    assert "'alice': it had its three" in caplog.text
    SentReset.objects.update(at=Now() - WINDOW)
    asked_and_mailed(ALICE)
    assert len(mails()) == OF_ONE_ACCOUNT + 1
    assert SentReset.objects.count() == 1  # old ones go as new ones come


def test_each_account_of_an_address_gets_a_link_of_its_own(alice: User, bob: User) -> None:
    with_address(bob, ALICE)
    ask(ALICE)
    work()
    assert ["alice" in mails()[0].text, "bob" in mails()[1].text] == [True, True]
    browser = Client()
    choose(opened(link_in(mails()[1]), browser), browser)
    assert log_in(Client(), "bob", NEW).status_code == 302
    assert log_in(Client(), "alice", RIGHT).status_code == 302


def test_the_hundred_and_first_request_of_a_network_is_refused_whatever_it_asks_for(
    alice: User, caplog: Any
) -> None:
    asked_before(OF_ONE_NETWORK)
    for address in (ALICE, "nobody@example.org"):
        answer = ask(address)
        assert answer.status_code == 429
        assert "Too many requests for a new password" in answer.text
        assert "from your address: wait 60 minutes, then try again." in answer.text
        assert 3500 < int(answer["Retry-After"]) <= 3600
    assert AskedReset.objects.count() == OF_ONE_NETWORK
    assert ALICE not in caplog.text
    assert HOME in caplog.text
    asked_and_mailed(ALICE, where=OFFICE)


def test_a_browser_that_has_signed_in_before_is_spared_what_strangers_ask(alice: User) -> None:
    browser = Client()
    log_in(browser, "alice", RIGHT)
    browser.post("/accounts/logout/")
    asked_before(OF_ONE_NETWORK)
    asked_before(OF_ALL_NETWORKS, "")
    assert ask(ALICE, where=OFFICE).status_code == 429
    for _ in range(OF_ONE_BROWSER):
        assert ask(ALICE, browser).status_code == 302
    answer = ask(ALICE, browser)
    assert (answer.status_code, "from this browser" in answer.text) == (429, True)


def test_old_requests_go_as_new_ones_come_and_the_address_goes_once_it_was_looked_at(
    alice: User,
) -> None:
    asked_before(5, at=Now() - WINDOW - timedelta(seconds=1))
    ask("nobody@example.org")
    assert [asked.address for asked in AskedReset.objects.all()] == ["nobody@example.org"]
    work()
    assert [asked.address for asked in AskedReset.objects.all()] == [""]


def test_what_waited_so_long_that_nobody_wants_it_is_not_mailed(alice: User) -> None:
    ask(ALICE)
    AskedReset.objects.update(at=Now() - WINDOW - timedelta(seconds=1))
    work()
    assert mails() == []
    asked_and_mailed(ALICE)
    (mail,) = mails()
    assert mail.until is not None
    assert abs(mail.until - timezone.now() - timedelta(hours=1)) < timedelta(seconds=30)


def test_a_task_that_runs_twice_mails_once(alice: User) -> None:
    ask(ALICE)
    (asked,) = AskedReset.objects.all()
    send_links.call(asked.pk)
    send_links.call(asked.pk)
    send_links.call(10**9)
    assert len(mails()) == 1


def test_who_has_proved_to_own_the_account_may_try_again_where_they_are(alice: User) -> None:
    for address in (HOME, OFFICE):
        for number in range(OF_ONE_NAME):
            log_in(Client(), "alice", f"guess {number}", address)
    browser = Client()
    choose(opened(asked_and_mailed(ALICE), browser), browser, where=HOME)
    assert log_in(Client(), "alice", NEW, OFFICE).status_code == 429
    assert log_in(browser, "alice", NEW, HOME).status_code == 302


def test_a_link_leads_to_a_host_that_the_settings_name_whatever_the_request_says(
    alice: User, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["help.example.com", "[::1]"]
    assert ask(ALICE, Host="evil.example").status_code == 400
    assert asked_and_mailed(ALICE, Host="HELP.example.com").startswith("http://HELP.example.com/")
    assert asked_and_mailed(ALICE, Host="[::1]:8000").startswith("http://[::1]:8000/accounts/")
    settings.ALLOWED_HOSTS = ["*"]
    answer = ask(ALICE, Host="evil.example")
    assert answer.status_code == 404  # nothing says which host is ours
    assert f'href="{PAGE}"' not in Client().get("/accounts/login/").text
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.net", "https://help.example.com:8443"]
    SentReset.objects.all().delete()
    for host in ("evil.example", "evil.example.net", "help.example.com", "help.example.com:99"):
        link = asked_and_mailed(ALICE, Host=host)
        assert link.startswith("https://help.example.com:8443/accounts/reset/")
        SentReset.objects.all().delete()
    assert "evil" not in "".join(mail.text for mail in mails())


def test_behind_a_proxy_that_ends_tls_the_link_has_its_scheme(alice: User, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    link = asked_and_mailed(ALICE, **{"X-Forwarded-Proto": "https", "Host": "testserver"})
    assert link.startswith("https://testserver/accounts/reset/")


@pytest.mark.parametrize(
    "typed",
    [
        "alıce@example.org",  # without the dot: upper() makes an I of it
        "alice@example.org\u0000",
        "ａlice@example.org",
        "alice@exampl\u0435.org",  # a Cyrillic letter
        "alice@xn--exampl-4of.org",
        "alice@example.org.",
        '"alice"@example.org',
        "alice@@example.org",
        "alice@example.org, mallory@example.net",
        "Alice <alice@example.org>",
    ],
)
def test_an_address_that_looks_like_the_account_s_gets_nothing(alice: User, typed: str) -> None:
    assert ask(typed).status_code in (200, 302, 400)
    work()
    assert mails() == []


def test_the_mail_goes_to_the_address_that_is_stored(alice: User) -> None:
    for typed in ("ALICE@Example.ORG", "  alice@example.org\n"):
        ask(typed)
    work()
    assert [mail.to for mail in mails()] == [ALICE, ALICE]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "This field is required."),
        ("nobody", "Enter a valid email address."),
        ("alice@example.org\nBcc: mallory@example.net", "Enter a valid email address."),
        ("alice@example.org\r\n\r\nHello", "Enter a valid email address."),
        ("alice@example.org\u2028Bcc: m@example.net", "Enter a valid email address."),
        ("<script>alert(1)</script>@example.org", "Enter a valid email address."),
        ("a" * 10_000 + "@example.org", "Ensure this value has at most 254 characters"),
    ],
)
def test_what_is_no_address_is_said_and_goes_nowhere(
    alice: User, typed: str, sentence: str
) -> None:
    answer = ask(typed)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert "<script>alert" not in answer.text
    assert not AskedReset.objects.exists()


def test_a_stored_address_to_which_nothing_can_be_sent_is_logged_and_stops_nobody(
    alice: User, bob: User, caplog: Any
) -> None:
    with_address(bob, ALICE)
    broken = "alice@-example.org"
    User.objects.filter(pk=alice.pk).update(email=broken)
    AskedReset.objects.create(address=broken, page="http://x/accounts/password_reset/",
                              network="", browser="")  # fmt: skip
    send_links.call(AskedReset.objects.get().pk)
    assert mails() == []
    assert "no link for a new password for 'alice'" in caplog.text
    asked_and_mailed(ALICE)


JUNK = ["x-y", "set-password", "a" * 3000, "0-0", "zzzzzz-" + "0" * 32, "%00", "é-é", "c1-"]


@pytest.mark.parametrize("token", JUNK)
def test_a_token_that_is_none_is_a_sentence(alice: User, token: str) -> None:
    mark = urlsplit(asked_and_mailed(ALICE)).path.split("/")[-3]
    for whose in (mark, "MTA", "x", "%F0%9F", "A" * 3000, "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        for method in ("get", "post"):
            answer = getattr(Client(), method)(f"/accounts/reset/{whose}/{token}/", {})
            assert answer.status_code in (200, 400), (whose, token)
            if answer.status_code == 200:
                assert "This link does not hold" in answer.text
    assert log_in(Client(), "alice", RIGHT).status_code == 302


def test_a_link_of_one_opens_nothing_of_another(alice: User, bob: User) -> None:
    with_address(bob, "bob@example.org")
    mine, theirs = (asked_and_mailed(address) for address in (ALICE, "bob@example.org"))
    mark, token = urlsplit(theirs).path.split("/")[-3], urlsplit(mine).path.split("/")[-2]
    assert "does not hold" in Client().get(f"/accounts/reset/{mark}/{token}/").text
    browser = Client()
    opened(mine, browser)
    assert "does not hold" in browser.get(f"/accounts/reset/{mark}/set-password/").text


def test_an_old_link_and_one_from_before_a_log_in_do_not_hold(alice: User) -> None:
    link = asked_and_mailed(ALICE)
    with override_settings(PASSWORD_RESET_TIMEOUT=-1):
        assert "does not hold" in Client().get(urlsplit(link).path).text
    opened(link, Client())
    log_in(Client(), "alice", RIGHT)
    assert "does not hold" in Client().get(urlsplit(link).path).text


def test_names_stand_in_the_mail_as_they_are(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(username="o'neil+<b>&co")
    asked_and_mailed(ALICE)
    assert "account o'neil+<b>&co at" in mails()[0].text


def test_a_new_person_can_be_given_an_address(admin: User) -> None:
    form = {"username": "eve", "email": "eve@example.org", "password1": NEW, "password2": NEW}
    signed_in(admin).post("/queues/people/add/", form)
    assert User.objects.get(username="eve").email == "eve@example.org"
    asked_and_mailed("eve@example.org")


def test_the_pages_are_in_the_sites_look(alice: User) -> None:
    browser = Client()
    page = opened(asked_and_mailed(ALICE), browser)
    for path in (PAGE, DONE, CHANGED, page):
        text = browser.get(path).text
        assert 'class="sheet"' in text
        assert "css/base.css" in text
    assert 'autocomplete="email"' in browser.get(PAGE).text


def test_someone_who_is_signed_in_may_ask_too(alice: User) -> None:
    asked_and_mailed(ALICE, client=signed_in(alice))


def test_a_task_is_told_nothing_but_a_number(alice: User) -> None:
    """What is kept of tasks that are done must not tell who has asked."""
    ask(ALICE)
    told = json.dumps([task.args_kwargs for task in DBTaskResult.objects.all()])
    assert "alice" not in told
