"""Browsers that have signed in before. A cookie says so, as whom, and is signed.

A stranger at the same address may use up what the address is allowed. Whoever has signed in from
their browser before must still come in, so their guesses are counted for the browser, apart.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

SALT = "ticketsystem.logins.known"
REMEMBERED = 365 * 86400  # seconds
NAMES = 10  # of people who share a browser; the latest ones


@dataclass(frozen=True, slots=True)
class Browser:
    mark: str = ""  # "" of one that has signed in as nobody
    names: tuple[str, ...] = ()

    def has_been(self, name: str) -> bool:
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return any(digest(name, key) in self.names for key in keys)


def digest(name: str, secret: str = "") -> str:
    """Stands for a name without telling it."""
    key = hashlib.sha256((secret or settings.SECRET_KEY).encode()).digest()
    return hashlib.blake2b(name.encode(), key=key, digest_size=16).hexdigest()


def cookie_name() -> str:
    """Per site under a path, as the session's."""
    return f"known_{settings.SESSION_COOKIE_NAME}"


def read(cookies: dict[str, str]) -> Browser:
    """A cookie that was not signed here counts as none."""
    try:
        said: Any = signing.loads(cookies.get(cookie_name(), ""), salt=SALT, max_age=REMEMBERED)
    except signing.BadSignature:
        return Browser()
    return Browser(said["mark"], tuple(said["names"]))


def remember(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """This name has signed in from this browser."""
    browser, latest = read(request.COOKIES), digest(name)
    names = [latest, *(other for other in browser.names if other != latest)][:NAMES]
    said = {"mark": browser.mark or secrets.token_hex(8), "names": names}
    response.set_cookie(
        cookie_name(), signing.dumps(said, salt=SALT), max_age=REMEMBERED,
        path=settings.SESSION_COOKIE_PATH, secure=settings.SESSION_COOKIE_SECURE,
        httponly=True, samesite="Lax",
    )  # fmt: skip
