"""How many wrong passwords are tried, counted in the database over all processes.

Whoever is about to try a password calls `claim()` first, which counts it as wrong or refuses it,
and `was_right()` afterwards if it was right:

    guess = claim(request, name)
    if user.check_password(password):
        was_right(guess)

A password reset asks in the same way before it sends a mail.
"""

import logging
from datetime import datetime, timedelta
from functools import cache
from math import ceil

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from ticketsystem.logins import known
from ticketsystem.logins.models import WrongPassword
from ticketsystem.logins.networks import network_of_request

logger = logging.getLogger(__name__)

OF_ONE_NAME = 10  # wrong passwords from one network, or in one browser that knows the name
OF_ALL_NAMES = 100  # from one network
WINDOW = timedelta(minutes=15)
FORGOTTEN_AT_ONCE = 10  # rows that a new one takes away


class TooManyGuesses(Exception):
    """A password is refused untried. The message is a sentence for who typed it."""

    def __init__(self, of_what: str, wait: timedelta) -> None:
        self.seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(self.seconds / 60)
        super().__init__(
            f"There were too many wrong passwords {of_what}:"
            f" wait {minutes} minute{'s' if minutes > 1 else ''}, then try again."
        )


def claim(request: HttpRequest, name: str) -> WrongPassword:
    """Count a password as wrong before it is tried; raises TooManyGuesses if there were too many.

    Counted only afterwards, a hundred that are tried at the same time would all be let through.
    """
    browser = known.read(request.COOKIES)
    guess = WrongPassword(
        name=known.digest(name),
        network=network_of_request(request),
        browser=browser.mark if browser.has_been(name) else "",
    )
    if not guess.network and not guess.browser:
        _say_that_nothing_is_counted()
        return guess
    try:
        _refuse_above_limits(guess)  # most are refused here, without a transaction
        with transaction.atomic():
            _in_turn(guess)
            _refuse_above_limits(guess)
            _forget_old()
            guess.save(force_insert=True)
    except TooManyGuesses as refusal:
        logger.warning(
            "a password for %r from %s is refused untried. %s",
            name[:150], guess.network or "an unknown address", refusal,
        )  # fmt: skip
        raise
    return guess


@cache
def _say_that_nothing_is_counted() -> None:
    """Once in the life of a process."""
    logger.warning(
        "wrong passwords are not counted: they come through a proxy whose X-Forwarded-For is not"
        " read, or does not name the client; set TRUST_PROXY_HEADERS=1 behind a proxy that sets it"
    )


def was_right(guess: WrongPassword) -> None:
    if guess.pk is not None:
        guess.delete()


def _refuse_above_limits(guess: WrongPassword) -> None:
    recent = WrongPassword.objects.filter(at__range=(Now() - WINDOW, Now() + WINDOW))
    if guess.browser:  # what strangers do at its address does not concern it
        own = recent.filter(browser=guess.browser, name=guess.name)
        _refuse_above(own, OF_ONE_NAME, "for this name from this browser")
        return
    here = recent.filter(network=guess.network)
    _refuse_above(here.filter(name=guess.name), OF_ONE_NAME, "for this name from your address")
    _refuse_above(here, OF_ALL_NAMES, "from your address")


def _refuse_above(guesses: QuerySet[WrongPassword], most: int, of_what: str) -> None:
    """Until so many wrong ones are no longer within the window."""
    newest = guesses.annotate(now=Now()).order_by("-at").values_list("at", "now")
    last_in_the_way: tuple[datetime, datetime] | None = newest[most - 1 : most].first()
    if last_in_the_way is not None:
        at, now = last_in_the_way
        raise TooManyGuesses(of_what, at + WINDOW - now)


def _in_turn(guess: WrongPassword) -> None:
    """Until the end of the transaction no other process counts for this network or browser: else
    each of them could let the last one through. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        whose = known.digest(guess.browser or guess.network)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(whose[:15], 16)])


def _forget_old() -> None:
    """Each new row takes away up to ten old ones, so the table does not grow for ever. Rows that
    another process is taking away are left to it."""
    old = WrongPassword.objects.filter(Q(at__lt=Now() - WINDOW) | Q(at__gt=Now() + WINDOW))
    some = old.order_by("at").select_for_update(skip_locked=True)[:FORGOTTEN_AT_ONCE]
    WrongPassword.objects.filter(pk__in=list(some.values_list("pk", flat=True))).delete()
