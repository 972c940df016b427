"""Says why a stream fails on the way between a browser and Daphne."""

import getpass
import os
import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style

from live.doctor.examination import Order, examine
from live.doctor.origin import BadUrl, Origin
from live.doctor.report import as_json, as_text
from live.doctor.signin import Refused
from live.doctor.verdict import judge

LEAST_SECONDS = 8
PASSWORD = "STREAMDOCTOR_PASSWORD"  # noqa: S105  the name of a variable


class Command(BaseCommand):
    help = (
        "Say why the stream of a site fails on the way between a browser and Daphne, and what to"
        " write where. Exit 0: no error found; 1: errors found; 2: it could not run."
    )
    requires_system_checks = []  # it may run where the site's own settings and database are not

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="URL", help="the site's root")
        who = parser.add_mutually_exclusive_group()
        who.add_argument("--username", default="", help=f"password from {PASSWORD} or a prompt")
        who.add_argument("--session", default="", metavar="KEY", help="of a session, instead")
        parser.add_argument("--direct", metavar="URL", help="Daphne's own address, to compare")
        parser.add_argument(
            "--insecure", action="store_true", help="accept any certificate, as of a self-signed"
        )
        parser.add_argument("--json", action="store_true", help="only JSON on standard output")
        parser.add_argument("--seconds", default="26", help="of the whole run; default: 26")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        order = Order(
            origin=_origin(url),
            direct=_origin(options["direct"]) if options["direct"] else None,
            username=options["username"],
            password=_password(options["username"]),
            session=_session(options["session"]),
            insecure=options["insecure"],
            seconds=_seconds(options["seconds"]),
        )
        wants_json = options["json"]
        try:
            facts = examine(order, _silent if wants_json else self._progress)
        except Refused as error:
            raise CommandError(str(error), returncode=2) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped before it was done.", returncode=2) from None
        diagnosis = judge(facts)
        style = no_style() if os.environ.get("NO_COLOR") else self.style
        self.stdout.write(as_json(diagnosis) if wants_json else as_text(diagnosis, style))
        if not diagnosis.healthy:
            sys.exit(1)

    def _progress(self, sentence: str) -> None:
        self.stdout.write(f"  … {sentence}")
        self.stdout.flush()


def _silent(sentence: str) -> None:
    """For JSON, which stands alone on standard output."""


def _password(username: str) -> str:
    if not username:
        return ""
    password = os.environ.get(PASSWORD)
    if password is None and not sys.stdin.isatty():
        raise CommandError(
            f"--username needs its password in {PASSWORD}, or a terminal to ask for it.",
            returncode=2,
        )
    return getpass.getpass(f"Password of {username}: ") if password is None else password


def _origin(text: str) -> Origin:
    try:
        return Origin.parse(text)
    except BadUrl as error:
        raise CommandError(str(error), returncode=2) from None


def _session(key: str) -> str:
    if not re.fullmatch(r"[\w.:=-]*", key, re.ASCII):
        sentence = "--session takes the value of the session cookie: letters, digits and . : = _ -"
        raise CommandError(f"{sentence}.", returncode=2)
    return key


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not LEAST_SECONDS <= seconds <= 3600:
        raise CommandError(
            f"--seconds {text!r} is not allowed: it takes {LEAST_SECONDS} to 3600.", returncode=2
        )
    return seconds
