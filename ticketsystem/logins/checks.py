"""`manage.py check --deploy` says when guesses cannot be counted by address."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("ticketsystem", deploy=True)
def check_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.LIVE_TRUST_PROXY_HEADERS:
        return []
    return [
        Warning(
            "TRUST_PROXY_HEADERS is off: behind a proxy everybody comes from the proxy's address,"
            " so that wrong passwords are not counted by address, and nothing limits guesses.",
            hint="Behind a proxy set TRUST_PROXY_HEADERS=1, and let it set X-Forwarded-For."
            " Where browsers reach Daphne themselves, all is well.",
            id="ticketsystem.W003",
        )
    ]
