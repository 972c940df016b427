"""Where a guess comes from, as far as that can be counted."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest

from live.addresses import FORWARDED, forwarded_address

ONE_HOME = 64  # bits: a provider gives so much of IPv6 to each customer, who has all the rest


def network_of(peer: str, headers: Mapping[str, str]) -> str:
    """The client's address, of IPv6 its /64; "" where it is not known whose address that is.

    A private address that speaks for somebody else, in a header which is not read, is a proxy:
    whoever comes through it has that address, and one stranger would lock all of them out.
    """
    forwarded = forwarded_address(headers.get("x-forwarded-for", ""))
    address = _parsed(forwarded or peer)
    if address is None:
        return ""
    if forwarded is None and not address.is_global and speaks_for_another(headers):
        return ""
    return home_of(forwarded or peer)


def home_of(address: str) -> str:
    """The address without what its owner may choose; "" of one that is none."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Network((int(parsed), ONE_HOME), strict=False)}"
    return f"{parsed or ''}"


def network_of_request(request: HttpRequest) -> str:
    return network_of(request.META.get("REMOTE_ADDR", ""), request.headers)


def speaks_for_another(headers: Mapping[str, str]) -> bool:
    return any(name in headers for name in FORWARDED)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # Linux writes an IPv4 client of a socket of IPv6 so, and all of them lie in one /64.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
