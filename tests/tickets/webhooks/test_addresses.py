"""No address inside is ever sent to, however it is written and whatever its name says later."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from tickets.webhooks.addresses import (
    BadAddress,
    checked,
    refuse_inside,
    resolved,
)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "begins with https:// or http://"),
        ("example.com/hook", "begins with https://"),
        ("ftp://example.com/", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("gopher://example.com/", "begins with https://"),
        ("https:///hook", "the name of a host"),
        ("https://user:word@example.com/", "no name and no password"),
        ("https://example.com@127.0.0.1/", "no name and no password"),
        ("https://@example.com/", "no name and no password"),
        ("https://example.com/#part", "behind a #"),
        ("https://example.com:22/", "port must be 80, 443"),
        ("https://example.com:0/", "port must be 80, 443"),
        ("https://example.com:99999/", "That is no address"),
        ("https://example.com:x/", "That is no address"),
        ("https://exam ple.com/", "without spaces"),
        ("https://example.com/\r\nHost: evil", "without spaces"),
        ("https://example.com/\n", "without spaces"),
        ("https://example.com\\@127.0.0.1/", "without spaces and backslashes"),
        ("https://exämple.com/", "of ASCII only"),
        ("https://１２７.0.0.1/", "of ASCII only"),
        ("https://[::1/", "That is no address"),
        ("https://-example.com/", "There is no host"),
        ("https://exa$mple.com/", "There is no host"),
        ("https://example.com/" + "a" * 500, "at most 500 characters"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused_in_a_sentence(url: str, complaint: str) -> None:
    with pytest.raises(BadAddress) as refused:
        checked(url)
    assert complaint in f"{refused.value}"
    assert "\n" not in f"{refused.value}"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook", "http://example.com", "https://example.com:8443/a?b=c%20d",
        "https://xn--exmple-cua.com/", "https://1.1.1.1/", "https://[2606:4700:4700::1111]/",
    ],
)  # fmt: skip
def test_an_address_of_the_web_is_taken(url: str) -> None:
    refuse_inside(f"{checked(url).hostname}", ())


INSIDE = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001",
    "0177.0.0.1", "0", "0.0.0.0", "10.0.0.1", "10.1", "100.64.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255",
    "[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:8.8.8.8]",
    "[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[100::1]", "[2001::1]",
    "[2001:db8::1]", "[2002:7f00:1::1]", "[2002:808:808::1]", "[3fff::1]", "[5f00::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[ff02::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_refused_however_it_is_written(host: str) -> None:
    """When it is entered where it is seen at once, and when it is sent to in any case."""
    with pytest.raises(BadAddress):
        parts = checked(f"http://{host}/")
        refuse_inside(f"{parts.hostname}", ())
    with pytest.raises(BadAddress):
        resolved(host.strip("[]").replace("%25", "%"), 80, ())


def test_a_name_of_this_host_is_refused_when_it_is_looked_up() -> None:
    refuse_inside("localhost", ())  # nothing is looked up yet
    with pytest.raises(BadAddress, match="inside a network"):
        resolved("localhost", 80, ())


def leads_to(*addresses: str) -> Any:
    def look_up(host: str, port: int, **options: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    return look_up


@pytest.mark.parametrize(
    "addresses",
    [("10.0.0.1",), ("93.184.215.14", "10.0.0.1"), ("::ffff:10.0.0.1",), ("fe80::1%eth0",)],
)
def test_a_name_that_leads_inside_is_refused_also_where_it_leads_out_too(
    addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", leads_to(*addresses))
    with pytest.raises(BadAddress, match="inside a network"):
        resolved("hook.example", 443, ())


def test_a_name_gives_a_few_addresses_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"93.184.215.{number}" for number in range(1, 9)]
    monkeypatch.setattr(socket, "getaddrinfo", leads_to(many[0], *many))
    assert resolved("hook.example", 443, ()) == many[:4]


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".example", "exa..mple"])
def test_a_name_that_leads_nowhere_is_a_sentence(host: str) -> None:
    with pytest.raises(BadAddress, match="leads nowhere"):
        resolved(host, 443, ())


def test_networks_that_the_site_allows_are_sent_to_and_no_others() -> None:
    allowed = (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))
    assert resolved("10.20.3.4", 80, allowed) == ["10.20.3.4"]
    refuse_inside("fd00:20::1", allowed)
    for host in ("10.21.0.1", "127.0.0.1", "fd00:21::1", "::ffff:10.20.0.1"):
        with pytest.raises(BadAddress):
            resolved(host, 80, allowed)
