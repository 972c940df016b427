"""`manage.py check --deploy` names settings of this site that would lock everybody out."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("ticketsystem", deploy=True)
def check_proxy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warns if the site, behind a proxy that ends TLS, would refuse every form or redirect for
    ever."""
    found: list[CheckMessage] = []
    if settings.LIVE_TRUST_PROXY_HEADERS and not settings.CSRF_TRUSTED_ORIGINS:
        found.append(
            Warning(
                "CSRF_TRUSTED_ORIGINS is empty behind a proxy: if that changes host or scheme,"
                " every form is refused.",
                hint="Set CSRF_TRUSTED_ORIGINS=https://your.site.",
                id="ticketsystem.W001",
            )
        )
    if settings.SECURE_SSL_REDIRECT and not settings.LIVE_TRUST_PROXY_HEADERS:
        found.append(
            Warning(
                "SECURE_SSL_REDIRECT without TRUST_PROXY_HEADERS: behind a proxy that ends TLS,"
                " every page redirects to itself for ever.",
                hint="Set TRUST_PROXY_HEADERS=1, and let the proxy set X-Forwarded-Proto.",
                id="ticketsystem.W002",
            )
        )
    return found
