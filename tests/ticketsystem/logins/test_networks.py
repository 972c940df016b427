"""Whose address counts, and as what."""

from typing import Any

import pytest

from ticketsystem.logins.networks import network_of


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),  # else all of IPv4 would lie in one /64
        ("", ""),  # a socket of Unix has none
        ("testclient", ""),
    ],
)
def test_a_client_counts_by_its_address_and_of_ipv6_by_its_home(peer: str, network: str) -> None:
    assert network_of(peer, {}) == network


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "via"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.3", "172.18.0.2", "::1", "fd00::2", ""])
def test_a_proxy_that_is_not_read_does_not_count(peer: str, header: str) -> None:
    assert network_of(peer, {header: "203.0.113.9"}) == ""


def test_a_stranger_who_speaks_for_another_counts_all_the_same() -> None:
    assert network_of("8.8.8.8", {"x-forwarded-for": "203.0.113.9"}) == "8.8.8.8"


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("[2001:db8::1]:1234", "2001:db8::/64"),
        ("unknown", ""),  # the proxy does not tell
        ("", "127.0.0.1"),  # nobody speaks for another: a person on this host
    ],
)
def test_a_proxy_that_is_read_says_who_counts(settings: Any, forwarded: str, network: str) -> None:
    settings.LIVE_TRUST_PROXY_HEADERS = True
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert network_of("127.0.0.1", headers) == network
