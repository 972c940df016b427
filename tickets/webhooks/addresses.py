"""Which addresses a webhook may have: never one inside the network that the site stands in.

Whoever enters an address chooses what this host connects to. Behind its firewall there are
databases, metadata services of clouds, and the site itself, which trust whoever comes from within.
"""

import re
import socket
from collections.abc import Collection
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from tickets.texts import shortened
from tickets.webhooks.models import LONGEST_URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SCHEMES = {"http": 80, "https": 443}
LOWEST_OTHER_PORT = 1024  # below it are services that are no web servers
MOST_ADDRESSES = 4  # of a name, that are tried one after the other
# Without a backslash, a space or a sign beyond ASCII, which programs read in different ways.
SPELLED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")

# Beside what is not global by the registries of the IANA: forms of IPv6 that stand for an address
# of IPv4, whichever that is, and what was global once. No host on the internet has such a one.
REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "::/8",  # unspecified, loopback, IPv4-compatible, IPv4-mapped (RFC 4291)
        "64:ff9b::/96", "64:ff9b:1::/48",  # NAT64 (RFC 6052, RFC 8215)
        "100::/64", "2001::/23",  # discard; Teredo, ORCHID and other protocols
        "2001:db8::/32", "2002::/16",  # documentation; 6to4 (RFC 3056)
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8",
    )
)  # fmt: skip


class BadAddress(ValueError):
    """Nothing is sent to this address. The message says why, in one sentence."""


def checked(url: str) -> SplitResult:
    """The parts of an address that may be sent to, as far as it says itself. Where its host leads
    is found out when something is sent (`resolved`)."""
    if len(url) > LONGEST_URL:
        raise BadAddress(f"An address has at most {LONGEST_URL} characters.")
    if not SPELLED.fullmatch(url):
        raise BadAddress(
            "An address has letters, digits and signs of ASCII only, without spaces and backslashes"
            " (others are written as %20, and names of hosts as xn--…)."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress("That is no address, such as https://example.com/hook.") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise BadAddress("An address begins with https:// or http:// and the name of a host.")
    if "@" in parts.netloc:
        raise BadAddress("An address holds no name and no password: messages are signed instead.")
    if parts.fragment:
        raise BadAddress("What stands behind a # is never sent: leave it out.")
    if port is not None and port not in SCHEMES.values() and port < LOWEST_OTHER_PORT:
        raise BadAddress(f"The port must be 80, 443, or one from {LOWEST_OTHER_PORT:,} on.")
    if not (HOST.fullmatch(parts.hostname) or _literal(parts.hostname)):
        raise BadAddress(f"There is no host “{shortened(parts.hostname, 60)}”.")
    return parts


def refuse_inside(host: str, allowed: Collection[Network]) -> None:
    """Raise for a host that is an address itself, and one inside. A name is not looked up."""
    address = _literal(host)
    if address is not None and is_inside(address, allowed):
        raise BadAddress(_inside(address))


def resolved(host: str, port: int, allowed: Collection[Network]) -> list[str]:
    """The addresses of a host, each of which may be connected to. The name is looked up once, and
    whoever asks connects to what this says: a second look could find another address.

    If one of them is inside, none is given: the name is not one of the internet alone.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadAddress(f"The name {shortened(host, 60)} leads nowhere.") from None
    addresses = list(dict.fromkeys(_spoken(f"{sockaddr[0]}") for *_, sockaddr in found))
    for address in addresses:
        if is_inside(address, allowed):
            raise BadAddress(_inside(address))
    return [f"{address}" for address in addresses[:MOST_ADDRESSES]]


def is_inside(address: Address, allowed: Collection[Network]) -> bool:
    """Whether nothing may be sent there, unless a network is allowed that it is in."""
    if any(address in network for network in allowed):
        return False
    return any(address in network for network in REFUSED) or not address.is_global


def _literal(host: str) -> Address | None:
    """The address that the host is. 2130706433, 0x7f.1 and 017700000001 are 127.0.0.1 too."""
    with suppress(ValueError):
        return ip_address(host.strip("[]"))
    with suppress(OSError):
        return IPv4Address(socket.inet_aton(host))
    return None


def _spoken(address: str) -> Address:
    return ip_address(address.partition("%")[0])  # without the zone of a link-local one


def _inside(address: Address) -> str:
    return (
        f"Nothing is sent to {address}: it is an address inside a network, and not one of the"
        " internet. Who runs the site can allow networks by WEBHOOK_ALLOWED_NETWORKS."
    )
