"""How many wrong passwords are tried, counted in the database over all processes.

Whoever is about to try a password calls `claim()` first, which counts it as wrong or refuses it,
and `was_right()` afterwards if it was right:

    guess = claim(request, name)
    if user.check_password(password):
        was_right(guess)
"""

import logging
from datetime import timedelta
from functools import cache, partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from tickets.turns import in_turn
from ticketsystem.logins import known
from ticketsystem.logins.counting import TooOften, forget_old, recent, refuse_above
from ticketsystem.logins.models import WrongPassword
from ticketsystem.logins.networks import network_of_request

logger = logging.getLogger(__name__)

OF_ONE_NAME = 10  # wrong passwords from one network, or in one browser that knows the name
OF_ALL_NAMES = 100  # from one network
WINDOW = timedelta(minutes=15)


class TooManyGuesses(TooOften):
    """A password is refused untried."""

    title = "Too many wrong passwords"


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
            in_turn(f"passwords from {guess.browser or guess.network}")
            _refuse_above_limits(guess)
            forget_old(WrongPassword.objects, WINDOW)
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


def forgive(request: HttpRequest, name: str) -> None:
    """Forget what was wrong for this name from here: its owner, who has just proved by a mail who
    they are, did not know the password. What others try from elsewhere stays counted."""
    browser, network = known.read(request.COOKIES), network_of_request(request)
    here = Q(network=network, browser="")
    if browser.mark:
        here |= Q(browser=browser.mark)
    WrongPassword.objects.filter(here, name=known.digest(name)).delete()


def _refuse_above_limits(guess: WrongPassword) -> None:
    wrong = recent(WrongPassword.objects, WINDOW)
    if guess.browser:  # what strangers do at its address does not concern it
        own = wrong.filter(browser=guess.browser, name=guess.name)
        _refuse_above(own, OF_ONE_NAME, "for this name from this browser")
        return
    here = wrong.filter(network=guess.network)
    _refuse_above(here.filter(name=guess.name), OF_ONE_NAME, "for this name from your address")
    _refuse_above(here, OF_ALL_NAMES, "from your address")


def _refuse_above(guesses: QuerySet[WrongPassword], most: int, of_what: str) -> None:
    refuse_above(guesses, most, WINDOW, partial(TooManyGuesses, f"wrong passwords {of_what}"))
