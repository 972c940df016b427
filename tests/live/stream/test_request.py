"""What a request for a stream asks for, however it was sent."""

from typing import Any

import pytest

from live.stream.request import JUNK, Request

KEY = "k3y0fasession"


def request(*headers: tuple[str, str], query: str = "", **scope: Any) -> Request:
    return Request(
        {
            "headers": [(name.encode(), value.encode("latin1")) for name, value in headers],
            "query_string": query.encode("latin1"),
            **scope,
        }
    )


# --- Cookies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cookies",
    [
        [f"sessionid={KEY}"],
        [f"csrftoken=abc; sessionid={KEY}; theme=dark"],
        [f"sessionid={KEY};theme=dark"],
        ["csrftoken=abc", f"sessionid={KEY}", "theme=dark"],  # as HTTP/2 may split them
        [f'sessionid="{KEY}"'],
        [f"  sessionid = {KEY} "],
        [f"\xff\xfe=\x80; broken; =x; sessionid={KEY}; {'x' * 5000}"],
        [f"sessionid=older; sessionid={KEY}"],  # as Django has it: the last one
    ],
)
def test_the_session_is_found_among_the_cookies(cookies: list[str]) -> None:
    assert request(*[("cookie", cookie) for cookie in cookies]).session_key() == KEY


@pytest.mark.parametrize("cookies", [[], [""], ["csrftoken=abc"], ["sessionidx=1"], ["\x00\xff"]])
def test_without_a_session_cookie_there_is_no_key(cookies: list[str]) -> None:
    assert request(*[("cookie", cookie) for cookie in cookies]).session_key() == ""


def test_the_cookies_name_is_the_projects(settings: Any) -> None:
    settings.SESSION_COOKIE_NAME = "desk"
    assert request(("cookie", f"sessionid=other; desk={KEY}")).session_key() == KEY


# --- Resume points -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "query", "point"),
    [
        (None, "", None),
        ("", "", None),
        ("0", "", 0),
        ("17", "", 17),
        (None, "lastEventId=17", 17),
        (None, "lastEventId=", None),
        (None, "lastEventId=1&lastEventId=17", 17),
        ("17", "lastEventId=3", 17),
        ("17", "lastEventId=junk", 17),
        ("junk", "lastEventId=17", JUNK),
        ("9" * 18, "", 10**18 - 1),
    ],
)
def test_the_resume_point_is_the_headers_else_the_querys(
    header: str | None, query: str, point: int | None
) -> None:
    headers = [] if header is None else [("last-event-id", header)]
    assert request(*headers, query=query).resume_point() == point


@pytest.mark.parametrize(
    "junk",
    ["x", "-1", "+5", "1.0", "1e3", "0x10", "1 2", "1,2", " 1", "1\n", "NaN", "user-7:5", "error",
     "' or 1=1", "9" * 19, "1" * 10_000, "²", "\xff"],
)  # fmt: skip
def test_whatever_is_no_number_is_junk(junk: str) -> None:
    assert request(("last-event-id", junk)).resume_point() == JUNK


def test_digits_of_other_scripts_are_junk() -> None:
    assert request(query="lastEventId=%D9%A3").resume_point() == JUNK


def test_the_header_twice_is_junk() -> None:
    assert request(("last-event-id", "1"), ("last-event-id", "2")).resume_point() == JUNK


# --- Hosts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("help.example.com", True),
        ("help.example.com:8443", True),
        ("HELP.example.COM", True),
        ("help.example.com.", True),
        ("a.example.org", True),
        ("evil.example", False),
        ("help.example.com.evil.example", False),
        ("help.example.com@evil.example", False),
        ("help.example.com:80:80", False),
        ("[::1]:8000", True),
        ("", False),
        ("\xff", False),
        ("a b", False),
    ],
)
def test_the_host_is_allowed_as_django_would(settings: Any, host: str, allowed: bool) -> None:
    settings.ALLOWED_HOSTS = ["help.example.com", ".example.org", "[::1]"]
    assert request(("host", host)).host_is_allowed() is allowed


