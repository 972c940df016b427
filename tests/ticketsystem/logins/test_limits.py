"""How many passwords anybody may guess, and whom that must not lock out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.servers import Daphne
from tests.harness.site import People
from tests.ticketsystem.logins.people import (
    HOME,
    MD5,
    OFFICE,
    RIGHT,
    Stranger,
    log_in,
    with_password,
)
from ticketsystem.logins import limits
from ticketsystem.logins.counting import FORGOTTEN_AT_ONCE
from ticketsystem.logins.known import digest
from ticketsystem.logins.limits import OF_ALL_NAMES, OF_ONE_NAME, WINDOW
from ticketsystem.logins.models import WrongPassword


@pytest.fixture(autouse=True)
def behind_its_proxy(settings: Any) -> None:
    settings.LIVE_TRUST_PROXY_HEADERS = True
    settings.PASSWORD_HASHERS = MD5


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each password that is hashed from here on."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def count(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    return hashed


def wrong(times: int, network: str = HOME, name: str = "somebody", **fields: Any) -> None:
    """So many wrong passwords were tried from there."""
    guess = {"name": digest(name), "network": network, **fields}
    WrongPassword.objects.bulk_create(WrongPassword(**guess) for _ in range(times))


def is_right(client: Client, name: str, address: str = HOME) -> bool:
    answer = log_in(client, name, RIGHT, address)
    assert answer.status_code in (302, 429)
    return bool(answer.status_code == 302)


def test_the_eleventh_password_is_refused_untried_right_or_wrong(
    alice: User, hashes: list[str]
) -> None:
    with_password(alice)
    answers = [log_in(Client(), "alice", f"guess {number}") for number in range(OF_ONE_NAME)]
    assert {answer.status_code for answer in answers} == {200}
    hashes.clear()
    for password in ("one more", RIGHT):
        answer = log_in(Client(), "alice", password)
        assert answer.status_code == 429
        assert "wait 15 minutes, then try again" in answer.text
        assert 880 < int(answer["Retry-After"]) <= 900
    assert hashes == []
    assert WrongPassword.objects.count() == OF_ONE_NAME  # a refused one is not counted


def test_a_name_that_nobody_has_is_limited_alike(db: None, hashes: list[str]) -> None:
    answers = [log_in(Client(), "nobody", "x") for _ in range(OF_ONE_NAME + 1)]
    assert [answer.status_code for answer in answers] == [200] * OF_ONE_NAME + [429]
    assert len(hashes) == OF_ONE_NAME


def test_nobody_locks_a_person_out_from_elsewhere(alice: User) -> None:
    with_password(alice)
    wrong(OF_ONE_NAME, OFFICE, "alice")
    assert not is_right(Client(), "alice", OFFICE)
    assert is_right(Client(), "alice", HOME)


def test_the_hundred_and_first_of_an_address_is_refused_whatever_its_name(
    alice: User, hashes: list[str]
) -> None:
    with_password(alice)
    hashes.clear()
    for number in range(OF_ALL_NAMES):
        assert log_in(Client(), f"name {number}", "x").status_code == 200
    assert len(hashes) == OF_ALL_NAMES
    assert not is_right(Client(), "alice", HOME)
    assert len(hashes) == OF_ALL_NAMES
    assert is_right(Client(), "alice", OFFICE)


def test_a_browser_that_has_signed_in_as_that_name_is_spared_what_strangers_did(
    alice: User, bob: User
) -> None:
    with_password(alice), with_password(bob)
    browser = Client()
    assert is_right(browser, "alice")
    browser.post("/accounts/logout/")
    wrong(OF_ALL_NAMES)
    wrong(OF_ONE_NAME, name="alice")
    assert not is_right(Client(), "alice")
    assert is_right(browser, "alice")
    browser.post("/accounts/logout/")
    assert not is_right(browser, "bob")  # who has never signed in here


def test_that_browser_has_ten_tries_of_its_own_wherever_it_goes(alice: User) -> None:
    with_password(alice)
    browser = Client()
    assert is_right(browser, "alice")
    browser.post("/accounts/logout/")
    for number in range(OF_ONE_NAME):
        address = f"203.0.113.{number}"
        assert log_in(browser, "alice", "wrong", address).status_code == 200
    answer = log_in(browser, "alice", RIGHT)
    assert (answer.status_code, "from this browser" in answer.text) == (429, True)
    assert is_right(Client(), "alice")  # her other one


def test_a_cookie_that_somebody_made_up_spares_nobody(alice: User) -> None:
    with_password(alice)
    wrong(OF_ALL_NAMES)
    browser = Client()
    for value in ("x", "", '{"mark": "x", "names": []}', "a:b:c", "\\000"):
        browser.cookies["known_sessionid"] = value
        assert not is_right(browser, "alice")


def test_right_passwords_are_not_counted(alice: User) -> None:
    with_password(alice)
    for _ in range(OF_ONE_NAME + 1):
        assert is_right(Client(), "alice")
    assert not WrongPassword.objects.exists()


def test_a_right_password_of_somebody_who_may_not_come_in_is_not_counted(alice: User) -> None:
    with_password(alice)  # who is no staff
    form = {"username": "alice", "password": RIGHT}
    answer = Client().post("/admin/login/", form, headers={"X-Forwarded-For": HOME})
    assert answer.status_code == 200
    assert not WrongPassword.objects.exists()


def test_after_a_quarter_of_an_hour_all_is_forgotten(alice: User) -> None:
    with_password(alice)
    wrong(OF_ONE_NAME - 1, name="alice")
    wrong(1, name="alice", at=Now() - WINDOW + timedelta(seconds=90))
    answer = log_in(Client(), "alice", RIGHT)
    assert answer.status_code == 429
    assert "wait 2 minutes" in answer.text
    WrongPassword.objects.update(at=Now() - WINDOW)
    assert is_right(Client(), "alice")


def test_a_clock_that_was_ahead_locks_nobody_out(alice: User) -> None:
    with_password(alice)
    wrong(OF_ONE_NAME, name="alice", at=Now() + timedelta(days=1))
    assert is_right(Client(), "alice")


def test_old_ones_go_as_new_ones_come(db: None) -> None:
    wrong(3 * FORGOTTEN_AT_ONCE, at=Now() - WINDOW - timedelta(seconds=1))
    wrong(3)
    for _ in range(3):
        log_in(Client(), "alice", "wrong")
    assert WrongPassword.objects.count() == 3 + 3


def test_an_address_of_ipv6_is_a_home_of_many(alice: User) -> None:
    with_password(alice)
    for number in range(OF_ONE_NAME):
        log_in(Client(), "alice", "wrong", f"2001:db8:1:2:{number:x}::1")
    assert not is_right(Client(), "alice", "2001:db8:1:2:ffff::")
    assert is_right(Client(), "alice", "2001:db8:1:3::1")


def test_behind_a_proxy_that_is_not_read_nobody_is_counted(
    alice: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LIVE_TRUST_PROXY_HEADERS = False
    limits._say_that_nothing_is_counted.cache_clear()
    with_password(alice)
    for _ in range(OF_ONE_NAME):
        assert log_in(Client(), "alice", "wrong").status_code == 200
    assert is_right(Client(), "alice")
    assert not WrongPassword.objects.exists()
    said = [record for record in caplog.records if "are not counted" in record.getMessage()]
    assert len(said) == 1  # and not once for each


def test_the_admins_log_in_counts_with_the_sites(admin: User) -> None:
    with_password(admin)
    wrong(OF_ONE_NAME, name="admin")
    form = {"username": "admin", "password": RIGHT}
    answer = Client().post("/admin/login/", form, headers={"X-Forwarded-For": HOME})
    assert answer.status_code == 429
    answer = Client().post("/admin/login/", form, headers={"X-Forwarded-For": OFFICE})
    assert answer.status_code == 302
    assert answer.cookies["known_sessionid"].value


def test_wrong_old_passwords_are_limited_like_log_ins(alice: User, hashes: list[str]) -> None:
    with_password(alice)
    browser = signed_in(alice)  # by a session that somebody left open, or stole
    page = "/accounts/password_change/"
    form = {"old_password": "wrong", "new_password1": "12 Gallons", "new_password2": "12 Gallons"}
    at_home = {"X-Forwarded-For": HOME}
    for _ in range(OF_ONE_NAME):
        answer = browser.post(page, form, headers=at_home)
        assert "Your old password was entered incorrectly" in answer.text
    hashes.clear()
    answer = browser.post(page, {**form, "old_password": RIGHT}, headers=at_home)
    assert (answer.status_code, hashes) == (429, [])
    assert log_in(Client(), "alice", RIGHT).status_code == 429


def test_a_refusal_is_logged(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    wrong(OF_ONE_NAME, name="alice")
    log_in(Client(), "alice", "the secret that was typed")
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "'alice'" in said
    assert HOME in said
    assert "the secret" not in said


def test_the_database_knows_neither_names_nor_passwords(db: None) -> None:
    log_in(Client(), "hunter2", "correct horse")
    kept = "".join(map(str, WrongPassword.objects.values_list("name", "browser", "network")[0]))
    assert "hunter2" not in kept
    assert "horse" not in kept


@pytest.fixture(scope="module")
def processes(site_database: str) -> Iterator[list[Daphne]]:
    trusting = {"TRUST_PROXY_HEADERS": "1"}
    with Daphne(site_database, **trusting) as one, Daphne(site_database, **trusting) as other:
        yield [one, other]


def test_two_processes_count_together_to_the_last_one(
    processes: list[Daphne], site: People
) -> None:
    """Thirty at once, at both: no more than ten are tried."""
    address, name = "203.0.113.77", site.alice.username

    def guess(number: int) -> int:
        with Stranger(processes[number % 2].url, address) as stranger:
            return stranger.log_in(name, f"guess {number}").status_code

    with ThreadPoolExecutor(30) as guessers:
        answers = sorted(guessers.map(guess, range(30)))
    assert answers == [200] * OF_ONE_NAME + [429] * 20
    assert WrongPassword.objects.filter(network=address).count() == OF_ONE_NAME
    with Stranger(processes[0].url, "203.0.113.78") as alice:
        assert alice.log_in(name, "demo").status_code == 302


def test_the_hundred_of_an_address_are_counted_over_processes(
    processes: list[Daphne], site: People
) -> None:
    address = "203.0.113.80"
    wrong(OF_ALL_NAMES - 1, address)
    for process, status in zip(processes, (200, 429), strict=True):
        with Stranger(process.url, address) as stranger:
            assert stranger.log_in(site.alice.username, "x").status_code == status


def test_the_check_says_where_addresses_cannot_be_counted(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check", "--deploy", "--tag", "ticketsystem")
    assert "ticketsystem.W003" not in capsys.readouterr().err
    settings.LIVE_TRUST_PROXY_HEADERS = False
    call_command("check", "--deploy", "--tag", "ticketsystem")
    assert "ticketsystem.W003" in capsys.readouterr().err
