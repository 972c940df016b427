"""Signs in and out as a browser does: through the site's log-in form, with its CSRF token."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from streamdoctor.site import Site
from streamdoctor.wire.client import Answer, Client
from streamdoctor.wire.message import REDIRECTS
from streamdoctor.wire.origin import target_of

FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Refused(Exception):
    """The site itself says no: a wrong password, a session that has ended."""


class LostOnTheWay(Exception):
    """The log-in fails although nothing is wrong with it."""


@dataclass
class SignedIn:
    """A session, with all cookies of its log-in. It is ours to end if we have logged in."""

    cookies: dict[str, str]
    is_ours: bool  # and not ended yet
    as_browsers_do: bool = True  # else only a log-in without Origin and Referer succeeded


def sign_in(client: Client, site: Site, username: str, password: str) -> SignedIn:
    page = client.ask("GET", site.login)
    if page.status != 200:
        raise LostOnTheWay(f"the log-in page answered {described(page)}")
    token = _token(page.body, site.csrf_field)
    if not token:
        raise LostOnTheWay("the log-in page came without its form")
    if site.csrf_cookie not in client.cookies:
        raise LostOnTheWay(_why_no_cookie(page, site.csrf_cookie))
    form = {
        site.csrf_field: token, site.username_field: username, site.password_field: password
    }  # fmt: skip
    answer = _post(client, site.login, form)
    as_browsers_do = answer.status != 403
    if not as_browsers_do:  # perhaps only the Host or the scheme is lost: then the way is open
        answer = _post(client, site.login, form, with_origin=False)
    if answer.status == 200:
        raise Refused(f"The site refused the log-in of {username!r}: wrong name or password.")
    if answer.status == 403:
        raise LostOnTheWay(
            "the log-in form was refused with 403 (CSRF): its cookie, or the Host, Origin or"
            " scheme that the browser sent, does not arrive as it was sent"
        )
    if answer.status not in REDIRECTS:
        raise LostOnTheWay(f"the log-in form was answered {described(answer)}")
    if site.session_cookie not in client.cookies:
        raise LostOnTheWay(_why_no_cookie(answer, site.session_cookie))
    return SignedIn(dict(client.cookies), is_ours=True, as_browsers_do=as_browsers_do)


def sign_out(client: Client, site: Site, *, with_origin: bool) -> Answer:
    """Ends the session, and with it every stream that was opened in it."""
    form = {site.csrf_field: client.cookies.get(site.csrf_cookie, "")}
    return _post(client, site.logout, form, with_origin=with_origin)


def is_refused_by_the_site(answer: Answer, site: Site) -> bool:
    """Whether the site deletes the session cookie: it arrived, and no session belongs to it."""
    empty = re.compile(rf'{re.escape(site.session_cookie)}=("")?;')
    return any(empty.match(line) for line in answer.head.values("set-cookie"))


def leads_to_login(answer: Answer, site: Site) -> bool:
    location = answer.head.header("location") or ""
    return answer.status in REDIRECTS and urlsplit(location).path == site.login


def described(answer: Answer) -> str:
    location = answer.head.header("location")
    return f"{answer.status}" + (f" to {target_of(location)}" if location else "")


def _token(body: bytes, field: str) -> str:
    name = re.escape(field.encode())
    match = re.search(rb"""name=["']?%b["']?\s+value=["']([^"']+)""" % name, body)
    return match[1].decode() if match else ""


def _post(client: Client, target: str, form: dict[str, str], *, with_origin: bool = True) -> Answer:
    url = client.named.url
    headers = [FORM]
    if with_origin:
        headers += [("Origin", url), ("Referer", f"{url}{target}")]
    return client.ask("POST", target, headers, urlencode(form).encode(), seconds=15)


def _why_no_cookie(answer: Answer, name: str) -> str:
    sent = [line for line in answer.head.values("set-cookie") if line.startswith(f"{name}=")]
    if sent:
        return f"the cookie {name} is Secure, but this is http://, so a browser drops it"
    return f"the answer came without its Set-Cookie of {name}"
