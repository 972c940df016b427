"""At which address people reach this site, for links that they get by mail.

Anybody may send a request with any Host. One that ALLOWED_HOSTS names in full is ours; one that a
pattern lets through (`*`, `.example.com`) may be somebody else's, who would be sent the link with
all that it opens. What CSRF_TRUSTED_ORIGINS names is ours with its scheme and port.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def origin_of(request: HttpRequest) -> str | None:
    """Such as https://help.example.com; None where no setting says which host is ours."""
    said = request.get_host()
    host = _host_of(f"//{said}")
    for origin in named_origins():
        if _host_of(origin) == host:
            return origin
    if host in (_host_of(f"//{allowed}") for allowed in settings.ALLOWED_HOSTS):
        return f"{request.scheme}://{said}"
    return next(iter(named_origins()), None)


def named_origins() -> list[str]:
    """Those that CSRF_TRUSTED_ORIGINS names in full."""
    return [origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin]


def _host_of(url: str) -> str:
    """In small letters, without port and without the dot at its end."""
    return (urlsplit(url).hostname or "").rstrip(".")