@pytest.mark.parametrize(
    ("hosts", "debug", "host", "allowed"),
    [
        (["*"], False, "any.where", True),
        (["*"], False, "no host", False),
        # As startproject leaves it.
        ([], True, "127.0.0.1:8000", True),
        ([], True, "localhost", True),
        ([], True, "any.where", False),
        ([], False, "localhost", False),
    ],
)
def test_in_development_this_machine_is_allowed(
    hosts: list[str], debug: bool, host: str, allowed: bool, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = hosts
    settings.DEBUG = debug
    assert request(("host", host)).host_is_allowed() is allowed


def test_without_a_host_it_is_the_servers_own_address(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    assert request(server=("127.0.0.1", 8000)).host == "127.0.0.1:8000"
    assert request(server=("127.0.0.1", 8000)).host_is_allowed()
    assert not request(server=None).host_is_allowed()


# --- Proxies -------------------------------------------------------------------------------------

FORWARDED = [("x-forwarded-for", "1.1.1.1, 2.2.2.2"), ("x-forwarded-proto", "https, http")]


def test_a_proxys_headers_count_only_where_it_is_trusted(settings: Any) -> None:
    settings.LIVE_TRUST_PROXY_HEADERS = False
    asked = request(*FORWARDED, client=("10.0.0.1", 5), scheme="http")
    assert (asked.address, asked.scheme) == ("10.0.0.1", "http")
    settings.LIVE_TRUST_PROXY_HEADERS = True
    asked = request(*FORWARDED, client=("10.0.0.1", 5), scheme="http")
    assert (asked.address, asked.scheme) == ("2.2.2.2", "https")
    asked = request(client=("10.0.0.1", 5), scheme="http")
    assert (asked.address, asked.scheme) == ("10.0.0.1", "http")


# --- Clients, heartbeats -------------------------------------------------------------------------


def test_a_page_names_its_browser_in_few_letters() -> None:
    assert request(query="client=abc").client == "abc"
    assert request().client == ""
    assert request(query=f"client={'x' * 1000}").client == "x" * 64


@pytest.mark.parametrize("seconds", [1, 9, 10, 59, 60])
def test_a_heartbeat_may_be_asked_for_and_makes_it_a_diagnosis(seconds: int) -> None:
    asked = request(query=f"heartbeat={seconds}")
    assert (asked.heartbeat, asked.diagnosis) == (seconds, True)


@pytest.mark.parametrize("junk", ["0", "61", "-1", "1.5", "x", "", "01", "+1", "%C2%B2", "9" * 500])
def test_an_impossible_heartbeat_is_none(junk: str) -> None:
    assert request(query=f"heartbeat={junk}").heartbeat is None


def test_without_one_it_is_the_sites(settings: Any) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 22.5
    assert (request().heartbeat, request().diagnosis) == (22.5, False)


# --- What arrived --------------------------------------------------------------------------------


def test_what_arrived_is_told_for_the_doctor() -> None:
    asked = request(
        ("host", "desk"), ("last-event-id", "5"), ("accept-encoding", "gzip"),
        ("accept-encoding", "br"), scheme="https", http_version="2",
    )  # fmt: skip
    assert asked.received() == {
        "last_event_id": "5", "accept_encoding": "gzip, br", "host": "desk", "scheme": "https",
        "http_version": "2",
    }  # fmt: skip


def test_of_very_long_headers_the_beginning_is_told() -> None:
    asked = request(("host", "h" * 10_000), ("last-event-id", "1" * 10_000))
    received = asked.received()
    assert received["last_event_id"] == "1" * 100
    assert received["host"] == "h" * 255
    assert received["accept_encoding"] is None


@pytest.mark.parametrize("query", ["\xff\xfe", "%ff%zz&=&&;", "a" * 100_000, "client=%00"])
def test_junk_in_the_query_harms_nobody(query: str) -> None:
    assert request(query=query).resume_point() is None
