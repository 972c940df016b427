"""In and out as a browser does: through the log-in form, with its CSRF token."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from live.doctor.client import Answer, Client, target_of

TOKEN = re.compile(rb"""name=["']?csrfmiddlewaretoken["']?\s+value=["']([^"']+)""")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
REDIRECTS = (301, 302, 303, 307, 308)


class Refused(Exception):
    """The site itself says no: a wrong password, a session that has ended."""


class LostOnTheWay(Exception):
    """The log-in fails although nothing is wrong with it."""


@dataclass
class SignedIn:
    """A session, and whether it is ours to end."""

    cookies: dict[str, str]
    is_ours: bool
    as_browsers_do: bool = True  # else only a log-in without Origin and Referer succeeded


def sign_in(client: Client, username: str, password: str) -> SignedIn:
    page = client.ask("GET", settings.LOGIN_URL)
    if page.status != 200:
        raise LostOnTheWay(f"the log-in page answered {described(page)}")
    token = TOKEN.search(page.body)
    if token is None:
        raise LostOnTheWay("the log-in page came without its form")
    if settings.CSRF_COOKIE_NAME not in client.cookies:
        raise LostOnTheWay(_why_no_cookie(page, settings.CSRF_COOKIE_NAME))
    form = {
        "csrfmiddlewaretoken": token[1].decode(), "username": username, "password": password,
        "next": settings.LOGIN_REDIRECT_URL,
    }  # fmt: skip
    answer = _post(client, settings.LOGIN_URL, form)
    as_browsers_do = answer.status != 403
    if not as_browsers_do:  # perhaps only the Host or the scheme is lost: then the way is open
        answer = _post(client, settings.LOGIN_URL, form, with_origin=False)
    if answer.status == 200:
        raise Refused(f"The site refused the log-in of {username!r}: wrong name or password.")
    if answer.status == 403:
        raise LostOnTheWay(
            "the log-in form was refused with 403 (CSRF): its cookie, or the Host, Origin or"
            " scheme that the browser sent, does not arrive as it was sent"
        )
    if answer.status not in REDIRECTS:
        raise LostOnTheWay(f"the log-in form was answered {described(answer)}")
    if settings.SESSION_COOKIE_NAME not in client.cookies:
        raise LostOnTheWay(_why_no_cookie(answer, settings.SESSION_COOKIE_NAME))
    return SignedIn(dict(client.cookies), is_ours=True, as_browsers_do=as_browsers_do)


def sign_out(client: Client, *, with_origin: bool) -> None:
    """Ends the session, and with it every stream that was opened in it."""
    form = {"csrfmiddlewaretoken": client.cookies.get(settings.CSRF_COOKIE_NAME, "")}
    target = f"{settings.LOGIN_URL.rstrip('/').rpartition('/')[0]}/logout/"
    _post(client, target, form, with_origin=with_origin)


def is_refused_by_the_site(answer: Answer) -> bool:
    """Django deletes a session cookie that arrived and is worth nothing."""
    name = settings.SESSION_COOKIE_NAME
    return any(re.match(rf'{name}=("")?;', line) for line in answer.head.values("set-cookie"))


def leads_to_login(answer: Answer) -> bool:
    location = answer.head.header("location") or ""
    return answer.status in REDIRECTS and urlsplit(location).path == settings.LOGIN_URL


def described(answer: Answer) -> str:
    location = answer.head.header("location")
    return f"{answer.status}" + (f" to {target_of(location)}" if location else "")


def _post(client: Client, target: str, form: dict[str, str], *, with_origin: bool = True) -> Answer:
    url = client.origin.url
    headers = [FORM]
    if with_origin:
        headers += [("Origin", url), ("Referer", f"{url}{target}")]
    return client.ask("POST", target, headers, urlencode(form).encode(), seconds=15)


def _why_no_cookie(answer: Answer, name: str) -> str:
    sent = [line for line in answer.head.values("set-cookie") if line.startswith(f"{name}=")]
    if sent:
        return f"the cookie {name} is Secure, but this is http://, so a browser drops it"
    return f"the answer came without its Set-Cookie of {name}"
