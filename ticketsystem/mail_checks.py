"""`manage.py check --deploy` names settings with which mail would be refused or mistrusted."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from tickets.mail.addresses import sender
from ticketsystem.origin import named_origins

# RFC 2606 and RFC 6761: nobody can own them. "local" is for a network at home.
NOBODYS = {"example", "example.com", "example.net", "example.org", "invalid", "local", "localhost",
           "test"}  # fmt: skip


@register("ticketsystem", deploy=True)
def check_sender(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.EMAIL_URL or not _is_nobodys(domain := sender().domain.lower()):
        return []
    return [
        Warning(
            f"MAIL_FROM names an address at {domain}, which is nobody's: servers refuse mail from"
            " there, and no answer arrives.",
            hint="Set MAIL_FROM to an address of a domain of your own; the section Mail of"
            " docs/operations.md has the records that it needs in DNS.",
            id="ticketsystem.W011",
        )
    ]


@register("ticketsystem", deploy=True)
def check_links(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    is_named = any(host != "*" and not host.startswith(".") for host in settings.ALLOWED_HOSTS)
    if not settings.EMAIL_URL or is_named or named_origins():
        return []
    return [
        Warning(
            "No setting names a host of this site in full, so nobody can be mailed a link to choose"
            " another password: the page that sends them is not there.",
            hint="Name the host in ALLOWED_HOSTS, or the site in CSRF_TRUSTED_ORIGINS, such as"
            " https://help.example.com.",
            id="ticketsystem.W012",
        )
    ]


def _is_nobodys(domain: str) -> bool:
    labels = domain.split(".")
    return bool({labels[-1], ".".join(labels[-2:])} & NOBODYS)
