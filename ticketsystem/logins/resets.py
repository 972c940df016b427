"""A new password for who has forgotten theirs, by a link in a mail.

Whoever asks must not learn whether an address has an account. So the page only writes down what was
typed, which is the same work for every address, and answers. A worker looks for accounts after
that, counts what each was sent, and makes the link.
"""

import logging
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_tasks import task

from tickets.database_time import clock
from tickets.mail.addresses import BadAddress
from tickets.mail.outgoing import queue
from tickets.turns import in_turn
from ticketsystem.logins import known
from ticketsystem.logins.counting import TooOften, forget_old, recent, refuse_above
from ticketsystem.logins.models import AskedReset, SentReset
from ticketsystem.logins.networks import network_of_request

logger = logging.getLogger(__name__)

OF_ONE_ACCOUNT = 3  # links
OF_ONE_BROWSER = 10  # requests, of one that has signed in here before
OF_ONE_NETWORK = 100
OF_ALL_NETWORKS = 1000  # whoever sits behind many addresses writes no more rows than that
WINDOW = timedelta(hours=1)
SUBJECT = "Choose a new password"


class TooManyResets(TooOften):
    """A request that is refused whatever address it names."""

    title = "Too many requests for a new password"


def ask(request: HttpRequest, address: str, page: str) -> None:
    """Have a link sent to whoever has this address; `page` is the absolute address of the page on
    which it was typed. Raises TooManyResets."""
    asked = AskedReset(
        address=address,
        page=page,
        network=network_of_request(request),
        browser=known.read(request.COOKIES).mark,
    )
    try:
        _refuse_above_limits(asked)  # most are refused here, without a transaction
        with transaction.atomic():
            in_turn("links for a new password")
            _refuse_above_limits(asked)
            forget_old(AskedReset.objects, WINDOW)
            asked.save(force_insert=True)
            send_links.enqueue(asked.pk)
    except TooManyResets as refusal:
        logger.warning(
            "a request for a new password from %s is refused. %s",
            asked.network or "an unknown address", refusal,
        )  # fmt: skip
        raise


def _refuse_above_limits(asked: AskedReset) -> None:
    all_of_late = recent(AskedReset.objects, WINDOW)
    if asked.browser:  # what strangers do does not concern it
        own = all_of_late.filter(browser=asked.browser)
        _refuse_above(own, OF_ONE_BROWSER, "from this browser")
        return
    strangers = all_of_late.filter(browser="")
    if asked.network:
        here = strangers.filter(network=asked.network)
        _refuse_above(here, OF_ONE_NETWORK, "from your address")
    _refuse_above(strangers, OF_ALL_NETWORKS, "of late")


def _refuse_above(asked: Any, most: int, where: str) -> None:
    what = f"requests for a new password {where}"
    refuse_above(asked, most, WINDOW, partial(TooManyResets, what))


@task()
def send_links(asked_id: int) -> None:
    """To each account with the address that was typed, if it may have a password and has not had
    its three. It may be called again: what was looked at has no address any more."""
    asked = recent(AskedReset.objects, WINDOW).filter(pk=asked_id).exclude(address="").first()
    if asked is None:  # looked at, or so long ago that nobody waits for it
        return
    with transaction.atomic():
        users = PasswordResetForm().get_users(asked.address)
        for user in sorted(users, key=lambda user: user.pk):  # two workers lock in one order
            _send_link(user, asked)
        AskedReset.objects.filter(pk=asked_id).update(address="")


def _send_link(user: Any, asked: AskedReset) -> None:
    """To the address that is stored, never to the one that was typed: two that look alike, or that
    a database takes for the same, may belong to two people (CVE-2019-19844)."""
    get_user_model().objects.select_for_update().get(pk=user.pk)
    if recent(SentReset.objects.filter(user=user), WINDOW).count() >= OF_ONE_ACCOUNT:
        logger.warning("no link for a new password for %r: it had its three", user.get_username())
        return
    forget_old(SentReset.objects, WINDOW)
    SentReset.objects.create(user=user)
    text = render_to_string(
        "registration/password_reset_email.txt",
        {"name": user.get_username(), "link": link_for(user, asked.page), "site": site_of(asked)},
    )
    holds_until = clock.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    try:
        queue(user.email, SUBJECT, text, until=holds_until)
    except BadAddress as error:
        logger.warning("no link for a new password for %r: %s", user.get_username(), error)


def link_for(user: Any, page: str) -> str:
    """A worker serves no request, so the link begins as the page did on which it was asked for."""
    mark = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return urljoin(page, f"../reset/{mark}/{token}/")


def site_of(asked: AskedReset) -> str:
    return urljoin(asked.page, "../../")
