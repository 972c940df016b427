"""Says why the stream of this site fails on the way between a browser and its server."""

import getpass
import os
import re
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.shortcuts import resolve_url

from live.conf import conf
from streamdoctor import inputs
from streamdoctor.colours import Paint, coloured, paint_for, plain
from streamdoctor.findings.verdict import judge
from streamdoctor.probing.order import SiteOrder
from streamdoctor.probing.signin import Refused
from streamdoctor.probing.site_examination import examine_site
from streamdoctor.report import as_json, as_text
from streamdoctor.site import Site, Words
from streamdoctor.wire.origin import BadUrl, Origin, parse_site

PASSWORD = "STREAMDOCTOR_PASSWORD"  # noqa: S105  the name of a variable

# What the settings of a site that `live` serves have to do with a finding of the doctor.
HINTS = {
    "idle-timeout": "Or set LIVE_HEARTBEAT_SECONDS well below the seconds that were measured.",
    "stalled": "LIVE_HEARTBEAT_SECONDS is how often the server sends heartbeats.",
    "no-heartbeat": "/readyz says whether the process can read its log: only then it sends them.",
    "redirected": "TRUST_PROXY_HEADERS=1 lets the server believe X-Forwarded-Proto; without it"
    " SECURE_SSL_REDIRECT goes in circles.",
    "unauthorized": "TRUST_PROXY_HEADERS=1 lets the server believe X-Forwarded-Proto, or name the"
    " site in CSRF_TRUSTED_ORIGINS.",
    "max-duration": "Daphne must run without --http-timeout, which limits the whole response.",
    "bad-gateway": "The server is Daphne; `systemctl status` says why it does not run.",
}


class Command(BaseCommand):
    help = (
        "Say why the stream of a site fails on the way between a browser and its server, and what"
        " to write where. Exit 0: no error found; 1: errors found; 2: it could not run or watch."
    )
    requires_system_checks = []  # it may run where the site's own settings and database are not

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "url", metavar="URL", nargs="?", help="the site's root, also under a path"
        )
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--username", default="", help=f"password from {PASSWORD} or a prompt")
        who.add_argument(
            "--session", default="", metavar="KEY", help="of a session, instead; @FILE: from a file"
        )
        parser.add_argument(
            "--direct", metavar="URL",
            help="the server's own root, to compare; alone, if URL is left out",
        )  # fmt: skip
        parser.add_argument(
            "--insecure", action="store_true", help="accept any certificate, as of a self-signed"
        )
        parser.add_argument("--json", action="store_true", help="only JSON on standard output")
        parser.add_argument("--seconds", default="26", help="of the whole run; default: 26")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            facts = examine_site(_order(options), _silent if options["json"] else self._say)
        except (inputs.BadInput, BadUrl, Refused) as error:
            raise CommandError(str(error), returncode=2) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped before it was done.", returncode=2) from None
        diagnosis = judge(facts)
        text = as_json(diagnosis) if options["json"] else as_text(diagnosis, self._paint(options))
        self.stdout.write(text)
        if diagnosis.unwatched:
            raise CommandError(diagnosis.unwatched, returncode=2)
        if not diagnosis.healthy:
            sys.exit(1)

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"  … {sentence}")
        self.stdout.flush()

    def _paint(self, options: dict[str, Any]) -> Paint:
        if options["no_color"]:
            return plain
        return coloured if options["force_color"] else paint_for(self.stdout)


def this_site(under: str = "") -> Site:
    """All that the doctor must know of a site which is served by `live` and Django, under a path
    such as "/desk"."""
    stream = under + conf.STREAM_PATH
    login = under + resolve_url(settings.LOGIN_URL).removeprefix(_prefix())
    return Site(
        root=f"{under}/",
        words=Words("connected", "heartbeat", "degraded", "goodbye"),
        stream=stream,
        paced=f"{stream}?heartbeat=1",
        silent=f"{stream}?heartbeat=60",
        plain=f"{stream}?client=streamdoctor",
        headers={"cache-control": ("no-cache", "no-transform"), "x-accel-buffering": ("no",)},
        heartbeat_seconds=conf.HEARTBEAT_SECONDS,
        max_streams=conf.MAX_STREAMS_PER_USER,
        readiness=f"{under}/readyz",
        login=login,
        logout=f"{login.rstrip('/').rpartition('/')[0]}/logout/",
        session_cookie=_cookie(settings.SESSION_COOKIE_NAME, under),
        csrf_cookie=_cookie(settings.CSRF_COOKIE_NAME, under),
        csrf_field="csrfmiddlewaretoken",
        username_field="username",
        password_field="password",  # noqa: S106  the name of a field
        hints=HINTS,
    )


def _prefix() -> str:
    """The path that this checkout's own settings have the site under."""
    return (settings.FORCE_SCRIPT_NAME or "").rstrip("/")


def _cookie(name: str, under: str) -> str:
    """What a site under this path calls the cookie, if it is set up as this checkout is. The
    doctor may run where FORCE_SCRIPT_NAME is not set, so it knows the rule of the settings: a
    cookie has the path in its name, with _ for each slash."""
    own = _prefix()
    if own == under:
        return name
    return name.removesuffix(own.replace("/", "_")) + under.replace("/", "_")


def _order(options: dict[str, Any]) -> SiteOrder:
    if options["url"]:
        origin, under = parse_site(options["url"])
        direct, behind = _direct(options["direct"], under), None
    elif options["direct"]:
        origin, under = parse_site(options["direct"])
        direct, behind, under = None, _public_origin(), under or _prefix()
    else:
        raise inputs.BadInput("Give the site's root, the server's own with --direct, or both.")
    return SiteOrder(
        site=this_site(under),
        origin=origin,
        direct=direct,
        behind=behind,
        seconds=inputs.seconds(options["seconds"]),
        session=_session(options["session"]),
        username=options["username"],
        password=_password(options["username"]),
        insecure=options["insecure"],
    )


def _direct(url: str | None, under: str) -> Origin | None:
    """The server knows its own path, so that its address needs none."""
    if not url:
        return None
    origin, path = parse_site(url)
    if path not in ("", under):
        raise BadUrl(f"--direct {url!r} has another path than the site: leave its path out.")
    return origin


def _public_origin() -> Origin | None:
    """The origin that people use, by this checkout's own settings; None where nothing stands in
    between, and the server's own address is theirs."""
    trusted = (origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin)
    return Origin.of(next(trusted, ""))


def _silent(sentence: str) -> None:
    """For JSON, which stands alone on standard output."""


def _password(username: str) -> str:
    if not username:
        return ""
    password = os.environ.get(PASSWORD)
    if password is None and not sys.stdin.isatty():
        raise inputs.BadInput(
            f"--username needs its password in {PASSWORD}, or a terminal to ask for it."
        )
    return getpass.getpass(f"Password of {username}: ") if password is None else password


def _session(text: str) -> str:
    key = inputs.value_of(text, "--session")
    if not re.fullmatch(r"[\w.:=-]*", key, re.ASCII):
        raise inputs.BadInput(
            "--session takes the value of the session cookie: letters, digits and . : = _ -."
        )
    return key
