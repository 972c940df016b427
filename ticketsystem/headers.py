"""What browsers are told of every answer of Django, so that a hole in one place stays a small one.

Static files and the stream do not come by here: neither is a document. SECURITY.md says against
whom each line helps, and docs/decisions.md why no library writes them.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Everything from this host, and no script or style that stands in a page: text that got through
# where it should have been escaped runs nothing.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the admin's styles, and those of /api/docs, hold small pictures
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
# What no page asks for, no script that got in may ask for either.
UNUSED = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid",
    "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb",
)  # fmt: skip
PERMISSIONS_POLICY = ", ".join(f"{name}=()" for name in UNUSED)


def HeadersMiddleware(  # noqa: N802  named as middlewares are
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Lets no cache and no "Back" keep an answer, for any may hold a ticket, and says what a page
    may load. A view that says more of its own policy keeps it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Cache-Control"] = "private, no-store"
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if not _is_for_developers(response):
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return middleware


def _is_for_developers(response: HttpResponse) -> bool:
    """Django's own pages about errors, with DEBUG=1, are one file with all that they need."""
    errors = {HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR}
    return settings.DEBUG and response.status_code in errors
