"""Whoever's password was changed is told by mail, so that they notice if it was not they."""

import logging
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from tickets.mail.addresses import BadAddress
from tickets.mail.outgoing import queue
from ticketsystem.origin import named_origins

logger = logging.getLogger(__name__)

SUBJECT = "Your password was changed"


def tell_owner(user: Any) -> None:
    """To be called in the transaction that saves the new password."""
    if not (settings.EMAIL_URL and user.email):
        return
    site = next((f"{origin}{settings.PREFIX}/" for origin in named_origins()), "")
    names = {"name": user.get_username(), "site": site}
    text = render_to_string("registration/password_changed.txt", names)
    try:
        queue(user.email, SUBJECT, text)
    except BadAddress as error:  # stored past the forms
        logger.warning("%r is not told of the new password: %s", user.get_username(), error)
